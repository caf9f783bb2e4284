"""What goes on, as it happens: server-sent events of one run, or of the runs of a project.

A stream is woken by whatever this process learns, waits a moment so that much of it goes out at
once, and sends what differs from what it sent before. It also looks by itself now and then, for
runs that another process executes. The id of an event says how far the stream has come, so a reader
that was cut off goes on from there; it may get records and lines twice, but never a gap.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock.engine.events import Event
from penstock.engine.state import replay
from penstock.server.devops.builds.timeline import LogPlace, Timeline, make_timeline
from penstock.server.devops.builds.views import run_row
from penstock.server.devops.context import DevopsHttp, run_of
from penstock.server.devops.errors import devops_error
from penstock.server.routes import Call, Permission, Route
from penstock.store.runlists import RunQuery
from penstock.store.runs import Run

if TYPE_CHECKING:
    from starlette.responses import Response

BATCH_SECONDS = 0.25
LOOK_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 15.0
ASK_SECONDS = 15.0
"""How often it is asked anew whether the reader still may."""
LONGEST_SECONDS = 600.0
"""A stream ends then, and its reader comes again."""
_LINES_AT_ONCE = 2000
_LINES_A_ROUND = 10_000
_RECENT = 100

Message = tuple[str, object]
"""The name of an event and its data."""


class Wakeups:
    """Wakes the streams that follow a run, or all runs, when something happened to it.

    `changed` may be called from any thread, often; it costs next to nothing where nobody follows.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str | None, set[_Waiter]] = {}

    def changed(self, run: str) -> None:
        """Something happened to the run, or in one of its logs."""
        if not self._waiting:
            return
        with self._lock:
            woken = [*self._waiting.get(run, ()), *self._waiting.get(None, ())]
        for waiter in woken:
            waiter.wake()

    def follow(self, run: str | None) -> _Waiter:
        """What sleeps until the run (None: any run) changes. To be called in an event loop."""
        waiter = _Waiter(run)
        with self._lock:
            self._waiting.setdefault(run, set()).add(waiter)
        return waiter

    def leave(self, waiter: _Waiter) -> None:
        """Follow no longer."""
        with self._lock:
            waiting = self._waiting.get(waiter.run, set())
            waiting.discard(waiter)
            if not waiting:
                self._waiting.pop(waiter.run, None)


