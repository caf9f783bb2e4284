"""Workspace ids and the places of content in datastores. URI forms: docs "Access data in a job",
section "Paths", and what azure-ai-ml sends."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlbench import Bench

from penstock.ml.catalog import create_workspace
from penstock.ml.datastores import StoredPath, UnsafePath, artifacts_path, parse_uri, storage_path
from penstock.ml.references import Refused
from penstock.ml.workspaces import Workspace, from_key, parse_arm_id

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
WORKSPACE = Workspace(subscription=SUBSCRIPTION, resource_group="dev-ml-rg", name="dev-ml-ws")
PREFIX = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dev-ml-rg"
    "/providers/Microsoft.MachineLearningServices/workspaces/dev-ml-ws"
)


def test_workspace_path_is_its_arm_id() -> None:
    assert WORKSPACE.path == PREFIX


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (PREFIX, ()),
        (f"{PREFIX}/computes/cpu", ("computes", "cpu")),
        (f"azureml:{PREFIX}/codes/c/versions/1", ("codes", "c", "versions", "1")),
        (PREFIX.lower() + "/data/d/versions/2", ("data", "d", "versions", "2")),
    ],
)
def test_arm_id_gives_the_workspace_and_the_rest(text: str, rest: tuple[str, ...]) -> None:
    parsed = parse_arm_id(text)
    assert parsed is not None
    assert parsed[0].scope == WORKSPACE.scope
    assert parsed[1] == rest


@pytest.mark.parametrize("text", ["", "cpu", "azureml:d:1", "/subscriptions/1", "azureml://a/b"])
def test_other_text_is_no_arm_id(text: str) -> None:
    assert parse_arm_id(text) is None


def test_key_can_be_read_back_even_when_the_group_has_dots() -> None:
    dotted = Workspace(subscription=SUBSCRIPTION, resource_group="a.b", name="ws")
    read = from_key(dotted.key)
    assert read is not None
    assert read.scope == dotted.scope
    assert from_key("no-dots") is None


@pytest.mark.parametrize(
    ("uri", "datastore", "path"),
    [
        ("azureml://datastores/workspaceblobstore/paths/a/b/", "workspaceblobstore", "a/b/"),
        (
            f"azureml://subscriptions/{SUBSCRIPTION}/resourcegroups/dev-ml-rg/workspaces/dev-ml-ws"
            "/datastores/d/paths/x.csv",
            "d",
            "x.csv",
        ),
        (
            f"azureml://subscriptions/{SUBSCRIPTION}/resourceGroups/dev-ml-rg/providers/"
            "Microsoft.MachineLearningServices/workspaces/dev-ml-ws/datastores/d/paths/x.csv",
            "d",
            "x.csv",
        ),
        (f"http://127.0.0.1:81/storage/{WORKSPACE.key}/c1/src%20dir", "c1", "src dir"),
        (
            f"https://localhost:8443/storage/{WORKSPACE.key}.blob.penstock.local/c1/src",
            "c1",
            "src",
        ),
    ],
)
def test_uri_forms_name_one_place(uri: str, datastore: str, path: str) -> None:
    place = parse_uri(uri, WORKSPACE)
    assert place is not None
    assert (place.workspace.scope, place.datastore, place.path) == (
        WORKSPACE.scope,
        datastore,
        path,
    )


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org/storage/a.b.c/d/e",
        "wasbs://c@a.blob.core.windows.net/x",
        "azureml:d:1",
        "azureml://jobs/j/outputs/o/paths/p",
    ],
)
def test_addresses_elsewhere_are_not_ours(uri: str) -> None:
    assert parse_uri(uri, WORKSPACE) is None


def test_full_uri_is_read_as_written() -> None:
    place = StoredPath(workspace=WORKSPACE, datastore="d", path="a/b/")
    assert parse_uri(place.uri, WORKSPACE) == place
    assert parse_uri("azureml://datastores/d/paths/a/b/", WORKSPACE) == place


def test_content_lies_under_workspace_and_datastore(tmp_path: Path) -> None:
    place = StoredPath(workspace=WORKSPACE, datastore="d", path="a//b/")
    assert storage_path(tmp_path, place) == tmp_path / WORKSPACE.key / "d" / "a" / "b"


@pytest.mark.parametrize("path", ["../x", "a/../../x", "a/./b", "a\\..\\b", "a/\0"])
def test_path_cannot_leave_its_datastore(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnsafePath):
        storage_path(tmp_path, StoredPath(workspace=WORKSPACE, datastore="d", path=path))


@pytest.mark.parametrize("datastore", ["..", ".", "", "a/b"])
def test_datastore_name_cannot_leave_the_workspace(tmp_path: Path, datastore: str) -> None:
    with pytest.raises(UnsafePath):
        storage_path(tmp_path, StoredPath(workspace=WORKSPACE, datastore=datastore, path="x"))


def test_artifacts_of_a_job_lie_where_azure_puts_them() -> None:
    """Where clients look: `workspaceartifactstore/paths/ExperimentRun/dcid.{run}/`."""
    assert artifacts_path(WORKSPACE, "j1").uri.endswith(
        "/datastores/workspaceartifactstore/paths/ExperimentRun/dcid.j1/"
    )


@pytest.mark.parametrize(
    ("name", "group"),
    [("a.b", "rg"), ("../a", "rg"), ("", "rg"), ("a" * 34, "rg"), ("a", "b/c"), ("a", "rg.")],
)
def test_names_that_azure_refuses_make_no_workspace(bench: Bench, name: str, group: str) -> None:
    """A period in a workspace's name would make its folder that of another one."""
    new = Workspace(subscription="0", resource_group=group, name=name)
    with pytest.raises(Refused, match="is no name for a"):
        create_workspace(bench.assets, new, {"properties": {}}, 1.0)


@pytest.mark.parametrize(("name", "group"), [("w", "rg.eu(1)"), ("My_ws-2", "Rg-1")])
def test_a_workspaces_folder_tells_which_it_is(bench: Bench, name: str, group: str) -> None:
    new = Workspace(subscription="0", resource_group=group, name=name)
    create_workspace(bench.assets, new, {"properties": {}}, 1.0)
    assert (found := from_key(new.key)) is not None and found.scope == new.scope
