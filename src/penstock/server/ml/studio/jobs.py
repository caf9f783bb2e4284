"""The list of jobs: one row each with its latest metrics, filtered, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from penstock.ml.fields import whole_number
from penstock.ml.jobstore import Job
from penstock.server.ml.context import WORKSPACE, MlHttp, job_of, row, workspace_of
from penstock.server.ml.studio.rows import (
    job_rows,
    metrics_of,
    node_metrics,
    node_names,
    origin_view,
)
from penstock.server.ml.views import Document
from penstock.server.routes import Call, Route

PAGE = 50
MOST = 200
_LOOKED_AT = 5000
_CHUNK = 200
_MOST_COMPARED = 50


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    return (
        row(ml, "GET", f"{WORKSPACE}/penstock/jobs", list_jobs),
        row(ml, "GET", f"{WORKSPACE}/penstock/jobs/{{job}}/children", list_children),
        row(ml, "GET", f"{WORKSPACE}/penstock/compare", compare),
    )


def list_jobs(ml: MlHttp, call: Call) -> Document:
    """`{value, metricNames, continuationToken}`: jobs that people submitted, newest first.

    A pipeline's row has the metrics of its nodes too.

    Query: `top`, `continuationToken`, `experiment`, `status`, `compute`, `createdBy`, `tag`
    (`name` or `name=value`), `q` (part of a name), `view` (`active`, `archived`, `all`). After
    5,000 jobs that do not match, the page ends with a token to look on from.
    """
    top = min(MOST, max(1, whole_number(call.query("top", str(PAGE)), PAGE)))
    found: list[tuple[Job, Document]] = []
    token = ""
    for looked_at, (job, shown) in enumerate(_newest_first(ml, call, top), start=1):
        if _is_wanted(call, shown):
            found.append((job, {**shown, "origin": origin_view(ml, call, job.origin)}))
        if len(found) == top or looked_at == _LOOKED_AT:
            token = job.name
            break
    below = node_metrics(ml, workspace_of(ml, call), [node_names(ml, job) for job, _ in found])
    rows = [
        {**shown, "metrics": {**of_nodes, **shown["metrics"]}}
        for (_, shown), of_nodes in zip(found, below, strict=True)
    ]
    names = {name for shown in rows for name in shown["metrics"]}
    return {"value": rows, "metricNames": sorted(names), "continuationToken": token or None}


def list_children(ml: MlHttp, call: Call) -> Document:
    """The child jobs of a job as rows, in the order of its graph."""
    job = job_of(ml, call)
    children = ml.service.jobs.children(job.workspace.scope, job.name)
    return {"value": job_rows(ml, children)}


def compare(ml: MlHttp, call: Call) -> Document:
    """`{jobs, params, metrics}` of the jobs in `jobs=a,b`; null where one has no such value.

    A pipeline has what its nodes logged too; of equal names the last node's counts.
    """
    workspace = workspace_of(ml, call)
    asked = call.query("jobs").split(",")[:_MOST_COMPARED]
    jobs = [
        job for name in asked if (job := ml.service.jobs.get(workspace.scope, name)) is not None
    ]
    names = [(*node_names(ml, job), job.name) for job in jobs]
    tracked = ml.tracking.runs(workspace, [name for family in names for name in family])
    runs = [[tracked[name] for name in family if name in tracked] for family in names]
    rows = job_rows(ml, jobs, tracked)
    return {
        "jobs": [
            {**shown, "origin": origin_view(ml, call, job.origin)}
            for job, shown in zip(jobs, rows, strict=True)
        ],
        "params": _by_name([dict(chain(*(run.params.items() for run in one))) for one in runs]),
        "metrics": _by_name(
            [dict(chain(*(metrics_of(run).items() for run in one))) for one in runs]
        ),
    }


def _newest_first(ml: MlHttp, call: Call, first: int) -> Iterator[tuple[Job, Document]]:
    """The jobs of the workspace with their rows. They are read in parts, the first as large as the
    page, so that no more is read where every job is wanted."""
    scope, before = workspace_of(ml, call).scope, call.query("continuationToken")
    size = first
    while jobs := ml.service.jobs.page(scope, before=before, limit=size):
        yield from zip(jobs, job_rows(ml, jobs), strict=True)
        before, size = jobs[-1].name, _CHUNK


def _is_wanted(call: Call, shown: Document) -> bool:
    """Whether a row is one of those that the query asks for."""
    view, text = call.query("view", "active"), call.query("q").casefold()
    if view != "all" and shown["archived"] != (view == "archived"):
        return False
    for name in ("experiment", "status", "compute", "createdBy"):
        wanted = call.query(name)
        if wanted and shown[name] != wanted:
            return False
    tag = call.query("tag")
    if tag and not _has_tag(shown["tags"], tag):
        return False
    return text in f"{shown['name']}\n{shown['displayName']}".casefold()


def _has_tag(tags: dict[str, Any], wanted: str) -> bool:
    name, equals, value = wanted.partition("=")
    return name in tags and (not equals or str(tags[name]) == value)


def _by_name(values: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for each in values for name in each)
    return {name: [each.get(name) for each in values] for name in sorted(names)}
