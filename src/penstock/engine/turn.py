"""One turn of a run: take in what happened, then decide until nothing more follows from it.

The scheduler and the simulation are both loops around this; it knows no threads and no storage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field, replace
from typing import TypeAlias

from penstock.engine.decide import Action, Cancel, Dispatch, Expand, Record, Wake, decide, settle
from penstock.engine.events import Event, NodeExpanded, NodeFinished, Result
from penstock.engine.plan import Node, check_nodes
from penstock.engine.redaction import told
from penstock.engine.state import RunState
from penstock.records import record

Expander: TypeAlias = Callable[[RunState, Node], tuple[Node, ...]]


@record(kw_only=False, frozen=False)
class Turn:
    """What a turn changed (`events`, in order) and what is to be done once that is kept.

    `dispatches` are leaf ids, `cancels` the reasons by leaf id; `wake_at` is when the run must be
    looked at again even if nothing happens.
    """

    events: list[Event] = field(default_factory=list)
    dispatches: list[str] = field(default_factory=list)
    cancels: dict[str, str] = field(default_factory=dict)
    wake_at: float | None = None

    def then(self, later: Turn) -> Turn:
        """Both turns as one. A later turn that took in nothing leaves the time to wake alone."""
        return Turn(
            events=self.events + later.events,
            dispatches=self.dispatches + later.dispatches,
            cancels=self.cancels | later.cancels,
            wake_at=later.wake_at if later.events else self.wake_at,
        )


def take_turn(state: RunState, events: Iterable[Event], now: float, expand: Expander) -> Turn:
    """Apply the events and all that follows from them. Events that change nothing are left out.

    An exception of `expand` fails the node it was to expand: it is never ours to let through.
    """
    turn = Turn()
    for event in events:
        _apply(state, settle(state, event), turn)
    progress = True
    while progress:
        progress = False
        turn.wake_at = None
        for action in decide(state, now):
            progress = _take(state, action, turn, now, expand) or progress
    return turn


def _apply(state: RunState, event: Event, turn: Turn) -> bool:
    changed = state.apply(event)
    if changed:
        turn.events.append(event)
    return changed


def _take(state: RunState, action: Action, turn: Turn, now: float, expand: Expander) -> bool:
    match action:
        case Record(NodeFinished(result=Result.ABANDONED) as event) if event.message:
            # The text of an expression's error may quote the value of a secret.
            return _apply(state, replace(event, message=told(event.message, state)), turn)
        case Record(event):
            return _apply(state, event, turn)
        case Dispatch(event):
            if not _apply(state, event, turn):
                return False
            turn.dispatches.append(event.node)
            return True
        case Cancel(node, reason, event):
            if not _apply(state, event, turn):
                return False
            turn.cancels[node] = reason
            return True
        case Expand(node):
            return _apply(state, settle(state, _expansion(state, node, now, expand)), turn)
        case Wake(at):
            turn.wake_at = at
            return False


def _expansion(state: RunState, id: str, now: float, expand: Expander) -> Event:
    node = state.nodes[id].node
    try:
        nodes = expand(state, node)
        check_nodes(nodes, node, state.nodes)
    except Exception as error:  # noqa: BLE001 - a planner's fault must not stop other runs
        message = told(f"{node.key} could not be expanded: {error}", state)
        return NodeFinished(at=now, node=id, result=Result.FAILED, message=message)
    return NodeExpanded(at=now, node=id, nodes=nodes)
