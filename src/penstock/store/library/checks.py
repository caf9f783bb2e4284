"""Checkpoints of runs, the approvals they ask for, checks on resources, and exclusive locks."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from penstock.devops.protecting.approvals import Approval, ApprovalStatus
from penstock.devops.protecting.checkpointstore import Checkpoint, LockHolder
from penstock.devops.protecting.checks import Check, Item, LockState
from penstock.devops.resources import Actor, Resource
from penstock.engine import codec
from penstock.engine.events import Result
from penstock.engine.requests import CheckWork
from penstock.records import record
from penstock.store.database import Database, number_of
from penstock.store.library.resources import actor_of, actor_text


@record
class KeptCheck:
    """A check with who set it, and when."""

    project: str
    check: Check
    created: float
    created_by: Actor
    modified: float
    modified_by: Actor


@record(kw_only=False)
class _Items:
    items: tuple[Item, ...]


class Checks:
    """Implements `devops.protecting.checkpointstore.CheckpointStore`, and keeps the settings of
    checks. Every method may be called from any thread; each change is one transaction."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    # Settings

    def add(self, project: str, check: Check, by: Actor) -> KeptCheck:
        """Keep a new check; its number is given here."""
        now = self._clock()
        with self._database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO counters (name, value) VALUES ('check', 1)"
                " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
            ).fetchone()
            kept = KeptCheck(
                project=project,
                check=replace(check, id=int(row[0])),
                created=now,
                created_by=by,
                modified=now,
                modified_by=by,
            )
            connection.execute(
                "INSERT INTO resource_checks (id, project, type, resource, body, created,"
                " created_by, modified, modified_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    kept.check.id,
                    project,
                    check.resource.type,
                    check.resource.id.lower(),
                    codec.to_json(kept.check),
                    now,
                    actor_text(by),
                    now,
                    actor_text(by),
                ),
            )
        return kept

    def set(self, project: str, check: Check, by: Actor) -> KeptCheck | None:
        """Keep other settings and another timeout for a check; None for an unknown one."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE resource_checks SET body = ?, modified = ?, modified_by = ?"
                " WHERE project = ? AND id = ?",
                (codec.to_json(check), self._clock(), actor_text(by), project, check.id),
            )
        return self.get(project, check.id)

    def get(self, project: str, id: int) -> KeptCheck | None:
        """A check by its number."""
        rows = self._database.query(
            "SELECT * FROM resource_checks WHERE project = ? AND id = ?", project, id
        )
        return _kept(rows[0]) if rows else None

    def on(self, project: str, resources: Collection[Resource]) -> list[KeptCheck]:
        """The checks on any of the resources, in the order in which they were made."""
        found = {}
        for resource in resources:
            for row in self._database.query(
                "SELECT * FROM resource_checks WHERE project = ? AND type = ? AND resource = ?",
                project,
                resource.type,
                resource.id.lower(),
            ):
                kept = _kept(row)
                named = resource if resource.name else kept.check.resource
                found[row["id"]] = replace(kept, check=replace(kept.check, resource=named))
        return [found[id] for id in sorted(found)]

    def remove(self, project: str, id: int) -> bool:
        """Forget a check; whether it was there."""
        with self._database.transaction() as connection:
            done = connection.execute(
                "DELETE FROM resource_checks WHERE project = ? AND id = ?", (project, id)
            )
        return done.rowcount > 0

    def checks(self, project: str, resources: Collection[Resource]) -> Sequence[Check]:
        """The checks on any of the resources, in the order in which they were made."""
        return [kept.check for kept in self.on(project, resources)]

    # Checkpoints

    def open(self, checkpoint: Checkpoint) -> Checkpoint:
        """Keep a new one; the one that is there for that run, node and attempt, if any."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO checkpoints (id, run, node, attempt, work, opened, items, message)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, node, attempt) DO NOTHING",
                (
                    checkpoint.id,
                    int(checkpoint.run),
                    checkpoint.node,
                    checkpoint.attempt,
                    codec.to_json(checkpoint.work),
                    checkpoint.opened,
                    codec.to_json(_Items(checkpoint.items)),
                    checkpoint.message,
                ),
            )
        rows = self._database.query(
            "SELECT * FROM checkpoints WHERE run = ? AND node = ? AND attempt = ?",
            int(checkpoint.run),
            checkpoint.node,
            checkpoint.attempt,
        )
        return _checkpoint(rows[0])

    def find(self, run: str, node: str) -> Checkpoint | None:
        """The newest of a node."""
        rows = self._database.query(
            "SELECT * FROM checkpoints WHERE run = ? AND node = ? ORDER BY attempt DESC LIMIT 1",
            int(run),
            node,
        )
        return _checkpoint(rows[0]) if rows else None

    def checkpoint(self, id: str) -> Checkpoint | None:
        """One by its id."""
        rows = self._database.query("SELECT * FROM checkpoints WHERE id = ?", id)
        return _checkpoint(rows[0]) if rows else None

    def waiting(self) -> list[Checkpoint]:
        """All that have no result, oldest first."""
        rows = self._database.query(
            "SELECT * FROM checkpoints WHERE result IS NULL ORDER BY number"
        )
        return [_checkpoint(row) for row in rows]

    def of_run(self, run: str) -> list[Checkpoint]:
        """Those of a run, in the order in which they were reached."""
        rows = self._database.query(
            "SELECT * FROM checkpoints WHERE run = ? ORDER BY number", int(run)
        )
        return [_checkpoint(row) for row in rows]

    def keep(self, checkpoint: Checkpoint) -> None:
        """Keep what was assessed. With a result, approvals that wait are ended and locks that were
        not had are not waited for any more."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE checkpoints SET items = ?, message = ?, result = ?, closed = ?"
                " WHERE id = ? AND result IS NULL",
                (
                    codec.to_json(_Items(checkpoint.items)),
                    checkpoint.message,
                    checkpoint.result,
                    checkpoint.closed,
                    checkpoint.id,
                ),
            )
            if checkpoint.result is None:
                return
            connection.execute(
                "DELETE FROM resource_locks WHERE run = ? AND stage = ? AND is_held = 0",
                (int(checkpoint.run), checkpoint.work.stage),
            )
            for row in connection.execute(
                "SELECT * FROM approvals WHERE checkpoint = ? AND status = 'pending'",
                (checkpoint.id,),
            ).fetchall():
                _write(connection, _ended(_approval(row), checkpoint))

    # Approvals

    def approvals(self, checkpoint: str) -> list[Approval]:
        """Those that a checkpoint asked for."""
        rows = self._database.query(
            "SELECT * FROM approvals WHERE checkpoint = ? ORDER BY number", checkpoint
        )
        return [_approval(row) for row in rows]

    def approval(self, id: str) -> Approval | None:
        """One approval."""
        rows = self._database.query("SELECT * FROM approvals WHERE id = ?", id.lower())
        return _approval(rows[0]) if rows else None

    def approvals_in(
        self,
        project: str,
        *,
        ids: Collection[str] = (),
        status: ApprovalStatus | None = None,
        run: str = "",
        limit: int = 1000,
    ) -> list[Approval]:
        """The approvals of a project, newest first; those of a run, a status, or by their ids."""
        conditions, parameters = ["project = ?"], list[object]([project])
        if status is not None:
            conditions.append("status = ?")
            parameters.append(status)
        if run:
            conditions.append("run = ?")
            parameters.append(number_of(run))
        if ids:
            conditions.append(f"id IN ({', '.join('?' * len(ids))})")
            parameters += [id.lower() for id in ids]
        where = " AND ".join(conditions)
        rows = self._database.query(
            f"SELECT * FROM approvals WHERE {where} ORDER BY number DESC LIMIT ?",
            *parameters,
            limit,
        )
        return [_approval(row) for row in rows]

    def ask(self, checkpoint: str, approvals: Sequence[Approval]) -> None:
        """Keep new approvals of a checkpoint; one that was asked for already is left as it is."""
        with self._database.transaction() as connection:
            for one in approvals:
                place = "manual"
                if one.resource is not None:
                    place = f"{one.check}:{one.resource.type}:{one.resource.id.lower()}"
                connection.execute(
                    "INSERT INTO approvals (id, checkpoint, project, run, place, status, body)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (checkpoint, place) DO NOTHING",
                    (
                        one.id.lower(),
                        checkpoint,
                        one.project,
                        int(one.run),
                        place,
                        one.status,
                        codec.to_json(one),
                    ),
                )

    def decide(self, before: Approval, after: Approval) -> bool:
        """Keep an answer, unless the approval has changed meanwhile; whether it was kept."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM approvals WHERE id = ?", (before.id.lower(),)
            ).fetchone()
            if row is None or _approval(row) != before:
                return False
            _write(connection, after)
        return True

    # Locks

    def holders(self, project: str, resources: Collection[Resource]) -> list[LockHolder]:
        """Who holds a lock of any of the resources."""
        found = {}
        for resource in resources:
            for row in self._database.query(
                "SELECT run, stage FROM resource_locks WHERE project = ? AND type = ?"
                " AND resource = ? AND is_held = 1",
                project,
                resource.type,
                resource.id.lower(),
            ):
                found[row["run"], row["stage"]] = LockHolder(
                    run=str(row["run"]), stage=row["stage"]
                )
        return list(found.values())

    def lock(
        self, checkpoint: Checkpoint, resources: Collection[Resource]
    ) -> tuple[LockState, str]:
        """Take the locks of all the resources, or wait for them in the order of the runs.

        By `runLatest`, a run is overtaken by a newer one of its pipeline that waits or holds. The
        text says who is waited for, or who overtook.
        """
        run, work = int(checkpoint.run), checkpoint.work
        is_latest_only = work.lock.casefold() != "sequential"
        with self._database.transaction() as connection:
            others: list[sqlite3.Row] = []
            for resource in resources:
                place = (work.project, resource.type, resource.id.lower())
                connection.execute(
                    "INSERT INTO resource_locks (project, type, resource, run, stage, pipeline,"
                    " is_held) VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
                    (*place, run, work.stage, work.pipeline),
                )
                others += connection.execute(
                    "SELECT * FROM resource_locks WHERE project = ? AND type = ? AND resource = ?"
                    " AND NOT (run = ? AND stage = ?) ORDER BY is_held DESC, run",
                    (*place, run, work.stage),
                ).fetchall()
            newer = [r for r in others if r["pipeline"] == work.pipeline and r["run"] > run]
            if is_latest_only and newer:
                _forget_locks(connection, run, work.stage)
                return LockState.OVERTAKEN, f"run {newer[-1]['run']} of the pipeline is newer"
            for row in others:
                overtaken = is_latest_only and row["pipeline"] == work.pipeline
                if row["is_held"] or (row["run"] < run and not overtaken):
                    word = "held by" if row["is_held"] else "wanted before by"
                    return LockState.WAITING, f"the lock is {word} run {row['run']}"
            connection.execute(
                "UPDATE resource_locks SET is_held = 1 WHERE run = ? AND stage = ?",
                (run, work.stage),
            )
        return LockState.HELD, ""

    def release(self, run: str, stage: str | None = None) -> bool:
        """Give the locks of a run, or of one of its stages, free; whether there were any."""
        if not self._database.query(
            "SELECT 1 FROM resource_locks WHERE run = ? AND (? IS NULL OR stage = ?) LIMIT 1",
            int(run),
            stage,
            stage,
        ):
            return False
        with self._database.transaction() as connection:
            _forget_locks(connection, int(run), stage)
        return True


