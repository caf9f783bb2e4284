"""What is kept of Azure ML: documents and jobs, in order, all or none, by several threads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from penstock.ml.assets import Asset
from penstock.ml.jobstore import Job, JobExists, JobOutput
from penstock.ml.workspaces import Workspace
from penstock.store.database import Database, open_state
from penstock.store.home import Home
from penstock.store.ml.assets import SqlAssets
from penstock.store.ml.jobs import SqlJobs

WORKSPACE = Workspace(subscription="s-1", resource_group="G", name="W")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_state(Home(tmp_path))
    yield opened
    opened.close()


def asset(name: str, version: str = "", at: float = 1.0, **rest: Any) -> Asset:
    given = {"scope": "w", "kind": "data", "document": {"properties": {"a": name}}, **rest}
    return Asset(name=name, version=version, created_at=at, updated_at=at, **given)


def job(name: str, **rest: Any) -> Job:
    given = {
        "workspace": WORKSPACE,
        "type": "Pipeline",
        "run": "1",
        "root": name,
        "display_name": name,
        "experiment": "e",
        "document": {"properties": {"x": [1, None]}},
        "created_at": 5.0,
        **rest,
    }
    return Job(name=name, **given)


def test_document_comes_back_as_it_was(database: Database) -> None:
    store = SqlAssets(database)
    kept = asset("d", "1", document={"properties": {"é": [1, {"b": None}]}}, hash="h")
    assert store.put(kept) == (kept, True)
    assert store.get("w", "data", "d", "1") == kept
    for other in (("v", "data", "d", "1"), ("w", "models", "d", "1"), ("w", "data", "d", "2")):
        assert store.get(*other) is None


def test_replaced_document_keeps_its_first_time_and_place(database: Database) -> None:
    store = SqlAssets(database)
    store.put(asset("d", "1", at=1.0))
    store.put(asset("d", "2", at=2.0))
    again, new = store.put(asset("d", "1", at=3.0, document={"properties": {"b": 1}}))
    assert not new
    assert (again.created_at, again.updated_at) == (1.0, 3.0)
    assert again.properties == {"b": 1}
    assert [found.version for found in store.versions("w", "data", "d")] == ["2", "1"]


def test_lists_tell_versions_from_what_has_none(database: Database) -> None:
    store = SqlAssets(database)
    store.put_all([asset("d"), asset("d", "1"), asset("e", "1"), asset("f")])
    assert [found.name for found in store.list("w", "data")] == ["f", "d"]
    assert [found.name for found in store.versions("w", "data")] == ["e", "d"]
    assert [found.name for found in store.versions("w", "data", "d")] == ["d"]


def test_code_is_found_by_its_hash(database: Database) -> None:
    store = SqlAssets(database)
    store.put_all([asset("a", "1", hash="x"), asset("b", "1", hash="x"), asset("c", "1")])
    found = store.find_hash("w", "data", "x")
    assert found is not None
    assert found.name == "b"
    assert store.find_hash("w", "data", "") is None
    assert store.find_hash("v", "data", "x") is None


def test_delete_says_whether_there_was_one(database: Database) -> None:
    store = SqlAssets(database)
    store.put(asset("d", "1"))
    assert store.delete("w", "data", "d", "1")
    assert not store.delete("w", "data", "d", "1")


def test_job_comes_back_as_it_was(database: Database) -> None:
    store = SqlJobs(database)
    root = job(
        "j",
        origin="12/a/b",
        outputs={"o": JobOutput(uri="azureml://x", type="uri_folder", asset_name="n")},
        warnings=("w1", "w2"),
    )
    child = job("c", parent="j", root="j", node="n", key="n", type="Command")
    store.add([root, child])
    assert store.get(WORKSPACE.scope, "j") == root
    assert store.of_run("1") == [root, child]
    assert store.children(WORKSPACE.scope, "j") == [child]
    assert store.roots(WORKSPACE.scope) == [root]
    assert store.find("c") == [child]


def test_jobs_are_added_all_or_none(database: Database) -> None:
    store = SqlJobs(database)
    store.add([job("a")])
    with pytest.raises(JobExists, match='a job "a" is there already'):
        store.add([job("b"), job("a")])
    assert [found.name for found in store.roots(WORKSPACE.scope)] == ["a"]
    elsewhere = dataclasses.replace(WORKSPACE, name="other")
    store.add([job("a", workspace=elsewhere)])
    assert len(store.find("a")) == 2


def test_jobs_of_a_pipeline_run_are_found_by_it_alone(database: Database) -> None:
    store = SqlJobs(database)
    origins = {"a": "12/x/1", "b": "12/y/2", "c": "123/x/1", "d": "1/x/1", "e": ""}
    store.add([job(name, origin=origin) for name, origin in origins.items()])
    assert [found.name for found in store.started_by("12")] == ["a", "b"]


def test_unfinished_jobs_are_roots_without_an_end(database: Database) -> None:
    store = SqlJobs(database)
    store.add([job("a"), job("b", status="Completed"), job("c", parent="a")])
    assert [found.name for found in store.unfinished()] == ["a"]


def test_changes_of_one_job_by_many_threads_all_count(database: Database) -> None:
    store = SqlJobs(database)
    store.add([job("a")])

    def warn(number: int) -> None:
        def changed(now: Job) -> Job:
            return dataclasses.replace(now, warnings=(*now.warnings, str(number)))

        store.change(WORKSPACE.scope, "a", changed)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(warn, range(40)))
    found = store.get(WORKSPACE.scope, "a")
    assert found is not None
    assert sorted(map(int, found.warnings)) == list(range(40))
    assert store.change(WORKSPACE.scope, "nobody", lambda now: now) is None
