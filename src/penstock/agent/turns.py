"""Turns at the interpreter: the jobs of one process think one after another, and wait side by side.

Threads share one interpreter lock and give it up at every call to the system, a few hundred times
a job. Where several want it, each of those times costs a switch from one core to another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 0.05
"""Seconds after which others no longer wait for the one whose turn it is."""


class Turns:
    """The turns of one process. A courtesy and no lock: nobody waits for one who takes long, be it
    at a large copy, and nothing may rely on being alone."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._lock = threading.Lock()
        self._since = 0.0

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """For one job, from its first thought to its last."""
        turn = Turn(self)
        turn.take()
        try:
            yield turn
        finally:
            turn.give_up()

    def wait(self) -> bool:
        """Wait until it is nobody's turn, or somebody's for too long; whether it is ours now."""
        left = self._since + self._longest - time.monotonic()
        is_ours = self._lock.acquire(timeout=left) if left > 0 else self._lock.acquire(False)
        if is_ours:
            self._since = time.monotonic()
        return is_ours

    def end(self) -> None:
        """Let the next one in."""
        self._lock.release()


class Turn:
    """The turn of one job, for one thread."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._is_ours = False

    def take(self) -> None:
        """Go on, in turn where that does not take long."""
        self._is_ours = self._turns.wait()

    def give_up(self) -> None:
        """Let others think."""
        if self._is_ours:
            self._is_ours = False
            self._turns.end()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Give the turn up while this job waits for something that is not Python."""
        self.give_up()
        try:
            yield
        finally:
            self.take()
