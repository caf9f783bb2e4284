"""`penstock test` as a user sees it: full texts.

Every file in `cases` is a project and commands, then `---` and all they print; it names the rules
that it is about. `make golden` writes what is printed now, to be read before it is kept.
"""

from __future__ import annotations

import re
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
    folder = tmp_path / "project"
    write_project(case, folder)
    printed = "".join(told(command, folder, capsys) for command in case["commands"])
    assert "--debug shows where" not in printed
    golden(path, text.split("\n---\n")[0].rstrip("\n") + "\n---\n" + printed)


def write_project(case: dict[str, Any], folder: Path) -> None:
    (folder / ".git").mkdir(parents=True)
    files = {"azure-pipelines.yml": case["pipeline"], **case.get("files", {})}
    if "tests" in case:
        files["tests/a.pipeline-test.yml"] = case["tests"]
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def told(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The command and all it printed, with its exit code where that is not 0."""
    if command.startswith("edit "):
        name, old, new = shlex.split(command)[1:]
        (folder / name).write_text((folder / name).read_text().replace(old, new))
        return f"$ {command}\n\n"
    if command.startswith("cat "):
        return f"$ {command}\n{(folder / command.split()[1]).read_text()}\n"
    name, *arguments = shlex.split(command)
    code = main([name, "-C", str(folder), *arguments])
    captured = capsys.readouterr()
    ended = f"(exit {code})\n" if code else ""
    text = re.sub(r"in \d+\.\d\d s", "in 0.00 s", captured.out + captured.err)
    return f"$ penstock {command.strip()}\n{text.replace(str(folder), '{folder}')}{ended}\n"
