"""The library of every project: groups, connections, secure files, environments, permissions.

Secret values are kept by `Secrets`, in the same transactions; nothing here returns one by accident:
they are had by `secrets` and `content` only.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any

from penstock.devops.resources import (
    Actor,
    Grant,
    Kept,
    NameTaken,
    NoSuchResource,
    Resource,
    ResourceType,
)
from penstock.store.database import Database
from penstock.store.library.secrets import Secrets

_NUMBERED = (ResourceType.VARIABLE_GROUP, ResourceType.ENVIRONMENT)
_CONTENT = "content"


class Resources:
    """Implements `devops.resources.ResourceStore`. Every method may be called from any thread; each
    change is one transaction."""

    def __init__(
        self,
        database: Database,
        secrets: Secrets,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._new_id = new_id

    def of_type(self, project: str, type: ResourceType) -> list[Kept]:
        """All of a type, by name."""
        rows = self._database.query(
            "SELECT * FROM resources WHERE project = ? AND type = ? ORDER BY name", project, type
        )
        return [_kept(row) for row in rows]

    def get(self, project: str, type: ResourceType, id: str) -> Kept | None:
        """One by its id."""
        rows = self._database.query(
            "SELECT * FROM resources WHERE project = ? AND type = ? AND id = ?",
            project,
            type,
            id.lower(),
        )
        return _kept(rows[0]) if rows else None

    def named(self, project: str, type: ResourceType, name: str) -> Kept | None:
        """One by its name."""
        rows = self._database.query(
            "SELECT * FROM resources WHERE project = ? AND type = ? AND name = ?",
            project,
            type,
            name,
        )
        return _kept(rows[0]) if rows else None

    def create(
        self,
        project: str,
        type: ResourceType,
        name: str,
        by: Actor,
        *,
        description: str = "",
        body: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Kept:
        """Keep a new one, with its secret values or (a secure file) its content.

        Raises `NameTaken`.
        """
        with self._database.transaction() as connection:
            kept = self._insert(connection, project, type, name, by, description, body or {})
            self._secrets.write(connection, project, owner_of(kept), secrets or {})
            if content is not None:
                self._secrets.write(connection, project, owner_of(kept), {_CONTENT: content})
        return kept

    def change(
        self,
        kept: Kept,
        by: Actor,
        *,
        secrets: Mapping[str, str] | None = None,
        dropped: Collection[str] = (),
    ) -> Kept:
        """Keep the name, description and body of `kept` in place of what is there; `secrets` are
        new values, `dropped` the names of those to forget. Raises `NameTaken`, `NoSuchResource`."""
        owner = owner_of(kept)
        with self._database.transaction() as connection:
            row = self._update(connection, kept, by)
            if row is None:
                raise NoSuchResource(kept.id)
            for name in dropped:
                self._secrets.erase(connection, kept.project, owner, name)
            self._secrets.write(connection, kept.project, owner, secrets or {})
        return _kept(row)

    def _update(self, connection: sqlite3.Connection, kept: Kept, by: Actor) -> sqlite3.Row | None:
        place = (kept.project, kept.type, kept.id)
        before = connection.execute(
            "SELECT name FROM resources WHERE project = ? AND type = ? AND id = ?", place
        ).fetchone()
        if kept.type is ResourceType.ENVIRONMENT and before is not None:
            # Its history goes by its name, which runs know.
            connection.execute(
                "UPDATE deployments SET environment = ? WHERE project = ?"
                " AND environment = ? COLLATE NOCASE",
                (kept.name, kept.project, before["name"]),
            )
        body = json.dumps(kept.body, ensure_ascii=False)
        changed = (kept.name, kept.description, body, self._clock(), actor_text(by))
        try:
            row: sqlite3.Row | None = connection.execute(
                "UPDATE resources SET name = ?, description = ?, body = ?, modified = ?,"
                " modified_by = ? WHERE project = ? AND type = ? AND id = ? RETURNING *",
                (*changed, *place),
            ).fetchone()
        except sqlite3.IntegrityError:
            raise NameTaken(kept.name) from None
        return row

    def delete(self, project: str, type: ResourceType, id: str) -> bool:
        """Forget one with its secrets, permissions and checks, an environment with its history;
        whether it was there."""
        id = id.lower()
        with self._database.transaction() as connection:
            gone = connection.execute(
                "DELETE FROM resources WHERE project = ? AND type = ? AND id = ? RETURNING name",
                (project, type, id),
            ).fetchone()
            self._secrets.erase(connection, project, f"{type}:{id}")
            for table in ("resource_grants", "resource_checks"):
                connection.execute(
                    f"DELETE FROM {table} WHERE project = ? AND type = ? AND resource = ?",
                    (project, type, id),
                )
            if gone is not None and type is ResourceType.ENVIRONMENT:
                connection.execute(
                    "DELETE FROM deployments WHERE project = ? AND environment = ? COLLATE NOCASE",
                    (project, gone["name"]),
                )
        return gone is not None

    def secrets(self, kept: Kept) -> dict[str, str]:
        """The secret values of a group or connection, by name."""
        return self._secrets.values(kept.project, owner_of(kept))

    def content(self, kept: Kept) -> bytes:
        """What a secure file holds."""
        return self._secrets.content(kept.project, owner_of(kept), _CONTENT) or b""

    def ensure(self, project: str, type: ResourceType, name: str, by: Actor, pipeline: int) -> Kept:
        """The one of that name; where there is none it is made, and the pipeline may use it."""
        found = self.named(project, type, name)
        if found is not None:
            return found
        try:
            with self._database.transaction() as connection:
                kept = self._insert(connection, project, type, name, by, "", {})
                self._grant(connection, project, kept.resource, pipeline, by)
        except NameTaken:
            found = self.named(project, type, name)
            assert found is not None
            return found
        return kept

    # Permissions

    def grants(self, project: str, resource: Resource) -> list[Grant]:
        """Who may use a resource."""
        rows = self._database.query(
            "SELECT pipeline, by, at FROM resource_grants WHERE project = ? AND type = ?"
            " AND resource = ? ORDER BY pipeline",
            project,
            resource.type,
            resource.id.lower(),
        )
        return [Grant(pipeline=r["pipeline"], by=actor_of(r["by"]), at=r["at"]) for r in rows]

    def grant(self, project: str, resource: Resource, pipeline: int, by: Actor) -> None:
        """Let a pipeline use a resource; one that may already is left as it is."""
        with self._database.transaction() as connection:
            self._grant(connection, project, resource, pipeline, by)

    def revoke(self, project: str, resource: Resource, pipelines: Collection[int]) -> None:
        """Take such permissions back."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM resource_grants WHERE project = ? AND type = ? AND resource = ?"
                " AND pipeline = ?",
                [(project, resource.type, resource.id.lower(), one) for one in pipelines],
            )

    def _grant(
        self,
        connection: sqlite3.Connection,
        project: str,
        resource: Resource,
        pipeline: int,
        by: Actor,
    ) -> None:
        connection.execute(
            "INSERT INTO resource_grants (project, type, resource, pipeline, by, at)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                project,
                resource.type,
                resource.id.lower(),
                pipeline,
                actor_text(by),
                self._clock(),
            ),
        )

    def _insert(
        self,
        connection: sqlite3.Connection,
        project: str,
        type: ResourceType,
        name: str,
        by: Actor,
        description: str,
        body: Mapping[str, Any],
    ) -> Kept:
        id = _next_number(connection) if type in _NUMBERED else self._new_id().lower()
        now = self._clock()
        try:
            connection.execute(
                "INSERT INTO resources (project, type, id, name, description, body, created,"
                " created_by, modified, modified_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    project,
                    type,
                    id,
                    name,
                    description,
                    json.dumps(body, ensure_ascii=False),
                    now,
                    actor_text(by),
                    now,
                    actor_text(by),
                ),
            )
        except sqlite3.IntegrityError:
            raise NameTaken(name) from None
        return Kept(
            project=project,
            type=type,
            id=id,
            name=name,
            description=description,
            body=body,
            created=now,
            created_by=by,
            modified=now,
            modified_by=by,
        )


