"""What goes on, as it happens: server-sent events, whatever they tell of.

A stream is woken by whatever this process learns, waits a moment so that much of it goes out at
once, and sends what its source has that it did not send before. It also looks by itself now and
then, for what another process does. The id of an event says how far the stream has come, so a
reader that was cut off goes on from there; it may get things twice, but never a gap.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from penstock.server.routes import Call
from penstock.server.shares import Share

if TYPE_CHECKING:
    from starlette.responses import Response

BATCH_SECONDS = 0.25
LOOK_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 15.0
ASK_SECONDS = 15.0
"""How often it is asked anew whether the reader still may."""
LONGEST_SECONDS = 600.0
"""A stream ends then, and its reader comes again: nothing is held for ever."""
LINES_AT_ONCE = 2000
"""So many lines of a log go into one event."""
LINES_A_ROUND = 10_000
"""So many lines a source gives in one round: its reader is to see something meanwhile."""

Message = tuple[str, object]
"""The name of an event and its data."""


class Source(Protocol):
    """Where the messages of a stream come from, for one reader."""

    @property
    def topics(self) -> Sequence[str]:
        """What wakes the stream: the names given to `Wakeups.changed`."""

    @property
    def position(self) -> str:
        """What a reader shows to go on after the messages of the last `news`."""

    @property
    def is_over(self) -> bool:
        """Whether nothing will come any more."""

    @property
    def has_more(self) -> bool:
        """Whether `news` left something for the next time."""

    def news(self) -> list[Message]:
        """What is new since the last time; in a worker thread."""


class Wakeups:
    """Wakes the streams that follow a topic when something happened there.

    `changed` may be called from any thread, often; it costs next to nothing where nobody follows.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[_Waiter]] = {}

    def changed(self, *topics: str) -> None:
        """Something happened to each of them."""
        if not self._waiting:
            return
        with self._lock:
            woken = [waiter for topic in topics for waiter in self._waiting.get(topic, ())]
        for waiter in woken:
            waiter.wake()

    def follow(self, topics: Sequence[str]) -> _Waiter:
        """What sleeps until one of them changes. To be called in an event loop."""
        waiter = _Waiter(topics)
        with self._lock:
            for topic in topics:
                self._waiting.setdefault(topic, set()).add(waiter)
        return waiter

    def leave(self, waiter: _Waiter) -> None:
        """Follow no longer."""
        with self._lock:
            for topic in waiter.topics:
                waiting = self._waiting.get(topic, set())
                waiting.discard(waiter)
                if not waiting:
                    self._waiting.pop(topic, None)


class _Waiter:
    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = topics
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._is_woken = False

    def wake(self) -> None:
        """From any thread."""
        if not self._is_woken:
            self._is_woken = True
            try:
                self._loop.call_soon_threadsafe(self._event.set)
            except RuntimeError:  # the loop has ended
                return

    async def sleep(self, seconds: float) -> None:
        """Until something happened, or that long."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            pass
        self._event.clear()
        self._is_woken = False


def live_answer(
    call: Call, source: Source, wakeups: Wakeups, share: Share, is_closing: Callable[[], bool]
) -> Response:
    """The answer to a request that follows a source: one more of the caller's share."""
    from starlette.responses import StreamingResponse

    share.take(call)
    return StreamingResponse(
        stream(source, wakeups, is_closing, call.may_still),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


def asked_position(call: Call) -> str:
    """The id of the last event that the reader has; empty for one that begins.

    Browsers say it in a header when they come again by themselves, and in no other case.
    """
    return call.query("after") or call.header("last-event-id")


async def stream(
    source: Source,
    wakeups: Wakeups,
    is_closing: Callable[[], bool],
    may_still: Callable[[], bool],
    *,
    longest: float = LONGEST_SECONDS,
    ask_each: float = ASK_SECONDS,
) -> AsyncIterator[bytes]:
    """The text of the events of a source, until it ends, its reader may no longer read it, the
    server is about to stop, or `longest` seconds are over."""
    from starlette.concurrency import run_in_threadpool

    waiter = wakeups.follow(source.topics)
    loop = asyncio.get_running_loop()
    began = said = asked = loop.time()
    try:
        yield b"retry: 1000\n\n"
        while not is_closing() and loop.time() - began < longest:
            if loop.time() - asked >= ask_each:
                asked = loop.time()
                if not await run_in_threadpool(may_still):
                    return
            messages = await run_in_threadpool(source.news)
            if messages:
                said = loop.time()
                yield _text(messages, source.position)
            elif loop.time() - said > KEEP_ALIVE_SECONDS:
                said = loop.time()
                yield b": keep-alive\n\n"
            if source.is_over:
                return
            if not source.has_more:
                await waiter.sleep(LOOK_SECONDS)
                await asyncio.sleep(BATCH_SECONDS)
    finally:
        wakeups.leave(waiter)


def _text(messages: Sequence[Message], position: str) -> bytes:
    """Only the last of them has the id: a reader that is cut off before it gets all again."""
    parts = []
    for left, (name, data) in zip(range(len(messages))[::-1], messages, strict=True):
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        id = "" if left else f"id: {position}\n"
        parts.append(f"event: {name}\n{id}data: {text}\n\n")
    return "".join(parts).encode("utf-8", "replace")
