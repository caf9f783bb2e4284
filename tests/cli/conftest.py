"""A terminal in an empty folder, and a store that nobody else has."""

from __future__ import annotations

from pathlib import Path

import pytest
from typed import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in an empty project."""
    folder = tmp_path / "project"
    (folder / ".penstock").mkdir(parents=True)
    return Terminal(folder, tmp_path / "home")
