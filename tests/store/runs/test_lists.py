import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.engine.events import NodeStarted, Result, RunFinished
from penstock.engine.plan import Node, Plan
from penstock.store.database import Database, open_state
from penstock.store.home import Home
from penstock.store.runs import Runs
from penstock.store.runs.lists import RunLists, RunQuery

PLAN = Plan(nodes=(Node(id="build", key="build", kind="stage"),))


class Asked(Database):
    """Remembers the last question, so that it can be asked how it is answered."""

    last: tuple[str, tuple[object, ...]] = ("", ())

    def query(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        if not sql.startswith("EXPLAIN"):
            self.last = (sql, parameters)
        return super().query(sql, *parameters)

    def used(self) -> str:
        sql, parameters = self.last
        rows = self.query(f"EXPLAIN QUERY PLAN {sql}", *parameters)
        return "; ".join(row["detail"] for row in rows)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Asked]:
    open_state(Home(tmp_path)).close()
    opened = Asked(Home(tmp_path).state_db, durable=False)
    yield opened
    opened.close()


@pytest.fixture
def lists(database: Asked) -> RunLists:
    runs = Runs(database, clock=iter(range(1000)).__next__)
    add(runs, "1", "finished", project="p", pipeline="7", branch="main", number="20261101.1")
    add(runs, "2", "finished", project="p", pipeline="8", branch="dev", number="20261101.2")
    add(runs, "3", "running", project="p", pipeline="7", branch="dev", title="Fix the lock")
    add(runs, "4", "queued", project="p", pipeline="7", branch="main", requested_for="Ada")
    add(runs, "5", "running", project="q", pipeline="9", branch="main", number="20261101.1")
    add(runs, "6", "running", kind="ml", project="p")
    runs.tag("1", "Green", "ready")
    runs.tag("2", "green")
    return RunLists(database)


def add(runs: Runs, id: str, state: str, **header: str) -> None:
    runs.create(id, PLAN, header)
    if state != "queued":
        runs.append(id, [NodeStarted(at=1.0, node="build")])
    if state == "finished":
        runs.append(id, [RunFinished(at=2.0, result=Result.SUCCEEDED)])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"project": "p"}, [4, 3, 2, 1]),
        ({"project": "p", "top": 2}, [4, 3]),
        ({"project": "p", "before": 3}, [2, 1]),
        ({"project": "p", "after": 1, "oldest_first": True}, [2, 3, 4]),
        ({"pipelines": (7,)}, [4, 3, 1]),
        ({"pipelines": (0,)}, []),
        ({"pipelines": (7, 8), "branch": "dev"}, [3, 2]),
        ({"project": "p", "states": ("running",)}, [3]),
        ({"pipelines": (7,), "states": ("queued", "running"), "oldest_first": True}, [3, 4]),
        ({"project": "p", "states": ("queued", "finished")}, [4, 2, 1]),
        ({"project": "p", "results": ("succeeded",), "branch": "main"}, [1]),
        ({"project": "p", "requested_for": "Ada"}, [4]),
        ({"project": "p", "number": "20261101.1"}, [1]),
        ({"project": "p", "number": "20261101"}, []),
        ({"project": "p", "text": "fix THE"}, [3]),
        ({"project": "p", "text": "ck"}, [3]),
        ({"project": "p", "text": "%"}, []),
        ({"project": "p", "tags": ("green",)}, [2, 1]),
        ({"project": "p", "tags": ("GREEN", "ready")}, [1]),
        ({"ids": (1, 5, 6)}, [5, 1]),
        ({"since": 1.0, "until": 2.0}, [3, 2]),
    ],
)
def test_runs_are_found_by_what_is_asked(
    lists: RunLists, asked: dict[str, Any], found: list[int]
) -> None:
    assert [run.id for run in lists.find(RunQuery(**asked))] == found


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"project": "p"}, "runs_by_project"),
        ({"pipelines": (7,)}, "runs_by_pipeline"),
        ({"project": "p", "states": ("running",)}, "runs_unfinished"),
        ({"pipelines": (7,), "states": ("queued", "running")}, "runs_unfinished"),
        ({"project": "p", "requested_for": "Ada"}, "runs_by_requested_for"),
        ({"project": "p", "number": "20261101.9"}, "run_texts"),
    ],
)
def test_an_index_answers(
    database: Asked, lists: RunLists, asked: dict[str, Any], index: str
) -> None:
    lists.find(RunQuery(**asked))
    assert index in database.used()
    assert "TEMP B-TREE FOR ORDER BY" not in database.used() or index == "run_texts"
