"""Experiments, runs, metrics and logged models in the metrics database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from penstock.ml.tracking_store import (
    Experiment,
    Link,
    LoggedModel,
    RunSearch,
    Stage,
    TrackedRun,
)
from penstock.ml.tracking_values import Metric
from penstock.store.database import Database, number_of
from penstock.store.ml.tracking_query import runs_query
from penstock.store.ml.tracking_rows import (
    METRIC,
    active_run,
    add_metrics,
    add_params,
    experiment_of,
    metric_of,
    model_of,
    run_of,
    set_model_values,
    set_tags,
)

_RUN = "id, run_id, experiment, name, user, status, stage, owned, started, ended"
_MODEL = "id, model_id, experiment, name, folder, status, type, source_run, created, updated"
_SOME = 500


class SqlTracking:
    """Implements `ml.tracking_store.TrackingStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Experiments

    def add_experiment(
        self, scope: str, name: str, tags: Mapping[str, str], now: int
    ) -> Experiment | None:
        """Keep a new experiment; None when the name is taken."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO experiments (workspace, name, stage, created, updated)"
                " VALUES (?, ?, 'active', ?, ?) ON CONFLICT DO NOTHING RETURNING id",
                (scope, name, now, now),
            ).fetchone()
            if row is None:
                return None
            connection.executemany(
                "INSERT INTO experiment_tags VALUES (?, ?, ?)",
                [(row[0], key, value) for key, value in tags.items()],
            )
        return Experiment(id=str(row[0]), name=name, created=now, updated=now, tags=dict(tags))

    def experiment(self, scope: str, id: str) -> Experiment | None:
        """The experiment of that id."""
        return self._experiment("id = ?", scope, number_of(id))

    def experiment_named(self, scope: str, name: str) -> Experiment | None:
        """The experiment of that name, deleted or not."""
        return self._experiment("name = ?", scope, name)

    def experiments(self, scope: str) -> Sequence[Experiment]:
        """All experiments, newest first."""
        rows = self._database.query(
            "SELECT * FROM experiments WHERE workspace = ? ORDER BY id DESC", scope
        )
        tags = self._texts("experiment_tags", "experiment", [row["id"] for row in rows])
        return [experiment_of(row, tags.get(row["id"], {})) for row in rows]

    def change_experiment(
        self, scope: str, id: str, *, name: str | None, stage: Stage | None, now: int
    ) -> bool:
        """Change what is given; False when the name is taken."""
        with self._database.transaction() as connection:
            try:
                connection.execute(
                    "UPDATE experiments SET name = coalesce(?, name), stage = coalesce(?, stage),"
                    " updated = ? WHERE workspace = ? AND id = ?",
                    (name, stage, now, scope, number_of(id)),
                )
            except sqlite3.IntegrityError:
                return False
        return True

    def set_experiment_tag(self, scope: str, id: str, name: str, value: str | None) -> bool:
        """Set a tag, or remove it (None); False when there is no such experiment, or no such tag to
        remove."""
        one = "FROM experiments WHERE workspace = ? AND id = ?"
        with self._database.transaction() as connection:
            if value is None:
                done = connection.execute(
                    "DELETE FROM experiment_tags"
                    f" WHERE name = ? AND experiment IN (SELECT id {one})",
                    (name, scope, number_of(id)),
                )
            else:
                done = connection.execute(
                    f"INSERT INTO experiment_tags SELECT id, ?, ? {one}"
                    " ON CONFLICT (experiment, name) DO UPDATE SET value = excluded.value",
                    (name, value, scope, number_of(id)),
                )
        return done.rowcount > 0

    def _experiment(self, where: str, scope: str, value: object) -> Experiment | None:
        rows = self._database.query(
            f"SELECT * FROM experiments WHERE workspace = ? AND {where}", scope, value
        )
        if not rows:
            return None
        id = rows[0]["id"]
        tags = self._texts("experiment_tags", "experiment", [id])
        return experiment_of(rows[0], tags.get(id, {}))

    # Runs

    def add_run(self, scope: str, run: TrackedRun) -> bool:
        """Keep a new run with its tags; False when its id is taken."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO runs (workspace, run_id, experiment, name, user, status, stage, owned,"
                " started, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING RETURNING id",
                (
                    scope,
                    run.run_id,
                    number_of(run.experiment_id),
                    run.name,
                    run.user,
                    run.status,
                    run.stage,
                    int(run.owned),
                    run.started,
                    run.ended,
                ),
            ).fetchone()
            if row is not None:
                set_tags(connection, row[0], run.tags.items())
        return row is not None

    def run(self, scope: str, run_id: str) -> TrackedRun | None:
        """A run with all its data."""
        rows = self._run_rows(scope, run_id)
        return self._with_data(rows)[0] if rows else None

    def runs(self, scope: str, run_ids: Sequence[str]) -> Sequence[TrackedRun]:
        """Those of the runs that are there, with all their data."""
        select = f"SELECT {_RUN} FROM runs WHERE workspace = ? AND"
        found: list[sqlite3.Row] = []
        for begin in range(0, len(run_ids), _SOME):
            some = run_ids[begin : begin + _SOME]
            places = ", ".join("?" * len(some))
            found += self._database.query(f"{select} run_id IN ({places})", scope, *some)
        return self._with_data(found)

    def run_header(self, scope: str, run_id: str) -> TrackedRun | None:
        """A run without metrics, params, tags and links."""
        rows = self._run_rows(scope, run_id)
        return run_of(rows[0]) if rows else None

    def search_runs(self, scope: str, search: RunSearch) -> Sequence[TrackedRun]:
        """The runs that match, with their data."""
        if not search.experiments:
            return []
        sql, parameters = runs_query(_RUN, scope, search)
        return self._with_data(self._database.query(sql, *parameters))

    def change_run(
        self,
        scope: str,
        run_id: str,
        *,
        name: str | None = None,
        stage: Stage | None = None,
        status: str | None = None,
        ended: int | None = None,
    ) -> None:
        """Change what is given and nothing else; a status comes with its end, or with none."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE runs SET name = coalesce(?, name), stage = coalesce(?, stage),"
                " ended = CASE WHEN ? IS NULL THEN ended ELSE ? END, status = coalesce(?, status)"
                " WHERE workspace = ? AND run_id = ?",
                (name, stage, status, ended, status, scope, run_id),
            )

    def log(
        self,
        scope: str,
        run_id: str,
        metrics: Sequence[Metric],
        params: Sequence[tuple[str, str]],
        tags: Sequence[tuple[str, str]],
    ) -> None:
        """Keep all of it, or none."""
        with self._database.transaction() as connection:
            run = active_run(connection, scope, run_id)
            if metrics:
                add_metrics(connection, run, metrics)
            if params:
                add_params(connection, run, run_id, params)
            if tags:
                set_tags(connection, run, tags)

    def remove_tag(self, scope: str, run_id: str, name: str) -> bool:
        """Forget a tag; False when there was none."""
        with self._database.transaction() as connection:
            run = active_run(connection, scope, run_id)
            done = connection.execute("DELETE FROM tags WHERE run = ? AND name = ?", (run, name))
            return done.rowcount > 0

    def add_links(self, scope: str, run_id: str, links: Sequence[Link]) -> None:
        """Keep links; those that are there already stay."""
        with self._database.transaction() as connection:
            run = active_run(connection, scope, run_id)
            connection.executemany(
                "INSERT INTO run_links VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [(run, link.kind, link.key, json.dumps(dict(link.body))) for link in links],
            )

    def history(
        self, scope: str, run_id: str, name: str, *, limit: int, offset: int = 0
    ) -> Sequence[Metric]:
        """Every value of a metric by time, step and value."""
        rows = self._database.query(
            f"SELECT {METRIC} FROM metrics WHERE name = ? AND run ="
            " (SELECT id FROM runs WHERE workspace = ? AND run_id = ?)"
            " ORDER BY time, step, value LIMIT ? OFFSET ?",
            name,
            scope,
            run_id,
            limit,
            offset,
        )
        return [metric_of(row) for row in rows]

    def _run_rows(self, scope: str, run_id: str) -> list[sqlite3.Row]:
        return self._database.query(
            f"SELECT {_RUN} FROM runs WHERE workspace = ? AND run_id = ?", scope, run_id
        )

    def _with_data(self, rows: Sequence[sqlite3.Row]) -> list[TrackedRun]:
        ids = [row["id"] for row in rows]
        params, tags = self._texts("params", "run", ids), self._texts("tags", "run", ids)
        metrics: dict[int, list[Metric]] = {}
        links: dict[int, list[Link]] = {}
        for row in self._rows_of(f"SELECT run, {METRIC} FROM latest_metrics", "run", ids):
            metrics.setdefault(row["run"], []).append(metric_of(row))
        for row in self._rows_of("SELECT * FROM run_links", "run", ids):
            link = Link(kind=row["kind"], key=row["key"], body=json.loads(row["body"]))
            links.setdefault(row["run"], []).append(link)
        return [
            replace(
                run_of(row),
                metrics=tuple(metrics.get(row["id"], ())),
                params=params.get(row["id"], {}),
                tags=tags.get(row["id"], {}),
                links=tuple(links.get(row["id"], ())),
            )
            for row in rows
        ]

    # Logged models

    def add_model(self, scope: str, model: LoggedModel) -> None:
        """Keep a new logged model."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO logged_models (workspace, model_id, experiment, name, folder, status,"
                " type, source_run, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " RETURNING id",
                (
                    scope,
                    model.model_id,
                    number_of(model.experiment_id),
                    model.name,
                    model.folder,
                    model.status,
                    model.type,
                    model.source_run,
                    model.created,
                    model.updated,
                ),
            ).fetchone()
            set_model_values(connection, row[0], "param", model.params)
            set_model_values(connection, row[0], "tag", model.tags)

    def model(self, scope: str, model_id: str) -> LoggedModel | None:
        """A logged model with its data."""
        found = self._models("model_id = ?", scope, model_id)
        return self._models_with_data(found)[0] if found else None

    def models(self, scope: str, experiments: Sequence[str]) -> Sequence[LoggedModel]:
        """The logged models of experiments, newest first."""
        places = ", ".join("?" * len(experiments))
        numbers = [number_of(id) for id in experiments]
        return self._models_with_data(self._models(f"experiment IN ({places})", scope, *numbers))

    def models_of_run(self, scope: str, run_id: str) -> Sequence[LoggedModel]:
        """The models that a run logged, without their data."""
        return [model_of(row) for row in self._models("source_run = ?", scope, run_id)]

    def change_model(
        self,
        scope: str,
        model_id: str,
        *,
        status: str | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str | None] | None = None,
        now: int,
    ) -> None:
        """Change what is given; a tag that becomes None is removed."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "UPDATE logged_models SET status = coalesce(?, status), updated = ?"
                " WHERE workspace = ? AND model_id = ? RETURNING id",
                (status, now, scope, model_id),
            ).fetchone()
            if row is not None:
                set_model_values(connection, row[0], "param", params or {})
                set_model_values(connection, row[0], "tag", tags or {})

    def remove_model(self, scope: str, model_id: str) -> None:
        """Forget a logged model."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM logged_models WHERE workspace = ? AND model_id = ?", (scope, model_id)
            )

    def _models(self, where: str, scope: str, *parameters: object) -> list[sqlite3.Row]:
        return self._database.query(
            f"SELECT {_MODEL} FROM logged_models WHERE workspace = ? AND {where} ORDER BY id DESC",
            scope,
            *parameters,
        )

    def _models_with_data(self, rows: Sequence[sqlite3.Row]) -> list[LoggedModel]:
        values: dict[tuple[int, str], dict[str, str]] = {}
        wanted = [row["id"] for row in rows]
        for row in self._rows_of("SELECT * FROM logged_model_values", "model", wanted):
            values.setdefault((row["model"], row["kind"]), {})[row["name"]] = row["value"]
        metrics: dict[str, list[Metric]] = {}
        for row in self._latest_of_models([row["model_id"] for row in rows]):
            metrics.setdefault(row["model"], []).append(metric_of(row))
        return [
            replace(
                model_of(row),
                params=values.get((row["id"], "param"), {}),
                tags=values.get((row["id"], "tag"), {}),
                metrics=tuple(metrics.get(row["model_id"], ())),
            )
            for row in rows
        ]

    def _texts(self, table: str, column: str, ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """Names and values of several owners, by owner."""
        found: dict[int, dict[str, str]] = {}
        for row in self._rows_of(f"SELECT * FROM {table}", column, ids):
            found.setdefault(row[column], {})[row["name"]] = row["value"]
        return found

    def _latest_of_models(self, models: Sequence[str]) -> list[sqlite3.Row]:
        """The latest value of each metric of each of the models, in whatever run it was logged."""
        # The index of models has only rows that name one.
        newest_first = "PARTITION BY model, name ORDER BY step DESC, time DESC, value DESC"
        select = (
            f"SELECT * FROM (SELECT {METRIC}, row_number() OVER ({newest_first}) AS place"
            " FROM metrics WHERE model <> '' AND model IN ({places})) WHERE place = 1"
        )
        return self._in_parts(select, models)

    def _rows_of(self, select: str, column: str, values: Sequence[object]) -> list[sqlite3.Row]:
        """The rows of several owners."""
        return self._in_parts(f"{select} WHERE {column} IN ({{places}})", values)

    def _in_parts(self, select: str, values: Sequence[object]) -> list[sqlite3.Row]:
        """All rows, the values put in `{places}`; a statement takes only so many of them."""
        found: list[sqlite3.Row] = []
        for start in range(0, len(values), _SOME):
            some = values[start : start + _SOME]
            found += self._database.query(select.format(places=", ".join("?" * len(some))), *some)
        return found
