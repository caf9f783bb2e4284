"""Template references as the service resolves them (34 probes of its preview API)."""

import pytest

from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.source import Source
from penstock.language.templates.references import Place, Reference, resolve, take_apart, unresolved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.yml", Reference("a.yml", "")),
        ("a.yml@tools", Reference("a.yml", "tools")),
        ("a.yml@", Reference("a.yml", "self")),
        ("a.yml@self@self", Reference("a.yml", "self@self")),
        ("x\\y\\a.yml@self", Reference("x/y/a.yml", "self")),
        ("a.yml ", Reference("a.yml ", "")),
    ],
)
def test_a_reference_is_split_at_its_first_at_sign(text, expected):
    assert take_apart(text) == expected


@pytest.mark.parametrize(
    ("text", "includer", "expected"),
    [
        ("b.yml", Place("self", "a.yml"), Place("self", "b.yml")),
        ("b.yml", Place("self", "x/a.yml"), Place("self", "x/b.yml")),
        ("../b.yml", Place("self", "x/a.yml"), Place("self", "b.yml")),
        ("/y/b.yml", Place("self", "x/a.yml"), Place("self", "y/b.yml")),
        ("./y//b.yml", Place("self", "x/a.yml"), Place("self", "x/y/b.yml")),
        ("b.yml@self", Place("self", "x/a.yml"), Place("self", "x/b.yml")),
        ("b.yml@SELF", Place("self", "x/a.yml"), Place("SELF", "x/b.yml")),
        ("b.yml@tools", Place("self", "x/a.yml"), Place("tools", "b.yml")),
        ("b.yml@self", Place("tools", "x/a.yml"), Place("self", "b.yml")),
        ("b.yml", Place("tools", "x/a.yml"), Place("tools", "x/b.yml")),
        ("../b.yml", Place("self", "a.yml"), None),
        ("/../b.yml", Place("self", "x/a.yml"), None),
        ("../../x/b.yml", Place("self", "x/a.yml"), None),
        ("../x/../../b.yml", Place("self", "x/a.yml"), None),
    ],
)
def test_a_path_starts_in_its_folder_unless_the_repository_changes(text, includer, expected):
    assert resolve(take_apart(text), includer) == expected


@pytest.mark.parametrize(
    ("text", "includer", "printed"),
    [
        ("../../b.yml", "x/y/a.yml", "/x/y/../../b.yml"),
        ("/../b.yml", "x/y/a.yml", "/../b.yml"),
        ("../b.yml@tools", "x/y/a.yml", "/../b.yml"),
        ("../b.yml", "a.yml", "//../b.yml"),
    ],
)
def test_a_path_that_leaves_its_repository_is_printed_as_it_was_joined(text, includer, printed):
    assert unresolved(take_apart(text), Place("self", includer)) == printed


class Repositories:
    """Texts by `path@repository`."""

    def __init__(self, texts):
        self.texts = texts

    def read(self, repository, path):
        text = self.texts.get(f"{path}@{repository.lower()}")
        return None if text is None else Source(path, text, repository)

    def describe(self, repository):
        return repository

    def names(self, repository, folder):
        return ()


BASE = """
parameters:
- name: stages
  type: stageList
stages:
- ${{ each stage in parameters.stages }}:
  - ${{ stage }}
"""
RESOURCES = "resources: {repositories: [{repository: tools, type: git, name: shared/tools}]}\n"


def scripts(main, texts):
    compiled = compile_pipeline(main, Repositories(texts))
    assert compiled.pipeline, render(compiled.diagnostics)
    jobs = [job for stage in compiled.pipeline.stages for job in stage.jobs]
    return [step.inputs["script"].value for job in jobs for step in job.steps]


def test_a_reference_passed_to_another_repository_starts_at_its_root():
    main = f"""{RESOURCES}
extends:
  template: base.yml@Tools
  parameters:
    stages:
    - stage: A
      jobs:
      - template: .ado/jobs/a.yml@self
"""
    texts = {
        ".ado/ci.yml@self": main,
        ".ado/jobs/a.yml@self": "jobs:\n- job: a\n  steps:\n  - script: found\n",
        "base.yml@tools": BASE,
    }
    assert scripts(".ado/ci.yml", texts) == ["found"]


def test_a_reference_that_leads_nowhere_from_there_starts_where_it_was_written():
    client = """
extends:
  template: base.yml@tools
  parameters:
    stages:
    - template: release.yml@self
"""
    texts = {
        "sdk/ci.yml@self": f"{RESOURCES}extends:\n  template: /eng/stages/client.yml\n",
        "eng/stages/client.yml@self": client,
        "eng/stages/release.yml@self": "stages: [{stage: R, jobs: [{job: a, steps: "
        "[{script: found}]}]}]\n",
        "base.yml@tools": BASE,
    }
    assert scripts("sdk/ci.yml", texts) == ["found"]


def test_a_template_of_another_repository_includes_its_own_files():
    texts = {
        "ci.yml@self": RESOURCES + "steps:\n- template: steps/a.yml@tools\n",
        "steps/a.yml@tools": "steps:\n- template: b.yml\n- template: c.yml@self\n",
        "steps/b.yml@tools": "steps:\n- script: b of tools\n",
        "c.yml@self": "steps:\n- script: c of self\n",
    }
    assert scripts("ci.yml", texts) == ["b of tools", "c of self"]


