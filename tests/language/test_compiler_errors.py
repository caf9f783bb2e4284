"""What is wrong with pipelines, as users read it: `cases/errors/NAME/` and `expected.txt` in it.

The words are ours. The service's own words for the same faults are held by
test_compiler_service_texts.
"""

from pathlib import Path

import pytest

from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.source import Source
from penstock.language.templates import LocalFiles

CASES = sorted(path for path in (Path(__file__).parent / "cases" / "errors").iterdir())


class Texts:
    """Files that are given as texts."""

    def __init__(self, **texts):
        self.texts = texts

    def read(self, repository, path):
        text = self.texts.get(path.removesuffix(".yml"))
        return None if text is None else Source(path, text, repository)

    def describe(self, repository):
        return "texts" if repository == "self" else None

    def names(self, repository, folder):
        return tuple(f"{name}.yml" for name in self.texts)


def shown(text, **options):
    return render(compile_pipeline("main.yml", Texts(main=text), **options).diagnostics)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case, golden):
    compiled = compile_pipeline("azure-pipelines.yml", LocalFiles(case))
    golden(case / "expected.txt", render(compiled.diagnostics) + "\n")


def test_fifty_thousand_brackets_are_refused_at_the_level_that_is_too_deep():
    text = "steps: " + "[" * 50_000
    assert shown(text).splitlines()[:2] == [
        "error[PS1004]: lists and mappings are nested more than 100 levels deep",
        " --> main.yml:1:107",
    ]


def test_a_pipeline_that_is_not_there():
    assert render(compile_pipeline("main.yml", Texts()).diagnostics) == (
        'error[PS1201]: there is no pipeline file "main.yml"\n'
        "  = help: give the path from the root of the repository"
    )


def test_a_value_given_for_the_run_is_shown_with_its_option():
    text = "parameters:\n- name: size\n  values: [small, large]\nsteps: []\n"
    assert shown(text, parameters={"size": "lage"}) == (
        'error[PS1206]: "lage" is not among the values of the parameter "size"\n'
        " --> --parameter size:1:1\n"
        "  |\n"
        "1 | lage\n"
        "  | ^^^^\n"
        "  |\n"
        " ::: main.yml:2:9  declared here with the values small, large\n"
        '  = help: did you mean "large"?'
    )


def test_a_value_given_for_a_parameter_that_is_not_declared():
    text = "parameters:\n- name: size\n  default: x\nsteps: []\n"
    assert shown(text, parameters={"siez": "x"}) == (
        'error[PS1203]: unknown parameter "siez" for this pipeline\n'
        " --> --parameter:1:1\n"
        "  |\n"
        "1 | siez\n"
        "  | ^^^^ not declared\n"
        "  |\n"
        " ::: main.yml:2:1  parameters declared here: size\n"
        '  = help: did you mean "size"?'
    )


def test_a_value_given_to_a_pipeline_that_declares_no_parameters():
    assert shown("steps: []\n", parameters={"size": "x"}) == (
        'error[PS1203]: unknown parameter "size": this pipeline declares no parameters\n'
        " --> --parameter:1:1\n"
        "  |\n"
        "1 | size\n"
        "  | ^^^^ not declared\n"
        "  |\n"
        "  = help: leave it out, or declare it under `parameters`"
    )


def test_one_fault_in_a_loop_is_reported_once():
    text = (
        "parameters:\n- name: list\n  type: object\n  default: [a, b, c]\nsteps:\n"
        "- ${{ each item in parameters.list }}:\n  - script: echo\n    nmae: x\n"
    )
    assert shown(text).count("error[") == 1


def test_every_fault_of_every_file_is_reported_in_one_go():
    files = Texts(
        main="steps:\n- template: one.yml\n- template: two.yml\n- scrpt: x\n",
        one="steps:\n- scrpt: x\n",
        two="stages: []\n",
    )
    codes = [d.code for d in compile_pipeline("main.yml", files).diagnostics]
    assert codes == ["PS1101", "PS1202", "PS1101"]


def test_a_key_with_a_space_that_is_none_is_told_so():
    found = shown("steps:\n- script: make\n\u202fdisplayName: Make\n")
    assert "U+202F in it, which is no space" in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "resources: {containers: [ubuntu]}\nsteps: [{script: a}]",
            'each item of "containers" is a mapping, and here is text',
        ),
        (
            "trigger: {branches: {include: [main: x]}}\nsteps: [{script: a}]",
            'each item of "include" is text, and here is a mapping',
        ),
        (
            "jobs: [{job: a, dependsOn: [[b]], steps: [{script: a}]}]",
            'each item of "dependsOn" is text, and here is a list',
        ),
    ],
)
def test_an_item_of_another_kind_is_told_apart_from_its_list(text, message):
    assert message in shown(text)


