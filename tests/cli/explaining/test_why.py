"""`plan` and `explain` as a user sees them: full texts.

Every file in `cases` is a project and commands, then `---` and all they print; it names the rules
that it is about. `make golden` writes what is printed now, to be read before it is kept.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.cli.main import main

CASES = sorted((Path(__file__).parent / "cases").glob("*.yml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(
    path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    golden: Callable[[Path, str], None],
) -> None:
    text = path.read_text()
    case = yaml.safe_load(text.split("\n---\n")[0])
    write_project(case, tmp_path / "project")
    printed = "".join(told(command, tmp_path / "project", capsys) for command in case["commands"])
    assert "--debug shows where" not in printed
    golden(path, text.split("\n---\n")[0].rstrip("\n") + "\n---\n" + printed)


def write_project(case: dict[str, Any], folder: Path) -> None:
    (folder / ".git").mkdir(parents=True)
    files = {**case.get("files", {})}
    if "pipeline" in case:
        files["azure-pipelines.yml"] = case["pipeline"]
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def told(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The command and all it printed, with its exit code where that is not 0."""
    name, *arguments = shlex.split(command.replace("{folder}", str(folder)))
    code = main([name, "-C", str(folder), *arguments])
    captured = capsys.readouterr()
    ended = f"(exit {code})\n" if code else ""
    return f"$ penstock {command.strip()}\n{captured.out}{captured.err}{ended}\n"
