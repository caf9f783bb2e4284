"""Why a job failed, in words that save a look at the logs: node, message, last lines."""

from __future__ import annotations

from typing import Protocol

from penstock.engine.events import Result
from penstock.engine.state import NodeState, RunState
from penstock.ml.jobstore import Job
from penstock.records import record

LAST_LINES = 20
_LOG_FOLDERS = ("user_logs/", "azureml-logs/", "logs/", "system_logs/")
_OWN_LOGS = "system_logs/"  # they end with the message itself
_FAILED = (Result.FAILED, Result.ABANDONED)


class JobLogs(Protocol):
    """The files that lie with a node of a run."""

    def names(self, run: str, node: str) -> list[str]:
        """Their names, relative to the node's folder."""

    def tail(self, run: str, node: str, log: str, count: int) -> list[str]:
        """The last lines of one, in order."""


@record
class Failure:
    """What run history shows as the error of a run."""

    code: str = ""
    message: str = ""


def failure_of(state: RunState, job: Job, logs: JobLogs) -> Failure:
    """The error of a job that has failed: of a pipeline, that of the node that failed first."""
    if job.node and state.is_leaf(job.node):
        return _of_leaf(state.nodes[job.node], job.run, logs)
    below = [leaf for leaf in _failed_leaves(state) if _is_below(state, leaf, job.node)]
    if not below:
        return Failure(code="UserError", message=state.cancel_reason or "the pipeline failed")
    first = min(below, key=lambda leaf: leaf.finished_at or 0.0)
    own = _of_leaf(first, job.run, logs)
    return Failure(code=own.code, message=f'node "{first.node.id}" failed: {own.message}')


def cancellation_of(state: RunState, job: Job) -> Failure:
    """Why a job was canceled, or never ran; nothing when nobody said."""
    if job.node and state.is_leaf(job.node):
        return Failure(code="Canceled", message=_why_canceled(state.nodes[job.node]))
    ended = [
        node
        for id, node in state.nodes.items()
        if state.is_leaf(id) and node.result is Result.CANCELED and _is_below(state, node, job.node)
    ]
    first = min(ended, key=lambda leaf: leaf.finished_at or 0.0, default=None)
    if state.canceling or first is None or not first.message:
        return Failure(code="Canceled", message=state.cancel_reason)
    return Failure(code="Canceled", message=f'node "{first.node.id}": {first.message}')


def _why_canceled(leaf: NodeState) -> str:
    if leaf.result is Result.SKIPPED:
        return "it did not run, because a node that it needs did not succeed"
    return leaf.message


def is_log(name: str) -> bool:
    """Whether a file of a node is a log, by its folder."""
    return name.startswith(_LOG_FOLDERS)


def log_names(logs: JobLogs, run: str, node: str) -> list[str]:
    """The logs among a node's files, what the user's program printed first."""
    found = [name for name in logs.names(run, node) if is_log(name)]
    return sorted(found, key=lambda name: (not name.startswith("user_logs/std_log"), name))


def _failed_leaves(state: RunState) -> list[NodeState]:
    return [n for id, n in state.nodes.items() if state.is_leaf(id) and n.result in _FAILED]


def _is_below(state: RunState, leaf: NodeState, node: str) -> bool:
    return not node or any(group.node.id == node for group in state.ancestors(leaf.node.id))


def _of_leaf(leaf: NodeState, run: str, logs: JobLogs) -> Failure:
    message = leaf.message or "the command failed"
    lost = leaf.result is Result.ABANDONED
    names = log_names(logs, run, leaf.node.id)
    lines = logs.tail(run, leaf.node.id, names[0], LAST_LINES) if names else []
    if lines and not names[0].startswith(_OWN_LOGS):
        message += f"\nlast lines of {names[0]}:\n" + "\n".join(f"  {line}" for line in lines)
    return Failure(code="ServiceError" if lost else "UserError", message=message)
