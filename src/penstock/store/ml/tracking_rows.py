"""What the rows of tracked runs and models stand for, and how some are written.

The functions here are part of larger transactions: they write, and begin none.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from penstock.ml.tracking import not_active
from penstock.ml.tracking_store import Experiment, LoggedModel, Stage, TrackedRun
from penstock.ml.tracking_values import Code, Metric, TrackingError

METRIC = "name, step, time, value, nan, model, dataset, digest"


def active_run(connection: sqlite3.Connection, scope: str, run_id: str) -> int:
    """The row of a run that may be written to. Raises `TrackingError` for another."""
    row = connection.execute(
        "SELECT id, stage FROM runs WHERE workspace = ? AND run_id = ?", (scope, run_id)
    ).fetchone()
    if row is None:
        raise TrackingError(Code.RESOURCE_DOES_NOT_EXIST, f"Run with id={run_id} not found")
    if row[1] != Stage.ACTIVE:
        raise not_active(run_id, row[1])
    return int(row[0])


def add_metrics(connection: sqlite3.Connection, run: int, metrics: Sequence[Metric]) -> None:
    """Keep values, each once, and the latest of each metric."""
    rows = [_metric_row(run, metric) for metric in metrics]
    connection.executemany(
        f"INSERT INTO metrics (run, {METRIC}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        rows,
    )
    # MLflow's rule for the latest: the greatest step, then time, then value.
    connection.executemany(
        f"INSERT INTO latest_metrics (run, {METRIC}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run, name) DO UPDATE SET step = excluded.step, time = excluded.time,"
        " value = excluded.value, nan = excluded.nan, model = excluded.model,"
        " dataset = excluded.dataset, digest = excluded.digest"
        " WHERE (excluded.step, excluded.time, excluded.value)"
        " >= (latest_metrics.step, latest_metrics.time, latest_metrics.value)",
        rows,
    )


def add_params(
    connection: sqlite3.Connection, run: int, run_id: str, params: Sequence[tuple[str, str]]
) -> None:
    """Keep params. Raises `TrackingError` for one that has another value already."""
    for name, value in params:
        row = connection.execute(
            "SELECT value FROM params WHERE run = ? AND name = ?", (run, name)
        ).fetchone()
        if row is None:
            connection.execute("INSERT INTO params VALUES (?, ?, ?)", (run, name, value))
        elif row[0] != value:
            raise TrackingError(
                Code.INVALID_PARAMETER_VALUE,
                f"Changing param values is not allowed. Param with key='{name}' was already logged"
                f" with value='{row[0]}' for run ID='{run_id}'. Attempted logging new value"
                f" '{value}'.",
            )


def set_tags(connection: sqlite3.Connection, run: int, tags: Iterable[tuple[str, str]]) -> None:
    """Keep tags, over what is there."""
    connection.executemany(
        "INSERT INTO tags VALUES (?, ?, ?)"
        " ON CONFLICT (run, name) DO UPDATE SET value = excluded.value",
        [(run, name, value) for name, value in tags],
    )


def set_model_values(
    connection: sqlite3.Connection, model: int, kind: str, values: Mapping[str, str | None]
) -> None:
    """Keep what is said of a model: its params or tags (`kind`); None removes one."""
    for name, value in values.items():
        if value is None:
            connection.execute(
                "DELETE FROM logged_model_values WHERE model = ? AND kind = ? AND name = ?",
                (model, kind, name),
            )
        else:
            connection.execute(
                "INSERT INTO logged_model_values VALUES (?, ?, ?, ?)"
                " ON CONFLICT (model, kind, name) DO UPDATE SET value = excluded.value",
                (model, kind, name, value),
            )


def _metric_row(run: int, metric: Metric) -> tuple[object, ...]:
    nan = math.isnan(metric.value)
    value = 0.0 if nan else metric.value
    return (
        run,
        metric.name,
        metric.step,
        metric.time,
        value,
        int(nan),
        metric.model,
        *metric.dataset,
    )


def metric_of(row: sqlite3.Row) -> Metric:
    """A value, from a row of the columns `METRIC`."""
    return Metric(
        name=row["name"],
        value=math.nan if row["nan"] else row["value"],
        time=row["time"],
        step=row["step"],
        model=row["model"],
        dataset=(row["dataset"], row["digest"]),
    )


def experiment_of(row: sqlite3.Row, tags: Mapping[str, str]) -> Experiment:
    """An experiment, from a row of its table."""
    return Experiment(
        id=str(row["id"]),
        name=row["name"],
        stage=Stage(row["stage"]),
        created=row["created"],
        updated=row["updated"],
        tags=tags,
    )


def run_of(row: sqlite3.Row) -> TrackedRun:
    """A run without its data, from a row of its table."""
    return TrackedRun(
        run_id=row["run_id"],
        experiment_id=str(row["experiment"]),
        name=row["name"],
        user=row["user"],
        status=row["status"],
        stage=Stage(row["stage"]),
        owned=bool(row["owned"]),
        started=row["started"],
        ended=row["ended"],
    )


def model_of(row: sqlite3.Row) -> LoggedModel:
    """A model without its data, from a row of its table."""
    values = {**dict(row), "experiment_id": str(row["experiment"])}
    del values["id"], values["experiment"]
    return LoggedModel(**values)
