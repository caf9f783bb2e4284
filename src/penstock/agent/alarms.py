"""Calls back when a time has come: one thread for the limits of all jobs, most never reached."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count


class Alarms:
    """Alarms of one process. Their actions run in its thread, one at a time, and must be short."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._numbers = count()
        self._waiting: list[tuple[float, int, _Alarm]] = []
        self._thread: threading.Thread | None = None

    def set(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        """Call `action` once that time is over; returns what takes it back."""
        alarm = _Alarm(action)
        with self._changed:
            entry = (time.monotonic() + seconds, next(self._numbers), alarm)
            heappush(self._waiting, entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
                self._thread.start()
            elif self._waiting[0] is entry:
                self._changed.notify()
        return alarm.forget

    def _run(self) -> None:
        while True:
            try:
                self._next().ring()
            except Exception:  # noqa: BLE001 - told as the fault of any thread; the next one rings
                fault = (*sys.exc_info(), threading.current_thread())
                threading.excepthook(threading.ExceptHookArgs(fault))

    def _next(self) -> _Alarm:
        with self._changed:
            while True:
                left = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if left is not None and left <= 0:
                    return heappop(self._waiting)[2]
                self._changed.wait(None if left is None else min(left, threading.TIMEOUT_MAX))


class _Alarm:
    """What is to be done; one that was taken back stays in its place and does nothing."""

    __slots__ = ("_action",)

    def __init__(self, action: Callable[[], None]) -> None:
        self._action: Callable[[], None] | None = action

    def forget(self) -> None:
        self._action = None

    def ring(self) -> None:
        action = self._action
        if action is not None:
            action()
