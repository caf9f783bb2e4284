from collections.abc import Iterator
from pathlib import Path

import pytest
from hosted import Hosted, hosted, work_tree


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Hosted]:
    with hosted(tmp_path / "home") as one:
        yield one


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return work_tree(tmp_path / "tree")
