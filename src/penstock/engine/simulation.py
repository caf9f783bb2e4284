"""A run without threads, storage or work: what `plan` and `explain` show before a run, and tests.

It is a loop around the same turns as the scheduler's, so that it can never disagree with a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from penstock.engine.events import (
    CancelRequested,
    Event,
    NodeFinished,
    NodeStarted,
    Output,
    Result,
)
from penstock.engine.plan import Node, Plan, check_nodes
from penstock.engine.state import Phase, RunState
from penstock.engine.turn import Expander, Turn, take_turn

Outputs: TypeAlias = Mapping[str, Mapping[str, str | Output]]
Answer: TypeAlias = Callable[[RunState, str], tuple[Result, Mapping[str, Output]]]
"""How a leaf ends, asked when it would have been done."""


class Simulation:
    """A run without threads, storage or work: leaves end as scripted, in the order asked for.

    With `answer`, it says how a leaf ends; `results` and `outputs` are then not looked at.
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
        answer: Answer | None = None,
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
        self._answer = answer
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
        if self._answer is not None and result is None:
            answered, outputs = self._answer(self.state, node)
            return self.post(NodeFinished(at=self.now, node=node, result=answered, outputs=outputs))
        event = finished(node, result or scripted(self._results, node), self._outputs, self.now)
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


def scripted(results: Mapping[str, Result], node: str) -> Result:
    """The result that a script gives a leaf: success where it says nothing."""
    return results.get(node, Result.SUCCEEDED)


def _no_children(state: RunState, node: Node) -> tuple[Node, ...]:
    raise LookupError(f"no children were given for {node.id}")
