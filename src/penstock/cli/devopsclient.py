"""A client of a server's Azure DevOps REST, for commands that act as a person."""

from __future__ import annotations

import json
import os
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from penstock.cli.exits import Exit
from penstock.cli.options import Failure

TOKEN = "PENSTOCK_TOKEN"
_SECONDS = 30.0


class DevopsClient:
    """Speaks JSON to one organization of a server; what it refuses is raised as `Failure`."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The JSON that a path below the organization answers."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_SECONDS)
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, f"{parts.path}/{path}", content, headers)
            answer = connection.getresponse()
            data, status = answer.read(), answer.status
        except (OSError, HTTPException) as error:
            help = "`penstock up` starts a server; --server names another"
            message = f'the server "{self.url}" does not answer: {error}'
            raise Failure(message, help, Exit.UNREACHABLE) from error
        finally:
            connection.close()
        if status >= 400:
            raise _refusal(status, data)
        return json.loads(data) if data else None


def client_of(server: str | None, data: Path | None) -> DevopsClient:
    """The client for `--server`, or for the server of this machine, with the caller's own token."""
    from penstock.cli.serving import SERVER, living, organization
    from penstock.cli.up import home_of

    token = os.environ.get(TOKEN, "")
    if not token:
        raise Failure(
            f"there is no token in the environment variable {TOKEN}",
            "`penstock tokens create` makes one: an answer is given by an account",
            Exit.USAGE,
        )
    if server:
        return DevopsClient(server, token)
    found = living(home_of(data))
    if found is None or found.kind != SERVER:
        help = "`penstock up` starts one; --server names one of another machine"
        raise Failure("there is no server of this store", help, Exit.UNREACHABLE)
    return DevopsClient(f"{found.url}/{organization()}", token)


def _refusal(status: int, data: bytes) -> Failure:
    try:
        message = str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        message = f"the server answered with status {status}"
    codes = {401: Exit.REFUSED, 403: Exit.REFUSED, 404: Exit.NOT_FOUND, 409: Exit.REFUSED}
    help = f"{TOKEN} names a personal access token" if status == 401 else ""
    return Failure(message, help, codes.get(status, Exit.FAILED))