def test_a_directive_with_nothing_under_it_is_told_so():
    found = shown("steps:\n- script: a\n- ${{ if true }}:\n")
    assert 'each item of "steps" is a mapping, and here is nothing' in found
    assert "indent what belongs under this line below it, or remove the line" in found


@pytest.mark.parametrize(
    ("text", "help"),
    [
        # words of other systems, from which the migration pages lead here
        ("steps:\n- run: make", 'a command is a step of its own: "- script:" in place of "run:"'),
        (
            "steps:\n- uses: actions/checkout@v4\n  with: {a: b}",
            'a task is called by "- task: NAME@VERSION", its settings stand under "inputs:"; '
            'a file of steps by "- template: FILE"',
        ),
        ("steps:\n- script: make\n  if: true", 'write "condition:" in place of "if:"'),
        ("jobs:\n- job: a\n  needs: b", 'write "dependsOn:" in place of "needs:"'),
        ("stages:\n- stage: a\n  needs: b", 'write "dependsOn:" in place of "needs:"'),
        ("jobs:\n- job: a\n  runs-on: x", 'write "pool:", and "vmImage:" under it'),
        ("on: [push]\njobs:\n- job: a", 'write "trigger:" in place of "on:"'),
        # the words of the first pages of YAML pipelines, of 2018
        ("jobs:\n- job: a\n  server: true", 'write "pool: server" in place of it'),
        ("jobs:\n- job: a\n  queue: x", 'write "pool:" in place of "queue:"'),
        # indented too little
        ("vmImage: x\nsteps: []", 'it stands under "pool:", indented further'),
        ("jobs:\n- job: a\n  demands: x", 'it stands under "pool:", indented further'),
        # indented too far
        (
            "steps:\n- checkout:\n    submodules: false",
            'write the value of "checkout" on its line, and "submodules:" beside it, not under it',
        ),
        (
            "jobs:\n- job:\n    displayName: x",
            'write the value of "job" on its line, and "displayName:" beside it, not under it',
        ),
    ],
)
def test_what_is_meant_by_a_key_that_stands_wrong(text, help):
    assert f"help: {help}\n" in shown(text) + "\n"


@pytest.mark.parametrize(
    ("key", "help"),
    [  # a pool there is refused by the service (microsoft/azure-pipelines-yaml, issue 430)
        ("pool: x", "write it in the pipeline that extends this template, or here in each stage"),
        ("name: x", "write it in the pipeline that extends this template"),
        ("pr: none", "write it in the pipeline that extends this template"),
        ("schedules: []", "write it in the pipeline that extends this template"),
    ],
)
def test_what_only_the_pipeline_itself_takes_is_sent_back_to_it(key, help):
    files = Texts(main="extends:\n  template: base.yml\n", base=f"{key}\nsteps: []\n")
    found = compile_pipeline("main.yml", files).diagnostics
    assert [one.code for one in found] == ["PS1101"]
    assert (found[0].help or "").startswith(help)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        # as on the page of AzureIoTEdge@2, whose own text says that the value is a JSON text
        (
            'steps:\n- task: X@1\n  inputs:\n    registry: {"server": "$(server)"}',
            "write one value, without braces; text that begins with { belongs in quotes",
        ),
        (
            "steps:\n- task: X@1\n  inputs:\n    hosts: [a, b]",
            "write one value, without brackets; text that begins with [ belongs in quotes",
        ),
        # braces without the dollar sign, as in the templates from which pipelines are made
        (
            "trigger:\n- {{ branch }}\nsteps: []",
            "for an expression write ${{ branch }}; braces of a text belong in quotes",
        ),
        # what a page leaves open
        (
            "steps:\n- script: ${{ parameters.<name> }}",
            "<name> stands for a name or a value of yours: write that in its place",
        ),
        (
            "variables:\n  a: $[ <expression> ]\nsteps: []",
            "<expression> stands for a name or a value of yours: write that in its place",
        ),
        (
            "jobs:\n- job: a\n  steps:\n  - script: x\n    condition: string",
            'did you mean "substring"? The step will fail when its condition is evaluated',
        ),
        ("steps:\n- task: Delay@V1", "write Delay@1"),
        # one of several values
        (
            "parameters:\n- name: size\n  values: [small, large]\nsteps: []",
            "give one of its values, --parameter size=small for example; or add a default",
        ),
    ],
)
def test_what_to_do_about_texts_copied_from_a_page(text, help):
    assert f"help: {help}\n" in shown(text) + "\n"
