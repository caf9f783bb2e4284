"""`penstock env`: real clients against `penstock up`, by what it exports and nothing else."""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typed import Terminal

from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.hosting.repositories import Repositories
from penstock.store.projects import Projects

ROOT = Path(__file__).parents[3]


@pytest.fixture
def server(terminal: Terminal) -> Iterator[Terminal]:
    """A terminal whose server runs."""
    assert terminal.type("up", "--port", "0").code == 0
    yield terminal
    terminal.type("down")
    assert not (terminal.home / "failures.log").exists()


def exported(terminal: Terminal, *words: str) -> dict[str, str]:
    """The environment of a shell that evaluated what `penstock env` printed."""
    ended = terminal.type("env", *words)
    assert ended.code == 0, ended
    found = {}
    for line in ended.out.splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        (found[name],) = shlex.split(value)
    return {**terminal.environment(), **found}


def asked(url: str, environment: dict[str, str], token: str = "") -> tuple[int, bytes]:
    trust = ssl.create_default_context(cafile=environment["REQUESTS_CA_BUNDLE"])
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20, context=trust) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def access_token(environment: dict[str, str]) -> str:
    """What an Azure client gets from the identity endpoint."""
    request = urllib.request.Request(
        f"{environment['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource=https://x",
        headers={"X-IDENTITY-HEADER": environment["IDENTITY_HEADER"]},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(json.load(answer)["access_token"])


def make_repository(home: Home) -> None:
    """The repository `code` of a project `Demo`."""
    database = open_state(home)
    repositories = Repositories(database, home.repositories, lambda: str(uuid4()))
    repositories.create(Projects(database, lambda: str(uuid4())).create("Demo"), "code")
    repositories.close()
    database.close()


def test_without_a_server_there_is_nothing_to_point_at(terminal: Terminal) -> None:
    ended = terminal.type("env")
    assert (ended.code, ended.out) == (7, "")
    assert ended.err == "error: the server is not running\n  = help: `penstock up` starts it\n"


def test_the_server_is_reached_over_tls_by_its_own_authority(server: Terminal) -> None:
    environment = exported(server)
    url = environment["ARM_CLOUD_METADATA_URL"].partition("/metadata")[0]
    me = f"{url}/penstock/_apis/connectionData"
    assert asked(environment["ARM_CLOUD_METADATA_URL"], environment)[0] == 200
    assert asked(me, environment)[0] == 401
    token = access_token(environment)
    status, body = asked(me, environment, token)
    assert (status, json.loads(body)["authenticatedUser"]["providerDisplayName"]) == (200, "admin")
    changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    assert asked(me, environment, changed)[0] == 401

    # The access token is worth what the token behind it is worth.
    (listed,) = [
        row
        for row in json.loads(server.type("tokens", "list", "-o", "json").out)
        if row["name"] == "penstock env"
    ]
    assert server.type("tokens", "revoke", listed["id"]).code == 0
    assert asked(me, environment, token)[0] == 401
    with pytest.raises(urllib.error.HTTPError, match="401"):
        access_token(environment)

    strangers = ssl.create_default_context()
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(url, timeout=20, context=strangers)


def test_files_with_keys_are_the_users_own(server: Terminal) -> None:
    exported(server)
    assert {path.name for path in (server.home / "tls").iterdir()} == {
        "bundle.pem",
        "ca.pem",
        "server.pem",
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in (server.home / "tls").iterdir())


def test_a_second_evaluation_replaces_the_first(server: Terminal) -> None:
    first = exported(server)
    again = server.type("env", "--token", "penstock_pat_given", environ=first)
    assert again.out.count(".extraHeader") == 1
    assert "export GIT_CONFIG_COUNT=1\n" in again.out
    assert "export IDENTITY_HEADER=penstock_pat_given\n" in again.out
    path = next(line for line in again.out.splitlines() if line.startswith("export PATH="))
    assert path.count("/bin/0.") == 1


def test_git_clones_and_pushes_without_asking(server: Terminal) -> None:
    environment = exported(server)
    url = environment["PENSTOCK_ENDPOINT"]
    make_repository(Home(server.home))
    git = {**environment, "GIT_TERMINAL_PROMPT": "0"}

    def run(*words: str) -> str:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        done = subprocess.run(
            ["git", *identity, *words],
            cwd=server.folder,
            env=git,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("clone", "--quiet", f"{url}/penstock/Demo/_git/code", "clone")
    run("-C", "clone", "commit", "--quiet", "--allow-empty", "-m", "first")
    run("-C", "clone", "push", "--quiet", "origin", "HEAD:refs/heads/main")
    assert "refs/heads/main" in run("ls-remote", f"{url}/penstock/Demo/_git/code")


def test_az_and_mlflow_find_the_only_workspace(server: Terminal) -> None:
    environment = exported(server)
    assert "MLFLOW_TRACKING_URI" not in environment

    def az(*words: str) -> str:
        done = subprocess.run(
            ["az", *words], env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    az("group", "create", "--name", "dev-ml-rg", "--location", "local")
    az("ml", "workspace", "create", "--name", "dev-ml-ws", "-g", "dev-ml-rg")
    found = exported(server)["MLFLOW_TRACKING_URI"]
    assert found.endswith(
        "/mlflow/v1.0/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/dev-ml-rg"
        "/providers/Microsoft.MachineLearningServices/workspaces/dev-ml-ws"
    )
    az("ml", "workspace", "create", "--name", "other", "-g", "dev-ml-rg")
    two = server.type("env")
    assert "MLFLOW_TRACKING_URI" not in two.out
    assert two.err == "MLFLOW_TRACKING_URI is left out: name a workspace by -w and -g\n"
    assert exported(server, "-w", "Other")["MLFLOW_TRACKING_URI"].endswith("/workspaces/other")
    missing = server.type("env", "-w", "none")
    assert (missing.code, missing.err.splitlines()[0]) == (3, 'error: there is no workspace "none"')
    missing = server.type("env", "-g", "nope")
    assert (missing.code, 'no workspace in the group "nope"' in missing.err) == (3, True)


def test_az_gives_an_access_token_that_clients_of_azure_can_read(server: Terminal) -> None:
    environment = exported(server)
    words = ["az", "account", "get-access-token", "--resource", "https://ml.azure.com"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    token = json.loads(done.stdout)["accessToken"]
    claims = token.split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert found["aud"] == "https://ml.azure.com"
    url = environment["ARM_CLOUD_METADATA_URL"].partition("/metadata")[0]
    assert asked(f"{url}/subscriptions", environment, token)[0] == 200


@pytest.mark.slow
@pytest.mark.timeout(580)
def test_the_azure_ml_sdk_runs_the_diabetes_example(server: Terminal) -> None:
    project = server.folder / "diabetes"
    shutil.copytree(ROOT / "examples" / "diabetes", project)
    uv = [os.environ.get("UV", str(Path(sys.executable).with_name("uv"))), "run", "--quiet"]
    packages = ["--with", "scikit-learn>=1.5,<2", "--with", "pandas>=2.2,<3"]
    script = ["--python", sys.executable, "python", "data/write_data.py"]
    subprocess.run([*uv, "--no-project", *packages, *script], cwd=project, check=True)
    environment = {
        **exported(server),
        "AZUREML_RUN_POLLING_INTERVAL_MIN": "1",
        "AZUREML_RUN_POLLING_INTERVAL_MAX": "1",
        "PYTHONWARNINGS": "ignore",
    }
    client = Path(__file__).with_name("clients") / "diabetes_sdk.py"
    done = subprocess.run(
        [sys.executable, str(client)],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=540,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert (seen["workspace"], seen["data"], seen["status"]) == ("dev-ml-ws", "1", "Completed")
    assert len(seen["children"]) == 3
    assert "Execution Summary" in seen["stream"]
    assert len(seen["model"]) == 1
