"""Which of several values of a variable a job sees.

Sources: https://learn.microsoft.com/azure/devops/pipelines/process/variables (scopes, groups,
read-only variables, names), and for predefined ones `SetUserVariables` of the service's SDK, as the
first commit of actions/runner has it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.devops.libraryfiles import read_library
from penstock.devops.plans.catalog import TaskFacts
from penstock.devops.plans.planner import plan_pipeline
from penstock.devops.plans.planning import Surroundings
from penstock.engine.requests import Repository
from penstock.engine.variable import Variable
from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.templates.files import LocalFiles


class NoTasks:
    """A catalog that has any task."""

    def find(self, reference: str) -> TaskFacts:
        return TaskFacts(name=reference, friendly_name=reference)

    def names(self) -> list[str]:
        return []

    def problems(self, step: object) -> list[str]:
        return []


def seen(folder: Path, text: str, **queued: str) -> dict[str, Variable]:
    """The variables of the job `s/j`, by name in lower case."""
    (folder / "p.yml").write_text(text)
    files = LocalFiles(folder)
    compiled = compile_pipeline("p.yml", files, variables=queued)
    assert compiled.pipeline is not None, render(list(compiled.diagnostics))
    predefined = Variable(name="Build.SourceBranch", value="refs/heads/main", readonly=True)
    given = (Variable(name=name, value=value) for name, value in queued.items())
    surroundings = Surroundings(
        library=read_library(files),
        catalog=NoTasks(),
        repositories={"self": Repository(alias="self", name="p", url=str(folder))},
        variables=(predefined, *given),
    )
    plan = plan_pipeline(compiled.pipeline, surroundings).plan
    around = (plan.variables, *(node.variables for node in plan.nodes if node.id in ("s", "s/j")))
    return {one.name.casefold(): one for some in around for one in some}


def pipeline(root: str, stage: str = "{}", job: str = "{}") -> str:
    return f"""\
variables: {root}
stages:
- stage: s
  variables: {stage}
  jobs:
  - job: j
    variables: {job}
    steps: [{{script: echo}}]
"""


@pytest.mark.parametrize(
    ("text", "queued", "expected"),
    [
        (pipeline("{x: root}", "{x: stage}", "{x: job}"), {}, "job"),
        (pipeline("{x: root}", "{x: stage}"), {}, "stage"),
        (pipeline("{x: root}"), {}, "root"),
        (pipeline("{x: root}", "{X: stage}"), {}, "stage"),
        (pipeline("{x: root}"), {"x": "queued"}, "root"),
        (pipeline("{}"), {"x": "queued"}, "queued"),
        (pipeline("{}", "{x: stage}"), {"x": "queued"}, "stage"),
        (pipeline("[{name: x, value: first}, {name: x, value: last}]"), {}, "last"),
        (pipeline("[{name: x, value: first}, {name: X, value: last}]"), {}, "last"),
        (pipeline("[{group: g}, {name: x, value: plain}]"), {}, "plain"),
        (pipeline("[{name: x, value: plain}, {group: g}]"), {}, "of g"),
        (pipeline("[{group: g}, {group: h}]"), {}, "of h"),
        (pipeline("[{group: h}, {group: g}]"), {}, "of g"),
        (pipeline("[{name: x, value: root}]", job="[{group: g}]"), {}, "of g"),
        (pipeline("[{group: g}]"), {"x": "queued"}, "of g"),
        (pipeline("[{template: vars.yml}]"), {}, "of a template"),
        (pipeline("[{template: vars.yml}, {name: x, value: plain}]"), {}, "plain"),
        (pipeline("['${{ if true }}': [{name: x, value: chosen}]]"), {}, "chosen"),
        (pipeline("{'${{ if true }}': {x: chosen}}"), {}, "chosen"),
        (pipeline("['${{ each n in split(''a,b'', '','') }}': [{name: x, value: '${{ n }}'}]]"),
         {}, "b"),
    ],
)  # fmt: skip
def test_the_nearest_and_then_the_last_value_counts(
    tmp_path: Path, text: str, queued: dict[str, str], expected: str
) -> None:
    groups = tmp_path / ".penstock" / "variable-groups"
    groups.mkdir(parents=True)
    for name in ("g", "h"):
        (groups / f"{name}.yml").write_text(f"variables: {{x: of {name}}}\n")
    (tmp_path / "vars.yml").write_text("variables: {x: of a template}\n")
    assert seen(tmp_path, text, **queued)["x"].value == expected


@pytest.mark.parametrize(
    "text",
    [
        pipeline("{Build.SourceBranch: mine}"),
        pipeline("{}", "{build.sourcebranch: mine}"),
        pipeline("{}", job="[{name: BUILD.SOURCEBRANCH, value: mine}]"),
        pipeline("[{group: g}]"),
    ],
)
def test_a_predefined_variable_keeps_its_value(tmp_path: Path, text: str) -> None:
    groups = tmp_path / ".penstock" / "variable-groups"
    groups.mkdir(parents=True)
    (groups / "g.yml").write_text("variables: {Build.SourceBranch: mine}\n")
    assert seen(tmp_path, text)["build.sourcebranch"].value == "refs/heads/main"


@pytest.mark.parametrize("name", ["System.Debug", "Build.Clean", "Build.Configuration"])
def test_names_of_the_same_kind_that_a_pipeline_may_set(tmp_path: Path, name: str) -> None:
    assert seen(tmp_path, pipeline(f"{{{name}: mine}}"))[name.casefold()].value == "mine"


def test_values_are_texts_as_they_are_written(tmp_path: Path) -> None:
    written = {"a": "1.10", "b": "yes", "c": "007", "d": "2026-01-01", "e": ""}
    text = ", ".join(f"{name}: {value}" for name, value in written.items())
    found = seen(tmp_path, pipeline(f"{{{text}}}"))
    assert {name: found[name].value for name in written} == written


def test_readonly_is_kept_for_the_run(tmp_path: Path) -> None:
    found = seen(tmp_path, pipeline("[{name: a, value: x, readonly: true}, {name: b, value: y}]"))
    assert (found["a"].readonly, found["b"].readonly) == (True, False)


def test_runtime_expressions_and_macros_wait_for_the_run(tmp_path: Path) -> None:
    found = seen(tmp_path, pipeline("{a: '$[ variables.b ]', b: $(c), c: '${{ 1 }}'}"))
    assert [found[name].value for name in "abc"] == ["$[ variables.b ]", "$(c)", "1"]
