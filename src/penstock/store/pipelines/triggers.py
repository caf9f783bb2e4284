"""What happened that could start runs, and what was decided about each pipeline, kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from penstock.devops.starting.book import Decided, Happened, Started
from penstock.store.database import Database
from penstock.store.runs.headers import SELECT, Run, run_of

_EVENT = ("key", "project", "repository", "kind", "ref", "old", "new", "who", "about", "at")


class Triggers:
    """Implements `devops.starting.TriggerBook`. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_decided(self, key: str) -> bool:
        """Whether an event of that key was decided about already."""
        return bool(self._database.query("SELECT 1 FROM trigger_events WHERE key = ?", key))

    def started(self, key: str) -> list[Started]:
        """The runs that an event of that key started."""
        rows = self._database.query(
            "SELECT name, run FROM trigger_decisions JOIN trigger_events ON id = event"
            " WHERE key = ? AND run IS NOT NULL ORDER BY run",
            key,
        )
        return [Started(run=row["run"], pipeline=row["name"]) for row in rows]

    def decide(self, happened: Happened, decisions: Sequence[Decided]) -> None:
        """Keep an event with its decisions, once."""
        places = ", ".join("?" * len(_EVENT))
        with self._database.transaction() as connection:
            row = connection.execute(
                f"INSERT INTO trigger_events ({', '.join(_EVENT)}) VALUES ({places})"
                " ON CONFLICT (key) DO NOTHING RETURNING id",
                [getattr(happened, name) for name in _EVENT],
            ).fetchone()
            if row is not None:
                connection.executemany(
                    "INSERT INTO trigger_decisions"
                    " (event, pipeline, name, outcome, reason, why, place, run)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [
                        (
                            row[0],
                            one.pipeline,
                            one.name,
                            one.outcome,
                            one.reason,
                            one.why,
                            one.place,
                            one.run,
                        )
                        for one in decisions
                    ],
                )

    def held(self, pipeline: int) -> list[Happened]:
        """The pushes that a run of the pipeline holds back, oldest first."""
        rows = self._database.query(
            "SELECT trigger_events.* FROM trigger_decisions JOIN trigger_events ON id = event"
            " WHERE pipeline = ? AND outcome = 'held' AND kind = 'push' ORDER BY event",
            pipeline,
        )
        return [_happened(row) for row in rows]

    def release(self, pipeline: int, ref: str, run: int | None) -> None:
        """The pushes to a branch that were held back have their run now."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE trigger_decisions SET outcome = 'batched', run = ? WHERE pipeline = ?"
                " AND outcome = 'held'"
                " AND ? = (SELECT ref FROM trigger_events WHERE id = event)",
                (run, pipeline, ref),
            )

    def history(
        self, project: str, *, repository: str = "", top: int = 50, before: int | None = None
    ) -> list[tuple[Happened, list[Decided]]]:
        """The newest events of a project, or of one repository, each with its decisions."""
        rows = self._database.query(
            "SELECT * FROM trigger_events WHERE project = ? AND (? = '' OR repository = ?)"
            " AND id < ? ORDER BY id DESC LIMIT ?",
            project,
            repository,
            repository,
            before if before is not None else 2**62,
            top,
        )
        decisions: dict[int, list[Decided]] = {row["id"]: [] for row in rows}
        places = ", ".join("?" * len(decisions))
        for row in self._database.query(
            f"SELECT * FROM trigger_decisions WHERE event IN ({places}) ORDER BY event, name",
            *decisions,
        ):
            decisions[row["event"]].append(_decided(row))
        return [(_happened(row), decisions[row["id"]]) for row in rows]

    def to_follow(self) -> list[Run]:
        """The ended runs of pipelines of which nobody looked yet what their end starts."""
        rows = self._database.query(
            f"{SELECT} WHERE followed = 0 AND state = 'finished' AND pipeline IS NOT NULL"
            " ORDER BY id LIMIT 100"
        )
        return [run_of(row) for row in rows]

    def follow(self, run: int) -> None:
        """What the end of the run starts was started."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE runs SET followed = 1 WHERE id = ?", (run,))

    def looked(self) -> float:
        """When schedules were last looked at; 0 before the first time."""
        rows = self._database.query("SELECT value FROM counters WHERE name = 'schedules'")
        return float(rows[0]["value"]) if rows else 0.0

    def look(self, at: float) -> None:
        """Schedules were looked at."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO counters (name, value) VALUES ('schedules', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (int(at),),
            )


def _happened(row: sqlite3.Row) -> Happened:
    return Happened(id=row["id"], **{name: row[name] for name in _EVENT})


def _decided(row: sqlite3.Row) -> Decided:
    return Decided(
        pipeline=row["pipeline"],
        name=row["name"],
        outcome=row["outcome"],
        reason=row["reason"],
        why=row["why"],
        place=row["place"],
        run=row["run"],
    )
