"""Jobs as lists show them, many read at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.ml.fields import field, table
from penstock.ml.jobs import JobState
from penstock.ml.jobstore import Job
from penstock.ml.statuses import Status
from penstock.ml.tracking_store import TrackedRun
from penstock.ml.workspaces import Workspace
from penstock.server.ml.context import MlHttp
from penstock.server.ml.views import Document, moment
from penstock.server.routes import Call


def job_rows(
    ml: MlHttp, jobs: Sequence[Job], tracked: Mapping[str, TrackedRun] | None = None
) -> list[Document]:
    """The rows of jobs of one workspace, with their latest metrics, from `tracked` where given.

    `origin` is None in all of them: which run submitted a job is not for everyone (`origin_view`).
    """
    if not jobs:
        return []
    if tracked is None:
        tracked = ml.tracking.runs(jobs[0].workspace, [job.name for job in jobs])
    states = _states(ml, jobs)
    return [_row(job, states.get(job.name), tracked.get(job.name)) for job in jobs]


def node_metrics(
    ml: MlHttp, workspace: Workspace, nodes: Sequence[Sequence[str]]
) -> list[Document]:
    """The metrics that the nodes (by name) of each of several pipelines logged; of equal metrics
    the last node's counts."""
    asked = [name for names in nodes for name in names]
    tracked = ml.tracking.runs(workspace, asked) if asked else {}
    return [
        {name: value for node in names for name, value in metrics_of(tracked.get(node)).items()}
        for names in nodes
    ]


def node_names(ml: MlHttp, job: Job) -> list[str]:
    """The names of the child jobs of a pipeline, in the order of its graph; none of a command."""
    if job.type != "Pipeline" or not job.is_root:
        return []
    return [child.name for child in ml.service.jobs.of_run(job.run) if not child.is_root]


def metrics_of(run: TrackedRun | None) -> Document:
    """The latest value of each metric."""
    return {metric.name: number(metric.value) for metric in (run.metrics if run else ())}


def origin_view(ml: MlHttp, call: Call, origin: str) -> Document | None:
    """The pipeline run, job and step that submitted a job, for who may see that run."""
    run, _, rest = origin.partition("/")
    node, _, step = rest.rpartition("/")
    project = ml.project_of(call, run) if run else None
    if project is None:
        return None
    return {"run": run, "node": node, "step": step, "project": project or None}


def number(value: float) -> float | str:
    """A metric as JSON can have it: what is no finite number is a word."""
    return value if math.isfinite(value) else str(value)


def _row(job: Job, state: JobState | None, tracked: TrackedRun | None) -> Document:
    status = state.status if state is not None else Status(job.status)
    started = state.started if state is not None else job.started_at
    return {
        "name": job.name,
        "key": job.key or None,
        "displayName": job.display_name,
        "experiment": job.experiment,
        "type": job.type,
        "status": str(status),
        "createdBy": tracked.user if tracked is not None else "",
        "created": moment(job.created_at),
        "started": moment(started),
        "ended": moment(job.ended_at),
        "compute": _compute(job, state),
        "tags": table(table(job.document, "properties"), "tags"),
        "metrics": metrics_of(tracked),
        "error": job.error or None,
        "archived": job.archived,
        "parent": job.parent or None,
        "root": job.root,
        "origin": None,
    }


def _states(ml: MlHttp, jobs: Sequence[Job]) -> Mapping[str, JobState]:
    """Where jobs are, by name. What is all in the job itself is not looked up: the run of one that
    ended long ago has to be read from its journal."""
    by_run: dict[str, list[Job]] = {}
    for job in jobs:
        if not job.status or (job.node and not _asked_compute(job)):
            by_run.setdefault(job.run, []).append(job)
    found: dict[str, JobState] = {}
    for family in by_run.values():
        names = (job.name for job in family)
        found.update(zip(names, ml.service.states(family), strict=True))
    return found


def _compute(job: Job, state: JobState | None) -> str:
    """The compute a job asks for by name; a pipeline's is its default."""
    given = _asked_compute(job)
    if not given and state is not None and state.work is not None:
        given = state.work.compute
    return str(given).rpartition("/")[2].removeprefix("azureml:")


def _asked_compute(job: Job) -> Any:
    properties = table(job.document, "properties")
    settings = table(properties, "settings")
    return field(properties, "compute_id") or field(settings, "default_compute") or ""
