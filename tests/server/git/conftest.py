import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from gitserver import GitServer, git_server, work_tree

# The azure-devops client keeps tables on disk by address, and reads where when it is imported; a
# port is used by one server after the other.
_TABLES = tempfile.mkdtemp(prefix="azure-devops-")
os.environ.setdefault("AZURE_DEVOPS_CACHE_DIR", _TABLES)
atexit.register(shutil.rmtree, _TABLES, ignore_errors=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path / "home") as one:
        yield one


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return work_tree(tmp_path / "tree")
