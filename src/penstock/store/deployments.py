"""The history of environments: which run deployed what, when, and how it ended."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from penstock.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment job's run against one environment. `result` None: it is going on."""

    id: int
    environment: str
    definition: str
    run: int
    stage: str
    job: str
    started: float
    result: str | None = None
    finished: float | None = None


class Deployments:
    """Keeps the history. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(
        self, environment: str, *, definition: str, run: str, stage: str, job: str, at: float
    ) -> int:
        """Keep that a deployment began; returns its number."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO deployments (environment, definition, run, stage, job, started)"
                " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
                (environment, definition, int(run), stage, job, at),
            ).fetchone()
            return int(row[0])

    def finish(self, deployment: int, result: str, at: float) -> None:
        """Keep how a deployment ended; the first answer counts."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE deployments SET result = ?, finished = ? WHERE id = ? AND result IS NULL",
                (result, at, deployment),
            )

    def history(
        self, environment: str, *, before: int | None = None, limit: int = 50
    ) -> list[Deployment]:
        """The deployments to an environment, newest first; `before` is the last id seen.

        Names of environments are compared without case, as the service does.
        """
        rows = self._database.query(
            "SELECT * FROM deployments WHERE environment = ? COLLATE NOCASE AND id < ?"
            " ORDER BY id DESC LIMIT ?",
            environment,
            before if before is not None else 2**62,
            limit,
        )
        return [_deployment(row) for row in rows]

    def of_run(self, run: str) -> list[Deployment]:
        """The deployments of a run, in order."""
        rows = self._database.query("SELECT * FROM deployments WHERE run = ? ORDER BY id", int(run))
        return [_deployment(row) for row in rows]


def _deployment(row: sqlite3.Row) -> Deployment:
    return Deployment(**dict(row))
