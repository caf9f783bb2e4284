"""The state of a run: the fold of its events, kept in place, with the indexes `decide` reads.

Applying is idempotent: what is known already, late, or about a node that is not there changes
nothing. It decides nothing and reads no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import StrEnum
from typing import Any

from penstock.engine.events import (
    CancelRequested,
    Event,
    IssueLogged,
    NodeExpanded,
    NodeFinished,
    NodePhase,
    NodeQueued,
    NodeStarted,
    Output,
    Result,
    RunChanged,
    RunFinished,
    StepFinished,
    StepStarted,
)
from penstock.engine.plan import Node, Plan
from penstock.engine.status import GOOD
from penstock.records import record

CANCEL_GRACE = 60.0
"""Seconds past a leaf's cancel timeout before the engine stops waiting for its executor's answer.
The agent's own clean-up (signals, last log lines) falls into them; the Azure agent gives a worker
the same 60 s after the server's cancel timeout (azure-pipelines-agent, JobDispatcher.cs)."""


class Phase(StrEnum):
    """Where a node is on its way; only ever moves forward."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"


@record(kw_only=False, frozen=False)
class StepState:
    """A step of a job as reported; `result` None means it is running."""

    id: str
    name: str
    started_at: float | None = None
    finished_at: float | None = None
    result: Result | None = None
    message: str = ""
    lines: int = 0


@record(kw_only=False, frozen=False)
class NodeState:
    """All that is known of one node.

    `canceling` means someone asked for it to stop; `told` that its executor was asked, at
    `cancel_at`. `left_under_cancel` is whether the run (or a group around the node) was being
    canceled when the node left `pending`: what its `canceled()` answered. `waiting` counts the
    dependencies that have not finished. `variables` are its own, as evaluated when it became ready.
    """

    node: Node
    phase: Phase = Phase.PENDING
    result: Result | None = None
    message: str = ""
    attempt: int = 0
    worker: str = ""
    queued_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    outputs: dict[str, Output] = field(default_factory=dict)
    steps: dict[str, StepState] = field(default_factory=dict)
    variables: dict[str, Output] = field(default_factory=dict)
    service_phase: str = ""
    service_phase_at: float | None = None
    canceling: bool = False
    cancel_reason: str = ""
    told: bool = False
    cancel_at: float | None = None
    left_under_cancel: bool = False
    waiting: int = 0


@record(kw_only=False, frozen=False)
class Group:
    """What a group knows of its children; the run itself is the group named None.

    `ready` are the pending children whose dependencies have finished, in the order in which they
    became so; `active` counts the queued and running ones. `failing` is set when a child failed in
    a group that fails fast: what runs is then stopped and nothing more starts. While it has a
    `gate` that has not succeeded, no other child is ready.
    """

    fail_fast: bool
    max_parallel: int | None = None
    is_open: bool = False
    children: list[str] = field(default_factory=list)
    ready: dict[str, None] = field(default_factory=dict)
    active: int = 0
    unfinished: int = 0
    failing: bool = False
    gate: str | None = None


@record(kw_only=False, frozen=False)
class Agenda:
    """The nodes and groups that may need an action; all others need none. Dicts for their order."""

    ready: dict[str | None, None] = field(default_factory=dict)
    opening: dict[str, None] = field(default_factory=dict)
    done: dict[str | None, None] = field(default_factory=dict)
    expanding: dict[str, None] = field(default_factory=dict)
    orphans: dict[str, None] = field(default_factory=dict)
    untold: dict[str, None] = field(default_factory=dict)
    deadlines: dict[str, float] = field(default_factory=dict)


class RunState:
    """A run as its events have made it.

    `facts` holds the values of `RunChanged` by name, in order. `memo` keeps what others made from
    the state and will not change. Not for use by two threads at once.
    """

    def __init__(self, plan: Plan) -> None:
        """The state of a run in which nothing has happened."""
        self.plan = plan
        self.nodes: dict[str, NodeState] = {}
        self.groups: dict[str | None, Group] = {None: Group(fail_fast=plan.fail_fast, is_open=True)}
        self.dependents: dict[str, list[str]] = {}
        self.agenda = Agenda()
        self.issues: list[IssueLogged] = []
        self.facts: dict[str, list[str]] = {}
        self.canceling = False
        self.cancel_reason = ""
        self.finished = False
        self.finished_at: float | None = None
        self.result: Result | None = None
        self.memo: dict[Any, Any] = {}
        self._seen: set[tuple[object, ...]] = set()
        self._add(plan.nodes)
        self._fill(None)

    def __eq__(self, other: object) -> bool:
        """Whether both know the same, in the same order."""
        if not isinstance(other, RunState):
            return NotImplemented
        return all(
            getattr(self, name) == getattr(other, name)
            for name in vars(self)
            if name not in ("memo", "_seen")
        )

    __hash__ = None  # type: ignore[assignment]

    def children(self, parent: str | None) -> list[NodeState]:
        """The states of a group's children in the order of the plan; None is the run."""
        group = self.groups.get(parent)
        return [self.nodes[id] for id in group.children] if group else []

    def ancestors(self, id: str) -> Iterator[NodeState]:
        """The groups around a node, innermost first."""
        parent = self.nodes[id].node.parent
        while parent is not None:
            state = self.nodes[parent]
            yield state
            parent = state.node.parent

    def is_leaf(self, id: str) -> bool:
        """Whether the node is done by an executor."""
        return id not in self.groups

    def is_canceling(self, id: str | None) -> bool:
        """Whether the run, the node, or a group around it was asked to stop."""
        if self.canceling or id is None:
            return self.canceling
        return self.nodes[id].canceling or any(a.canceling for a in self.ancestors(id))

    def in_flight(self, id: str | None = None) -> list[NodeState]:
        """The queued and running leaves of the run, or of one node (itself included)."""
        if id is not None and self.is_leaf(id):
            state = self.nodes[id]
            return [state] if state.phase in (Phase.QUEUED, Phase.RUNNING) else []
        found: list[NodeState] = []
        for child in self.groups[id].children:
            found += self.in_flight(child)
        return found

    def apply(self, event: Event) -> bool:
        """Take in one event; return whether anything changed."""
        match event:
            case NodeQueued():
                return self._queued(event)
            case NodeStarted():
                return self._started(event)
            case NodeFinished():
                return self._finished(event)
            case NodeExpanded():
                return self._expanded(event)
            case NodePhase():
                return self._entered(event)
            case StepStarted() | StepFinished():
                return self._step(event)
            case IssueLogged():
                return self._issue(event)
            case CancelRequested():
                return self._cancel(event)
            case RunChanged():
                return self._changed(event)
            case RunFinished():
                return self._ended(event)

    # Nodes come and open

    def _add(self, nodes: Iterable[Node]) -> None:
        fresh = [n for n in nodes if n.id not in self.nodes]
        for node in fresh:
            self.nodes[node.id] = NodeState(node)
            if node.work is None or node.expands:
                self.groups[node.id] = Group(
                    fail_fast=node.fail_fast, max_parallel=node.max_parallel
                )
        for node in fresh:
            group = self.groups[node.parent]
            group.children.append(node.id)
            group.gate = node.id if node.gate else group.gate
            group.unfinished += 1
            self.nodes[node.id].waiting = len(set(node.depends_on))
            for dependency in dict.fromkeys(node.depends_on):
                self.dependents.setdefault(dependency, []).append(node.id)

    def _fill(self, id: str | None) -> None:
        """Put the children of a group on the agenda that has just opened, or whose gate has."""
        group = self.groups[id]
        group.is_open = True
        for child in group.children:
            if self._may_be_ready(group, child) and self.nodes[child].waiting == 0:
                group.ready[child] = None
        if group.ready:
            self.agenda.ready[id] = None
        if group.unfinished == 0:
            self.agenda.done[id] = None

    def _may_be_ready(self, group: Group, id: str) -> bool:
        """Whether a child is pending and, unless it is the gate, its group's gate has passed."""
        if self.nodes[id].phase is not Phase.PENDING:
            return False
        if group.gate is None or id == group.gate:
            return True
        return self.nodes[group.gate].result in GOOD

    def _queued(self, event: NodeQueued) -> bool:
        state = self.nodes.get(event.node)
        if state is None or state.phase is not Phase.PENDING or not self._parent(state).is_open:
            return False
        state.phase = Phase.QUEUED
        state.attempt = event.attempt
        state.queued_at = event.at
        state.variables = {
            v.name: Output(value=v.value, secret=v.secret) for v in state.node.variables
        }
        state.variables.update(event.variables)
        self._leave_pending(state)
        group = self._parent(state)
        group.active += 1
        if not self.is_leaf(event.node):
            self.agenda.opening[event.node] = None
        if group.failing:
            self._stop(state, state.cancel_reason)
        return True

    def _started(self, event: NodeStarted) -> bool:
        state = self.nodes.get(event.node)
        if state is None or state.queued_at is None or state.started_at is not None:
            return False
        state.started_at = event.at
        state.worker = event.worker
        if state.phase is Phase.FINISHED:
            return True
        state.phase = Phase.RUNNING
        self.agenda.opening.pop(event.node, None)
        if state.node.timeout is not None and not state.canceling:
            self.agenda.deadlines[event.node] = event.at + state.node.timeout
        if state.node.expands:
            self.agenda.expanding[event.node] = None
        elif event.node in self.groups:
            self._fill(event.node)
        return True

    def _expanded(self, event: NodeExpanded) -> bool:
        if event.node not in self.agenda.expanding:
            return False
        del self.agenda.expanding[event.node]
        self._add(event.nodes)
        self._fill(event.node)
        return True

    # Nodes end

    def _finished(self, event: NodeFinished) -> bool:
        state = self.nodes.get(event.node)
        if state is None or state.phase is Phase.FINISHED:
            return False
        own = self.groups.get(event.node)
        if own is not None and own.is_open and own.unfinished:
            return False
        before, state.phase = state.phase, Phase.FINISHED
        state.result = event.result
        state.message = event.message
        state.finished_at = event.at
        state.outputs = dict(event.outputs)
        self._leave_parent(state, before)
        self._leave_agenda(event.node)
        if state.node.gate:
            self._passed(state)
        for child in own.children if own is not None else ():
            if self.nodes[child].phase is Phase.PENDING:
                self.agenda.orphans[child] = None
        self._release_dependents(event.node)
        return True

    def _passed(self, gate: NodeState) -> None:
        """Let the siblings of a gate start, or keep them from it for ever."""
        if gate.result in GOOD:
            if self._parent(gate).unfinished:
                self._fill(gate.node.parent)
            return
        for sibling in self.children(gate.node.parent):
            if sibling.phase is Phase.PENDING:
                self.agenda.orphans[sibling.node.id] = None

    def _leave_parent(self, state: NodeState, before: Phase) -> None:
        parent, group = state.node.parent, self._parent(state)
        if before is Phase.PENDING:
            self._leave_pending(state)
        else:
            group.active -= 1
        group.unfinished -= 1
        if group.is_open and group.unfinished == 0:
            self.agenda.done[parent] = None
        if group.fail_fast and state.result in (Result.FAILED, Result.ABANDONED):
            group.failing = True
            for sibling in self.children(parent):
                if sibling.phase in (Phase.QUEUED, Phase.RUNNING):
                    self._stop(sibling, f"{state.node.key} failed")

    def _leave_pending(self, state: NodeState) -> None:
        state.left_under_cancel = self.is_canceling(state.node.id)
        group = self._parent(state)
        group.ready.pop(state.node.id, None)
        if not group.ready:
            self.agenda.ready.pop(state.node.parent, None)

    def _leave_agenda(self, id: str) -> None:
        agenda = self.agenda
        agenda.deadlines.pop(id, None)
        agenda.untold.pop(id, None)
        agenda.opening.pop(id, None)
        agenda.expanding.pop(id, None)
        agenda.orphans.pop(id, None)
        agenda.done.pop(id, None)
        agenda.ready.pop(id, None)

    def _release_dependents(self, id: str) -> None:
        for dependent in self.dependents.get(id, ()):
            state = self.nodes[dependent]
            state.waiting -= 1
            group = self._parent(state)
            if state.waiting == 0 and group.is_open and self._may_be_ready(group, dependent):
                group.ready[dependent] = None
                self.agenda.ready[state.node.parent] = None

    def _parent(self, state: NodeState) -> Group:
        return self.groups[state.node.parent]

    # Someone asks to stop

    def _cancel(self, event: CancelRequested) -> bool:
        if event.node is not None and event.node not in self.nodes:
            return False
        if event.told:
            return self._tell(self.nodes[event.node or ""], event)
        if not self._is_new(("cancel", event.at, event.node, event.reason)) or self.finished:
            return False
        if event.node is None:
            self.canceling = True
            self.cancel_reason = self.cancel_reason or event.reason
            for child in self.children(None):
                self._stop_leaves(child.node.id, event.reason)
        else:
            self._stop(self.nodes[event.node], event.reason)
        return True

    def _stop(self, state: NodeState, reason: str) -> None:
        self._mark(state, reason)
        self._stop_leaves(state.node.id, reason)

    def _stop_leaves(self, id: str, reason: str) -> None:
        for leaf in self.in_flight(id):
            self._mark(leaf, reason)
            if not leaf.told:
                self.agenda.untold[leaf.node.id] = None

    def _mark(self, state: NodeState, reason: str) -> None:
        if state.phase is Phase.FINISHED:
            return
        state.canceling = True
        state.cancel_reason = state.cancel_reason or reason
        if not state.told:
            self.agenda.deadlines.pop(state.node.id, None)

    def _tell(self, state: NodeState, event: CancelRequested) -> bool:
        if state.told or state.phase not in (Phase.QUEUED, Phase.RUNNING):
            return False
        self._mark(state, event.reason)
        state.told = True
        state.cancel_at = event.at
        self.agenda.untold.pop(state.node.id, None)
        wait = state.node.cancel_timeout + CANCEL_GRACE
        self.agenda.deadlines[state.node.id] = event.at + wait
        return True

    # Everything else is kept as told

    def _entered(self, event: NodePhase) -> bool:
        state = self.nodes.get(event.node)
        if state is None or (state.service_phase_at or 0.0) > event.at:
            return False
        if (state.service_phase, state.service_phase_at) == (event.phase, event.at):
            return False
        state.service_phase, state.service_phase_at = event.phase, event.at
        return True

    def _step(self, event: StepStarted | StepFinished) -> bool:
        node = self.nodes.get(event.node)
        if node is None:
            return False
        step = node.steps.setdefault(event.step, StepState(event.step, event.name))
        if isinstance(event, StepStarted):
            changed = step.started_at is None
            step.started_at = event.at if changed else step.started_at
            return changed
        if step.result is not None:
            return False
        step.name, step.result, step.finished_at = event.name, event.result, event.at
        step.message, step.lines = event.message, event.lines
        return True

    def _issue(self, event: IssueLogged) -> bool:
        key = (event.at, event.node, event.step, event.kind, event.message, event.line)
        if not self._is_new(("issue", *key)):
            return False
        self.issues.append(event)
        return True

    def _changed(self, event: RunChanged) -> bool:
        if not self._is_new(("changed", event.at, event.name, event.value)):
            return False
        self.facts.setdefault(event.name, []).append(event.value)
        return True

    def _ended(self, event: RunFinished) -> bool:
        if self.finished:
            return False
        self.finished, self.result, self.finished_at = True, event.result, event.at
        self.agenda = Agenda()
        return True

    def _is_new(self, key: tuple[object, ...]) -> bool:
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def replay(plan: Plan, events: Iterable[Event]) -> RunState:
    """The state of a run after these events."""
    state = RunState(plan)
    for event in events:
        state.apply(event)
    return state
