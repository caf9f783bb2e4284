"""No path and no name leads out, whichever row of the table takes it and however it is written.

Requests go out as raw bytes, in the name of an administrator, since a client library would tidy
them. A new route is covered as soon as it is composed: every parameter of its path is tried, and
every name that the server reads from a query.
"""

from __future__ import annotations

import json
import re
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from wholeserver import CHANGING, Whole, git, whole_server

import penstock.server
from penstock.engine.plan import Plan
from penstock.ml.datastores import artifacts_path, storage_path
from penstock.ml.workspaces import Workspace
from penstock.server.routes import Permission, Route
from penstock.store.home import Home

CANARY = "the-canary-sings"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
WORKSPACE = Workspace(subscription=SUBSCRIPTION, resource_group="rg", name="ws")
ML = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers"
    "/Microsoft.MachineLearningServices/workspaces/ws"
)
UP = (
    "..",
    "%2e%2e",
    "%2E.",
    "%252e%252e",
    "%25252e%25252e",
    "..;",
    "..%00",
    "..%5c",
    "%c0%ae%c0%ae",
)
TRICKS = (
    *(f"{up}/{up}/canary" for up in UP),
    *("../" * depth + "canary" for depth in (1, 3, 4, 6)),
    *("..%2f" * depth + "canary" for depth in (1, 3, 4, 6)),
    *("..%252f" * depth + "canary" for depth in (1, 4)),
    *("..%5c" * depth + "canary" for depth in (1, 4)),
    *("..\\..\\canary", "\\canary", "%5ccanary", "C:%5ccanary", "%5c%5chost%5cshare%5ccanary"),
    *("/canary", "%2fcanary", "//canary", "a//../canary", "a%2f%2fcanary", ".//canary", "./canary"),
    *("..%c0%af..%c0%afcanary", "%e2%80%a5%2fcanary", "%ef%bc%8e%ef%bc%8e%ef%bc%8fcanary"),
    *("%e2%88%95canary", "..%e2%81%84canary", "%ef%bc%bccanary", "\u2025/canary", "..\uff0fcanary"),
    *("canary%00", "%00canary", "canary%00.txt", "can\0ary", "a%0a..%2fcanary", "a%0d%0acanary"),
    *("canary.", "canary%20", "CANARY", "canary::$DATA", "canary;.jsp", "canary;x=../canary"),
    *(
        "..",
        ".",
        "%2e",
        "%2e%2e",
        "...",
        "....//canary",
        "....%2f%2fcanary",
        "~",
        "~root",
        "*",
        "?",
    ),
    *("link", "link%2fcanary", "folder/canary", "folder%2fcanary", "%2fetc%2fpasswd"),
    *("file:%2f%2f%2fetc%2fpasswd", "file:///etc/passwd", "@%2fetc%2fpasswd", "-x", "--help"),
    *("../state.db", "..%2f..%2fstate.db", "..%2fsecrets.key", "..%2f..%2fsigning.key"),
    *("../../files.py", "..%2f..%2f__init__.py", "..%2ffiles.py", "assets%2f..%2f..%2ffiles.py"),
)
PATHLIKE = re.compile(
    r":path$|^(account|area|blob|branch|container|filter|log|name|path|repository|rest|tag|workspace)"
)
FEW = 4
"""So many tricks for a parameter that is a number or an id, and for a row whose path ends as that
of an earlier one; the next has the following ones."""
STRIDE = 8
"""Each row is tried with every eighth name of a query, the next row with the following ones."""
NAMES_IN_QUERIES = tuple(
    sorted(
        {
            name
            for file in Path(penstock.server.__file__).parent.rglob("*.py")
            for name in re.findall(r"""query\((?:call, )?"([A-Za-z.$]+)\"""", file.read_text())
        }
    )
)
GIT = "/penstock/alpha/_apis/git/repositories/code"
BUILD = "/penstock/alpha/_apis/build"
QUERIES = (
    *(f"GET {GIT}/items?{name}=@" for name in ("path", "scopePath", "version")),
    *(f"GET {GIT}/items?path=@&$format={form}" for form in ("text", "octetStream", "zip")),
    f"GET {GIT}/items?path=/&recursionLevel=full&scopePath=@",
    f"GET {GIT}/items?path=src/a.py&versionDescriptor.version=@&versionDescriptor.versionType=tag",
    f"GET {GIT}/items?path=src/a.py&version=@&versionType=commit",
    f"GET {GIT}/commits?searchCriteria.itemPath=@",
    f"GET {GIT}/commits?searchCriteria.itemVersion.version=@",
    f"GET {GIT}/refs?filter=@",
    f"GET {GIT}/refs?filterContains=@",
    f"GET {GIT}/stats/branches?name=@",
    f"GET {GIT}/diffs/commits?baseVersion=@&targetVersion=main",
    f"GET {BUILD}/builds/RUN/artifacts?artifactName=@&$format=zip",
    f"GET {BUILD}/builds/RUN/artifacts?artifactName=drop&fileName=@",
    f"GET {BUILD}/builds/RUN/artifacts?artifactName=drop&fileName=folder/@",
    f"GET {BUILD}/builds?branchName=@",
    f"GET {BUILD}/builds?repositoryId=@&repositoryType=TfsGit",
    "GET /penstock/alpha/_apis/pipelines/1/runs/RUN/artifacts?artifactName=@",
    "GET /penstock/alpha/_apis/penstock/runs/RUN/logs/search?q=sings&recordId=@",
    "GET /penstock/alpha/_apis/penstock/live?run=@",
    "GET /penstock/alpha/_git/code/info/refs?service=@",
    "POST /penstock/alpha/_apis/distributedtask/securefiles?name=@",
    *(
        f"GET /storage/ACCOUNT/workspaceblobstore?restype=container&comp=list&{q}=@"
        for q in ("prefix", "delimiter", "marker")
    ),
    *(f"PUT /storage/ACCOUNT/workspaceblobstore/x?comp={c}" for c in ("block&blockid=@", "@")),
    *(
        f"GET /mlflow/v1.0{ML}/api/2.0/{q}"
        for q in (
            "mlflow/artifacts/list?run_id=JOB&path=@",
            "mlflow-artifacts/artifacts?path=ARTIFACTS/@",
            "mlflow-artifacts/artifacts?path=@",
        )
    ),
)
"""Where a path or a name stands in a query."""
BODIES: tuple[tuple[str, object], ...] = (
    (
        f"POST {GIT}/pushes",
        {
            "refUpdates": [{"name": "refs/heads/@"}],
            "commits": [
                {
                    "comment": "c",
                    "changes": [
                        {"changeType": "add", "item": {"path": "@"}, "newContent": {"content": "x"}}
                    ],
                }
            ],
        },
    ),
    (
        f"POST {GIT}/pushes",
        {
            "refUpdates": [{"name": "refs/heads/new"}],
            "commits": [
                {
                    "comment": "c",
                    "changes": [
                        {"changeType": "rename", "sourceServerItem": "@", "item": {"path": "b"}}
                    ],
                }
            ],
        },
    ),
    (f"POST {GIT}/refs", [{"name": "@", "oldObjectId": "0" * 40, "newObjectId": "@"}]),
    (
        f"POST {GIT}/filediffs",
        {
            "baseVersionCommit": "@",
            "targetVersionCommit": "main",
            "fileDiffParams": [{"path": "@", "originalPath": "@"}],
        },
    ),
    (
        f"POST {GIT}/pullrequests",
        {"sourceRefName": "refs/heads/@", "targetRefName": "@", "title": "@"},
    ),
    (f"PATCH {GIT}", {"defaultBranch": "@"}),
    ("POST /penstock/alpha/_apis/git/repositories", {"name": "@"}),
    (
        "POST /penstock/_apis/projects",
        {
            "name": "@",
            "capabilities": {
                "versioncontrol": {"sourceControlType": "Git"},
                "processTemplate": {"templateTypeId": "x"},
            },
        },
    ),
    (
        "POST /penstock/alpha/_apis/pipelines",
        {
            "name": "@",
            "folder": "@",
            "configuration": {
                "type": "yaml",
                "path": "@",
                "repository": {"id": "code", "type": "azureReposGit"},
            },
        },
    ),
    (
        "POST /penstock/alpha/_apis/penstock/preview",
        {"repositoryId": "code", "branch": "main", "path": "@"},
    ),
    (
        "POST /penstock/alpha/_apis/penstock/preview",
        {"repositoryId": "code", "branch": "@", "path": "x.yml", "yaml": "steps: [{bash: a}]"},
    ),
    (
        "POST /penstock/alpha/_apis/penstock/preview",
        {
            "repositoryId": "code",
            "branch": "main",
            "path": "x.yml",
            "yaml": "extends: {template: '@'}",
        },
    ),
    (
        "POST /penstock/alpha/_apis/penstock/preview",
        {
            "repositoryId": "code",
            "branch": "main",
            "path": "x.yml",
            "yaml": "variables: [{template: '@@self'}]\nsteps: [{template: '@'}]",
        },
    ),
    (
        "POST /penstock/_apis/distributedtask/variablegroups",
        {
            "name": "@",
            "variables": {"@": {"value": "@"}},
            "variableGroupProjectReferences": [{"projectReference": {"name": "alpha"}}],
        },
    ),
    ("POST /penstock/alpha/_apis/distributedtask/environments", {"name": "@"}),
    (
        "POST /penstock/_apis/serviceendpoint/endpoints",
        {
            "name": "@",
            "type": "generic",
            "url": "file:///@",
            "authorization": {"scheme": "UsernamePassword", "parameters": {"password": "@"}},
            "serviceEndpointProjectReferences": [{"projectReference": {"name": "alpha"}}],
        },
    ),
    (
        f"PUT {ML}/data/t/versions/1",
        {
            "properties": {
                "dataType": "uri_file",
                "dataUri": "azureml://datastores/workspaceblobstore/paths/@",
            }
        },
    ),
    (
        f"PUT {ML}/data/t/versions/1",
        {"properties": {"dataType": "uri_file", "dataUri": "file:///@"}},
    ),
    (
        f"PUT {ML}/data/t/versions/1",
        {"properties": {"dataType": "uri_file", "dataUri": "azureml://datastores/@/paths/x"}},
    ),
    (f"PUT {ML}/codes/t/versions/1", {"properties": {"codeUri": "@"}}),
    (
        f"PUT {ML}/models/t/versions/1",
        {
            "properties": {
                "modelType": "custom_model",
                "modelUri": "azureml://jobs/@/outputs/artifacts/paths/@",
            }
        },
    ),
    (
        f"PUT {ML}/environments/t/versions/1",
        {"properties": {"image": "@", "condaFile": "file:///@"}},
    ),
    (
        f"PUT {ML}/datastores/t",
        {"properties": {"datastoreType": "AzureBlob", "accountName": "@", "containerName": "@"}},
    ),
    (
        f"PUT {ML}/jobs/t",
        {
            "properties": {
                "jobType": "Command",
                "command": "cat",
                "codeId": "@",
                "environmentId": "@",
                "inputs": {"a": {"jobInputType": "uri_file", "uri": "@"}},
                "outputs": {
                    "o": {
                        "jobOutputType": "uri_file",
                        "uri": "azureml://datastores/workspaceblobstore/paths/@",
                    }
                },
            }
        },
    ),
    (f"POST /data/v1.0{ML}/dataversion/batchGetResolvedUris", {"values": ["@"]}),
    (f"POST /modelregistry/v1.0{ML}/models/batchGetResolvedUris", {"values": ["@"]}),
    *(
        (f"POST /mlflow/v1.0{ML}/api/2.0/mlflow/{call}", body)
        for call, body in (
            ("experiments/create", {"name": "@", "artifact_location": "@"}),
            ("runs/create", {"experiment_id": "@"}),
            ("runs/log-model", {"run_id": "JOB", "model_json": '{"artifact_path": "@"}'}),
            ("registered-models/create", {"name": "@"}),
            ("model-versions/create", {"name": "t", "source": "@", "run_id": "JOB"}),
            ("model-versions/create", {"name": "t", "source": "file:///@"}),
            ("model-versions/create", {"name": "t", "source": "mlflow-artifacts:/@"}),
            (
                "runs/log-inputs",
                {
                    "run_id": "JOB",
                    "datasets": [
                        {
                            "dataset": {
                                "name": "@",
                                "source": "@",
                                "digest": "1",
                                "source_type": "local",
                            }
                        }
                    ],
                },
            ),
        )
    ),
)
"""Where a path, a name or an address stands in a body."""


