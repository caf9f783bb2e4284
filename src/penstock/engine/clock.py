"""The time that runs go by."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]


def steady_clock(now: Clock = time.time) -> Clock:
    """A clock of seconds since 1970 that follows no later change of the machine's time (`now`), and
    stands still while the machine sleeps: what it interrupts is not over its time then."""
    start = now() - time.monotonic()
    return lambda: start + time.monotonic()
