"""The list of jobs: one row each with its latest metrics, filtered, a page at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from penstock.ml.fields import field, table, whole_number
from penstock.ml.jobstore import Job
from penstock.server.ml.context import WORKSPACE, MlHttp, job_of, row, workspace_of
from penstock.server.ml.views import Document, moment
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
    found: list[Document] = []
    names: dict[str, None] = {}
    token = ""
    for looked_at, job in enumerate(_newest_first(ml, call), start=1):
        shown = job_row(ml, call, job)
        shown["metrics"] = {**_metrics_of_nodes(ml, job), **shown["metrics"]}
        if _is_wanted(call, shown):
            found.append(shown)
            names.update(dict.fromkeys(shown["metrics"]))
        if len(found) == top or looked_at == _LOOKED_AT:
            token = job.name
            break
    return {"value": found, "metricNames": sorted(names), "continuationToken": token or None}


def list_children(ml: MlHttp, call: Call) -> Document:
    """The child jobs of a job as rows, in the order of its graph."""
    job = job_of(ml, call)
    children = ml.service.jobs.children(job.workspace.scope, job.name)
    return {"value": [job_row(ml, call, child) for child in children]}


def compare(ml: MlHttp, call: Call) -> Document:
    """`{jobs, params, metrics}` of the jobs in `jobs=a,b`; null where one has no such value."""
    workspace = workspace_of(ml, call)
    asked = call.query("jobs").split(",")[:_MOST_COMPARED]
    jobs = [
        job for name in asked if (job := ml.service.jobs.get(workspace.scope, name)) is not None
    ]
    runs = [ml.tracked(workspace, job.name) for job in jobs]
    rows = [job_row(ml, call, job) for job in jobs]
    params = [dict(run.params) if run is not None else {} for run in runs]
    return {
        "jobs": rows,
        "params": _by_name(params),
        "metrics": _by_name([shown["metrics"] for shown in rows]),
    }


def job_row(ml: MlHttp, call: Call, job: Job) -> Document:
    """A job as lists show it."""
    tracked = ml.tracked(job.workspace, job.name)
    properties = table(job.document, "properties")
    started = ml.service.started(job)
    return {
        "name": job.name,
        "key": job.key or None,
        "displayName": job.display_name,
        "experiment": job.experiment,
        "type": job.type,
        "status": str(ml.service.status(job)),
        "createdBy": tracked.user if tracked is not None else "",
        "created": moment(job.created_at),
        "started": moment(started),
        "ended": moment(job.ended_at),
        "compute": compute_name(ml, job),
        "tags": table(properties, "tags"),
        "metrics": {m.name: number(m.value) for m in (tracked.metrics if tracked else ())},
        "error": job.error or None,
        "archived": job.archived,
        "parent": job.parent or None,
        "root": job.root,
        "origin": origin_view(ml, call, job),
    }


def compute_name(ml: MlHttp, job: Job) -> str:
    """The compute a job asks for by name; a pipeline's is its default."""
    properties = table(job.document, "properties")
    given = field(properties, "compute_id") or field(
        table(properties, "settings"), "default_compute"
    )
    if not given:
        work = ml.service.work(job) if job.node else None
        given = work.compute if work is not None else ""
    return str(given).rpartition("/")[2].removeprefix("azureml:")


def origin_view(ml: MlHttp, call: Call, job: Job) -> Document | None:
    """The pipeline run, job and step that submitted a job, for who may see that run."""
    run, _, rest = job.origin.partition("/")
    node, _, step = rest.rpartition("/")
    project = ml.project_of(call, run) if run else None
    if project is None:
        return None
    return {"run": run, "node": node, "step": step, "project": project or None}


def number(value: float) -> float | str:
    """A metric as JSON can have it: what is no finite number is a word."""
    return value if math.isfinite(value) else str(value)


def _metrics_of_nodes(ml: MlHttp, job: Job) -> Document:
    """The metrics that the nodes of a pipeline logged; of equal names the last node's counts."""
    if job.type != "Pipeline":
        return {}
    found: Document = {}
    for child in ml.service.jobs.of_run(job.run):
        if not child.is_root:
            metrics = ml.metrics(child.workspace, child.name)
            found.update({name: number(value) for name, value in metrics.items()})
    return found


def _newest_first(ml: MlHttp, call: Call) -> Iterator[Job]:
    scope, before = workspace_of(ml, call).scope, call.query("continuationToken")
    while page := ml.service.jobs.page(scope, before=before, limit=_CHUNK):
        yield from page
        before = page[-1].name


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