@dataclass(frozen=True, slots=True)
class Full:
    """A server with something behind every row, and canaries around it."""

    whole: Whole
    folder: Path
    known: Mapping[str, str]
    never: tuple[bytes, ...]

    @property
    def token(self) -> str:
        return self.whole.host.access.token

    def raw(self, method: str, target: str | bytes, body: bytes | None = None) -> bytes:
        """The whole answer to a request whose target is sent as it is."""
        if isinstance(target, str):
            target = target.encode()
        length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
        request = (
            b"%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
            b"Content-Type: application/json\r\nx-ms-blob-type: BlockBlob\r\n%s"
            b"Connection: close\r\n\r\n%s"
        )
        data = request % (method.encode(), target, self.token.encode(), length, body or b"")
        address = ("127.0.0.1", self.whole.server.listener.port)
        with socket.create_connection(address, timeout=60) as connection:
            connection.sendall(data)
            parts = []
            while part := connection.recv(1 << 16):
                parts.append(part)
                if b"text/event-stream" in parts[0]:
                    break
        return b"".join(parts)

    def check(self, answer: bytes, what: object) -> int:
        """The status of an answer that tells nothing it must not."""
        match = re.match(rb"HTTP/1\.1 (\d{3})", answer)
        assert match is not None, (what, answer[:200])
        status = int(match[1])
        assert status < 500 or status in (501, 503), (what, answer[:500])
        for secret in self.never:
            assert secret not in answer, what
        return status


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    folder = tmp_path_factory.mktemp("paths")
    with whole_server(folder / "in") as whole:
        known = fill(whole, folder)
        home = whole.host.home
        for place in canary_places(folder, home):
            place.mkdir(exist_ok=True)
            (place / "canary").write_text(CANARY)
        signing = whole.host.signing_key()
        never = (CANARY.encode(), b"root:x:0:", b"SQLite format 3", signing, b"from __future__")
        one = Full(whole, folder, known, never)
        before = surroundings(one)
        yield one
        assert surroundings(one) == before
        failures = home.root / "failures.log"
        assert not failures.exists(), failures.read_text()


