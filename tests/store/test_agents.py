from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from penstock.agent.server import JobServer, NotFound
from penstock.engine.events import NodeStarted
from penstock.engine.reports import Report
from penstock.ml.jobstore import Job
from penstock.ml.workspaces import Workspace
from penstock.store.agents import Attachment, LocalJobServer, ml_places
from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.logs import Logs
from penstock.store.ml.jobs import SqlJobs

WORKSPACE = Workspace(subscription="sub", resource_group="dev-ml-rg", name="dev-ml-ws")
FULL = (
    "azureml://subscriptions/sub/resourcegroups/dev-ml-rg/workspaces/dev-ml-ws"
    "/datastores/workspaceblobstore/paths/"
)
BLOB = f"http://127.0.0.1:8123/storage/{WORKSPACE.key}/workspaceblobstore/"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "canary").write_text("secret")
    home = Home(tmp_path / "home")
    stored = home.storage / WORKSPACE.key / "workspaceblobstore" / "data"
    stored.mkdir(parents=True)
    (stored / "a b.csv").write_text("1,2\n")
    return home


@pytest.fixture
def server(home: Home) -> Iterator[LocalJobServer]:
    logs = Logs(home.logs)
    yield LocalJobServer(home, logs, lambda report: None)
    logs.close()


@pytest.mark.parametrize(
    "uri",
    [
        FULL + "data/a b.csv",
        FULL.replace("/workspaces/", "/providers/Microsoft.MachineLearningServices/workspaces/")
        + "data/a b.csv",
        BLOB + "data/a%20b.csv",
        BLOB + "data/a%20b.csv?sv=2024-11-04&sig=x",
        BLOB.replace("127.0.0.1:8123", "localhost") + "data/a%20b.csv",
    ],
)
def test_every_address_of_one_place_gives_the_same_file(
    server: LocalJobServer, home: Home, uri: str
) -> None:
    path = server.fetch(uri, None)
    assert path == home.storage / WORKSPACE.key / "workspaceblobstore" / "data" / "a b.csv"
    assert path.read_text() == "1,2\n"


def test_a_local_file_uri_is_of_the_storage_only(server: LocalJobServer, home: Home) -> None:
    stored = home.storage / WORKSPACE.key / "workspaceblobstore" / "data"
    assert server.fetch(f"{stored.as_uri()}/a%20b.csv", None).read_text() == "1,2\n"
    for uri in (
        "file:///etc/passwd",
        f"file://{home.storage}/../../canary",
        f"file://{home.storage}/%2e%2e/%2e%2e/canary",
        f"file://elsewhere{home.storage}/x",
    ):
        with pytest.raises(NotFound):
            server.fetch(uri, None)


def test_a_file_is_copied_into_the_folder_given(server: LocalJobServer, tmp_path: Path) -> None:
    path = server.fetch(FULL + "data/a b.csv", tmp_path / "inputs", writable=True)
    assert path == tmp_path / "inputs" / "a b.csv"
    path.write_text("changed")
    assert server.fetch(FULL + "data/a b.csv", None).read_text() == "1,2\n"


def test_what_a_folder_holds_is_copied(server: LocalJobServer, tmp_path: Path) -> None:
    path = server.fetch(FULL + "data/", tmp_path / "inputs")
    assert path == tmp_path / "inputs"
    assert (path / "a b.csv").read_text() == "1,2\n"


def test_what_is_not_there_is_named_with_its_place_on_this_machine(
    server: LocalJobServer, home: Home
) -> None:
    with pytest.raises(NotFound) as missing:
        server.fetch(FULL + "data/none.csv", None)
    place = home.storage / WORKSPACE.key / "workspaceblobstore" / "data" / "none.csv"
    assert str(missing.value) == (
        f'nothing is stored at "{FULL}data/none.csv" (on this machine {place})'
    )


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "azureml://datastores/workspaceblobstore/paths/data/",
            '"azureml://datastores/workspaceblobstore/paths/data/" is not an address in the'
            " storage of this machine",
        ),
        (
            "https://example.com/storage/a.b.c/d/e",
            '"https://example.com/storage/a.b.c/d/e" is not an address in the storage of this'
            " machine",
        ),
        ("", '"" is not an address in the storage of this machine'),
    ],
)
def test_an_address_that_is_none_is_named(server: LocalJobServer, uri: str, message: str) -> None:
    with pytest.raises(NotFound) as missing:
        server.fetch(uri, None)
    assert str(missing.value) == message


