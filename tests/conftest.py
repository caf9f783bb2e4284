"""What all tests have: a home of their own, and golden files, written anew by `make golden`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ordinary", deadline=None)  # a busy machine is no fault
settings.register_profile("thorough", max_examples=10_000, deadline=None)
settings.load_profile("ordinary")

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write golden files as they come out now; read the difference before you keep it",
    )
    parser.addoption(
        "--full", action="store_true", help="tests of load at their full size, not the quick one"
    )
    parser.addoption("--pictures", metavar="FOLDER", help="keep pictures of the portal's pages")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the store and the settings of whoever runs the tests is seen, or changed.

    The cache stays theirs: environments of ML jobs are made once, not once a test.
    """
    for name in tuple(os.environ):
        if name.startswith("PENSTOCK_"):
            monkeypatch.delenv(name)
    own = tmp_path / "own_home"
    monkeypatch.setenv("PENSTOCK_HOME", str(own / "store"))
    monkeypatch.setenv("XDG_STATE_HOME", str(own / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own / "config"))


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
