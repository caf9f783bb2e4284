"""`az` against the real service on a real socket; only the agent behind it is a fake."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "server" / "ml"))
sys.path.append(str(Path(__file__).parents[2] / "ml" / "yaml"))

from azbench import Az, Ended
from mlserver import TOKEN, Server

from penstock.cli.az.main import main


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The variables of a shell with nothing in it but its own folder of settings."""
    return {"AZURE_CONFIG_DIR": str(tmp_path / "azure"), "PATH": "/usr/bin:/bin"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder that commands are run in."""
    made = tmp_path / "project"
    (made / ".git").mkdir(parents=True)
    before = Path.cwd()
    os.chdir(made)
    yield made
    os.chdir(before)


@pytest.fixture
def az(environ: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]) -> Az:
    """Run `az` in the folder and tell how it ended."""

    def run(*arguments: str) -> Ended:
        capsys.readouterr()
        code = main(arguments, environ)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


@pytest.fixture
def server(tmp_path: Path, environ: dict[str, str]) -> Iterator[Server]:
    """The service, empty. Commands reach it by the variables that a run sets for its steps."""
    made = Server(tmp_path / "home")
    environ["PENSTOCK_ENDPOINT"] = made.listener.url
    environ["PENSTOCK_TOKEN"] = TOKEN
    yield made
    made.close()


@pytest.fixture
def workspace(server: Server, az: Az) -> Server:
    """The service with a workspace and a cluster, which are the defaults of commands."""
    server.workspace()
    assert az("configure", "--defaults", "group=dev-ml-rg", "workspace=dev-ml-ws").code == 0
    return server
