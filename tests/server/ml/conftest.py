"""The service with a workspace in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlserver import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.workspace()
    yield made
    made.close()
