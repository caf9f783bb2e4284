"""A server for each test, on a store that nobody else has, and the service's own client of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from devopsserver import DevopsServer, devops_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DevopsServer]:
    """A server with an empty repository."""
    with devops_server(tmp_path) as running:
        yield running


@pytest.fixture
def connection(server: DevopsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The `azure-devops` client. It leaves its connections to the garbage collector."""
    # The client keeps what it learns of a server in files, and its caches in the class.
    monkeypatch.setenv("AZURE_DEVOPS_CACHE_DIR", str(server.folder / "client"))
    from azure.devops.client import Client
    from azure.devops.connection import Connection
    from msrest.authentication import BasicAuthentication

    Client._locations_cache.clear()
    yield Connection(base_url=server.url, creds=BasicAuthentication("", server.token))
    gc.collect()  # in this test, not in the next