@pytest.mark.parametrize("kind", ["type: stepList", "type: object", "old", "none"])
def test_a_reference_in_a_list_of_steps_starts_at_the_template_it_was_passed_to(kind):
    declared = {
        "old": "parameters: {steps: []}\n",
        "none": "",
        **dict.fromkeys(
            ("type: stepList", "type: object"), f"parameters:\n- name: steps\n  {kind}\n"
        ),
    }
    main = """
steps:
- template: ../templates/around.yml
  parameters:
    steps:
    - template: inner.yml
    - template: /ci/inner.yml
"""
    texts = {
        "ci/main.yml@self": main,
        "ci/inner.yml@self": "steps: [{script: of ci}]",
        "templates/around.yml@self": declared[kind] + "steps:\n- ${{ parameters.steps }}\n",
        "templates/inner.yml@self": "steps: [{script: of templates}]",
    }
    assert scripts("ci/main.yml", texts) == ["of templates", "of ci"]


def test_references_through_several_repositories():
    main = """
resources:
  repositories:
  - {repository: tools, type: git, name: shared/tools, ref: refs/tags/v1}
  - {repository: Deep, type: git, name: shared/deep}
extends:
  template: v1/base.yml@TOOLS
  parameters:
    stages:
    - stage: A
      jobs:
      - job: a
        steps:
        - template: ci/own.yml@self
        - template: beside.yml
        - template: deep.yml@deep
"""
    base = "parameters: [{name: stages, type: stageList}]\n"
    texts = {
        "ci/main.yml@self": main,
        "ci/own.yml@self": "steps: [{script: own}, {template: sub.yml}, "
        "{template: root.yml@tools}]",
        "ci/sub.yml@self": "steps: [{script: beside own}]",
        "back/here.yml@self": "steps: [{script: back in self}]",
        "root.yml@tools": "steps: [{script: root of tools}]",
        "v1/beside.yml@tools": "steps: [{script: beside base}]",
        "v1/base.yml@tools": f"{base}extends: {{template: inner.yml, parameters: {{stages: "
        "'${{ parameters.stages }}'}}",
        "v1/inner.yml@tools": f"{base}stages: ${{{{ parameters.stages }}}}",
        "deep.yml@deep": "steps: [{script: deep}, {template: back/here.yml@self}]",
    }
    assert scripts("ci/main.yml", texts) == [
        "own",
        "beside own",
        "root of tools",
        "beside base",
        "deep",
        "back in self",
    ]


def test_a_file_that_is_missing_in_a_list_of_steps_makes_no_wrong_list():
    texts = {
        "ci.yml@self": "steps: [{template: t.yml, parameters: {steps: [{template: no.yml}]}}]",
        "t.yml@self": "parameters: [{name: steps, type: stepList}]\nsteps: []",
    }
    found = compile_pipeline("ci.yml", Repositories(texts)).diagnostics
    assert [one.service_text for one in found] == ["File /no.yml not found in repository self."]


def test_case_counts_in_paths_and_not_in_aliases():
    texts = {
        "ci.yml@self": f"{RESOURCES}steps: [{{template: a.yml@TOOLS}}, {{template: A.yml@tools}}]",
        "a.yml@tools": "steps: [{script: a}]",
    }
    found = compile_pipeline("ci.yml", Repositories(texts)).diagnostics
    assert [one.service_text for one in found] == ["File /A.yml not found in repository tools."]


def test_a_repository_declared_by_an_extended_template_serves_what_is_passed_to_it():
    redirect = """
resources:
  repositories:
  - repository: tools
    type: git
    name: shared/tools
parameters:
- name: stages
  type: stageList
stages:
- ${{ parameters.stages }}
"""
    main = """
extends:
  template: redirect.yml
  parameters:
    stages:
    - stage: A
      jobs:
      - job: a
        steps:
        - template: a.yml@tools
"""
    texts = {
        "ci.yml@self": main,
        "redirect.yml@self": redirect,
        "a.yml@tools": "steps:\n- script: found\n",
    }
    assert scripts("ci.yml", texts) == ["found"]


@pytest.mark.parametrize(
    ("reference", "label"),
    [
        ("jobs/b.yml", "the folder of this file"),
        ("/jobs/b.yml", "the root of the repository"),
        ("b.yml@tools", "the root of the repository"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_the_place_it_was_looked_for_from(reference, label):
    texts = {".ado/ci.yml@self": f"{RESOURCES}jobs:\n- template: {reference}\n"}
    compiled = compile_pipeline(".ado/ci.yml", Repositories(texts))
    assert [one.label for one in compiled.diagnostics] == [f"looked for from {label}"]


def test_a_reference_that_is_passed_on_is_looked_for_beside_the_template_around():
    main = f"""{RESOURCES}
extends:
  template: v1/base.yml@tools
  parameters:
    stages:
    - template: other.yml@tools
"""
    texts = {".ado/ci.yml@self": main, "v1/base.yml@tools": BASE}
    compiled = compile_pipeline(".ado/ci.yml", Repositories(texts))
    assert [one.label for one in compiled.diagnostics] == [
        "looked for from the folder of the template around"
    ]
