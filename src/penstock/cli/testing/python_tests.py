"""Tests in Python that take the fixture `pipeline`, run by pytest, which is an extra."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.cli.testing.cases import Outcome
from penstock.cli.testing.coverage import Coverage


def run_python_tests(
    files: Iterable[Path], coverage: Coverage, *, words: str, update: bool
) -> list[Outcome]:
    """The outcomes of the tests in these files; Failure (exit 6) where there is no pytest."""
    paths = list(files)
    try:
        from penstock.cli.testing.collected import run
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            raise
        message = f"{paths[0].name} is written in Python, and there is no pytest here"
        help = "pip install 'penstock[test]', or name the YAML tests only"
        raise Failure(message, help, Exit.NOT_READY) from None
    return run(paths, coverage, words=words, update=update)
