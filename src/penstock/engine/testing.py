"""Fakes for tests of and on the engine: an executor, a clock, a journal, and a run without threads.

Part of the product so that the services' planners and stores are tested against the real engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from penstock.engine import codec
from penstock.engine.events import (
    CancelRequested,
    Event,
    NodeFinished,
    NodeStarted,
    Output,
    Result,
    RunFinished,
)
from penstock.engine.plan import Node, Plan, check_nodes
from penstock.engine.requests import JobRequest
from penstock.engine.scheduler import Scheduler
from penstock.engine.state import Phase, RunState
from penstock.engine.turn import Expander, Turn, take_turn

Outputs = Mapping[str, Mapping[str, str | Output]]


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
        self._post(run, finished(node, result or _scripted(self.results, node), self.outputs, at))

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

    def create(self, run: str, plan: Plan, header: Mapping[str, str]) -> None:
        """Keep a new run."""
        if run in self.runs:
            raise ValueError(f"run {run} exists")
        self.runs[run] = (codec.to_json(plan), [])
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


class Simulation:
    """A run without threads, storage or work: leaves end as scripted, in the order asked for.

    `in_hand` are the dispatched leaves that have not answered, `dispatched` all of them in order,
    `asked_to_stop` the leaves canceled with the reason. Each turn takes a second of its time.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        results: Mapping[str, Result] | None = None,
        outputs: Outputs | None = None,
        expand: Expander | None = None,
        start: float = 1_000_000.0,
    ) -> None:
        check_nodes(plan.nodes)
        self.plan = plan
        self.state = RunState(plan)
        self.events: list[Event] = []
        self.now = start
        self.wake_at: float | None = None
        self.in_hand: list[str] = []
        self.dispatched: list[str] = []
        self.asked_to_stop: dict[str, str] = {}
        self._results, self._outputs = results or {}, outputs or {}
        self._expand = expand or _no_children
        self.post()

    def post(self, *events: Event) -> Turn:
        """Take one turn with these events."""
        self.now += 1.0
        turn = take_turn(self.state, events, self.now, self._expand)
        self.events += turn.events
        self.wake_at = turn.wake_at
        self.in_hand = [n for n in self.in_hand if self.state.nodes[n].phase is not Phase.FINISHED]
        self.in_hand += turn.dispatches
        self.dispatched += turn.dispatches
        self.asked_to_stop |= turn.cancels
        return turn

    def begin(self, node: str, worker: str = "agent") -> Turn:
        """A worker takes a dispatched leaf."""
        return self.post(NodeStarted(at=self.now, node=node, worker=worker))

    def end(self, node: str, result: Result | None = None) -> Turn:
        """A dispatched leaf answers; one that was asked to stop has been canceled."""
        if result is None and node in self.asked_to_stop:
            result = Result.CANCELED
        event = finished(node, result or _scripted(self._results, node), self._outputs, self.now)
        return self.post(event)

    def cancel(self, node: str | None = None, reason: str = "") -> Turn:
        """Someone asks the run or a node to stop."""
        return self.post(CancelRequested(at=self.now, node=node, reason=reason))

    def sleep(self) -> Turn:
        """Let time pass until the run wants to be looked at."""
        self.now = max(self.now, (self.wake_at or self.now) - 1.0)
        return self.post()

    def run(self) -> RunState:
        """Let every leaf begin and end, the earliest dispatched first; the state at the end."""
        while not self.state.finished:
            if not self.in_hand:
                raise AssertionError(f"the run is stuck: {self.unfinished()}")
            node = self.in_hand[0]
            self.begin(node)
            if self.state.nodes[node].phase is not Phase.FINISHED:
                self.end(node)
        return self.state

    def unfinished(self) -> list[str]:
        """The nodes that have not ended."""
        return [id for id, n in self.state.nodes.items() if n.phase is not Phase.FINISHED]

    def words(self) -> dict[str, str]:
        """Every node's result, or its phase, by id."""
        return {id: str(n.result or n.phase) for id, n in self.state.nodes.items()}


def finished(
    node: str, result: Result, outputs: Outputs | None = None, at: float = 0.0
) -> NodeFinished:
    """The end of a leaf with its scripted outputs."""
    values = (outputs or {}).get(node, {})
    return NodeFinished(
        at=at,
        node=node,
        result=result,
        outputs={k: v if isinstance(v, Output) else Output(value=v) for k, v in values.items()},
    )


def _scripted(results: Mapping[str, Result], node: str) -> Result:
    return results.get(node, Result.SUCCEEDED)


def _no_children(state: RunState, node: Node) -> tuple[Node, ...]:
    raise LookupError(f"no children were given for {node.id}")
