"""A second try of a run: failed jobs again, what succeeded taken over.

Azure DevOps makes a further attempt inside the same run. Here it is a run of its own, linked to the
first, so that what the first one told stays as it was.
"""

from __future__ import annotations

import json

from penstock.devops.definitions import Definition
from penstock.devops.queueing.queue import SecondTry
from penstock.devops.queueing.requests import Person, RunRequest
from penstock.devops.reruns import events_to_keep, taken_over
from penstock.server.devops.context import DevopsHttp, state_of
from penstock.server.devops.requests import queued
from penstock.server.errors import Refused
from penstock.store.runs import Run


def rerun(
    http: DevopsHttp,
    run: Run,
    by: Person,
    *,
    stage: str | None = None,
    failed_only: bool = True,
    all_jobs: bool = False,
) -> str:
    """Start the second try; its id. Without `failed_only` nothing is taken over; with `stage` that
    stage is done again, with `all_jobs` whole.

    Raises `Refused`: 409 where there is nothing to do again, 400 for a commit that is gone or a
    pipeline that takes no runs.
    """
    definition = http.definitions.get(run.pipeline or 0)
    if definition is None:
        message = f"run {run.id} was made by `penstock run`, which runs it again"
        raise Refused(409, "BuildStatusInvalidChangeException", message)
    if run.state != "finished":
        message = f"run {run.id} is going on"
        raise Refused(409, "BuildStatusInvalidChangeException", message)
    second_try = _second_try(http, run, stage, all_jobs) if failed_only else None
    return queued(http.queueing, request_of(run, definition, by), second_try)


def request_of(run: Run, definition: Definition, by: Person) -> RunRequest:
    """What was asked for when the run was made, asked for again."""
    return RunRequest(
        definition=definition,
        ref=run.extra.get("ref", ""),
        commit=run.commit,
        parameters=json.loads(run.extra.get("parameters") or "{}"),
        variables=json.loads(run.extra.get("variables") or "{}"),
        skipped=json.loads(run.extra.get("skipped") or "[]"),
        resources={
            alias: one["commit"]
            for alias, one in json.loads(run.extra.get("resources") or "{}").items()
        },
        reason=run.reason,
        requested_by=by,
        requested_for=Person(id=run.requested_by, name=run.requested_for),
        more=json.loads(run.extra.get("more") or "{}"),
    )


def _second_try(http: DevopsHttp, run: Run, stage: str | None, all_jobs: bool) -> SecondTry | None:
    state = state_of(http, run)
    kept, opened = taken_over(state, stage=stage, all_jobs=all_jobs)
    if stage is None and not any(
        str(one.result) in ("failed", "canceled", "abandoned") for one in state.children(None)
    ):
        message = f"run {run.id} has no failed job to run again"
        raise Refused(409, "BuildStatusInvalidChangeException", message)
    if not kept:
        return None
    old = str(run.id)
    events = events_to_keep((event for _, event in http.runs.events(old)), kept, opened)
    leaves = [
        id
        for id in state.nodes
        if state.is_leaf(id) and any(id == one or id.startswith(f"{one}/") for one in kept)
    ]

    def copy(new: str) -> None:
        for node in leaves:
            http.take_over(old, new, node)

    return SecondTry(of=old, events=events, copy=copy)