class _Waiter:
    def __init__(self, run: str | None) -> None:
        self.run = run
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._is_woken = False

    def wake(self) -> None:
        """From any thread."""
        if not self._is_woken:
            self._is_woken = True
            try:
                self._loop.call_soon_threadsafe(self._event.set)
            except RuntimeError:  # the loop has ended
                return

    async def sleep(self, seconds: float) -> None:
        """Until something happened, or that long."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            pass
        self._event.clear()
        self._is_woken = False


def live_routes(http: DevopsHttp, wakeups: Wakeups) -> tuple[Route, ...]:
    """The route of the streams."""

    async def live(call: Call) -> Response:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import StreamingResponse

        after = call.query("after") or call.header("last-event-id")
        name = call.query("run")
        if name:
            run = await run_in_threadpool(run_of, http, call, name)
            source: _Source = RunSource(http, str(run.id), after)
        else:
            source = ProjectSource(http, call.project)
        http.shares.streams.take(call)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            stream(source, wakeups, http.closing.is_set, call.may_still),
            media_type="text/event-stream",
            headers=headers,
        )

    return (
        Route(
            method="GET",
            path="/{organization}/{project}/_apis/penstock/live",
            permission=Permission.RUN_READ,
            handler=live,
            on_error=devops_error,
        ),
    )


async def stream(
    source: _Source,
    wakeups: Wakeups,
    is_closing: Callable[[], bool],
    may_still: Callable[[], bool],
    *,
    longest: float = LONGEST_SECONDS,
    ask_each: float = ASK_SECONDS,
) -> AsyncIterator[bytes]:
    """The text of the events of a source, until it ends, its reader may no longer read it, the
    server is about to stop, or `longest` seconds are over."""
    from starlette.concurrency import run_in_threadpool

    waiter = wakeups.follow(source.run)
    loop = asyncio.get_running_loop()
    began = said = asked = loop.time()
    try:
        yield b"retry: 1000\n\n"
        while not is_closing() and loop.time() - began < longest:
            if loop.time() - asked >= ask_each:
                asked = loop.time()
                if not await run_in_threadpool(may_still):
                    return
            messages = await run_in_threadpool(source.news)
            if messages:
                said = loop.time()
                yield _text(messages, source.position)
            elif loop.time() - said > KEEP_ALIVE_SECONDS:
                said = loop.time()
                yield b": keep-alive\n\n"
            if source.is_over:
                return
            if not source.has_more:
                await waiter.sleep(LOOK_SECONDS)
                await asyncio.sleep(BATCH_SECONDS)
    finally:
        wakeups.leave(waiter)


def _text(messages: Sequence[Message], position: str) -> bytes:
    """Only the last of them has the id: a reader that is cut off before it gets all again."""
    parts = []
    for left, (name, data) in zip(range(len(messages))[::-1], messages, strict=True):
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        id = "" if left else f"id: {position}\n"
        parts.append(f"event: {name}\n{id}data: {text}\n\n")
    return "".join(parts).encode("utf-8", "replace")


class _Source:
    """Where the messages of a stream come from. `position` is where it has come to."""

    run: str | None = None
    position = ""
    is_over = False
    has_more = False

    def news(self) -> list[Message]:
        """What is new since the last time; in a worker thread."""
        raise NotImplementedError


@dataclass(slots=True)
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


class RunSource(_Source):
    """One run: its row, its records and the lines of its logs, as they change.

    A reader that begins gets the row, every record, and from each log that still grows the lines
    that come from now on; `firstLine` says where they stand.
    """

    def __init__(self, http: DevopsHttp, run: str, after: str = "") -> None:
        self._http = http
        self.run = run
        self._row: dict[str, object] | None = None
        self._records: dict[str, dict[str, Any]] = {}
        self._place = _Place.read(after) if after else None
        self._lines: dict[int, int] = {}
        self._is_first = True

    @property
    def position(self) -> str:  # type: ignore[override]
        """What a reader shows to go on from here."""
        return str(self._place or _Place())

    def news(self) -> list[Message]:
        """What is new since the last time."""
        header = self._http.runs.get(self.run or "")
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
        http, run = self._http, str(self.run)
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
        counts = {log: _line_count(timeline, place) for log, place in timeline.logs.items()}
        if self._place is None:
            self._lines = counts
            return
        plan, events = self._http.runs.load(str(self.run))
        known = replay(plan, events[: self._place.sequence])
        before = make_timeline(str(self.run), known)
        self._records = {record["id"]: _comparable(record) for record in before.records}
        # A log that was not growing then is either unknown to the reader or complete.
        complete = {record["id"] for record in before.records if record["state"] == "completed"}
        self._lines = {
            log: self._place.lines.get(log, counts[log] if place.record in complete else 0)
            for log, place in timeline.logs.items()
        }

    def _changed_records(self, timeline: Timeline) -> list[Message]:
        messages: list[Message] = []
        for record in timeline.records:
            seen = _comparable(record)
            if self._records.get(record["id"]) != seen:
                self._records[record["id"]] = seen
                messages.append(("record", record))
        return messages

    def _new_lines(self, timeline: Timeline) -> tuple[list[Message], bool]:
        messages: list[Message] = []
        left, more = _LINES_A_ROUND, False
        for log, place in timeline.logs.items():
            count, sent = _line_count(timeline, place), self._lines.get(log, 0)
            while sent < count and left:
                wanted = min(_LINES_AT_ONCE, count - sent, left)
                lines = self._http.logs.read(
                    str(self.run), place.node, place.step, sent + 1, wanted
                )
                if not lines:
                    break
                messages.append(
                    (
                        "log",
                        {
                            "logId": log,
                            "recordId": place.record,
                            "firstLine": sent + 1,
                            "lines": lines,
                        },
                    )
                )
                sent += len(lines)
                left -= len(lines)
            self._lines[log] = sent
            more = more or sent < count
        return messages, more


def _line_count(timeline: Timeline, place: LogPlace) -> int:
    record = timeline.record(place.record)
    return int(record["lineCount"]) if record is not None else 0


def _comparable(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without what the lines of its log tell anyway."""
    return {**record, "lineCount": 0, "log": None}


class ProjectSource(_Source):
    """The rows of a project's runs, as they change."""

    def __init__(self, http: DevopsHttp, project: str) -> None:
        self._http = http
        self._project = project
        self._rows: dict[int, dict[str, object]] | None = None
        self._newest = 0

    def news(self) -> list[Message]:
        """What is new since the last time; at first nothing, for the reader has just read lists."""
        found = self._runs()
        tags = self._http.lists.tags(found)
        rows = {id: run_row(run, tags.get(id, [])) for id, run in found.items()}
        before, self._rows = (
            self._rows,
            {id: row for id, row in rows.items() if row["state"] != "completed"},
        )
        first_seen, self._newest = self._newest, max([self._newest, *rows])
        self.position = str(self._newest)
        if before is None:
            return []
        return [
            ("run", row)
            for id, row in sorted(rows.items())
            if (id in before and before[id] != row) or id > first_seen
        ]

    def _runs(self) -> dict[int, Run]:
        """The runs that go on, those that did the last time, and those that are new."""
        lists, project = self._http.lists, self._project
        going = RunQuery(project=project, states=("queued", "running", "canceling"), top=_RECENT)
        found = {run.id: run for run in lists.find(going)}
        ended = tuple(id for id in self._rows or () if id not in found)
        if ended:
            query = RunQuery(project=project, ids=ended, top=len(ended))
            found |= {run.id: run for run in lists.find(query)}
        fresh = RunQuery(project=project, after=self._newest, oldest_first=True, top=_RECENT)
        if self._rows is None:
            fresh = RunQuery(project=project, top=1)
        return found | {run.id: run for run in lists.find(fresh)}


def wakes(wakeups: Wakeups) -> tuple[Callable[[str, Event], None], Callable[..., None]]:
    """Listeners for the scheduler and for the logs."""

    def on_event(run: str, event: Event) -> None:
        wakeups.changed(run)

    def on_log(run: str, node: str, log: str, text: str) -> None:
        wakeups.changed(run)

    return on_event, on_log
