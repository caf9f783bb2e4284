"""What goes on in one run, or with the runs of a project, as server-sent events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from penstock.engine.events import Event
from penstock.engine.state import replay
from penstock.records import record
from penstock.server.devops.builds.timeline import LogPlace, Timeline, make_timeline
from penstock.server.devops.builds.views import run_row
from penstock.server.devops.context import DevopsHttp, run_of
from penstock.server.devops.errors import devops_error
from penstock.server.devops.queries import number_in
from penstock.server.live import (
    LINES_A_ROUND,
    LINES_AT_ONCE,
    Message,
    Source,
    Wakeups,
    asked_position,
    live_answer,
)
from penstock.server.routes import Call, Permission, Route
from penstock.store.runs import Run
from penstock.store.runs.lists import RunQuery

if TYPE_CHECKING:
    from starlette.responses import Response

ANY_RUN = "*"
"""The topic of whoever follows all runs."""
_RECENT = 100
_WINDOW = 20
_MOMENT = 60.0
"""Seconds between a list and the stream that keeps it live, on a busy machine."""
_SLACK = 5
"""Seconds that a change may be written after it happened."""


def live_routes(http: DevopsHttp, wakeups: Wakeups) -> tuple[Route, ...]:
    """The route of the streams."""

    def live(call: Call) -> Response:
        name = call.query("run")
        if name:
            run = run_of(http, call, name)
            source: Source = RunSource(http, str(run.id), asked_position(call))
        else:
            source = ProjectSource(http, call.project, asked_position(call))
        return live_answer(call, source, wakeups, http.shares.streams, http.closing.is_set)

    return (
        Route(
            method="GET",
            path="/{organization}/{project}/_apis/penstock/live",
            permission=Permission.RUN_READ,
            handler=live,
            on_error=devops_error,
        ),
    )


@record(kw_only=False, frozen=False)
class _Place:
    """How far a reader has come: events of the run, and lines of the logs that were growing."""

    sequence: int = 0
    lines: dict[int, int] = field(default_factory=dict)

    @staticmethod
    def read(text: str) -> _Place | None:
        """From the id of an event; None for what is none."""
        head, _, tail = text.partition(";")
        pairs = [part.partition("=") for part in tail.split(",") if part]
        numbers = [head, *(n for log, _, lines in pairs for n in (log, lines))]
        if not all(n.isascii() and n.isdigit() and len(n) < 16 for n in numbers):
            return None
        return _Place(int(head), {int(log): int(lines) for log, _, lines in pairs})

    def __str__(self) -> str:
        lines = ",".join(f"{log}={count}" for log, count in self.lines.items())
        return f"{self.sequence};{lines}"


class RunSource:
    """One run: its row, its records and the lines of its logs, as they change.

    A reader that begins gets the row, every record, and from each log that still grows the lines
    that come from now on; `firstLine` says where they stand.
    """

    def __init__(self, http: DevopsHttp, run: str, after: str = "") -> None:
        self._http = http
        self._run = run
        self.topics = (run,)
        self.is_over = False
        self.has_more = False
        self._row: dict[str, object] | None = None
        self._records: dict[str, dict[str, Any]] = {}
        self._place = _Place.read(after) if after else None
        self._lines: dict[int, int] = {}
        self._is_first = True

    @property
    def position(self) -> str:
        """What a reader shows to go on from here."""
        return str(self._place or _Place())

    def news(self) -> list[Message]:
        """What is new since the last time."""
        header = self._http.runs.get(self._run)
        if header is None:
            self.is_over = True
            return [("end", {})]
        sequence, timeline = self._timeline()
        messages: list[Message] = []
        if self._is_first:
            self._begin(timeline)
        messages += self._changed_records(timeline)
        logs, more = self._new_lines(timeline)
        messages += logs
        row = run_row(header, self._http.lists.tags([header.id]).get(header.id, []))
        if row != self._row:
            self._row = row
            messages.insert(0, ("run", row))
        self.has_more = more
        self._place = _Place(sequence, {k: v for k, v in self._lines.items() if v})
        if header.state == "finished" and not more:
            self.is_over = True
            messages.append(("end", {"result": row["result"]}))
        return messages

    def _timeline(self) -> tuple[int, Timeline]:
        http, run = self._http, self._run
        sequence = http.runs.last_event(run)

        def count(node: str, step: str) -> int:
            return http.logs.line_count(run, node, step)

        held = http.checkpoints(run)
        return sequence, http.scheduler.read(
            run, lambda state: make_timeline(run, state, count, held)
        )

    def _begin(self, timeline: Timeline) -> None:
        """Know what the reader has already."""
        self._is_first = False
        counts = {log: place.lines for log, place in timeline.logs.items()}
        if self._place is None:
            self._lines = counts
            return
        plan, events = self._http.runs.load(self._run)
        known = replay(plan, events[: self._place.sequence])
        before = make_timeline(self._run, known)
        self._records = {record["id"]: _comparable(record) for record in before.records}
        # A log that was not growing then is either unknown to the reader or complete.
        complete = {record["id"] for record in before.records if record["state"] == "completed"}
        self._lines = {
            log: self._place.lines.get(log, counts[log] if place.record in complete else 0)
            for log, place in timeline.logs.items()
        }

    def _changed_records(self, timeline: Timeline) -> list[Message]:
        messages: list[Message] = []
        for one in timeline.records:
            seen = _comparable(one)
            if self._records.get(one["id"]) != seen:
                self._records[one["id"]] = seen
                messages.append(("record", one))
        return messages

    def _new_lines(self, timeline: Timeline) -> tuple[list[Message], bool]:
        messages: list[Message] = []
        left, more = LINES_A_ROUND, False
        for log, place in timeline.logs.items():
            count, sent = place.lines, self._lines.get(log, 0)
            while sent < count and left:
                wanted = min(LINES_AT_ONCE, count - sent, left)
                lines = self._http.logs.read(self._run, place.node, place.step, sent + 1, wanted)
                if not lines:
                    break
                messages.append(("log", _log_lines(place, sent + 1, lines)))
                sent += len(lines)
                left -= len(lines)
            self._lines[log] = sent
            more = more or sent < count
        return messages, more


def _log_lines(place: LogPlace, first: int, lines: Sequence[str]) -> dict[str, object]:
    return {"logId": place.id, "recordId": place.record, "firstLine": first, "lines": lines}


def _comparable(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without what the lines of its log tell anyway."""
    return {**record, "lineCount": 0, "log": None}


