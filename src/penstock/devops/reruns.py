"""What a second try of a run takes over from the first: the jobs that succeeded, and all they told.

The try is a run of its own, with a number of its own and the commit, parameters and variables of
the first. Pure: events in, events out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from penstock.engine.events import (
    CancelRequested,
    Event,
    NodeQueued,
    NodeStarted,
    Result,
    RunChanged,
    RunFinished,
)
from penstock.engine.state import NodeState, RunState

_GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)


def taken_over(
    state: RunState, *, stage: str | None = None, all_jobs: bool = False
) -> tuple[set[str], set[str]]:
    """The nodes (with all below them) whose outcome stays, and the stages that are begun again
    around some of those.

    Without `stage` that is all but what failed, was canceled or was cut off, and what depends on
    it; with one, all but that stage and what depends on it. With `all_jobs` no job of a stage that
    is begun again stays. What had a secret output is done again: its value was not kept.
    """
    stages = state.children(None)
    again = {stage} if stage is not None else {s.node.id for s in stages if _went_wrong(s)}
    again = _with_dependents(again, stages)
    kept: set[str] = set()
    opened: set[str] = set()
    for one in stages:
        id = one.node.id
        if id not in again and one.result in _GOOD and not _has_secrets(state, id):
            kept.add(id)
        elif not all_jobs and one.queued_at is not None and (stage in (None, id)):
            jobs = _kept_jobs(state, one)
            if jobs:
                kept |= jobs
                opened.add(id)
    return kept, opened


def events_to_keep(events: Iterable[Event], kept: set[str], opened: set[str]) -> list[Event]:
    """The events of the kept nodes, and the openings of the stages around them."""
    found: list[Event] = []
    for event in events:
        match event:
            case RunFinished() | RunChanged() | CancelRequested():
                continue
            case NodeQueued(node=node) | NodeStarted(node=node) if node in opened:
                found.append(event)
            case _ if _is_below(event.node, kept):
                found.append(event)
    return found


def _is_below(node: str, kept: set[str]) -> bool:
    parts = node.split("/")
    return any("/".join(parts[:count]) in kept for count in range(1, len(parts) + 1))


def _kept_jobs(state: RunState, stage: NodeState) -> set[str]:
    jobs = state.children(stage.node.id)
    # A checkpoint asks again: what was approved was the first try.
    again = {job.node.id for job in jobs if job.result not in _GOOD or job.node.gate}
    again |= {job.node.id for job in jobs if _has_secrets(state, job.node.id)}
    again = _with_dependents(again, jobs)
    return {job.node.id for job in jobs} - again


def _with_dependents(again: set[str], nodes: Sequence[NodeState]) -> set[str]:
    found = set(again)
    grew = True
    while grew:
        fresh = {n.node.id for n in nodes if found & set(n.node.depends_on)} - found
        found |= fresh
        grew = bool(fresh)
    return found


def _went_wrong(node: NodeState) -> bool:
    return node.result in (Result.FAILED, Result.CANCELED, Result.ABANDONED)


def _has_secrets(state: RunState, id: str) -> bool:
    return any(
        output.secret
        for other, node in state.nodes.items()
        if other == id or other.startswith(f"{id}/")
        for output in node.outputs.values()
    )
