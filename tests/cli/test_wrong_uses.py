"""Commands typed wrongly: the whole text that a person reads, and the exit code.

Each says what was found, what was expected, and one next step. Those of the command line alone are
in `wrong_uses.txt`.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from typed import Terminal

from penstock.cli.main import main

PIPELINE = """
parameters:
- name: size
  type: string
  default: small
  values: [small, large]
- name: layout
  type: object
  default: {}
stages:
- stage: Build
  jobs:
  - job: Compile
    steps:
    - script: echo building
- stage: Deploy
  jobs:
  - job: Push
    steps:
    - script: echo deploying
"""

WRONG = (Path(__file__).parent / "wrong_uses.txt").read_text().split("\n\n")


@pytest.mark.parametrize("said", WRONG, ids=lambda said: said.partition("\n")[0])
def test_wrong_use(said: str, terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.write("azure-pipelines.yml", PIPELINE)
    terminal.write("templates/steps.yml", "steps: []\n")
    typed, expected = said.rstrip().replace("FOLDER", str(terminal.folder)).split("\n", 1)
    code = main(shlex.split(typed)[2:])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{captured.err}(exit {code})" == expected


DIAGNOSED = {
    "-p sizes=small": (
        'error[PS1203]: unknown parameter "sizes" for this pipeline',
        'did you mean "size"?',
    ),
    "-p size=huge": (
        'error[PS1206]: "huge" is not among the values of the parameter "size"',
        'write "small" or "large"',
    ),
    "-p 'layout={a: [b'": (
        'error[PS1009]: this "[" is not closed, or a comma is missing between its parts',
        'add the missing "," or "]"; put text with brackets or commas in quotes',
    ),
}


@pytest.mark.parametrize("typed", DIAGNOSED)
@pytest.mark.parametrize("command", ["run", "validate", "expand", "list", "plan"])
def test_a_wrong_parameter_is_a_diagnostic(
    command: str, typed: str, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.write("azure-pipelines.yml", PIPELINE)
    first, help = DIAGNOSED[typed]
    assert main([command, "-C", str(terminal.folder), *shlex.split(typed)]) == 4
    captured = capsys.readouterr()
    lines = (captured.out + captured.err).splitlines()
    assert (lines[0], lines[-1]) == (first, f"  = help: {help}")


def test_no_pipeline_is_not_found(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("run", "validate", "expand", "list", "plan"):
        assert main([command, "-C", str(terminal.folder)]) == 3
        assert capsys.readouterr().err == (
            f"error: there is no azure-pipelines.yml in {terminal.folder}\n"
            "  = help: write one, or name the file; -C names another folder\n"
        )


def test_pipelines_of_other_names_are_named(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.write(".pipelines/ci.yml", "trigger: [main]\nsteps: [{script: echo}]\n")
    terminal.write(".pipelines/steps.yml", "parameters: []\nsteps: [{script: echo}]\n")
    terminal.write(".github/workflows/ci.yml", "on: push\npool: x\njobs: {}\n")
    terminal.write("ml/job.yml", "type: pipeline\njobs: {}\n")
    assert main(["validate", "-C", str(terminal.folder)]) == 3
    help = capsys.readouterr().err.splitlines()[-1]
    assert help == "  = help: name the pipeline file, perhaps .pipelines/ci.yml"


@pytest.mark.parametrize("words", [["runs", "show", "7"], ["logs", "7"], ["runs", "show", "x y"]])
def test_a_run_that_is_not_there(words: list[str], terminal: Terminal) -> None:
    ended = terminal.type(*words)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == (
        f'error: there is no run "{words[-1]}"\n  = help: `penstock runs list` shows them\n'
    )


def test_a_store_that_cannot_be_made(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    ended = terminal.type("runs", "list", environ={"PENSTOCK_HOME": f"{file}/store"})
    assert (ended.code, ended.out) == (6, "")
    assert ended.err == (
        f'error: the store "{file}/store" cannot be used: not a directory\n'
        "  = help: set PENSTOCK_HOME to a folder that you can write to\n"
    )


def test_a_store_that_is_something_else(terminal: Terminal) -> None:
    terminal.home.mkdir()
    database = terminal.home / "state.db"
    database.write_text("not a database, but as long as the header of one would have to be\n" * 4)
    expected = (
        f'"{database}" is not a penstock database: file is not a database\n'
        "  = help: move the file away, or set PENSTOCK_HOME to another folder\n"
    )
    ended = terminal.type("runs", "list")
    assert (ended.code, ended.err) == (6, f"error: {expected}")
    ended = terminal.type("service", "start")
    assert (ended.code, ended.err) == (
        7,
        f"error: the background service did not start: {expected}",
    )


def test_a_traceback_is_for_debug_only(terminal: Terminal) -> None:
    terminal.home.write_text("")
    assert "Traceback" not in terminal.type("runs", "list").err
    assert "NotADirectoryError" in terminal.type("runs", "list", "--debug").err
