"""Asks a server for what commands need of Azure DevOps' REST: projects and repositories."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any
from urllib.parse import quote

from penstock.cli.exits import Exit
from penstock.cli.options import Failure

_SECONDS = 60


class DevopsApi:
    """A client of one server by one token. Failures are raised as `Failure`."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token
        # What is asked for is on this machine or named by its address; no proxy is between.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    @property
    def authorization(self) -> str:
        """The header by which git is known to the server."""
        return f"Basic {b64encode(f':{self._token}'.encode()).decode()}"

    def organization(self) -> str:
        """The name of the one organization that the server has."""
        return str(self.ask("GET", "_apis/penstock/status")["organization"])

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The JSON that a call answers."""
        found = self.find(method, path, body)
        if found is None:
            raise Failure(f'the server has nothing at "{path}"', "", Exit.NOT_FOUND)
        return found

    def find(self, method: str, path: str, body: object = None) -> dict[str, Any] | None:
        """As `ask`; None where there is nothing at that path."""
        request = urllib.request.Request(
            f"{self.url}/{quote(path, safe='/?=&$')}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self.authorization, "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                found: dict[str, Any] = json.loads(answer.read() or b"{}")
                return found
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                raise _refused(error.code, error.read()) from error
        except (OSError, ValueError) as error:
            message = f"the server at {self.url} does not answer: {error}"
            raise Failure(message, "`penstock status` shows it", Exit.UNREACHABLE) from error


def _refused(status: int, body: bytes) -> Failure:
    try:
        said = json.loads(body)
        message = str(said.get("message") or said["error"]["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"status {status}"
    help = "use a token that may" if status in (401, 403) else ""
    if status >= 500:
        help = "its server.log says why; on its machine, `penstock doctor` looks at disk and store"
    return Failure(f"the server refused: {message}", help, Exit.REFUSED)
