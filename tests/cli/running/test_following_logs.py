"""`penstock logs -f`: the lines of a run as they come, until it ends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typed import Terminal, until

WAITING = """
steps:
- script: |
    for n in 1 2 3; do echo early $n; done
    touch PLACE/begun
    until [ -e PLACE/go ]; do sleep 0.05; done
    printf 'half a '
    echo line
  displayName: wait
- script: echo late
  displayName: end
"""


class Waiting:
    """A run that waits in its first step until it may go on."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._place = terminal.folder.parent
        self._started: list[subprocess.Popen[str]] = []
        terminal.write("azure-pipelines.yml", WAITING.replace("PLACE", str(self._place)))
        self.run = self.start("run", "--quiet")
        until((self._place / "begun").exists, "the step has begun")

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command that runs beside the others."""
        self._started.append(self._terminal.start(*words))
        return self._started[-1]

    def go_on(self) -> None:
        """Let the run end."""
        Path(self._place / "go").touch()

    def close(self) -> None:
        """Leave nothing."""
        self.go_on()
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def waiting(terminal: Terminal) -> Iterator[Waiting]:
    made = Waiting(terminal)
    yield made
    made.close()


def read_until(process: subprocess.Popen[str], last: str) -> list[str]:
    """The lines that a process printed, up to one."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if lines[-1] == last:
            return lines
    raise AssertionError(f"ended without {last!r}: {lines}")


def test_lines_come_while_the_run_goes_on_and_each_once(waiting: Waiting) -> None:
    followed = waiting.start("logs", "--follow")
    before = read_until(followed, "early 3")
    assert followed.poll() is None
    assert "== Job: wait (running)" in before
    waiting.go_on()
    after = followed.communicate(timeout=60)[0].splitlines()
    assert followed.returncode == 0
    told = [line for line in (*before, *after) if line.startswith(("early", "half", "late"))]
    assert told == ["early 1", "early 2", "early 3", "half a line", "late"]


def test_only_the_step_asked_for_is_followed(waiting: Waiting) -> None:
    followed = waiting.start("logs", "-f", "--step", "end")
    read_until(waiting.start("logs", "-f"), "early 3")
    waiting.go_on()
    lines = followed.communicate(timeout=60)[0].splitlines()
    assert followed.returncode == 0
    assert lines[0].startswith("== Job: end (")
    assert "late" in lines


def test_a_tail_is_of_what_is_there_already(waiting: Waiting) -> None:
    followed = waiting.start("logs", "-f", "--step", "wait", "--tail", "1")
    assert read_until(followed, "early 3") == ["== Job: wait (running)", "early 3"]
    waiting.go_on()
    assert "half a line" in followed.communicate(timeout=60)[0]


def test_it_ends_with_a_run_whose_process_is_gone(waiting: Waiting) -> None:
    followed = waiting.start("logs", "-f")
    read_until(followed, "early 3")
    waiting.run.kill()
    said = followed.communicate(timeout=60)[0]
    assert said.endswith("run 1 has not ended, but its process is gone\n")
    assert followed.returncode == 0


def test_a_run_that_has_ended_is_told_whole(waiting: Waiting, terminal: Terminal) -> None:
    waiting.go_on()
    waiting.run.communicate(timeout=60)
    ended = terminal.type("logs", "-f", "1")
    assert ended.code == 0
    assert "\nearly 1\n" in ended.out
    assert "\nlate\n" in ended.out
    ended = terminal.type("logs", "-f", "--step", "wiat")
    assert (ended.code, ended.err.splitlines()[0]) == (3, 'error: there is no step "wiat"')
