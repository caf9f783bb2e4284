"""The real `azure-devops` client against a hosting server, and nothing it does is ours."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from azure.devops.connection import Connection
from gitserver import TOKEN, GitServer
from msrest.authentication import BasicAuthentication

LEAKS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""For modules of tests: the client leaves sockets open until its objects are collected."""


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collects them while the mark of the module holds."""
    yield
    gc.collect()


def connection(server: GitServer, token: str = TOKEN) -> Any:
    url = f"{server.server.listener.url}/penstock"
    return Connection(base_url=url, creds=BasicAuthentication("", token))