def forget_project(connection: sqlite3.Connection, project: str) -> None:
    """Forget the library of a project with all its secrets, inside a transaction."""
    tables = (
        "resources",
        "secrets",
        "resource_grants",
        "resource_checks",
        "resource_locks",
        "deployments",
    )
    for table in tables:
        connection.execute(f"DELETE FROM {table} WHERE project = ?", (project,))


def owner_of(kept: Kept) -> str:
    """What the secrets of a resource are kept under."""
    return f"{kept.type}:{kept.id}"


def actor_text(actor: Actor) -> str:
    """An account as a column keeps it: as it was called then."""
    return json.dumps([actor.id, actor.name, actor.display_name], ensure_ascii=False)


def actor_of(text: str) -> Actor:
    """The account that a column keeps."""
    id, name, display_name = json.loads(text)
    return Actor(id=id, name=name, display_name=display_name)


def _next_number(connection: sqlite3.Connection) -> str:
    row = connection.execute(
        "INSERT INTO counters (name, value) VALUES ('resource', 1)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
    ).fetchone()
    return str(row[0])


def _kept(row: sqlite3.Row) -> Kept:
    values: dict[str, Any] = dict(row)
    return Kept(
        **{
            **values,
            "type": ResourceType(values["type"]),
            "body": json.loads(values["body"]),
            "created_by": actor_of(values["created_by"]),
            "modified_by": actor_of(values["modified_by"]),
        }
    )
