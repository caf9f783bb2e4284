from collections.abc import Iterator
from pathlib import Path

import pytest
from gitserver import GitServer, git_server, work_tree


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path / "home") as one:
        yield one


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return work_tree(tmp_path / "tree")
