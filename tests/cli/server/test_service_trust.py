"""The background service is found only while it lives, whatever its file says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

URL = "http://127.0.0.1:9"
WRONG = [
    "",
    "{",
    "[]",
    "null",
    "1",
    "{}",
    json.dumps({"pid": -1, "url": URL, "token": "t"}),
    json.dumps({"pid": 0, "url": URL, "token": "t"}),
    json.dumps({"pid": "2", "url": URL, "token": "t"}),
    json.dumps({"pid": 2, "url": 9, "token": "t"}),
    json.dumps({"pid": 2, "url": "http://example.com:80", "token": "t"}),
    json.dumps({"pid": 2, "url": "http://127.0.0.1:99999999", "token": "t"}),
    json.dumps({"pid": 2, "url": URL, "token": None}),
]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    service(tmp_path / "home", "stop")


def service(home: Path, verb: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PENSTOCK_HOME": str(home)}
    command = [sys.executable, "-m", "penstock.cli.main", "service", verb]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def announced(home: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((home / "service.json").read_text())
    return found


@pytest.mark.parametrize("verb", ["status", "stop"])
@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("text", WRONG)
def test_a_file_that_announces_no_service_is_not_believed(
    tmp_path: Path, text: str, locked: bool, verb: str
) -> None:
    import fcntl

    (tmp_path / "service.json").write_text(text)
    with (tmp_path / "service.lock").open("w") as lock:
        if locked:
            fcntl.flock(lock, fcntl.LOCK_EX)
        told = service(tmp_path, verb)
    assert (told.returncode, told.stderr) == (3, "the background service is not running\n")


def test_a_service_that_was_killed_is_replaced(home: Path) -> None:
    assert service(home, "start").returncode == 0
    first = announced(home)
    assert service(home, "start").stdout == f"{first['url']}\n"
    os.kill(int(str(first["pid"])), signal.SIGKILL)
    # Its file now names a living process and a port that answers: neither is the service.
    stale = {"pid": os.getpid(), "url": first["url"], "token": first["token"]}
    (home / "service.json").write_text(json.dumps(stale))
    assert service(home, "status").returncode == 3
    assert service(home, "start").returncode == 0
    assert announced(home)["token"] != first["token"]


def test_services_started_at_once_are_one(home: Path) -> None:
    environment = {**os.environ, "PENSTOCK_HOME": str(home)}
    command = [sys.executable, "-m", "penstock.cli.main", "service", "start"]
    starting = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    told = {process.communicate(timeout=60)[0] for process in starting}
    assert told == {f"{announced(home)['url']}\n"}


def test_what_only_its_user_may_read(home: Path) -> None:
    assert service(home, "start").returncode == 0
    files = ("service.json", "service.lock", "service.log", "state.db", "signing.key")
    for name in (path.name for path in home.iterdir() if path.name in files):
        assert (home / name).stat().st_mode & 0o077 == 0, name
    assert home.stat().st_mode & 0o077 == 0