def canary_places(folder: Path, home: Home) -> tuple[Path, ...]:
    inside = (home.storage, home.artifacts, home.logs, home.repositories)
    return (folder, folder / "in", home.root, *inside)


def surroundings(full: Full) -> dict[str, str]:
    """What lies beside the folders that requests may write to, and the canaries in them."""
    home = full.whole.host.home
    outside = [*full.folder.iterdir(), *(full.folder / "in").iterdir(), *home.root.iterdir()]
    outside += home.repositories.iterdir()
    expected = re.compile(r"state\.db.*|secrets\.key|failures\.log|[0-9a-f-]{36}\.git")
    names = {str(path): "" for path in outside if not expected.fullmatch(path.name)}
    for place in canary_places(full.folder, home):
        names[str(place / "canary")] = (place / "canary").read_text()
    return names


def fill(whole: Whole, folder: Path) -> dict[str, str]:
    """Put something behind the rows; the values of parameters that name it."""
    host, devops = whole.host, whole.devops
    project = devops.projects.get("alpha")
    devops.repositories.create(project, "code")
    tree = folder / "tree"
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "a.py").write_text("a")
    (tree / "link").symlink_to("../../canary")
    (tree / "folder").symlink_to("/")
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "one")
    header = f"http.extraHeader=Authorization: Bearer {host.access.token}"
    git(tree, "-c", header, "push", "-q", f"{host.access.url}/penstock/alpha/_git/code", "main")
    run = host.runs.new_id()
    host.runs.create(run, Plan(nodes=()), {"kind": "pipeline", "project": project.id})

    def ask(method: str, path: str, body: object) -> Any:
        headers = {"Authorization": f"Bearer {host.access.token}"}
        answer = whole.server.request(method, path, json.dumps(body).encode(), **headers)
        assert answer.status in (200, 201, 202), (path, answer)
        return answer.json if answer.body else None

    version = "?api-version=2024-04-01"
    ask("PUT", ML + version, {"location": "westeurope", "properties": {}})
    data = {"dataType": "uri_folder", "dataUri": "azureml://datastores/workspaceblobstore/paths/d/"}
    ask("PUT", f"{ML}/data/d/versions/1{version}", {"properties": data})
    flow = f"/mlflow/v1.0{ML}/api/2.0/mlflow"
    made = ask("POST", f"{flow}/runs/create", {"experiment_id": "0"})["run"]["info"]
    artifacts = storage_path(host.home.storage, artifacts_path(WORKSPACE, made["run_id"]))
    container = host.home.storage / f"ws.rg.{SUBSCRIPTION}" / "workspaceblobstore"
    drop = host.home.artifacts / run / "Job" / "artifact" / "drop"
    for place in (artifacts, container, drop):
        place.mkdir(parents=True, exist_ok=True)
        (place / "a.txt").write_text("a")
        (place / "link").symlink_to(folder / "canary")
        (place / "folder").symlink_to(folder)
    return {
        "organization": "penstock",
        "project": "alpha",
        "repository": "code",
        "subscription": SUBSCRIPTION,
        "group": "rg",
        "workspace": "ws",
        "account": f"ws.rg.{SUBSCRIPTION}",
        "key": f"ws.rg.{SUBSCRIPTION}",
        "container": "workspaceblobstore",
        "runId": run,
        "job": made["run_id"],
        "area": "artifacts",
        "version": "v1.0",
        "path": f"{made['experiment_id']}/{made['run_id']}/artifacts",
    }


