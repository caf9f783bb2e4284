"""Azure ML's jobs in the state database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from penstock.ml.jobstore import Job, JobExists, JobOutput
from penstock.ml.workspaces import Workspace
from penstock.store.database import Database

_JOB = "scope, name, run, parent, origin, status, archived, created, ended, body"


class SqlJobs:
    """Implements `ml.jobstore.JobStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, jobs: Sequence[Job]) -> None:
        """Keep new jobs, all or none. Raises `JobExists` when a name is taken in its workspace."""
        places = ", ".join("?" * len(_JOB.split(",")))
        with self._database.transaction() as connection:
            for job in jobs:
                try:
                    connection.execute(
                        f"INSERT INTO ml_jobs ({_JOB}) VALUES ({places})", _job_row(job)
                    )
                except sqlite3.IntegrityError as error:
                    raise JobExists(f'a job "{job.name}" is there already') from error

    def change(
        self, scope: str, name: str, change: Callable[[Job], Job], *, durable: bool = True
    ) -> Job | None:
        """Replace a job by what `change` makes of it, in one transaction."""
        with self._database.transaction(durable=durable) as connection:
            row = connection.execute(
                f"SELECT {_JOB} FROM ml_jobs WHERE scope = ? AND name = ?", (scope, name)
            ).fetchone()
            if row is None:
                return None
            job = change(_job(row))
            columns = ", ".join(f"{column.strip()} = ?" for column in _JOB.split(","))
            connection.execute(
                f"UPDATE ml_jobs SET {columns} WHERE scope = ? AND name = ?",
                (*_job_row(job), scope, name),
            )
            return job

    def get(self, scope: str, name: str) -> Job | None:
        """The job of that name in a workspace."""
        found = self._select("scope = ? AND name = ?", scope, name)
        return found[0] if found else None

    def roots(self, scope: str) -> Sequence[Job]:
        """The jobs that someone submitted in a workspace, newest first."""
        return self._select("scope = ? AND parent = ''", scope)[::-1]

    def page(self, scope: str, *, before: str = "", limit: int) -> Sequence[Job]:
        """Jobs that someone submitted in a workspace, newest first: those older than `before`."""
        where, values = "scope = ? AND parent = ''", [scope]
        if before:
            where += " AND id < (SELECT id FROM ml_jobs WHERE scope = ? AND name = ?)"
            values += [scope, before]
        rows = self._database.query(
            f"SELECT {_JOB} FROM ml_jobs WHERE {where} ORDER BY id DESC LIMIT ?", *values, limit
        )
        return [_job(row) for row in rows]

    def children(self, scope: str, parent: str) -> Sequence[Job]:
        """The child jobs of a job, in the order of the graph."""
        return self._select("scope = ? AND parent = ?", scope, parent) if parent else []

    def of_run(self, run: str) -> Sequence[Job]:
        """All jobs of one engine run, the root first."""
        return self._select("run = ?", run)

    def find(self, name: str) -> Sequence[Job]:
        """Jobs of that name in any workspace."""
        return self._select("name = ?", name)

    def started_by(self, origin_run: str) -> Sequence[Job]:
        """The root jobs that a pipeline run submitted, in order."""
        return self._select(
            "origin <> '' AND origin >= ? AND origin < ? AND parent = ''",
            f"{origin_run}/",
            f"{origin_run}0",
        )

    def unfinished(self) -> Sequence[Job]:
        """The root jobs whose end is not known yet."""
        return self._select("parent = '' AND status = ''")

    def _select(self, where: str, *parameters: object) -> Sequence[Job]:
        rows = self._database.query(
            f"SELECT {_JOB} FROM ml_jobs WHERE {where} ORDER BY id", *parameters
        )
        return [_job(row) for row in rows]


def _job_row(job: Job) -> tuple[object, ...]:
    """The columns of a job: what is searched for, and the rest as JSON."""
    workspace = job.workspace
    body = {
        "workspace": [workspace.subscription, workspace.resource_group, workspace.name],
        "type": job.type,
        "node": job.node,
        "root": job.root,
        "key": job.key,
        "display_name": job.display_name,
        "experiment": job.experiment,
        "experiment_id": job.experiment_id,
        "document": job.document,
        "outputs": {name: asdict(output) for name, output in job.outputs.items()},
        "warnings": list(job.warnings),
        "error": job.error,
        "error_code": job.error_code,
        "started_at": job.started_at,
    }
    return (
        workspace.scope,
        job.name,
        job.run,
        job.parent,
        job.origin,
        job.status,
        int(job.archived),
        job.created_at,
        job.ended_at,
        json.dumps(body),
    )


def _job(row: sqlite3.Row) -> Job:
    body: dict[str, Any] = json.loads(row["body"])
    subscription, resource_group, name = body.pop("workspace")
    outputs = {key: JobOutput(**value) for key, value in body.pop("outputs").items()}
    workspace = Workspace(subscription=subscription, resource_group=resource_group, name=name)
    return Job(
        workspace=workspace,
        name=row["name"],
        run=row["run"],
        parent=row["parent"],
        origin=row["origin"],
        status=row["status"],
        archived=bool(row["archived"]),
        created_at=row["created"],
        ended_at=row["ended"],
        outputs=outputs,
        warnings=tuple(body.pop("warnings")),
        **body,
    )