@pytest.mark.parametrize(
    "uri",
    [
        FULL + "../../../canary",
        FULL + "data/../../../../canary",
        FULL + "..%2f..%2f..%2fcanary",
        FULL + "\\..\\..\\canary",
        FULL + "a\0b",
        BLOB + "../../../canary",
        BLOB + "%2e%2e/%2e%2e/%2e%2e/canary",
        BLOB + "..%2f..%2f..%2fcanary",
        BLOB + "%252e%252e/%252e%252e/%252e%252e/canary",
        BLOB.replace("/workspaceblobstore/", "/%2e%2e/") + "canary",
        BLOB.replace(WORKSPACE.key, "..") + "x",
        FULL.replace("/workspaceblobstore/", "/../") + "canary",
    ],
)
def test_no_address_leads_out_of_the_storage(
    server: LocalJobServer, home: Home, tmp_path: Path, uri: str
) -> None:
    with pytest.raises(NotFound):
        server.fetch(uri, None)
    (tmp_path / "new").write_text("new")
    with suppress(NotFound):  # a name such as "..%2f" is odd but leads nowhere
        server.keep(uri, tmp_path / "new")
    assert (tmp_path / "canary").read_text() == "secret"
    assert {path.name for path in tmp_path.iterdir()} == {"canary", "home", "new"}
    assert {path.name for path in home.root.iterdir()} == {"storage"}
    assert {path.name for path in home.storage.iterdir()} == {WORKSPACE.key}


def test_links_that_a_job_left_do_not_lead_out(
    server: LocalJobServer, home: Home, tmp_path: Path
) -> None:
    out = server.output_path(FULL + "out", "uri_folder")
    (out / "link").symlink_to(tmp_path)
    with pytest.raises(NotFound):
        server.fetch(FULL + "out/link/canary", None)
    with pytest.raises(NotFound):
        server.output_path(FULL + "out/link/new/file", "uri_file")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["canary", "home"]


def test_an_output_is_written_at_its_place(server: LocalJobServer) -> None:
    folder = server.output_path(FULL + "azureml/job/model", "uri_folder")
    assert folder.is_dir()
    (folder / "weights").write_text("w")
    server.keep(FULL + "azureml/job/model", folder)
    assert server.fetch(FULL + "azureml/job/model/weights", None).read_text() == "w"

    file = server.output_path(FULL + "azureml/job/score", "uri_file")
    assert file.parent.is_dir()
    assert not file.exists()


def test_an_output_from_elsewhere_is_kept_over_what_is_there(
    server: LocalJobServer, tmp_path: Path
) -> None:
    source = tmp_path / "made"
    source.mkdir()
    (source / "a b.csv").write_text("new\n")
    server.keep(FULL + "data", source)
    assert server.fetch(FULL + "data/a b.csv", None).read_text() == "new\n"


def test_events_and_lines_go_on_to_who_listens(home: Home) -> None:
    reported: list[Report] = []
    printed: list[tuple[str, str, str, str]] = []
    logs = Logs(home.logs)
    server: JobServer = LocalJobServer(
        home,
        logs,
        reported.append,
        on_log=lambda *line: printed.append(line),
    )
    report = Report(run="7", node="a", attempt=1, number=1, events=(NodeStarted(at=1, node="a"),))
    server.report(report)
    server.write_log("7", "a/b", "step1", "hello\n")
    logs.close()
    assert reported == [report]
    assert printed == [("7", "a/b", "step1", "hello\n")]
    assert logs.read("7", "a/b", "step1") == ["hello"]


def test_what_a_job_attaches_is_kept_by_run_node_and_kind(
    server: LocalJobServer, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "app.zip").write_text("zip")
    (tmp_path / "notes.md").write_text("# notes")
    server.attach("7", "stage/job", "artifact", "../drop", drop)
    server.attach("7", "stage/job", "summary", "notes.md", tmp_path / "notes.md")
    kept = list(server.attachments("7"))
    assert [(item.node, item.kind, item.name) for item in kept] == [
        ("stage/job", "artifact", "../drop"),
        ("stage/job", "summary", "notes.md"),
    ]
    assert (kept[0].path / "app.zip").read_text() == "zip"
    assert kept[1].path.read_text() == "# notes"
    assert list(server.attachments("8")) == []
    assert isinstance(kept[0], Attachment)


def test_what_an_ml_job_attaches_lies_where_a_download_looks(home: Home, tmp_path: Path) -> None:
    """`ExperimentRun/dcid.<job>/` of workspaceartifactstore, where azure-ai-ml downloads from."""
    database = open_state(home)
    jobs = SqlJobs(database)
    common = {
        "workspace": WORKSPACE,
        "type": "command",
        "run": "7",
        "root": "icy_nut",
        "display_name": "d",
        "experiment": "e",
        "document": {},
        "created_at": 1.0,
    }
    jobs.add([Job(name="icy_nut", node="", **common), Job(name="kid", node="train", **common)])  # type: ignore[arg-type]
    place = ml_places(jobs, home)
    logs = Logs(home.logs, place=place)
    server = LocalJobServer(home, logs, lambda report: None, place=place)
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    (outputs / "model.pkl").write_text("m")

    server.attach("7", "train", "outputs", "outputs", outputs)
    server.write_log("7", "train", "user_logs/std_log.txt", "epoch 1\n")
    server.write_log("8", "train", "step1", "not ours\n")
    logs.close()

    store = home.storage / WORKSPACE.key / "workspaceartifactstore" / "ExperimentRun"
    assert (store / "dcid.kid" / "outputs" / "model.pkl").read_text() == "m"
    assert (store / "dcid.kid" / "user_logs" / "std_log.txt").read_text() == "epoch 1\n"
    assert (home.logs / "8" / "train" / "step1").read_text() == "not ours\n"
    database.close()