def targets(full: Full, routes: tuple[Route, ...]) -> Iterator[tuple[str, str]]:
    """Method and target of each trick in each parameter of each row."""
    turn = 0
    ends: set[tuple[str, ...]] = set()
    for route in routes:
        end = (
            route.method,
            *route.path.split("/")[-1 if route.path.endswith("{rest:path}") else -2 :],
        )
        is_alike = end in ends
        ends.add(end)
        for name in re.findall(r"\{([^}]+)\}", route.path):
            tricks = TRICKS
            if is_alike or not PATHLIKE.search(name):
                tricks = some(turn)
                turn += FEW
            for trick in tricks:
                # Were there a hole, a test must not write to the machine that it runs on.
                if route.method in CHANGING and "etc" in trick:
                    continue
                yield route.method, filled(route.path, full.known, name, trick)
                if name.endswith(":path") and name[:-5] in full.known:
                    below = f"{full.known[name[:-5]]}/{trick}"
                    yield route.method, filled(route.path, full.known, name, below)


def some(turn: int) -> tuple[str, ...]:
    return tuple(TRICKS[(turn + n) % len(TRICKS)] for n in range(FEW))


def filled(path: str, known: Mapping[str, str], tried: str = "", trick: str = "") -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1].partition(":")[0]
        return trick if match[1] == tried else known.get(name, "1")

    return re.sub(r"\{([^}]+)\}", value, path)


