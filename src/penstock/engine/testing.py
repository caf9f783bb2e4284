"""Fakes for tests of and on the engine: an executor, a clock, a journal; and the simulation.

Part of the product so that the services' planners and stores are tested against the real engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from penstock.engine import codec
from penstock.engine.events import Event, NodeStarted, Result, RunFinished
from penstock.engine.plan import Plan
from penstock.engine.requests import JobRequest
from penstock.engine.scheduler import Scheduler
from penstock.engine.simulation import Outputs, Simulation, finished, scripted

__all__ = ["FakeClock", "FakeExecutor", "MemoryJournal", "Outputs", "Simulation", "finished"]


class FakeClock:
    """A clock that stands until it is told to go on, and then calls `on_change` (a `tick`)."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now
        self.on_change: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass (or jump back)."""
        self.now += seconds
        self.on_change()


class FakeExecutor:
    """Does leaves at once, as scripted; those in `held` wait for `finish`.

    `requests` and `canceled` are what it was asked, in order. A held leaf that is canceled ends as
    canceled unless it is in `silent`. `alive` are the leaves it still has after a restart.
    """

    def __init__(
        self,
        *,
        results: Mapping[str, Result] | None = None,
        outputs: Outputs | None = None,
        held: Collection[str] = (),
        silent: Collection[str] = (),
        alive: Collection[str] = (),
    ) -> None:
        self.results = results or {}
        self.outputs = outputs or {}
        self.held, self.silent, self.alive = set(held), set(silent), set(alive)
        self.requests: list[JobRequest] = []
        self.canceled: list[tuple[str, str, str]] = []
        self._scheduler: Scheduler | None = None

    def connect(self, scheduler: Scheduler) -> None:
        """Answer to this scheduler."""
        self._scheduler = scheduler

    def submit(self, request: JobRequest) -> None:
        """Start the leaf, and end it unless it is held."""
        self.requests.append(request)
        at = self._scheduler.now() if self._scheduler else 0.0
        self._post(request.run, NodeStarted(at=at, node=request.node, worker="fake"))
        if request.node not in self.held:
            self.finish(request.run, request.node)

    def finish(self, run: str, node: str, result: Result | None = None) -> None:
        """End a leaf, with its scripted result unless one is given."""
        at = self._scheduler.now() if self._scheduler else 0.0
        self._post(run, finished(node, result or scripted(self.results, node), self.outputs, at))

    def cancel(self, run: str, node: str, reason: str) -> None:
        """Note the request and end the leaf as canceled."""
        self.canceled.append((run, node, reason))
        if node not in self.silent:
            self.finish(run, node, Result.CANCELED)

    def recover(self, run: str, node: str) -> bool:
        """Whether the test says the leaf lives on."""
        return node in self.alive

    def _post(self, run: str, event: Event) -> None:
        if self._scheduler is not None:
            self._scheduler.post(run, event)


class MemoryJournal:
    """Keeps runs as the JSON that a store would keep. `append` raises `error` while it is set."""

    def __init__(self) -> None:
        self.runs: dict[str, tuple[str, list[str]]] = {}
        self.headers: dict[str, Mapping[str, str]] = {}
        self.error: Exception | None = None

    def create(
        self, run: str, plan: Plan, header: Mapping[str, str], events: Sequence[Event] = ()
    ) -> None:
        """Keep a new run."""
        if run in self.runs:
            raise ValueError(f"run {run} exists")
        self.runs[run] = (codec.to_json(plan), [codec.to_json(event) for event in events])
        self.headers[run] = header

    def append(self, run: str, events: Sequence[Event]) -> None:
        """Keep events, or raise what the test wants."""
        if self.error is not None:
            raise self.error
        self.runs[run][1].extend(map(codec.to_json, events))

    def load(self, run: str) -> tuple[Plan, list[Event]]:
        """What is kept of a run."""
        plan, events = self.runs[run]
        return codec.from_json(Plan, plan), [codec.from_json(Event, e) for e in events]

    def unfinished(self) -> list[str]:
        """The runs without `RunFinished`."""
        return [
            run
            for run in self.runs
            if not any(isinstance(event, RunFinished) for event in self.load(run)[1])
        ]
