"""How often someone may try a password."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock

SECONDS = 60.0
PER_ACCOUNT = 10
PER_ADDRESS = 60
_SWEEP_ABOVE = 1000


class Attempts:
    """Counts tries of the last minute: per account and address together, and per address alone.

    A try counts from when it begins, so that a hundred at once are a hundred. One that succeeded
    is taken back. Any thread may call every method.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tries: dict[tuple[str, ...], deque[float]] = {}
        self._lock = Lock()

    def begin(self, account: str, address: str) -> float:
        """Count a try, and answer 0; or answer for how many seconds nobody may try again."""
        now = self._clock()
        with self._lock:
            if len(self._tries) > _SWEEP_ABOVE:
                self._sweep(now)
            for key, most in _keys(account, address):
                if wait := self._wait(key, most, now):
                    return wait
            for key, _ in _keys(account, address):
                self._tries.setdefault(key, deque()).append(now)
        return 0.0

    def succeeded(self, account: str, address: str) -> None:
        """Take back the latest try."""
        with self._lock:
            for key, _ in _keys(account, address):
                if self._tries.get(key):
                    self._tries[key].pop()

    def _wait(self, key: tuple[str, ...], most: int, now: float) -> float:
        tries = self._tries.get(key, deque())
        while tries and tries[0] <= now - SECONDS:
            tries.popleft()
        return tries[0] + SECONDS - now if len(tries) >= most else 0.0

    def _sweep(self, now: float) -> None:
        old = [key for key, tries in self._tries.items() if not tries or tries[-1] <= now - SECONDS]
        for key in old:
            del self._tries[key]


def _keys(account: str, address: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    # Of two kinds: a try by token names no account, and counts once for its address.
    return ((account.lower()[:100], address), PER_ACCOUNT), ((address,), PER_ADDRESS)
