"""What an executor says of a leaf: numbered reports, each taken in once and in its order.

The wire between an agent and its server may deliver a report twice, late, or before the one that it
follows. An agent therefore numbers what it says and says it again until it hears that it is kept.
"""

from __future__ import annotations

from penstock.engine.events import (
    Event,
    IssueLogged,
    NodeFinished,
    NodePhase,
    NodeStarted,
    RunChanged,
    StepFinished,
    StepStarted,
)
from penstock.records import record

AHEAD = 256
"""How far a report may run ahead of one that is missing; what comes before its time by more is not
taken, and its sender says it again."""
_OF_A_LEAF = (NodeStarted, NodePhase, StepStarted, StepFinished, IssueLogged, NodeFinished)


class ForeignReport(Exception):
    """an executor reported what is not its leaf's to say"""


@record(kw_only=False)
class Report:
    """What happened to a leaf, as the one who does it tells: the `number`-th report (from 1) of
    this attempt. `kept` is the number up to which its sender has heard that all is kept: by it a
    server that has forgotten what it heard, after a restart, knows where to go on."""

    run: str
    node: str
    attempt: int
    number: int
    events: tuple[Event, ...]
    kept: int = 0


def check_own(report: Report) -> None:
    """Raise `ForeignReport` unless a report speaks of its own leaf, in a worker's words."""
    for event in report.events:
        match event:
            case RunChanged():
                continue
            case _ if isinstance(event, _OF_A_LEAF) and event.node == report.node:
                continue
        kind = type(event).__name__
        raise ForeignReport(f"{kind} is not for the executor of {report.node} to report")


class _Stream:
    """The reports of one leaf: up to `heard` they were handed on, up to `kept` that is kept, and
    those in `early` wait for one that is missing."""

    __slots__ = ("early", "heard", "kept")

    def __init__(self) -> None:
        self.heard = self.kept = 0
        self.early: dict[int, Report] = {}


class Reports:
    """Puts the reports of a run's leaves in order. Not for use by two threads at once."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, int], _Stream] = {}
        self._fresh: dict[tuple[str, int], None] = {}

    def take(self, report: Report) -> list[Event]:
        """What is to be applied now: nothing for a report that is known or before its time, else
        its events and those of the reports that waited for it."""
        key = (report.node, report.attempt)
        stream = self._streams.setdefault(key, _Stream())
        self._fresh[key] = None
        if report.kept > stream.heard:
            stream.heard = report.kept
            stream.early = {n: early for n, early in stream.early.items() if n > report.kept}
        if stream.heard < report.number <= stream.heard + AHEAD:
            stream.early[report.number] = report
        events: list[Event] = []
        while (due := stream.early.pop(stream.heard + 1, None)) is not None:
            stream.heard += 1
            events += due.events
        return events

    def keep(self) -> None:
        """All that was handed on is kept now."""
        for key in self._fresh:
            self._streams[key].kept = self._streams[key].heard
        self._fresh.clear()

    def kept(self, node: str, attempt: int) -> int:
        """The number up to which the reports of a leaf are kept."""
        stream = self._streams.get((node, attempt))
        return stream.kept if stream is not None else 0
