"""A server for each test, on a store that nobody else has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from devopsserver import DevopsServer, devops_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DevopsServer]:
    """A server with an empty repository."""
    with devops_server(tmp_path) as running:
        yield running
