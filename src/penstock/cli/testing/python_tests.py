"""Tests in Python that take the fixture `pipeline`, run by pytest, which is an extra."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.cli.testing.cases import Outcome
from penstock.cli.testing.coverage import Coverage


def need_pytest(files: tuple[Path, ...]) -> None:
    """Raise Failure (exit 6) where there are such tests and no pytest: before anything is tried."""
    if files and find_spec("pytest") is None:
        message = f"{files[0].name} is written in Python, and there is no pytest here"
        help = "`make install` in a clone of penstock brings it; or name the YAML tests only"
        raise Failure(message, help, Exit.NOT_READY)


def run_python_tests(
    files: Iterable[Path], coverage: Coverage, *, words: str, update: bool
) -> list[Outcome]:
    """The outcomes of the tests in these files."""
    from penstock.cli.testing.collected import run

    return run(files, coverage, words=words, update=update)
