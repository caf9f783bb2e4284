"""Runs: the journal of their events, which is the truth, and headers of them for lists.

A run of either service has a whole number, which `new_id` gives; as text (`"12"`) it names the run.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from penstock.engine import codec
from penstock.engine.events import (
    CancelRequested,
    Event,
    IssueLogged,
    NodePhase,
    NodeQueued,
    NodeStarted,
    RunChanged,
    RunFinished,
    StepFinished,
    StepStarted,
)
from penstock.engine.plan import Plan
from penstock.engine.redaction import event_without_secrets, without_secrets
from penstock.store.database import Database
from penstock.store.owners import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What lists show of a run. Times are seconds since 1970.

    `kind` is `pipeline` or `ml`; `name` that of the pipeline or ML job; `number` the run number.
    `state` is `queued`, `running`, `canceling` or `finished`; only a finished run has a `result`.
    `extra` holds what else the header was created with.
    """

    id: int
    kind: str
    name: str = ""
    number: str = ""
    definition: str = ""
    branch: str = ""
    commit: str = ""
    reason: str = ""
    state: str = "queued"
    result: str | None = None
    created: float
    started: float | None = None
    finished: float | None = None
    owner: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


_COLUMNS = tuple(f'"{column.name}"' for column in fields(Run))
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM runs"
_HEADER = ("kind", "name", "number", "definition", "branch", "commit", "reason")
_FILTERS = (*_HEADER, "state", "result")
_PROGRESS = (StepStarted, StepFinished, NodePhase, IssueLogged)


class Runs:
    """Implements `engine.scheduler.Journal`, and answers lists. Every method may be called from any
    thread; each change is one transaction. It survives a power cut, but for the latest progress of
    steps, which decides nothing. Values of secrets are not written.

    `owner` marks the runs this process executes. Without one, no other process respects them.
    """

    def __init__(
        self,
        database: Database,
        owner: Owner | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._owner = owner
        self._clock = clock

    # The journal

    def new_id(self) -> str:
        """A number that no run has or had."""
        with self._database.transaction() as connection:
            return str(_next(connection, "run"))

    def create(self, run: str, plan: Plan, header: Mapping[str, str]) -> None:
        """Keep a new run, whose number `new_id` gave. Known names of `header` are the texts of
        `Run`; all others are kept as `extra`. Raises `ValueError` when the run is there already."""
        row = _new_run(run, header, self._owner_name, self._clock())
        body = codec.to_json(without_secrets(plan))
        with self._database.transaction() as connection:
            try:
                _insert(connection, row)
            except sqlite3.IntegrityError as error:
                raise ValueError(f"run {run} is there already") from error
            connection.execute("INSERT INTO plans (run, body) VALUES (?, ?)", (row.id, body))

    def append(self, run: str, events: Sequence[Event]) -> None:
        """Keep events after the ones that are there, all or none. `KeyError` for an unknown run."""
        if not events:
            return
        decides = not all(isinstance(event, _PROGRESS) for event in events)
        bodies = [(event.at, codec.to_json(event_without_secrets(event))) for event in events]
        with self._database.transaction(durable=decides) as connection:
            row = connection.execute(
                "SELECT (SELECT max(sequence) FROM events WHERE run = runs.id) FROM runs"
                " WHERE id = ?",
                (int(run),),
            ).fetchone()
            if row is None:
                raise KeyError(run)
            last = row[0] or 0
            connection.executemany(
                "INSERT INTO events (run, sequence, at, body) VALUES (?, ?, ?, ?)",
                [(int(run), last + n, *body) for n, body in enumerate(bodies, start=1)],
            )
            _change_header(connection, int(run), events)

    def load(self, run: str) -> tuple[Plan, list[Event]]:
        """The plan of a run and all its events, in order. `KeyError` for an unknown run."""
        rows = self._database.query("SELECT body FROM plans WHERE run = ?", _number(run))
        if not rows:
            raise KeyError(run)
        return codec.from_json(Plan, rows[0]["body"]), [event for _, event in self.events(run)]

    def unfinished(self) -> list[str]:
        """The runs that have not ended and that no other living process executes, oldest first.

        From now on they belong to this process.
        """
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT id, owner FROM runs WHERE state <> 'finished' ORDER BY id"
            ).fetchall()
            names = {row["owner"] for row in rows}
            others = (self._owner.living(names) if self._owner else set()) - {self._owner_name}
            ours = [row["id"] for row in rows if row["owner"] not in others]
            connection.executemany(
                "UPDATE runs SET owner = ? WHERE id = ?", [(self._owner_name, id) for id in ours]
            )
        return [str(id) for id in ours]

    # Reading

    def events(self, run: str, after: int = 0) -> list[tuple[int, Event]]:
        """The events of a run past sequence `after`, each with its sequence: for followers."""
        rows = self._database.query(
            "SELECT sequence, body FROM events WHERE run = ? AND sequence > ? ORDER BY sequence",
            _number(run),
            after,
        )
        return [(row["sequence"], codec.from_json(Event, row["body"])) for row in rows]

    def get(self, run: str) -> Run | None:
        """The header of a run."""
        rows = self._database.query(f"{_SELECT} WHERE id = ?", _number(run))
        return _run(rows[0]) if rows else None

    def unfinished_headers(self) -> list[Run]:
        """The headers of all runs that have not ended, whoever executes them, oldest first."""
        return [
            _run(row)
            for row in self._database.query(f"{_SELECT} WHERE state <> 'finished' ORDER BY id")
        ]

    def list(self, *, before: int | None = None, limit: int = 50, **filters: str) -> list[Run]:
        """The newest runs that match every filter, newest first.

        `filters` are by the texts of `Run` (`kind="pipeline", branch="main"`); `before` is the id
        of the last run of the page before.
        """
        unknown = filters.keys() - set(_FILTERS)
        if unknown:
            raise ValueError(f"runs are not listed by {', '.join(sorted(unknown))}")
        conditions = [f'"{name}" = ?' for name in filters]
        parameters: list[object] = list(filters.values())
        if before is not None:
            conditions.append("id < ?")
            parameters.append(before)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._database.query(
            f"{_SELECT}{where} ORDER BY id DESC LIMIT ?", *parameters, limit
        )
        return [_run(row) for row in rows]

    # Definitions and numbers

    def definition_id(self, name: str) -> int:
        """The number of a pipeline definition, given when it is first asked for."""
        rows = self._database.query("SELECT id FROM definitions WHERE name = ?", name)
        if rows:
            return int(rows[0]["id"])
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO definitions (name) VALUES (?) ON CONFLICT DO NOTHING", (name,)
            )
            found = connection.execute("SELECT id FROM definitions WHERE name = ?", (name,))
            return int(found.fetchone()[0])

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