class ProjectSource:
    """The rows of a project's runs, as they change.

    A reader that begins has read lists a moment ago, and one that was cut off says when that was.
    What changed between is among the first rows: all runs that go on, and those that ended since.
    Of more than `_RECENT` ended ones the newest are told.
    """

    def __init__(self, http: DevopsHttp, project: str, after: str = "") -> None:
        self._http = http
        self._project = project
        self.topics = (ANY_RUN,)
        self.position = ""
        self.is_over = False
        self.has_more = False
        at = number_in(after)
        self._since = http.clock() - _MOMENT if at is None else at - _SLACK
        self._told: dict[int, dict[str, object]] | None = None
        self._newest = 0

    def news(self) -> list[Message]:
        """The rows that changed since the last time."""
        at = self._http.clock()
        rows = self._rows(self._runs())
        told = self._told
        if told is None:
            told = {id: row for id, (run, row) in rows.items() if self._is_old(run)}
        window = self._newest - _WINDOW
        self._told = {
            id: row for id, (run, row) in rows.items() if run.state != "finished" or id > window
        }
        self.position = str(int(at))
        return [("run", row) for id, (_, row) in sorted(rows.items()) if told.get(id) != row]

    def _is_old(self, run: Run) -> bool:
        return run.finished is not None and run.finished < self._since

    def _runs(self) -> dict[int, Run]:
        """The runs that go on, those that did the last time, and those that are new."""
        lists, project = self._http.lists, self._project
        going = RunQuery(project=project, states=("queued", "running", "canceling"), top=_RECENT)
        near = RunQuery(project=project, top=_RECENT)
        if self._told is not None:
            # Numbers are given before runs are kept, so a lower one may come later.
            after = self._newest - _WINDOW
            near = RunQuery(project=project, after=after, oldest_first=True, top=_RECENT)
        newest = lists.find(near)
        self.has_more = self._told is not None and len(newest) == _RECENT
        self._newest = max([self._newest, *(run.id for run in newest)])
        found = {run.id: run for run in (*lists.find(going), *newest)}
        ended = tuple(id for id in self._told or () if id not in found)
        if ended:
            query = RunQuery(project=project, ids=ended, top=len(ended))
            found |= {run.id: run for run in lists.find(query)}
        return found

    def _rows(self, runs: Mapping[int, Run]) -> dict[int, tuple[Run, dict[str, object]]]:
        tags = self._http.lists.tags(runs)
        return {id: (run, run_row(run, tags.get(id, []))) for id, run in runs.items()}


def wakes(wakeups: Wakeups) -> tuple[Callable[[str, Event], None], Callable[..., None]]:
    """Listeners for the scheduler and for the logs."""

    def on_event(run: str, event: Event) -> None:
        wakeups.changed(run, ANY_RUN)

    def on_log(run: str, node: str, log: str, text: str) -> None:
        wakeups.changed(run)

    return on_event, on_log
