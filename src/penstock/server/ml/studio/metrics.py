"""The curves of metrics, thinned out to what a screen can show."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.ml.fields import whole_number
from penstock.ml.tracking_values import Metric
from penstock.server.ml.context import WORKSPACE, MlHttp, job_of, row
from penstock.server.ml.studio.rows import metrics_of, node_names, number
from penstock.server.ml.views import Document
from penstock.server.routes import Call, Route

POINTS = 500
_MOST_POINTS = 5000
_MOST_VALUES = 1_000_000
_MOST_NAMES = 200


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    return (row(ml, "GET", f"{WORKSPACE}/penstock/jobs/{{job}}/metrics", curves),)


def curves(ml: MlHttp, call: Call) -> Document:
    """`{names, metrics: {name: {steps, times, values, count}}}` of the names asked for.

    Query: `name` (several; without one only `names` is answered), `points` (at most so many of each
    curve), `nodes` (1: of a pipeline also what its nodes logged; of equal names the last node's
    counts). Times are milliseconds since 1970; a value that is no number is a word (`nan`).
    """
    job = job_of(ml, call)
    points = min(_MOST_POINTS, max(2, whole_number(call.query("points", str(POINTS)), POINTS)))
    family = (*(node_names(ml, job) if call.query("nodes") else ()), job.name)
    tracked = ml.tracking.runs(job.workspace, family)
    owners = {
        name: owner for owner in family if owner in tracked for name in metrics_of(tracked[owner])
    }
    asked = [value for key, value in call.query_items() if key == "name"][:_MOST_NAMES]
    found: Document = {}
    for name in dict.fromkeys(asked):
        if name in owners:
            history = ml.tracking.history(job.workspace, owners[name], name, limit=_MOST_VALUES)
            found[name] = _curve(thinned(history, points), len(history))
    return {"names": sorted(owners), "metrics": found}


def _curve(metrics: Sequence[Metric], count: int) -> Document:
    return {
        "steps": [metric.step for metric in metrics],
        "times": [metric.time for metric in metrics],
        "values": [number(metric.value) for metric in metrics],
        "count": count,
    }


def thinned(metrics: Sequence[Metric], points: int) -> Sequence[Metric]:
    """At most `points` of the values in order, with the ends, the lows and the highs of each part.

    So a peak is seen however many values there are; a curve of few values stays as it is.
    """
    if len(metrics) <= points:
        return metrics
    inner = metrics[1:-1]
    parts = max(1, (points - 2) // 2)
    kept = [metrics[0]]
    for part in range(parts):
        bucket = inner[part * len(inner) // parts : (part + 1) * len(inner) // parts]
        if bucket:
            ends = {id(m): m for m in (min(bucket, key=_value), max(bucket, key=_value))}
            kept += [metric for metric in bucket if id(metric) in ends]
    return [*kept, metrics[-1]]


def _value(metric: Metric) -> float:
    return metric.value if metric.value == metric.value else 0.0
