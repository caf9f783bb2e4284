"""The history of environments: which run deployed what, when, and how it ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from penstock.engine.events import Event, NodeFinished, NodeStarted
from penstock.engine.scheduler import Scheduler
from penstock.records import record
from penstock.store.database import Database
from penstock.store.runs.headers import Run


@record
class Deployment:
    """One deployment job's run against one environment. `result` None: it is going on.

    `project` and `pipeline` (the number of the definition) are empty for `penstock run`.
    """

    id: int
    project: str = ""
    environment: str
    definition: str
    pipeline: int = 0
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
        self,
        environment: str,
        *,
        definition: str,
        run: str,
        stage: str,
        job: str,
        at: float,
        project: str = "",
        pipeline: int = 0,
    ) -> int:
        """Keep that a deployment began; returns its number."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO deployments (project, environment, definition, pipeline, run, stage,"
                " job, started) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (project, environment, definition, pipeline, int(run), stage, job, at),
            ).fetchone()
            return int(row[0])

    def finish(self, deployment: int, result: str, at: float) -> None:
        """Keep how a deployment ended; the first answer counts."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE deployments SET result = ?, finished = ? WHERE id = ? AND result IS NULL",
                (result, at, deployment),
            )

    def finish_job(self, run: str, end: NodeFinished) -> bool:
        """Keep how the deployment of a job ended; whether it is known that it began."""
        stage, job = end.node.split("/")
        with self._database.transaction() as connection:
            note_ends(connection, int(run), [end])
            began = connection.execute(
                "SELECT 1 FROM deployments WHERE run = ? AND stage = ? AND job = ?",
                (int(run), stage, job),
            ).fetchone()
        return began is not None

    def history(
        self, environment: str, *, project: str = "", before: int | None = None, limit: int = 50
    ) -> list[Deployment]:
        """The deployments to an environment of a project (of `penstock run`: without one), newest
        first; `before` is the last id seen.

        Names of environments are compared without case, as the service does.
        """
        rows = self._database.query(
            "SELECT * FROM deployments WHERE project = ? AND environment = ? COLLATE NOCASE"
            " AND id < ? ORDER BY id DESC LIMIT ?",
            project,
            environment,
            before if before is not None else 2**62,
            limit,
        )
        return [_deployment(row) for row in rows]

    def of_run(self, run: str) -> list[Deployment]:
        """The deployments of a run, in order."""
        rows = self._database.query("SELECT * FROM deployments WHERE run = ? ORDER BY id", int(run))
        return [_deployment(row) for row in rows]


def note_ends(connection: sqlite3.Connection, run: int, events: Sequence[Event]) -> None:
    """Keep how deployments ended that are going on, as part of the transaction of the events: so
    none goes on for ever because its process died."""
    connection.executemany(
        "UPDATE deployments SET result = ?, finished = ? WHERE run = ? AND stage = ? AND job = ?"
        " AND result IS NULL",
        [
            (str(event.result), event.at, run, *event.node.split("/"))
            for event in events
            if isinstance(event, NodeFinished) and event.node.count("/") == 1
        ],
    )


def _deployment(row: sqlite3.Row) -> Deployment:
    return Deployment(**dict(row))


class DeploymentLog:
    """A listener of the scheduler that writes the deployments of a server's runs down."""

    def __init__(
        self,
        deployments: Deployments,
        scheduler: Scheduler,
        header: Callable[[str], Run | None],
    ) -> None:
        self._deployments = deployments
        self._scheduler = scheduler
        self._header = header

    def event(self, run: str, event: Event) -> None:
        """Note that a deployment job began or ended; runs without a pipeline are not noted."""
        if not isinstance(event, NodeStarted | NodeFinished) or event.node.count("/") != 1:
            return
        node = self._scheduler.read(run, lambda state: state.nodes[event.node])
        if node.node.kind != "deployment" or node.started_at is None:
            return
        header = self._header(run)
        if header is None or header.pipeline is None:
            return
        if isinstance(event, NodeFinished) and self._deployments.finish_job(run, event):
            return
        stage, job = event.node.split("/")
        facts = {variable.name: variable.value for variable in node.node.variables}
        number = self._deployments.start(
            facts.get("Environment.Name", ""),
            project=header.project,
            definition=header.definition,
            pipeline=header.pipeline,
            run=run,
            stage=stage,
            job=job,
            at=node.started_at,
        )
        if isinstance(event, NodeFinished):
            # The server died before it could note the beginning.
            self._deployments.finish(number, str(event.result), event.at)
