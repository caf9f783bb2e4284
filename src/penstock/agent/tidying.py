"""Removes the folders that ended jobs leave, a moment later and one after the other.

What waited for a job starts at once: two threads that make many system calls side by side would
hold each other up at every one of them, by Python's lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from penstock.agent import files

PAUSE = 0.05


class Tidying:
    """Removes folders in a thread of its own, which begins with the first. Thread-safe.

    `on_failure` gets a folder that could not be removed, while the exception is handled.
    """

    def __init__(self, on_failure: Callable[[Path], None], pause: float = PAUSE) -> None:
        self._on_failure = on_failure
        self._pause = pause
        self._changed = threading.Condition()
        self._left: deque[Path] = deque()
        self._started = self._closing = False

    def remove(self, folder: Path) -> None:
        """Remove the folder soon."""
        with self._changed:
            self._left.append(folder)
            self._changed.notify_all()
            if not self._started:
                self._started = True
                threading.Thread(target=self._work, name="tidying", daemon=True).start()

    def close(self, patience: float) -> None:
        """Return when all is removed, or after `patience` seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._left, patience)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._left)
                self._changed.wait_for(lambda: self._closing, self._pause)
                folders = tuple(self._left)
            for folder in folders:
                self._remove(folder)

    def _remove(self, folder: Path) -> None:
        try:
            files.remove(folder)
        except Exception:  # noqa: BLE001 - the top of a thread: recorded, and the next one follows
            self._on_failure(folder)
        with self._changed:
            self._left.popleft()
            self._changed.notify_all()
