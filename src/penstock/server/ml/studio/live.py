"""The studio's pages as they change: one stream for the list of jobs, or for some jobs."""

from __future__ import annotations

import re
import time
from dataclasses import field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from penstock.records import record
from penstock.server.live import (
    LINES_A_ROUND,
    LINES_AT_ONCE,
    Message,
    asked_position,
    live_answer,
)
from penstock.server.ml.context import WORKSPACE, MlHttp, not_found, row, workspace_of
from penstock.server.ml.studio.changes import Word
from penstock.server.ml.studio.feeds import Feed, Feeds, JobFeed
from penstock.server.ml.studio.rows import origin_view
from penstock.server.routes import Call, Route

if TYPE_CHECKING:
    from starlette.responses import Response

_MOST_JOBS = 50
_PLACE = re.compile(r"([0-9a-f]{8})\.([0-9]{1,15})(?:;(.*))?")
_LINES = re.compile(r"([^=,;]+)=([0-9]{1,15})")


def routes(ml: MlHttp, feeds: Feeds) -> tuple[Route, ...]:
    """The row of this file."""

    def live(ml: MlHttp, call: Call) -> Response:
        """Server-sent events of the jobs of the workspace, or of those that `job` names (several).

        `job`: a row of the list, as it is now; of a job that was asked for with its `params`, and
        of its child jobs too. `metric`: values that were added to a curve. `log`: lines of a log,
        where one job is asked for. `gap`: what a reader who was away should read anew. `end`:
        nothing more will come of the jobs.
        """
        after = asked_position(call)
        names = [value for key, value in call.query_items() if key == "job"][:_MOST_JOBS]
        source = LiveSource(ml, call, feeds, _followed(ml, call, feeds, names), after)
        return live_answer(call, source, feeds.wakeups, ml.shares.streams, ml.is_closing)

    return (row(ml, "GET", f"{WORKSPACE}/penstock/live", live),)


def _followed(ml: MlHttp, call: Call, feeds: Feeds, names: list[str]) -> list[Feed]:
    workspace = workspace_of(ml, call)
    if not names:
        return [feeds.of_workspace(workspace)]
    followed: list[Feed] = []
    for name in dict.fromkeys(names):
        job = ml.service.jobs.get(workspace.scope, name)
        if job is None:
            raise not_found(f"job {name}")
        followed.append(feeds.of_job(job))
    return followed


@record(kw_only=False, frozen=False)
class _Place:
    """How far a reader has come: the number of the last change, in which process, and lines."""

    epoch: str
    number: int
    lines: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def read(text: str) -> _Place | None:
        """From the id of an event; None for what is none."""
        match = _PLACE.fullmatch(text)
        if match is None:
            return None
        pairs = _LINES.findall(match[3] or "")
        return _Place(match[1], int(match[2]), {unquote(log): int(count) for log, count in pairs})

    def __str__(self) -> str:
        lines = ",".join(f"{quote(log, safe='')}={count}" for log, count in self.lines.items())
        return f"{self.epoch}.{self.number};{lines}"


class LiveSource:
    """What one reader is told of some feeds."""

    def __init__(
        self, ml: MlHttp, call: Call, feeds: Feeds, followed: list[Feed], after: str
    ) -> None:
        self._ml = ml
        self._call = call
        self._numbers = feeds.numbers
        self._feeds = followed
        self._only = followed[0] if len(followed) == 1 else None
        self._lines: dict[str, int] | None = None
        self._after: int | None = None
        place = _Place.read(after)
        if place is not None:
            # Of another process the numbers say nothing, but the lines are the same.
            self._after = place.number if place.epoch == self._numbers.epoch else 0
            self._lines = place.lines
        self.topics = [feed.key for feed in followed]
        self.is_over = False
        self.has_more = False

    @property
    def position(self) -> str:
        """What a reader shows to go on from here."""
        return str(_Place(self._numbers.epoch, self._after or 0, self._lines or {}))

    def news(self) -> list[Message]:
        """What is new since the last time."""
        now = time.monotonic()
        for feed in self._feeds:
            feed.refresh(now)
        is_over = all(feed.is_over for feed in self._feeds)
        upto = self._numbers.last
        words = [word for feed in self._feeds for word in feed.since(self._after, upto)]
        self._after = upto
        messages = [self._message(word) for word in words]
        if isinstance(self._only, JobFeed):
            messages += self._new_lines(self._only)
        if is_over and not self.has_more:
            self.is_over = True
            messages.append(("end", {}))
        return messages

    def _message(self, word: Word) -> Message:
        if not word.origin:
            return word.name, word.data
        return word.name, {**word.data, "origin": origin_view(self._ml, self._call, word.origin)}

    def _new_lines(self, feed: JobFeed) -> list[Message]:
        """The lines of each log since the last time; a reader who begins gets those from now on."""
        counts = feed.lines
        sent = self._lines = dict(counts) if self._lines is None else self._lines
        messages: list[Message] = []
        left = LINES_A_ROUND
        for log, count in counts.items():
            first = sent.get(log, 0) + 1
            while first <= count and left:
                lines = feed.read(log, first, min(LINES_AT_ONCE, count + 1 - first, left))
                if not lines:
                    break
                messages.append(("log", {"log": log, "firstLine": first, "lines": lines}))
                first += len(lines)
                left -= len(lines)
            sent[log] = first - 1
        self.has_more = not left
        return messages
