"""Pipeline definitions in the state database."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from penstock.devops.definitions import (
    Definition,
    DefinitionMoved,
    NameTaken,
    QueueStatus,
    QueueVariable,
    RunsRetained,
    Settings,
)
from penstock.store.database import Database
from penstock.store.runs.headers import forget

_COLUMNS = (
    "project",
    "folder",
    "name",
    "repository",
    "path",
    "branch",
    "settings",
    "revision",
    "author",
    "created",
    "updated",
)


class SqlDefinitions:
    """Implements `devops.definitions.Definitions`. Every method may be called from any thread."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(self, definition: Definition) -> Definition:
        """Keep a new one; its number and times are given here. Raises NameTaken."""
        now = self._clock()
        fresh = replace(definition, revision=1, created=now, updated=now)
        places = ", ".join("?" * len(_COLUMNS))
        with self._database.transaction() as connection:
            try:
                row = connection.execute(
                    f"INSERT INTO pipelines ({', '.join(_COLUMNS)}) VALUES ({places}) RETURNING id",
                    _values(fresh),
                ).fetchone()
            except sqlite3.IntegrityError as error:
                raise _taken(definition) from error
            return replace(fresh, id=int(row[0]))

    def update(self, definition: Definition) -> Definition:
        """Keep a changed one of the newest revision, which is one higher then. Raises NameTaken,
        DefinitionMoved, KeyError."""
        places = ", ".join(f"{column} = ?" for column in _COLUMNS)
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT revision, created FROM pipelines WHERE id = ?", (definition.id,)
            ).fetchone()
            if row is None:
                raise KeyError(definition.id)
            if int(row["revision"]) != definition.revision:
                raise DefinitionMoved(
                    f"the pipeline was changed meanwhile: it has revision {row['revision']}"
                )
            fresh = replace(
                definition,
                revision=definition.revision + 1,
                created=row["created"],
                updated=self._clock(),
            )
            try:
                connection.execute(
                    f"UPDATE pipelines SET {places} WHERE id = ?", (*_values(fresh), fresh.id)
                )
            except sqlite3.IntegrityError as error:
                raise _taken(definition) from error
        return fresh

    def get(self, id: int) -> Definition | None:
        """One, by its number."""
        rows = self._database.query("SELECT * FROM pipelines WHERE id = ?", id)
        return _definition(rows[0]) if rows else None

    def delete(self, id: int) -> Sequence[int]:
        """Forget one with its runs that have ended; the numbers of these. Raises RunsRetained."""
        with self._database.transaction() as connection:
            kept = connection.execute(
                "SELECT id FROM runs WHERE pipeline = ? AND kept = 1 LIMIT 1", (id,)
            ).fetchone()
            if kept is not None:
                raise RunsRetained(f"run {kept['id']} of the pipeline is retained")
            connection.execute("DELETE FROM pipelines WHERE id = ?", (id,))
            connection.execute("DELETE FROM resource_grants WHERE pipeline = ?", (id,))
            return forget(connection, "pipeline = ?", id)

    def list(self, project: str = "", repository: str = "") -> list[Definition]:
        """Those of a project, or of a repository, by folder and name."""
        rows = self._database.query(
            "SELECT * FROM pipelines WHERE (? = '' OR project = ?)"
            " AND (? = '' OR repository = ?) ORDER BY folder, name",
            project,
            project,
            repository,
            repository,
        )
        return [_definition(row) for row in rows]


def _taken(definition: Definition) -> NameTaken:
    return NameTaken(
        f'a pipeline "{definition.name}" is in the folder "{definition.folder}" already'
    )


def _values(definition: Definition) -> list[object]:
    values = [getattr(definition, column) for column in _COLUMNS]
    values[_COLUMNS.index("settings")] = json.dumps(asdict(definition.settings), ensure_ascii=False)
    return values


def _definition(row: sqlite3.Row) -> Definition:
    values: dict[str, Any] = dict(row)
    settings = json.loads(values["settings"])
    values["settings"] = Settings(
        variables=tuple(QueueVariable(**one) for one in settings["variables"]),
        queue_status=QueueStatus(settings["queue_status"]),
        badge=settings["badge"],
        description=settings["description"],
        tags=tuple(settings["tags"]),
    )
    return Definition(**values)
