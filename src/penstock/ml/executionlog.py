"""The log of a pipeline job itself (`logs/azureml/executionlogs.txt`): when which node did what."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.engine.state import RunState
from penstock.ml.statuses import final_status

EXECUTION_LOG = "logs/azureml/executionlogs.txt"


def execution_log(state: RunState, names: Mapping[str, str]) -> str:
    """The log's text, in the shape Azure writes it. `names` are the child jobs by node."""
    lines: list[tuple[float, str]] = []
    for id, node in state.nodes.items():
        job = f"{names.get(id, id)} ({id})"
        if node.queued_at is not None:
            lines.append((node.queued_at, f"Submitting run {job}"))
        if node.finished_at is not None:
            word = final_status(node.result)
            reason = f": {node.message}" if node.message and word != "Completed" else ""
            lines.append((node.finished_at, f"Completing processing run {job}: {word}{reason}"))
    if state.finished_at is not None:
        lines.append((state.finished_at, f"The pipeline ended: {final_status(state.result)}"))
    lines.sort(key=lambda line: line[0])
    return "".join(f"[{_moment(at)}] {message}\n" for at, message in lines)


def _moment(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
