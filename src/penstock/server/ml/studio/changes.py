"""What changed, by number: the last word on each thing, and the values of curves.

Numbers grow over all that is kept in one process, so that one number says how far a reader of
several things has come.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence

from penstock.ml.tracking_values import Metric
from penstock.records import record
from penstock.server.ml.studio.rows import number
from penstock.server.ml.views import Document

_MOST_POINTS = 20_000


@record
class Word:
    """What is to be told: the name of an event and its data. `origin` is the step that submitted
    the job it is about, which each reader is told in their own way."""

    number: int
    name: str
    data: Document
    origin: str = ""


class Numbers:
    """The numbers of changes, over all feeds of one process. `epoch` tells processes apart."""

    def __init__(self) -> None:
        self.epoch = os.urandom(4).hex()
        self.lock = threading.Lock()
        self._last = 0

    @property
    def last(self) -> int:
        """The newest number; all that has it or a smaller one can be read."""
        with self.lock:
            return self._last

    def next(self) -> int:
        """A new number. Hold the lock until what has it can be read."""
        self._last += 1
        return self._last


class Ledger:
    """The last word on each thing, oldest change first; of `most` things if there are more."""

    def __init__(self, numbers: Numbers, most: int | None = None) -> None:
        self._numbers = numbers
        self._most = most
        self._words: dict[str, Word] = {}
        self.whole_since = numbers.last
        """The newest change that was forgotten, or the beginning."""

    def tell(self, name: str, key: str, data: Document, origin: str = "") -> None:
        """Say how a thing is; nothing where that is known."""
        with self._numbers.lock:
            before = self._words.get(key)
            if before is not None and before.data == data:
                return
            self._words.pop(key, None)
            number = self._numbers.next()
            self._words[key] = Word(number=number, name=name, data=data, origin=origin)
            if self._most is not None and len(self._words) > self._most:
                oldest = self._words.pop(next(iter(self._words)))
                self.whole_since = oldest.number

    def since(self, after: int, upto: int) -> list[Word]:
        """The words with a number above `after`, up to `upto`."""
        found: list[Word] = []
        with self._numbers.lock:
            for word in reversed(self._words.values()):
                if word.number <= after:
                    break
                if word.number <= upto:
                    found.append(word)
        return found[::-1]


class Points:
    """The newest values of metrics, as they were logged."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._points: deque[tuple[int, str, Metric]] = deque()
        self.whole_since = numbers.last
        """The newest value that was forgotten, or the beginning."""

    def add(self, job: str, metrics: Sequence[Metric]) -> None:
        """Keep values of a job."""
        with self._numbers.lock:
            number = self._numbers.next()
            self._points.extend((number, job, metric) for metric in metrics)
            while len(self._points) > _MOST_POINTS:
                self.whole_since = self._points.popleft()[0]

    def begin(self) -> None:
        """From now on every value is kept; whoever was there before may miss some."""
        with self._numbers.lock:
            self.whole_since = self._numbers.next()

    def since(self, after: int, upto: int) -> list[Word]:
        """`metric` for each curve: the values that were added to it, in that order."""
        with self._numbers.lock:
            points = [point for point in self._points if after < point[0] <= upto]
        curves: dict[tuple[str, str], list[Metric]] = {}
        for _, job, metric in points:
            curves.setdefault((job, metric.name), []).append(metric)
        return [
            Word(
                number=upto,
                name="metric",
                data={
                    "job": job,
                    "name": name,
                    "steps": [metric.step for metric in metrics],
                    "times": [metric.time for metric in metrics],
                    "values": [number(metric.value) for metric in metrics],
                },
            )
            for (job, name), metrics in curves.items()
        ]
