from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from penstock.devops.definitions import Definition, NameTaken, RunsRetained
from penstock.engine.events import NodeStarted, Result, RunFinished
from penstock.engine.plan import Node, Plan
from penstock.store.database import Database, open_state
from penstock.store.home import Home
from penstock.store.pipelines.definitions import SqlDefinitions
from penstock.store.projects import Projects
from penstock.store.runs import Runs
from penstock.store.runs.lists import RunLists, RunQuery

PLAN = Plan(nodes=(Node(id="build", key="build", kind="stage"),))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_state(Home(tmp_path))
    yield opened
    opened.close()


def definition(name: str = "CI", project: str = "p") -> Definition:
    return Definition(id=0, project=project, name=name, repository="r", path="/azure-pipelines.yml")


def add(runs: Runs, id: str, pipeline: int, project: str = "p", *, ended: bool = True) -> None:
    runs.create(id, PLAN, {"pipeline": str(pipeline), "project": project, "title": "Fix it"})
    runs.append(id, [NodeStarted(at=1.0, node="build")])
    if ended:
        runs.append(id, [RunFinished(at=2.0, result=Result.SUCCEEDED)])


def test_a_name_is_one_pipelines_in_its_folder(database: Database) -> None:
    definitions = SqlDefinitions(database, clock=count(1.0).__next__)
    first = definitions.create(definition())
    other = definitions.create(definition("Other"))
    assert (first.id, first.revision, first.created) == (1, 1, 1.0)
    with pytest.raises(NameTaken, match='"ci" is in the folder'):
        definitions.create(definition("ci"))
    with pytest.raises(NameTaken):
        definitions.update(replace(other, name="CI"))
    changed = definitions.update(replace(first, folder="\\tools", created=99.0))
    assert definitions.get(1) == changed
    assert (changed.revision, changed.created, changed.folder) == (2, 1.0, "\\tools")


def test_a_pipeline_goes_with_its_runs_unless_one_is_retained(database: Database) -> None:
    definitions, runs = SqlDefinitions(database), Runs(database)
    one, two = definitions.create(definition()), definitions.create(definition("Two"))
    add(runs, "1", one.id)
    add(runs, "2", two.id)
    add(runs, "3", one.id)
    runs.keep("3", True)
    with pytest.raises(RunsRetained, match="run 3 of the pipeline is retained"):
        definitions.delete(one.id)
    assert definitions.get(one.id) == one
    runs.keep("3", False)
    assert definitions.delete(one.id) == [1, 3]
    assert [found.id for found in definitions.list("p")] == [two.id]
    assert [run.id for run in RunLists(database).find(RunQuery(text="fix it"))] == [2]


def test_a_project_goes_with_its_pipelines_and_runs(database: Database) -> None:
    definitions, runs = SqlDefinitions(database), Runs(database)
    projects = Projects(database, iter(["p", "q"]).__next__)
    for name in ("One", "Two"):
        projects.create(name)
    for project in ("p", "q"):
        definitions.create(definition(project=project))
    add(runs, "1", 1)
    add(runs, "2", 2, "q")
    add(runs, "3", 1, ended=False)
    projects.delete("p")
    assert [project.id for project in projects.list()] == ["q"]
    assert [found.project for found in definitions.list()] == ["q"]
    # One that goes on is left to its end.
    assert [run.id for run in runs.list()] == [3, 2]
