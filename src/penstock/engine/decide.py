"""What a run does next. Pure: a state and a time go in, actions come out; asked after every change.

It looks only at the nodes on the state's agenda, so its cost follows what changed, not the size
of the run. Whoever performs an action applies the event it carries, after which decide does not
ask for it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from penstock.engine.conditions import continues_on_error, judge
from penstock.engine.events import (
    CancelRequested,
    Event,
    IssueLogged,
    NodeFinished,
    NodeQueued,
    NodeStarted,
    Result,
    RunFinished,
)
from penstock.engine.state import NodeState, Phase, RunState
from penstock.engine.status import GOOD
from penstock.records import record


@record(kw_only=False)
class Record:
    """Something happened by itself: a group opened or closed, a node was skipped, the run ended."""

    event: Event


@record(kw_only=False)
class Dispatch:
    """Hand the leaf to an executor, once the event is kept."""

    event: NodeQueued

    @property
    def node(self) -> str:
        """The leaf's id."""
        return self.event.node


@record(kw_only=False)
class Expand:
    """Ask the service for the node's children and record `NodeExpanded`."""

    node: str


@record(kw_only=False)
class Cancel:
    """Ask the leaf's executor to stop it, once the event (a told `CancelRequested`) is kept."""

    node: str
    reason: str
    event: CancelRequested


@record(kw_only=False)
class Wake:
    """Nothing to do until then; ask again at that time even if nothing happens."""

    at: float


LONGEST_SLEEP = 24 * 3600.0
"""Seconds; no lock waits for centuries, which a limit may be (`timeoutInMinutes: 2147483647`)."""

Action: TypeAlias = Record | Dispatch | Expand | Cancel | Wake

_WORST_FIRST = (
    Result.FAILED,
    Result.ABANDONED,
    Result.CANCELED,
    Result.SUCCEEDED_WITH_ISSUES,
    Result.SUCCEEDED,
    Result.SKIPPED,
)


def decide(state: RunState, now: float) -> list[Action]:
    """The actions that the state calls for at this time; none when it waits for others."""
    agenda = state.agenda
    actions: list[Action] = [_tell(state.nodes[id], now) for id in agenda.untold]
    wake: float | None = min(agenda.deadlines.values(), default=None)
    if wake is not None and wake <= now:
        actions += _overdue(state, now)
        wake = min((at for at in agenda.deadlines.values() if at > now), default=None)
    for id in agenda.orphans:
        actions.append(_skip(id, now, _why_never(state, id)))
    for id in agenda.opening:
        actions.append(Record(NodeStarted(at=now, node=id)))
    for id in agenda.expanding:
        actions.append(_expand(state, id, now))
    for group in agenda.ready:
        actions += _start_ready(state, group, now)
    for done in agenda.done:
        if done is not None or not agenda.orphans:
            actions.append(_close(state, done, now))
    if wake is not None:
        actions.append(Wake(min(wake, now + LONGEST_SLEEP)))
    return actions


def settle(state: RunState, event: Event) -> Event:
    """An event from outside as it is to be kept.

    A failed leaf that continues on error has succeeded with issues (Azure Pipelines, jobs:
    `continueOnError`); one that was canceled without a word says why it was asked to stop.
    """
    if not isinstance(event, NodeFinished) or event.node not in state.nodes:
        return event
    if event.result is Result.FAILED and continues_on_error(state, event.node):
        return replace(event, result=Result.SUCCEEDED_WITH_ISSUES)
    if event.result is Result.CANCELED and not event.message:
        return replace(event, message=state.nodes[event.node].cancel_reason)
    return event


def worst(results: Iterable[Result | None]) -> Result:
    """The result of a group whose children ended so; one without children has succeeded."""
    seen = set(results)
    return next((result for result in _WORST_FIRST if result in seen), Result.SUCCEEDED)


# Starting


