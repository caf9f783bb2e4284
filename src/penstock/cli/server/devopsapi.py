"""Asks a server for what commands need of Azure DevOps' REST: projects, repositories, approvals."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any
from urllib.parse import quote, urlsplit

from penstock.cli.exits import Exit
from penstock.cli.options import Failure

TOKEN = "PENSTOCK_TOKEN"
_SECONDS = 60
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


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
            said = error.reason if isinstance(error, urllib.error.URLError) else error
            message = f"the server at {self.url} does not answer: {said}"
            help = "`penstock status` tells of the server of this machine"
            raise Failure(message, help, Exit.UNREACHABLE) from error


def api_at(address: str) -> DevopsApi:
    """The server at an address, or at the root of one, with the caller's own token.

    Raises Failure where the address is none, or would carry the token in plain text over a network.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = f'"{address}" is not the address of a server'
        raise Failure(message, "it looks like http://127.0.0.1:8700", Exit.USAGE)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        message = f"a token is not sent to {parts.hostname} by plain HTTP"
        raise Failure(message, "use its https:// address", Exit.REFUSED)
    return DevopsApi(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", own_token())


def own_token() -> str:
    """The caller's personal access token. Raises Failure (exit 5) where there is none."""
    token = os.environ.get(TOKEN, "")
    if not token:
        help = "`penstock tokens create` makes one on the server's machine, for an account"
        raise Failure(f"there is no token in ${TOKEN}", help, Exit.REFUSED)
    return token


def _refused(status: int, body: bytes) -> Failure:
    try:
        said = json.loads(body)
        message = str(said.get("message") or said["error"]["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"status {status}"
    help = f"set ${TOKEN} to a token that may" if status in (401, 403) else ""
    if status >= 500:
        help = "its server.log says why; on its machine, `penstock doctor` looks at disk and store"
    return Failure(f"the server refused: {message}", help, Exit.REFUSED)
