"""`penstock artifacts`: what a run published, listed and copied."""

from __future__ import annotations

import json

import pytest
from typed import Terminal

PUBLISHING = """
steps:
- script: |
    mkdir -p out/deep
    echo one > out/one.txt
    echo two > out/deep/two.txt
    echo alone > alone.txt
- publish: out
  artifact: Site
- publish: alone.txt
  artifact: note
"""


@pytest.fixture(scope="module")
def after_a_run(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A terminal where a run published a folder and a file."""
    folder = tmp_path_factory.mktemp("artifacts") / "shop"
    folder.mkdir()
    terminal = Terminal(folder, folder.parent / "home")
    terminal.write("azure-pipelines.yml", PUBLISHING)
    ended = terminal.type("run", "--quiet")
    assert ended.code == 0, ended
    return terminal


def test_the_artifacts_of_a_run_are_listed(after_a_run: Terminal) -> None:
    rows = json.loads(after_a_run.type("artifacts", "list", "-o", "json").out)
    assert [(row["name"], row["job"], row["files"], row["bytes"]) for row in rows] == [
        ("Site", "Job", 2, 8),
        ("note", "Job", 1, 6),
    ]
    assert "Site" in after_a_run.type("artifacts", "list", "1").out


def test_an_artifact_is_copied_beside_you(after_a_run: Terminal) -> None:
    ended = after_a_run.type("artifacts", "download", "site")
    assert (ended.code, ended.out) == (0, "Site: 2 files, 8 bytes\n")
    assert (after_a_run.folder / "Site/deep/two.txt").read_text() == "two\n"


def test_an_artifact_is_copied_where_it_is_wanted(after_a_run: Terminal) -> None:
    (after_a_run.folder / "empty").mkdir()
    assert (
        after_a_run.type("artifacts", "download", "Site", "--run", "1", "--to", "empty").code == 0
    )
    assert (after_a_run.folder / "empty/one.txt").read_text() == "one\n"
    ended = after_a_run.type("artifacts", "download", "note", "--to", "new/note")
    assert (ended.code, ended.out) == (0, "new/note: 1 file, 6 bytes\n")
    assert (after_a_run.folder / "new/note/alone.txt").read_text() == "alone\n"


def test_nothing_is_overwritten(after_a_run: Terminal) -> None:
    after_a_run.write("taken/mine.txt", "mine")
    ended = after_a_run.type("artifacts", "download", "Site", "--to", "taken")
    assert (ended.code, ended.err) == (
        2,
        'error: "taken" is there already\n'
        "  = help: name another place with --to PATH; nothing is overwritten\n",
    )
    assert [path.name for path in (after_a_run.folder / "taken").iterdir()] == ["mine.txt"]


def test_a_name_that_is_not_there_is_told_with_those_that_are(after_a_run: Terminal) -> None:
    ended = after_a_run.type("artifacts", "download", "sight")
    assert (ended.code, ended.err) == (
        3,
        'error: run 1 has no artifact "sight"\n  = help: it has Site, note\n',
    )


def test_a_run_without_artifacts_says_so(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", "steps:\n- script: echo\n")
    assert terminal.type("run", "--quiet").code == 0
    ended = terminal.type("artifacts", "list")
    assert (ended.code, ended.out, ended.err) == (0, "", "run 1 published no artifact\n")