def _number(run: str) -> int:
    """The number in a run's text; one that is no number names no run."""
    return int(run) if run.isascii() and run.isdigit() and len(run) < 19 else -1


def _next(connection: sqlite3.Connection, counter: str) -> int:
    row = connection.execute(
        "INSERT INTO counters (name, value) VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (counter,),
    ).fetchone()
    return int(row[0])


def _new_run(run: str, header: Mapping[str, str], owner: str, now: float) -> Run:
    return Run(
        id=int(run),
        kind=header.get("kind") or "pipeline",
        name=header.get("name", ""),
        number=header.get("number", ""),
        definition=header.get("definition", ""),
        branch=header.get("branch", ""),
        commit=header.get("commit", ""),
        reason=header.get("reason", ""),
        created=now,
        owner=owner,
        extra={name: value for name, value in header.items() if name not in _HEADER},
    )


def _insert(connection: sqlite3.Connection, run: Run) -> None:
    values = [getattr(run, column.strip('"')) for column in _COLUMNS]
    values[-1] = json.dumps(dict(run.extra), ensure_ascii=False)
    places = ", ".join("?" * len(_COLUMNS))
    connection.execute(f"INSERT INTO runs ({', '.join(_COLUMNS)}) VALUES ({places})", values)


def _run(row: sqlite3.Row) -> Run:
    values: dict[str, Any] = dict(row)
    return Run(**{**values, "extra": json.loads(values["extra"])})


def _change_header(connection: sqlite3.Connection, run: int, events: Sequence[Event]) -> None:
    """Bring the header in line with the events. An ended run stays ended."""
    for event in events:
        match event:
            case NodeQueued() | NodeStarted():
                connection.execute(
                    "UPDATE runs SET state = 'running', started = ? WHERE id = ?"
                    " AND state = 'queued'",
                    (event.at, run),
                )
            case CancelRequested(node=None):
                connection.execute(
                    "UPDATE runs SET state = 'canceling' WHERE id = ? AND state <> 'finished'",
                    (run,),
                )
            case RunChanged(name="number"):
                connection.execute("UPDATE runs SET number = ? WHERE id = ?", (event.value, run))
            case RunFinished():
                connection.execute(
                    "UPDATE runs SET state = 'finished', result = ?, finished = ? WHERE id = ?",
                    (str(event.result), event.at, run),
                )
