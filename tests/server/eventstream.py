"""Server-sent events as a browser has them."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Stream:
    """The events of a stream: (event, id, data)."""

    events: list[tuple[str, str, Any]] = field(default_factory=list)
    is_over: bool = False

    def of(self, name: str) -> list[Any]:
        return [data for event, _, data in self.events if event == name]

    @property
    def place(self) -> str:
        """What a reader that was cut off here shows when it comes again."""
        return next((id for _, id, _ in self.events[::-1] if id), "")

    def lines(self, key: str) -> dict[str, list[str]]:
        """The lines of each log, named by a field of its events, checked to be without gaps."""
        found: dict[str, list[str]] = {}
        for log in self.of("log"):
            lines = found.setdefault(log[key], [])
            first = log["firstLine"] - 1
            assert first <= len(lines), (first, len(lines))
            lines[first:] = log["lines"]
        return found


def read(answer: Any, stream: Stream, stop: threading.Event | None = None) -> None:
    """Add the events of an answer, until it ends or `stop` is set."""
    for block in blocks(answer):
        words = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
        if "data" in words:
            stream.events.append((words["event"], words.get("id", ""), json.loads(words["data"])))
        if stop is not None and stop.is_set():
            return
    stream.is_over = True


def blocks(answer: Any) -> Iterator[list[str]]:
    block: list[str] = []
    for line in answer:
        text = line.decode().rstrip("\n")
        if text:
            block.append(text)
        elif block:
            yield block
            block = []


@contextmanager
def following(
    port: int, path: str, headers: Mapping[str, str], stream: Stream | None = None
) -> Iterator[Stream]:
    """What a server on loopback tells while other things are done; it is cut off at the end."""
    stream = stream or Stream()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=dict(headers))
    cable = connection.sock
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    reader = threading.Thread(target=read, args=(answer, stream))
    reader.start()
    try:
        yield stream
    finally:
        with suppress(OSError):  # the server has cut it already
            cable.shutdown(socket.SHUT_RDWR)
        reader.join()
        answer.close()
        connection.close()
