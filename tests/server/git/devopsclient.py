"""The real `azure-devops` client against a hosting server, and nothing it does is ours."""

from __future__ import annotations

import os
import tempfile
from typing import Any

# It keeps tables on disk by address; a port is used by one server after the other.
os.environ["AZURE_DEVOPS_CACHE_DIR"] = tempfile.mkdtemp(prefix="azure-devops-cache-")

from azure.devops.connection import Connection
from gitserver import TOKEN, GitServer
from msrest.authentication import BasicAuthentication


def connection(server: GitServer, token: str = TOKEN) -> Any:
    url = f"{server.server.listener.url}/penstock"
    return Connection(base_url=url, creds=BasicAuthentication("", token))
