"""What an agent that was killed left running is ended by the next one of the same store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.agent import trees

# A step that leaves programs in several ways, each of which writes its number.
STEP = """
echo $$ > $PIDS/leader
setsid bash -c 'echo $$ > $PIDS/session; exec sleep 61' &
nohup bash -c 'echo $$ > $PIDS/nohup; exec sleep 61' >/dev/null 2>&1 &
bash -c 'trap "" INT TERM; echo $$ > $PIDS/stubborn; while :; do sleep 1; done' &
env -i bash -c 'echo $$ > '$PIDS'/cleared; sleep 61' &
sleep 61
"""
NAMES = {"leader", "session", "nohup", "stubborn", "cleared"}
AGENT = """
import os, sys
from pathlib import Path
from penstock.agent.process import Cancellation, run_process
run_process(["bash", "-c", sys.argv[1]], cwd=Path(sys.argv[2]), env=dict(os.environ),
            on_line=lambda *line: None, cancellation=Cancellation())
"""


class Agent:
    """An agent of a store, with a step that runs."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder = folder / store
        self.folder.mkdir()
        self.store = store
        environment = {**os.environ, "PENSTOCK_HOME": store, "PIDS": str(self.folder)}
        command = [sys.executable, "-c", AGENT, STEP, str(self.folder)]
        self.process = subprocess.Popen(command, env=environment)
        end = time.monotonic() + 30
        while not all(self.written(name) for name in NAMES):
            assert time.monotonic() < end
            time.sleep(0.01)

    def written(self, name: str) -> str:
        path = self.folder / name
        return path.read_text().strip() if path.exists() else ""

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def running(self) -> set[str]:
        return {name for name in NAMES if is_running(int(self.written(name)))}

    def close(self) -> None:
        self.kill()
        for name in self.running():
            os.kill(int(self.written(name)), signal.SIGKILL)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    made = Agent(tmp_path, "mine")
    yield made
    made.close()


@pytest.mark.skipif(sys.platform != "linux", reason="by /proc")
def test_nothing_of_a_killed_agent_goes_on(agent: Agent) -> None:
    agent.kill()
    assert agent.running() == NAMES
    killed = trees.end_left_behind("PENSTOCK_HOME", "mine")
    assert agent.running() == set()
    assert {int(name.split()[0]) for name in killed} >= {int(agent.written(n)) for n in NAMES}


@pytest.mark.skipif(sys.platform != "linux", reason="by /proc")
def test_a_killed_agent_is_gone_even_if_nobody_waits_for_it(agent: Agent) -> None:
    """In a container whose first process reaps nobody, it stays a zombie."""
    agent.process.kill()
    while is_running(agent.process.pid):
        time.sleep(0.01)
    trees.end_left_behind("PENSTOCK_HOME", "mine")
    assert agent.running() == set()


def test_a_living_agent_and_other_stores_keep_what_they_run(agent: Agent, tmp_path: Path) -> None:
    other = Agent(tmp_path, "other")
    try:
        other.kill()
        assert trees.end_left_behind("PENSTOCK_HOME", "mine") == ()
        assert agent.running() == other.running() == NAMES
    finally:
        other.close()
