"""A server on loopback for tests, and the plainest client for it: one request, sent as it is."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.server.auth import Signer, Tokens
from penstock.server.listener import Listener
from penstock.server.routes import Route

if TYPE_CHECKING:
    from penstock.server.app import Places


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Server:
    listener: Listener
    failures: list[tuple[str, Exception]]

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        **headers: str,
    ) -> Response:
        """The path goes out as it is, undecoded and unnormalised."""
        connection = http.client.HTTPConnection("127.0.0.1", self.listener.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            if body is not None and "Transfer-Encoding" not in named:
                named.setdefault("Content-Length", str(len(body)))
            for name, value in named.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Response(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()


@contextmanager
def serving(
    routes: Iterable[Route],
    tokens: Tokens,
    *,
    signer: Signer | None = None,
    sessions: Tokens | None = None,
    places: Places | None = None,
) -> Iterator[Server]:
    failures: list[tuple[str, Exception]] = []

    def app() -> Any:
        from penstock.server.app import make_app

        return make_app(
            routes,
            tokens,
            signer=signer,
            sessions=sessions,
            places=places,
            on_failure=lambda line, error: failures.append((line, error)),
        )

    listener = Listener(app)
    try:
        yield Server(listener, failures)
    finally:
        listener.close()
        assert listener.failure is None