def test_no_parameter_of_a_path_that_is_read_leads_out(full: Full) -> None:
    routes = tuple(route for route in full.whole.routes if route.method not in CHANGING)
    statuses = Counter(
        full.check(full.raw(method, target), target) for method, target in targets(full, routes)
    )
    assert sum(statuses.values()) > 5000, statuses
    # Names that are odd and lead nowhere are names: some rows answer them, as they answer any.
    assert statuses[400] + statuses[404] > 0.5 * sum(statuses.values()), statuses


def test_no_parameter_of_a_path_that_changes_something_leads_out(full: Full) -> None:
    routes = tuple(route for route in full.whole.routes if route.method in CHANGING)
    statuses = Counter(
        full.check(full.raw(method, target, b"{}"), (method, target))
        for method, target in targets(full, routes)
    )
    assert sum(statuses.values()) > 3000, statuses


def test_no_name_in_a_query_leads_out(full: Full) -> None:
    """Every name that any row reads, at every row; a trick more for each, so all come round."""
    assert len(NAMES_IN_QUERIES) > 50
    turn = 0
    ends = set()
    for route in full.whole.routes:
        end = tuple(route.path.split("/")[-2:])
        if route.method != "GET" or route.permission is Permission.PUBLIC or end in ends:
            continue
        ends.add(end)
        path = filled(route.path, full.known)
        for name in NAMES_IN_QUERIES[turn % STRIDE :: STRIDE]:
            trick = TRICKS[turn % len(TRICKS)]
            turn += 1
            full.check(full.raw("GET", f"{path}?{name}={trick}"), (path, name, trick))


