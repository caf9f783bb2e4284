"""Finds the tests under the paths a user names: YAML test files, and Python ones by what they ask
for, without importing them."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.cli.testing.documents import SUFFIXES
from penstock.records import record

FIXTURE = "pipeline"
_LEFT_OUT = frozenset(("node_modules", "__pycache__", "venv", "build", "dist", "site-packages"))


@record(kw_only=False)
class Found:
    """Test files in the order met, each once."""

    yaml: tuple[Path, ...]
    python: tuple[Path, ...]


def find_tests(folder: Path, names: Iterable[str]) -> Found:
    """The tests under paths seen from `folder`; under it where none is named.

    Raises Failure (exit 3) where a path is nothing, or none of them holds a test.
    """
    yaml: dict[Path, None] = {}
    python: dict[Path, None] = {}
    given = list(names)
    for name in given or ["."]:
        path = (folder / name).resolve()
        if not path.exists():
            raise _no_path(folder, name)
        for file in _files(path):
            if is_test_file(file):
                yaml[file] = None
            elif _asks_for_pipeline(file, is_named=file == path):
                python[file] = None
    if not yaml and not python:
        where = ", ".join(given) or str(folder)
        raise Failure(
            f"there are no pipeline tests in {where}",
            f"write one as tests/NAME{SUFFIXES[0]}; docs/testing.md shows how",
            Exit.NOT_FOUND,
        )
    return Found(tuple(yaml), tuple(python))


def is_test_file(path: Path) -> bool:
    """Whether the name is that of a YAML test file."""
    return path.name.endswith(SUFFIXES)


def _files(path: Path) -> Iterator[Path]:
    """The file itself, or the files below a folder; hidden folders and those of packages not."""
    if path.is_file():
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in _LEFT_OUT)
        for name in sorted(files):
            if name.endswith((*SUFFIXES, ".py")):
                yield Path(folder, name)


def _asks_for_pipeline(path: Path, *, is_named: bool) -> bool:
    """Whether a Python file has a test that takes the fixture `pipeline`."""
    is_test = path.name.startswith("test_") or path.name.endswith("_test.py")
    if path.suffix != ".py" or not (is_test or is_named):
        return False
    text = path.read_bytes()
    if FIXTURE.encode() not in text:
        return False
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return is_named
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(argument.arg == FIXTURE for argument in node.args.args)
        for node in ast.walk(tree)
    )


def _no_path(folder: Path, name: str) -> Failure:
    from penstock.language.diagnostics import nearest

    path = folder / name
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    guess = nearest(path.name, siblings)
    help = f"a path is seen from {folder.resolve()}; -C names another folder"
    if guess:
        help = f'did you mean "{Path(name).parent / guess}"?'
    return Failure(f'there is no file or folder "{name}"', help, Exit.NOT_FOUND)
