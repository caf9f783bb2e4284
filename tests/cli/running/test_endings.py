"""Runs that are interrupted, killed, or out of disk: what is told, and that nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typed import Terminal, is_running, until

LONG = """
stages:
- stage: One
  jobs:
  - job: Long
    steps:
    - script: |
        STUBBORN
        echo $$ > "$PLACE/pids"
        sleep 300 & echo $! >> "$PLACE/pids"
        setsid sleep 300 & echo $! >> "$PLACE/pids"
        touch "$PLACE/begun"
        sleep 300
      displayName: stay
      env: { PLACE: PLACE }
    - script: touch "$PLACE/after"
      condition: always()
      env: { PLACE: PLACE }
- stage: Two
  jobs:
  - deployment: Push
    environment: prod
    strategy:
      runOnce:
        deploy:
          steps:
          - script: echo $(KEY)
"""


def kill_session(leader: int) -> None:
    """Kill a program and what it started."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if path.read_text().rpartition(") ")[2].split()[3] == str(leader):
                os.kill(int(path.parent.name), signal.SIGKILL)
        except OSError:
            continue


class Going:
    """A run that is in its long step."""

    def __init__(self, terminal: Terminal, stubborn: bool) -> None:
        self.place = terminal.folder.parent
        text = LONG.replace("PLACE: PLACE", f"PLACE: {self.place}")
        trap = "trap '' INT TERM" if stubborn else ":"
        terminal.write("azure-pipelines.yml", text.replace("STUBBORN", trap))
        self.process = terminal.start("run")
        until((self.place / "begun").exists, "the step has begun")
        self.programs = [int(pid) for pid in (self.place / "pids").read_text().split()]

    def read_until(self, last: str) -> None:
        """Read what is printed up to a line."""
        assert self.process.stdout is not None
        assert last in iter(self.process.stdout.readline, ""), f"never: {last}"

    def said(self) -> str:
        """All that was printed, once the run has ended."""
        return self.process.communicate(timeout=60)[0]

    def left(self) -> list[int]:
        """The programs that still run."""
        return [pid for pid in self.programs if is_running(pid)]

    def close(self) -> None:
        """Leave nothing, whatever the test found."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        for pid in self.left():
            kill_session(pid)


@pytest.fixture
def going(terminal: Terminal, request: pytest.FixtureRequest) -> Iterator[Going]:
    made = Going(terminal, stubborn=getattr(request, "param", False))
    yield made
    made.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_the_run(number: int, going: Going, terminal: Terminal) -> None:
    going.process.send_signal(number)
    said = going.said()
    assert going.process.returncode == 130
    assert "canceling; once more to leave at once\n" in said
    assert not going.left()
    lines = terminal.type("runs", "show").out.splitlines()
    assert lines[0].split()[4] == "canceled"
    assert "■ stay" in "\n".join(lines)
    assert "- Two" in "\n".join(lines)


@pytest.mark.parametrize("going", [True], indirect=True)
def test_a_second_signal_leaves_at_once_and_leaves_nothing(
    going: Going, terminal: Terminal
) -> None:
    going.process.send_signal(signal.SIGINT)
    going.read_until("canceling; once more to leave at once\n")
    going.process.send_signal(signal.SIGINT)
    going.said()
    assert going.process.returncode == 130
    assert not going.left()
    assert not (going.place / "after").exists()
    assert terminal.type("runs", "list", "-o", "tsv", "--query", "[].result").out == "abandoned\n"


def test_a_run_that_was_killed_is_abandoned_and_ended_by_the_next_service(
    going: Going, terminal: Terminal
) -> None:
    going.process.kill()
    going.process.wait()
    row = json.loads(terminal.type("runs", "list", "-o", "json").out)[0]
    assert (row["result"], row["seconds"]) == ("abandoned", None)
    shown = terminal.type("runs", "show").out
    assert [line.split()[-2] for line in shown.splitlines()[:3]] == ["abandoned"] * 3
    assert "■ Two" in shown
    assert "Finishing: Checkout self" in terminal.type("logs").out

    assert terminal.type("service", "start").code == 0
    result = ("runs", "list", "-o", "tsv", "--query", "[].result")
    until(lambda: terminal.type(*result).out != "abandoned\n", "the run is ended")
    assert terminal.type("service", "stop").code == 0
    assert terminal.type(*result).out == "canceled\n"
    shown = terminal.type("runs", "show").out
    assert "the agent that ran this job is gone" in shown
    assert "running" not in shown


def test_a_run_that_is_killed_beside_a_server_is_ended_by_it(
    going: Going, terminal: Terminal
) -> None:
    assert terminal.type("up", "--port", "0").code == 0
    try:
        result = ("runs", "list", "-o", "tsv", "--query", "[].result")
        assert terminal.type(*result).out == "running\n"
        going.process.kill()
        going.process.wait()
        until(lambda: terminal.type(*result).out == "canceled\n", "the run is ended")
        until(lambda: not going.left(), "so are its programs")
        assert "the agent that ran this job is gone" in terminal.type("runs", "show").out
    finally:
        terminal.type("down")


def test_a_deployment_of_a_killed_run_is_abandoned(terminal: Terminal, tmp_path: Path) -> None:
    terminal.write(
        "azure-pipelines.yml",
        "jobs:\n- deployment: Push\n  environment: prod\n  strategy:\n    runOnce:\n"
        f"      deploy:\n        steps:\n        - script: echo $$ > {tmp_path}/pid; sleep 300\n",
    )
    run = terminal.start("run")
    until((tmp_path / "pid").exists, "the step has begun")
    result = ("environments", "history", "prod", "-o", "tsv", "--query", "[].result")
    assert terminal.type(*result).out == "going on\n"
    run.kill()
    run.communicate()
    assert terminal.type(*result).out == "abandoned\n"
    until((tmp_path / "pid").read_text, "the pid is written")
    kill_session(int((tmp_path / "pid").read_text()))


def test_a_full_disk_stops_the_run_and_says_what_to_do(terminal: Terminal) -> None:
    """In a mount namespace of its own, where the store is a file system of 600 kB."""
    terminal.write("azure-pipelines.yml", "steps:\n- script: seq 200000\n- script: echo second\n")
    terminal.home.mkdir()
    small = f"mount -t tmpfs -o size=600k none '{terminal.home}' && penstock run -q"
    try:
        subprocess.run(["unshare", "-m", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user cannot mount")
    ended = terminal.shell(f'unshare -m bash -c "$(declare -f penstock); {small}"')
    assert ended.code == 6
    assert ended.err.splitlines() == [
        "error: run 1 was stopped: its journal cannot be written: database or disk is full",
        f"  = help: free space for {terminal.home}, "
        "or set PENSTOCK_HOME to a folder on another disk",
    ]
