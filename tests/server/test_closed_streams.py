"""An answer that goes on lets go of what it holds, whether it was read to its end or not."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from threading import Event

import pytest
from loopback import serving

from penstock.server.auth import FixedTokens
from penstock.server.routes import Call, Permission, Route
from penstock.server.streams import streamed


@pytest.mark.parametrize("count", [1, 1_000_000])
def test_pieces_are_closed_at_their_end_and_when_their_reader_leaves(count: int) -> None:
    closed = Event()

    def pieces() -> Iterator[bytes]:
        try:
            for _ in range(count):
                yield b"x" * 10_000
        finally:
            closed.set()

    kept = []  # as where something else still knows of them

    def handler(call: Call) -> object:
        kept.append(pieces())
        return streamed(call, kept[0], media_type="text/plain", headers={"x-kind": "test"})

    route = Route(method="GET", path="/x", permission=Permission.PUBLIC, handler=handler)  # type: ignore[arg-type]
    with serving((route,), FixedTokens({})) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.listener.port, timeout=20)
        connection.request("GET", "/x")
        answer = connection.getresponse()
        assert (answer.headers["x-kind"], answer.read(10_000)) == ("test", b"x" * 10_000)
        connection.close()
        end = time.monotonic() + 20
        while not closed.is_set() and time.monotonic() < end:
            time.sleep(0.01)
        assert closed.is_set()
        assert server.failures == []