def _start_ready(state: RunState, id: str | None, now: float) -> Iterator[Action]:
    group = state.groups[id]
    free = len(group.ready)
    if group.max_parallel:
        free = max(0, group.max_parallel - group.active)
    for child in group.ready:
        if group.failing:
            yield _skip(child, now, "another node failed")
            continue
        if free == 0:
            break
        verdict = judge(state, child)
        if verdict.result is not None:
            yield Record(
                NodeFinished(at=now, node=child, result=verdict.result, message=verdict.message)
            )
            continue
        free -= 1
        queued = NodeQueued(at=now, node=child, variables=verdict.variables)
        yield Dispatch(queued) if state.is_leaf(child) else Record(queued)


def _expand(state: RunState, id: str, now: float) -> Action:
    if state.is_canceling(id):
        reason = state.nodes[id].cancel_reason or state.cancel_reason
        return Record(NodeFinished(at=now, node=id, result=Result.CANCELED, message=reason))
    return Expand(id)


def _skip(id: str, now: float, message: str) -> Action:
    return Record(NodeFinished(at=now, node=id, result=Result.SKIPPED, message=message))


def _why_never(state: RunState, id: str) -> str:
    """Why a node that was never judged cannot run."""
    gate = state.groups[state.nodes[id].node.parent].gate
    if gate is not None and state.nodes[gate].phase is Phase.FINISHED:
        return state.nodes[gate].message or f"{_parent_name(state, id)} did not pass its checks"
    return f"{_parent_name(state, id)} did not run"


def _parent_name(state: RunState, id: str) -> str:
    parent = state.nodes[id].node.parent
    return state.nodes[parent].node.key if parent is not None else "the run"


# Stopping


def _tell(leaf: NodeState, now: float, reason: str = "") -> Action:
    id, reason = leaf.node.id, reason or leaf.cancel_reason
    return Cancel(id, reason, CancelRequested(at=now, node=id, reason=reason, told=True))


def _overdue(state: RunState, now: float) -> Iterator[Action]:
    for id, at in state.agenda.deadlines.items():
        if at > now:
            continue
        node = state.nodes[id]
        if node.told:
            yield _give_up(node, now)
            continue
        reason = _timeout_message(node)
        yield Record(IssueLogged(at=now, node=id, step="", kind="error", message=reason))
        if state.is_leaf(id):
            yield _tell(node, now, reason)
        else:
            yield Record(CancelRequested(at=now, node=id, reason=reason))


def _timeout_message(node: NodeState) -> str:
    """The text of the service (Azure Pipelines, timeouts); a group runs on no agent."""
    minutes = f"{(node.node.timeout or 0.0) / 60:.10g}"
    where = f" running on agent {node.worker}" if node.worker else ""
    return f"The job{where} ran longer than the maximum time of {minutes} minutes."


def _give_up(node: NodeState, now: float) -> Action:
    """End a leaf whose executor has not answered: one that never started leaves nothing behind."""
    started = node.phase is Phase.RUNNING
    message = node.cancel_reason or "the run was canceled"
    return Record(
        NodeFinished(
            at=now,
            node=node.node.id,
            result=Result.ABANDONED if started else Result.CANCELED,
            message=f"{message} (the agent did not answer the request to stop)",
        )
    )


# Ending


def _close(state: RunState, id: str | None, now: float) -> Action:
    result = _outcome(state, id)
    if id is None:
        return Record(RunFinished(at=now, result=result))
    node = state.nodes[id]
    if result is Result.FAILED and continues_on_error(state, id):
        result = Result.SUCCEEDED_WITH_ISSUES
    message = node.cancel_reason if result is Result.CANCELED else ""
    gate = state.groups[id].gate
    if not message and gate is not None and state.nodes[gate].result not in GOOD:
        message = state.nodes[gate].message
    return Record(NodeFinished(at=now, node=id, result=result, message=message))


def _outcome(state: RunState, id: str | None) -> Result:
    """The worst of the children; canceled if the cancel stopped or prevented any of them."""
    children = state.children(id)
    if state.is_canceling(id) and any(
        child.result is Result.CANCELED
        or (child.result is Result.SKIPPED and child.left_under_cancel)
        for child in children
    ):
        return Result.CANCELED
    return worst(child.result for child in children)
