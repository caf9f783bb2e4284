"""The server of `penstock up`: its life, and its place beside the background service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from typed import Terminal, is_running, until

NOT_RUNNING = (3, "", "the server is not running\n")


@pytest.fixture
def server(terminal: Terminal) -> Iterator[Terminal]:
    """A terminal whose server is stopped at the end."""
    yield terminal
    terminal.type("down")


def announced(terminal: Terminal) -> dict[str, str]:
    found: dict[str, str] = json.loads((terminal.home / "service.json").read_text())
    return found


def test_the_server_is_started_once_shown_and_stopped(server: Terminal) -> None:
    ended = server.type("down")
    assert (ended.code, ended.out, ended.err) == NOT_RUNNING
    started = server.type("up", "--port", "0")
    assert started.code == 0, started
    account, address = started.out.splitlines()
    assert account.startswith("account admin, password ")
    url, process = address.split()[0], int(announced(server)["pid"])
    assert url == f"{announced(server)['url']}/penstock"
    assert server.type("up").out == f"{url} (process {process}) runs already\n"
    assert server.type("status").out == f"{url} (process {process}), 0 runs go on\n"
    assert server.type("down").code == 0
    until(lambda: not is_running(process), "the server has ended")
    assert server.type("status").code == 3


def test_the_token_is_shown_by_the_first_start_only(server: Terminal) -> None:
    assert "token" in server.type("up", "--port", "0").out
    server.type("down")
    assert "token" not in server.type("up", "--port", "0").out


def test_the_token_of_the_first_account_signs_in(server: Terminal) -> None:
    started = server.type("up", "--port", "0").out
    token = started.split("token ")[1].split()[0]
    url = f"{announced(server)['url']}/penstock/_apis/connectionData"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert json.load(answer)["authenticatedUser"]["providerDisplayName"] == "admin"


def test_an_idle_background_service_makes_room(server: Terminal) -> None:
    server.type("service", "start")
    background = int(announced(server)["pid"])
    assert server.type("up", "--port", "0").code == 0
    until(lambda: not is_running(background), "the background service has ended")
    # From now on the server does its work, and it is not stopped by its name.
    assert server.type("service", "start").out == f"{announced(server)['url']}\n"
    stopped = server.type("service", "stop")
    assert (stopped.code, stopped.err.splitlines()[-1]) == (5, "  = help: `penstock down` stops it")


def test_a_killed_server_is_started_again(server: Terminal) -> None:
    server.type("up", "--port", "0")
    os.kill(int(announced(server)["pid"]), signal.SIGKILL)
    status = server.type("status")
    assert (status.code, status.out) == (3, "")
    assert status.err == (
        "the server was cut off; `penstock up` goes on where it was"
        f" ({server.home / 'server.log'} has its last words)\n"
    )
    assert server.type("up", "--port", "0").code == 0
    process = int(announced(server)["pid"])
    url = f"{announced(server)['url']}/penstock"
    assert server.type("down").err == f"stopped {url} (process {process})\n"
    assert server.type("status").err == "the server is not running; `penstock up` starts it\n"


@pytest.mark.parametrize("version", ["", "2.25.1"])
def test_without_a_git_that_hosts_no_server_starts(version: str, terminal: Terminal) -> None:
    programs = terminal.folder.parent / "programs"
    programs.mkdir()
    if version:
        (programs / "git").write_text(f"#!/bin/sh\necho git version {version}\n")
        (programs / "git").chmod(0o755)
    failed = terminal.type("up", "--port", "0", environ={"PATH": f"{programs}"})
    assert failed.code == 6
    found = f"{version} is too old" if version else "not found"
    assert failed.err == (
        f"error: the server needs git 2.38 or newer: {found}\n"
        "  = help: apt-get install git, or a newer one\n"
    )


def test_the_doctor_knows_the_server_and_the_clock(server: Terminal) -> None:
    server.type("up", "--port", "0")
    found = server.type("doctor", "-o", "tsv", "--query", "[?name=='server'].detail")
    assert found.out == f"runs at {announced(server)['url']}\n"
    server.type("down")
    later = time.time() + 7200
    os.utime(server.home / "state.db", (later, later))
    found = server.type("doctor", "-o", "json", "--query", "[?name=='clock'] | [0]")
    clock = json.loads(found.out)
    assert clock["state"] == "missing"
    assert "but the store was written at" in clock["detail"]


def test_a_taken_port_is_told(server: Terminal) -> None:
    server.type("up", "--port", "0")
    port = announced(server)["url"].rpartition(":")[2]
    other = server.home.parent / "other"
    failed = server.type("up", "--port", port, "--data", str(other))
    assert failed.code == 7
    assert f"the server did not start: port {port} is used by another program" in failed.err


def test_in_the_foreground_it_serves_until_it_is_told_to_stop(server: Terminal) -> None:
    process = server.start("up", "--foreground", "--port", "0")
    until(lambda: server.type("status").code == 0, "the server runs")
    assert int(announced(server)["pid"]) == process.pid
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.splitlines()[-1].startswith("http://127.0.0.1:")


def test_a_server_with_a_full_disk_answers_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """In a mount namespace of its own; nobody had called it before the disk was full."""
    try:
        subprocess.run(["unshare", "-m", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user cannot mount")
    script, home = str(Path(__file__).with_name("fulldisk.py")), str(tmp_path / "home")
    command = ["unshare", "-m", sys.executable, script, home]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "read": 200,
        "write": 507,
        "write later": 202,
        "read later": 200,
    }
