"""The service's words for where a job is. Polling scripts compare them letter by letter, so no
other words are used than the ones public scripts know."""

from __future__ import annotations

from enum import StrEnum

from penstock.engine.events import Result
from penstock.engine.state import NodeState, Phase, RunState


class Status(StrEnum):
    """Azure ML's job statuses (client library, `JobStatus`), as far as a local service has them."""

    NOT_STARTED = "NotStarted"
    QUEUED = "Queued"
    PREPARING = "Preparing"
    RUNNING = "Running"
    FINALIZING = "Finalizing"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"
    CANCEL_REQUESTED = "CancelRequested"


ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELED})
_PHASES = frozenset({Status.PREPARING, Status.RUNNING, Status.FINALIZING})


def run_status(state: RunState) -> Status:
    """The status of a whole pipeline job."""
    if state.finished:
        return final_status(state.result)
    if state.canceling:
        return Status.CANCEL_REQUESTED
    begun = any(child.phase is not Phase.PENDING for child in state.children(None))
    return Status.RUNNING if begun else Status.NOT_STARTED


def node_status(state: RunState, id: str) -> Status:
    """The status of a child job, or of a command job, which is the only node of its run."""
    node = state.nodes[id]
    if node.phase is Phase.FINISHED:
        return final_status(node.result)
    if state.is_canceling(id):
        return Status.CANCEL_REQUESTED
    match node.phase:
        case Phase.PENDING:
            return Status.NOT_STARTED
        case Phase.QUEUED:
            return Status.QUEUED
    return _running_status(state, node)


def _running_status(state: RunState, node: NodeState) -> Status:
    """A leaf says itself how far it is; before that word comes, its environment is prepared."""
    if not state.is_leaf(node.node.id):
        return Status.RUNNING
    said = node.service_phase
    return Status(said) if said in _PHASES else Status.PREPARING


def final_status(result: Result | None) -> Status:
    """The status of what has ended. A node that never ran counts as canceled: `NotStarted` would
    keep scripts polling for ever."""
    match result:
        case Result.SUCCEEDED | Result.SUCCEEDED_WITH_ISSUES:
            return Status.COMPLETED
        case Result.CANCELED | Result.SKIPPED:
            return Status.CANCELED
    return Status.FAILED


def started_at(state: RunState, id: str) -> float | None:
    """When a job's command began; a pipeline begins with the first of its nodes."""
    if id and state.is_leaf(id):
        return state.nodes[id].started_at
    moments = (started_at(state, child.node.id) for child in state.children(id or None))
    return min((moment for moment in moments if moment is not None), default=None)
