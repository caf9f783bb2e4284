"""Standard streams that are closed, full, left by their reader, or of another encoding."""

from __future__ import annotations

import pytest
from typed import Terminal

PIPELINE = """
stages:
- stage: One
  jobs:
  - job: A
    steps:
    - script: seq 20000
- stage: Two
  jobs:
  - job: B
    steps:
    - script: echo ü > $(Build.SourcesDirectory)/../../../reached
"""


def test_a_run_goes_on_when_its_reader_has_enough(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", PIPELINE)
    ended = terminal.shell("penstock run | head -1; echo ${PIPESTATUS[0]}")
    assert ended.out.splitlines() == ["One/A | > Initialize job", "0"]
    assert ended.err == ""
    assert (terminal.home / "reached").exists()


@pytest.mark.parametrize("command", ["list", "expand", "runs list", "--help"])
def test_a_reader_that_has_enough_is_no_error(command: str, terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", PIPELINE)
    ended = terminal.shell(f"penstock {command} | true; echo ${{PIPESTATUS[0]}}")
    assert ended.out == "0\n"
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(("command", "code"), [("validate", 4), ("plan", 4), ("test", 1)])
def test_a_reader_that_has_enough_does_not_hide_what_is_wrong(
    command: str, code: int, terminal: Terminal
) -> None:
    terminal.write("azure-pipelines.yml", "steps:\n- scrpt: echo\n")
    terminal.write("a.pipeline-test.yml", "tests:\n- name: it compiles\n")
    ended = terminal.shell(f"penstock {command} 2>&1 | true; echo ${{PIPESTATUS[0]}}")
    assert ended.out == f"{code}\n"


def test_closed_streams_are_as_the_null_device(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", PIPELINE)
    ended = terminal.shell("penstock run <&- >&- 2>&-; echo $? > code; penstock validate >&-")
    assert ended.code == 0
    assert (terminal.folder / "code").read_text() == "0\n"
    assert (terminal.home / "reached").read_text() == "ü\n"


def test_a_full_output_fails_the_command_but_not_the_run(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", PIPELINE)
    ended = terminal.shell("penstock run > /dev/full")
    assert ended.code == 6
    assert ended.err.splitlines()[0] == "error: no space left on device"
    assert "= help: free space where the output goes" in ended.err
    assert (terminal.home / "reached").exists()


ODD_NAME = "steps:\n- script: echo done > ü.txt; ls ü.txt\n  displayName: öffnen ✓\n"


def test_what_an_encoding_lacks_is_replaced(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", ODD_NAME)
    ended = terminal.type("run", "-q", environ={"PYTHONIOENCODING": "ascii"})
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("? run 1, ")
    assert "?? ? ?ffnen ? " in ended.out


def test_every_locale_can_name_everything(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", ODD_NAME)
    ascii_only = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = terminal.type("run", environ=ascii_only)
    assert (ended.code, ended.err) == (0, "")
    assert "Job | ü.txt\n" in ended.out
    assert "✓ öffnen ✓" in ended.out


def test_colours_are_for_terminals_or_forced(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", "parameters: []\nsteps:\n- script: exit 0\n")
    wrong = ("run", "-p", "x=1")
    assert "\x1b" not in terminal.type("run").out + terminal.type(*wrong).err
    forced = {"FORCE_COLOR": "1"}
    assert "\x1b[32m✓\x1b[0m run 2" in terminal.type("run", "-q", environ=forced).out
    assert "\x1b[32m✓\x1b[0m run 2" in terminal.type("runs", "show", "2", environ=forced).out
    assert "\x1b[" in terminal.type(*wrong, environ=forced).err
    assert "\x1b" not in terminal.type("runs", "show", environ={**forced, "NO_COLOR": "1"}).out
