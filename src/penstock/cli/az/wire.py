"""Speaks HTTP to the service over one connection that is kept open."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from penstock.cli.az.failures import Failed, Refused

_TIMEOUT = 300.0
_CHUNK = 1 << 20
Query = Mapping[str, str]


class Wire:
    """A client of one service. Not for several threads."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._connections: dict[str, HTTPConnection] = {}

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """The JSON at a path. Raises Refused for any answer but a good one."""
        return self.send("GET", path, query=query)

    def pages(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """What is listed at a path, each page asked for when it is come to."""
        page = self.get(path, **query)
        while True:
            yield from page["value"]
            if not page.get("nextLink"):
                return
            parts = urlsplit(page["nextLink"])
            page = self.send("GET", unquote(parts.path), query=dict(parse_qsl(parts.query)))

    def find(self, path: str, **query: str) -> dict[str, Any] | None:
        """The JSON at a path, or None where there is nothing; a missing workspace is Refused."""
        try:
            return self.get(path, **query)
        except Refused as refused:
            if refused.status != 404 or refused.is_missing_workspace:
                raise
            return None

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send JSON and read JSON (an empty answer is an empty object)."""
        given = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            given["Content-Type"] = "application/json"
        if method == "POST" and content is None:
            content = b""
        target = f"{quote(path)}?{urlencode(query)}" if query else quote(path)
        answer = self._exchange(method, self.url, target, content, {**given, **(headers or {})})
        data = answer.read()
        if answer.status >= 400:
            raise Refused(answer.status, _error(data))
        return _object(data)

    def text(self, url: str) -> str:
        """The text at a whole address that needs no token."""
        answer = self._at(url, "GET")
        data = answer.read()
        if answer.status >= 400:
            raise Refused(answer.status, _error(data))
        return data.decode("utf-8", "replace")

    def rest(self, url: str, start: int) -> bytes:
        """What is at a whole address that needs no token, such as a log, from byte `start` on."""
        answer = self._at(url, "GET", headers={"Range": f"bytes={start}-"})
        data = answer.read()
        if answer.status == 416:
            return b""
        if answer.status >= 400:
            raise Refused(answer.status, _error(data))
        return data if answer.status == 206 else data[start:]

    def head(self, url: str) -> Mapping[str, str] | None:
        """The headers of a blob (names in small letters), or None where it is not there."""
        answer = self._at(url, "HEAD")
        answer.read()
        if answer.status >= 400:
            return None
        return {name.lower(): value for name, value in answer.getheaders()}

    def put_file(self, url: str, path: Path) -> None:
        """Upload a file as a blob, without reading all of it into memory."""
        headers = {
            "x-ms-blob-type": "BlockBlob",
            "x-ms-version": "2023-11-03",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(path.stat().st_size),
        }
        with path.open("rb") as stream:
            self._done(self._at(url, "PUT", stream, headers))

    def put_headers(self, url: str, headers: Mapping[str, str]) -> None:
        """A PUT that says everything in its headers, such as a blob's metadata."""
        self._done(self._at(url, "PUT", b"", {"x-ms-version": "2023-11-03", **headers}))

    def fetch(self, url: str, path: Path) -> None:
        """Download what is at a whole address into a file; a broken download leaves none."""
        answer = self._at(url, "GET")
        if answer.status >= 400:
            raise Refused(answer.status, _error(answer.read()))
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.part")
        try:
            with draft.open("wb") as stream:
                while chunk := answer.read(_CHUNK):
                    stream.write(chunk)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def close(self) -> None:
        """Close what is open."""
        for connection in self._connections.values():
            connection.close()

    def _done(self, answer: HTTPResponse) -> None:
        data = answer.read()
        if answer.status >= 400:
            raise Refused(answer.status, _error(data))

    def _at(
        self, url: str, method: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> HTTPResponse:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        base = f"{parts.scheme}://{parts.netloc}"
        return self._exchange(method, base, target, body, headers or {})

    def _exchange(
        self, method: str, base: str, target: str, body: Any, headers: Mapping[str, str]
    ) -> HTTPResponse:
        """Send a request; once more on a new connection where the kept one was closed meanwhile."""
        for attempt in (1, 2):
            connection = self._connection(base)
            fresh = connection.sock is None
            try:
                connection.request(method, target, body=body, headers=dict(headers))
                return connection.getresponse()
            except (HTTPException, OSError) as error:
                connection.close()
                if fresh or attempt == 2 or hasattr(body, "read"):
                    raise Failed(_unreachable(base, error)) from error
        raise AssertionError

    def _connection(self, base: str) -> HTTPConnection:
        if base not in self._connections:
            parts = urlsplit(base)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise Failed(f'the service\'s address must begin with http://, not "{base}"')
            secure = parts.scheme == "https"
            kind = HTTPSConnection if secure else HTTPConnection
            port = parts.port or (443 if secure else 80)
            self._connections[base] = kind(parts.hostname, port, timeout=_TIMEOUT)
        return self._connections[base]


def _unreachable(base: str, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    return (
        f"the service at {base} does not answer ({reason});"
        " inside of a run it ends with the run, else see: penstock service status"
    )


def _object(data: bytes) -> dict[str, Any]:
    value = json.loads(data) if data.strip() else {}
    return value if isinstance(value, dict) else {"value": value}


def _error(data: bytes) -> dict[str, Any]:
    try:
        found = _object(data)
    except ValueError:
        found = {}
    error = found.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(found.get("message"), str):
        # Azure DevOps' own shape.
        return {"code": found.get("typeKey"), "message": found["message"]}
    return {"message": data.decode("utf-8", "replace").strip()[:500]}