def _forget_locks(connection: sqlite3.Connection, run: int, stage: str | None) -> None:
    connection.execute(
        "DELETE FROM resource_locks WHERE run = ? AND (? IS NULL OR stage = ?)",
        (run, stage, stage),
    )


def _ended(approval: Approval, checkpoint: Checkpoint) -> Approval:
    closed = checkpoint.closed or approval.modified
    if closed >= approval.expires:
        return replace(approval, status=ApprovalStatus.TIMED_OUT, modified=closed)
    because = checkpoint.message
    return replace(
        approval, status=ApprovalStatus.CANCELED, modified=closed, canceled_because=because
    )


def _write(connection: sqlite3.Connection, approval: Approval) -> None:
    connection.execute(
        "UPDATE approvals SET status = ?, body = ? WHERE id = ?",
        (approval.status, codec.to_json(approval), approval.id.lower()),
    )


def _approval(row: sqlite3.Row) -> Approval:
    found: Approval = codec.from_json(Approval, row["body"])
    return found


def _checkpoint(row: sqlite3.Row) -> Checkpoint:
    return Checkpoint(
        id=row["id"],
        run=str(row["run"]),
        node=row["node"],
        attempt=row["attempt"],
        work=codec.from_json(CheckWork, row["work"]),
        opened=row["opened"],
        items=codec.from_json(_Items, row["items"]).items,
        message=row["message"],
        result=Result(row["result"]) if row["result"] else None,
        closed=row["closed"],
    )


def _kept(row: sqlite3.Row) -> KeptCheck:
    return KeptCheck(
        project=row["project"],
        check=codec.from_json(Check, row["body"]),
        created=row["created"],
        created_by=actor_of(row["created_by"]),
        modified=row["modified"],
        modified_by=actor_of(row["modified_by"]),
    )
