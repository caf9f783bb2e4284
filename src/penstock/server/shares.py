"""A person's share of what keeps a server busy for long: so many at once, the next one is refused.

What is short needs no share. A refusal is as the service words it: status 429 with `Retry-After`
(https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from weakref import WeakValueDictionary

from penstock.records import record
from penstock.server.errors import Refused
from penstock.server.routes import Call, Principal

_MOST = 10_000


class BadSetting(Exception):
    """a setting of the server is no number that it can be"""


class Share:
    """So many at once for each person, or run. `things` is what they are, in the plural."""

    def __init__(self, things: str, most: int, retry_seconds: int = 1) -> None:
        self._things = things
        self._most = most
        self._retry_seconds = retry_seconds
        self._held: Counter[str] = Counter()
        self._lock = Lock()

    def take(self, call: Call) -> None:
        """Hold one more in the name of the caller until the call is answered. Raises `Refused`."""
        call.until_answered.enter_context(self._taken(_holder(call.principal)))

    @contextmanager
    def _taken(self, holder: str) -> Iterator[None]:
        with self._lock:
            if self._held[holder] >= self._most:
                raise self._refusal()
            self._held[holder] += 1
        try:
            yield
        finally:
            with self._lock:
                self._held[holder] -= 1
                if not self._held[holder]:
                    del self._held[holder]

    def _refusal(self) -> Refused:
        text = f"there are {self._most} {self._things} of yours at once; let one of them end first"
        headers = {"retry-after": str(self._retry_seconds)}
        return Refused(429, "TooManyRequests", text, headers=headers)


class Turns:
    """So many at once for each person, or run; the next one waits for its turn."""

    def __init__(self, most: int) -> None:
        self._most = most
        # Who has none and waits for none is forgotten.
        self._free: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def take(self, call: Call) -> None:
        """Hold one more in the name of the caller until the call is answered."""
        free = self._free.setdefault(_holder(call.principal), asyncio.Semaphore(self._most))
        await free.acquire()
        call.until_answered.callback(free.release)


@record
class Shares:
    """What one person may have at once on a server: live streams, searches of logs, downloads of
    archives, and exchanges with git."""

    streams: Share
    searches: Share
    archives: Share
    exchanges: Turns


def shares_of(environ: Mapping[str, str]) -> Shares:
    """The shares, as the environment of the server sets them. Raises `BadSetting`."""

    def most(variable: str, default: int) -> int:
        return _number(variable, environ.get(variable, ""), default)

    return Shares(
        streams=Share("live streams", most("PENSTOCK_STREAMS_PER_PERSON", 32), retry_seconds=15),
        searches=Share("searches of logs", most("PENSTOCK_SEARCHES_PER_PERSON", 4)),
        archives=Share("archives", most("PENSTOCK_ARCHIVES_PER_PERSON", 4), retry_seconds=10),
        exchanges=Turns(most("PENSTOCK_GIT_PER_PERSON", 8)),
    )


def _holder(principal: Principal | None) -> str:
    """Whose share it is: an account's, whatever tokens and sessions it has, or a run's."""
    if principal is None:
        return ""
    return principal.id or f"run {principal.run}"


def _number(variable: str, text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= _MOST:
        raise BadSetting(f'{variable} is a number from 1 to {_MOST}, not "{text[:40]}"')
    return int(text)