def placed(full: Full, text: str) -> str:
    words = {"ACCOUNT": "account", "ARTIFACTS": "path", "JOB": "job", "RUN": "runId"}
    return re.sub("|".join(words), lambda match: full.known[words[match[0]]], text)


@pytest.mark.parametrize(
    "target",
    [
        f"{GIT}/items?path=src/a.py&$format=text",
        f"{GIT}/items/src/a.py?$format=text",
        f"{BUILD}/builds/RUN/artifacts?artifactName=drop&fileName=a.txt",
        f"{BUILD}/builds/RUN/artifacts?artifactName=drop&$format=zip",
        "/storage/ACCOUNT/workspaceblobstore/a.txt",
        f"/mlflow/v1.0{ML}/api/2.0/mlflow-artifacts/artifacts/ARTIFACTS/a.txt",
        f"/mlflow/v1.0{ML}/api/2.0/mlflow/artifacts/list?run_id=JOB",
        "/_portal/files.py/..",
    ],
)
def test_what_is_there_is_had(full: Full, target: str) -> None:
    """Else all that is tried here would be refused for being nowhere."""
    answer = full.raw("GET", placed(full, target))
    assert full.check(answer, target) == (400 if ".." in target else 200)


@pytest.mark.parametrize("query", QUERIES)
def test_no_path_in_a_query_leads_out(full: Full, query: str) -> None:
    method, _, target = placed(full, query).partition(" ")
    body = None if method == "GET" else b"x"
    for trick in TRICKS:
        full.check(full.raw(method, target.replace("@", trick), body), (target, trick))


@pytest.mark.parametrize(("row", "body"), BODIES, ids=[f"{n}" for n in range(len(BODIES))])
def test_no_path_in_a_body_leads_out(full: Full, row: str, body: object) -> None:
    method, _, target = placed(full, row).partition(" ")
    if target.startswith("/subscriptions"):
        target += "?api-version=2024-04-01"
    template = placed(full, json.dumps(body))
    for trick in dict.fromkeys((*map(unquote, TRICKS), *TRICKS)):
        sent = template.replace("@", json.dumps(trick)[1:-1]).encode()
        full.check(full.raw(method, target, sent), (row, trick))
    for address in (f"{ML}/data/t/versions/1/preview", f"{ML}/models/t/versions/1"):
        full.check(full.raw("GET", f"{address}?api-version=2024-04-01"), row)
