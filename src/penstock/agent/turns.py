"""Lets a few jobs begin at once in this process; those that wait for a program do not count.

Python runs one thread at a time. When many want to run, they hand the interpreter to one another at
every system call, and together do less than a few would.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 2
"""One that runs, and one that is ready as soon as the first asks the kernel for something."""

PATIENCE = 0.1
"""Seconds. A job may work long, or wait for something else than its program: that must not keep
others from beginning."""


class Turns:
    """How many jobs of a process work right now. Thread-safe."""

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._at_once = at_once
        self._patience = patience
        self._changed = threading.Condition()
        self._working = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Work for a job. Waits until fewer than `at_once` work, or for `patience` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._working < self._at_once, self._patience)
            self._working += 1
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside of `taken`: wait for a program, and let another job begin meanwhile."""
        self._leave()
        try:
            yield
        finally:
            with self._changed:
                self._working += 1

    def _leave(self) -> None:
        with self._changed:
            self._working -= 1
            self._changed.notify()
