"""What a run knows of its repositories, in variables and so in the context `resources`.

Names: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository
("Variables"); that `self` has all six of them was measured on the service.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.devops.libraryfiles import read_library
from penstock.devops.plans.planner import plan_pipeline
from penstock.devops.plans.planning import Surroundings
from penstock.devops.plans.variables import RunFacts, queue_variables, stable_id
from penstock.devops.repository import LocalRepository
from penstock.engine.requests import Repository
from penstock.language.compiler import compile_pipeline
from penstock.language.templates.files import LocalFiles

PIPELINE = """\
resources:
  repositories:
  - {repository: tools, type: git, name: Far/tools, ref: release}
  - {repository: hub, type: github, name: org/hub, endpoint: c, ref: refs/tags/v1}
  - {repository: plain, name: plain}
steps: []
"""


class NoTasks:
    def find(self, reference):
        return None

    def names(self):
        return []

    def problems(self, step):
        return []


@pytest.fixture
def known(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "p.yml").write_text(PIPELINE)
    files = LocalFiles(tmp_path)
    compiled = compile_pipeline("p.yml", files)
    local = LocalRepository(
        root=tmp_path, name="app", url="https://host/app", branch="main", commit="c" * 40
    )
    facts = RunFacts(repository=local, definition="p", path="p.yml")
    surroundings = Surroundings(
        library=read_library(files),
        catalog=NoTasks(),
        repositories={
            "self": Repository(alias="self", name="app", url="/app", ref="refs/heads/main"),
            "tools": Repository(
                alias="tools",
                name="tools",
                url="/tools",
                ref="refs/heads/chosen",
                commit="d" * 40,
                origin="https://host/tools",
            ),
        },
        repository_ids={"tools": "id of tools"},
        variables=queue_variables(facts),
    )
    plan = plan_pipeline(compiled.pipeline, surroundings).plan
    return {v.name.removeprefix("resources.repositories."): v.value for v in plan.variables}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("self.name", "app"),
        ("self.ref", "refs/heads/main"),
        ("self.type", "Git"),
        ("self.id", stable_id("repository", "app")),
        ("self.url", "https://host/app"),
        ("self.version", "c" * 40),
        # what the run reads wins over what is written
        ("tools.name", "tools"),
        ("tools.ref", "refs/heads/chosen"),
        ("tools.type", "Git"),
        ("tools.id", "id of tools"),
        ("tools.url", "https://host/tools"),
        ("tools.version", "d" * 40),
        # of others it is what is written
        ("hub.name", "org/hub"),
        ("hub.ref", "refs/tags/v1"),
        ("hub.type", "GitHub"),
        ("hub.id", "org/hub"),
        ("hub.url", "https://github.com/org/hub"),
        ("plain.ref", "refs/heads/main"),
    ],
)
def test_a_fact_of_a_repository(known: dict[str, str], name: str, value: str) -> None:
    assert known[name] == value


@pytest.mark.parametrize("name", ["hub.version", "plain.version", "plain.id", "plain.url"])
def test_what_is_not_known_is_not_there(known: dict[str, str], name: str) -> None:
    assert name not in known


def test_the_id_of_self_is_that_of_the_predefined_variable(known: dict[str, str]) -> None:
    assert known["self.id"] == known["Build.Repository.ID"]
