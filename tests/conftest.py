"""Golden files: full texts kept beside the tests, written anew by `make golden`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write golden files as they come out now; read the difference before you keep it",
    )
    parser.addoption("--pictures", metavar="FOLDER", help="keep pictures of the portal's pages")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a text with the file that keeps it, or keeps it."""
    updates = request.config.getoption("--update-golden")

    def compare(file: Path, text: str) -> None:
        if updates:
            file.write_text(text, "utf-8")
        else:
            assert text == (file.read_text("utf-8") if file.exists() else None)

    return compare
