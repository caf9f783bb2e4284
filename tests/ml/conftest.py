"""A workspace in a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlbench import Bench

from penstock.store.database import open_state
from penstock.store.home import Home


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    database = open_state(Home(tmp_path))
    yield Bench(database)
    database.close()
