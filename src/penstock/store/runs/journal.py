"""Runs: the journal of their events, which is the truth, and headers of them for lists.

A run of either service has a whole number, which `new_id` gives; as text (`"12"`) it names the run.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence

from penstock.engine import codec
from penstock.engine.events import (
    Event,
    IssueLogged,
    NodePhase,
    RunFinished,
    StepFinished,
    StepStarted,
)
from penstock.engine.plan import Plan
from penstock.engine.redaction import event_without_secrets, without_secrets
from penstock.store.database import Database, number_of
from penstock.store.owners import Owner
from penstock.store.runs import headers
from penstock.store.runs.deployments import note_ends
from penstock.store.runs.headers import FILTERS, SELECT, Run, run_of

_PROGRESS = (StepStarted, StepFinished, NodePhase, IssueLogged)


class Runs:
    """Implements `engine.ports.Journal`, and answers lists. Every method may be called from any
    thread; each change is one transaction. It survives a power cut, but for the latest progress of
    steps, which decides nothing. Values of secrets are not written.

    `owner` marks the runs this process executes. Without one, no other process respects them.
    `resumes` says that somebody goes on with a run whose process has gone; where nobody does, a
    power cut may take everything back that came after a run's start, but not its end.
    """

    def __init__(
        self,
        database: Database,
        owner: Owner | None = None,
        clock: Callable[[], float] = time.time,
        *,
        resumes: bool = True,
    ) -> None:
        self._database = database
        self._resumes = resumes
        self._owner = owner
        self._clock = clock

    # The journal

    def new_id(self) -> str:
        """A number that no run has or had."""
        with self._database.transaction() as connection:
            return str(_next(connection, "run"))

    def create(
        self, run: str, plan: Plan, header: Mapping[str, str], events: Sequence[Event] = ()
    ) -> None:
        """Keep a new run, whose number `new_id` gave, with what happened in it already. Known names
        of `header` are the texts of `Run`; all others are kept as `extra`. Raises `ValueError` when
        the run, or another of the same cause, is there already."""
        row = headers.header_of(run, plan, header, self._owner_name, self._clock())
        body = codec.to_json(without_secrets(plan))
        with self._database.transaction() as connection:
            try:
                headers.insert(connection, row)
            except sqlite3.IntegrityError as error:
                raise ValueError(f"run {run} is there already") from error
            connection.execute("INSERT INTO plans (run, body) VALUES (?, ?)", (row.id, body))
            _append(connection, row.id, events)

    def append(self, run: str, events: Sequence[Event]) -> None:
        """Keep events after the ones that are there, all or none. `KeyError` for an unknown run."""
        if not events:
            return
        with self._database.transaction(durable=self._must_survive(events)) as connection:
            _append(connection, int(run), events)

    def _must_survive(self, events: Sequence[Event]) -> bool:
        if self._resumes:
            return not all(isinstance(event, _PROGRESS) for event in events)
        return any(isinstance(event, RunFinished) for event in events)

    def load(self, run: str) -> tuple[Plan, list[Event]]:
        """The plan of a run and all its events, in order. `KeyError` for an unknown run."""
        rows = self._database.query("SELECT body FROM plans WHERE run = ?", number_of(run))
        if not rows:
            raise KeyError(run)
        return codec.from_json(Plan, rows[0]["body"]), [event for _, event in self.events(run)]

    def unfinished(self) -> list[str]:
        """The runs that have not ended and that no living process executes, oldest first.

        From now on they belong to this process, which is not given them a second time.
        """
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT id, owner FROM runs WHERE state <> 'finished' ORDER BY id"
            ).fetchall()
            names = {row["owner"] for row in rows}
            living = self._owner.living(names) if self._owner else set()
            ours = [row["id"] for row in rows if row["owner"] not in living]
            connection.executemany(
                "UPDATE runs SET owner = ? WHERE id = ?", [(self._owner_name, id) for id in ours]
            )
        return [str(id) for id in ours]

    def has_lost(self) -> bool:
        """Whether `unfinished` would find any."""
        if self._owner is None:
            return bool(
                self._database.query("SELECT 1 FROM runs WHERE state <> 'finished' LIMIT 1")
            )
        rows = self._database.query(
            "SELECT DISTINCT owner FROM runs WHERE state <> 'finished' AND owner <> ?",
            self._owner_name,
        )
        names = {row["owner"] for row in rows}
        return bool(names and names - self._owner.living(names))

    # Reading

    def events(self, run: str, after: int = 0) -> list[tuple[int, Event]]:
        """The events of a run past sequence `after`, each with its sequence: for followers."""
        rows = self._database.query(
            "SELECT sequence, body FROM events WHERE run = ? AND sequence > ? ORDER BY sequence",
            number_of(run),
            after,
        )
        return [(row["sequence"], codec.from_json(Event, row["body"])) for row in rows]

    def last_event(self, run: str) -> int:
        """The sequence of the newest event of a run; 0 before the first."""
        rows = self._database.query(
            "SELECT coalesce(max(sequence), 0) AS last FROM events WHERE run = ?", number_of(run)
        )
        return int(rows[0]["last"])

    def id_of_cause(self, cause: str) -> str | None:
        """The run that was started for this cause, if there is one."""
        rows = self._database.query("SELECT id FROM runs WHERE cause = ? AND cause <> ''", cause)
        return str(rows[0]["id"]) if rows else None

    def get(self, run: str) -> Run | None:
        """The header of a run."""
        rows = self._database.query(f"{SELECT} WHERE id = ?", number_of(run))
        return run_of(rows[0]) if rows else None

    def unfinished_headers(self) -> list[Run]:
        """The headers of all runs that have not ended, whoever executes them, oldest first."""
        return [
            run_of(row)
            for row in self._database.query(f"{SELECT} WHERE state <> 'finished' ORDER BY id")
        ]

    def list(self, *, before: int | None = None, limit: int = 50, **filters: str) -> list[Run]:
        """The newest runs that match every filter, newest first.

        `filters` are by the texts of `Run` (`kind="pipeline", branch="main"`); `before` is the id
        of the last run of the page before. Raises ValueError for a filter that there is not.
        """
        unknown = filters.keys() - set(FILTERS)
        if unknown:
            raise ValueError(f"runs are not listed by {', '.join(sorted(unknown))}")
        conditions = [f'"{name}" = ?' for name in filters]
        parameters: list[object] = list(filters.values())
        if before is not None:
            conditions.append("id < ?")
            parameters.append(before)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._database.query(f"{SELECT}{where} ORDER BY id DESC LIMIT ?", *parameters, limit)
        return [run_of(row) for row in rows]

    # Tags and retention

    def tag(self, run: str, *tags: str) -> None:
        """Add tags to a run; their case is that of the first time."""
        with self._database.transaction() as connection:
            headers.tag(connection, int(run), tags)

    def untag(self, run: str, tag: str) -> None:
        """Take a tag off, whatever its case."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM run_tags WHERE run = ? AND tag = ?", (int(run), tag))

    def keep(self, run: str, kept: bool) -> None:
        """Retain the run, or let it go again."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE runs SET kept = ? WHERE id = ?", (int(kept), int(run)))

    def delete(self, run: str) -> bool:
        """Forget a run that has ended; whether it was there. Its logs and artifacts are files."""
        with self._database.transaction() as connection:
            return bool(headers.forget(connection, "id = ?", int(run)))

    # Numbers

    def next_revision(self, definition: str, prefix: str) -> int:
        """What `$(Rev:r)` is for the next run: 1, 2 ... for each text before it."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO revisions (definition, prefix, value) VALUES (?, ?, 1)"
                " ON CONFLICT (definition, prefix) DO UPDATE SET value = value + 1 RETURNING value",
                (definition, prefix),
            ).fetchone()
            return int(row[0])

    @property
    def _owner_name(self) -> str:
        return self._owner.name if self._owner else ""


def _append(connection: sqlite3.Connection, run: int, events: Sequence[Event]) -> None:
    row = connection.execute(
        "SELECT (SELECT max(sequence) FROM events WHERE run = runs.id) FROM runs WHERE id = ?",
        (run,),
    ).fetchone()
    if row is None:
        raise KeyError(str(run))
    last = row[0] or 0
    connection.executemany(
        "INSERT INTO events (run, sequence, at, body) VALUES (?, ?, ?, ?)",
        [
            (run, last + n, event.at, codec.to_json(event_without_secrets(event)))
            for n, event in enumerate(events, start=1)
        ],
    )
    headers.advance(connection, run, events)
    note_ends(connection, run, events)


def _next(connection: sqlite3.Connection, counter: str) -> int:
    row = connection.execute(
        "INSERT INTO counters (name, value) VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (counter,),
    ).fetchone()
    return int(row[0])
