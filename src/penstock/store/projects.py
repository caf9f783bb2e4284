"""Projects: what people, repositories and pipelines belong to."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable

from penstock.records import record
from penstock.store.database import Database
from penstock.store.library import resources
from penstock.store.runs.headers import forget

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f\\/:*?"<>|;#$*{},+=\[\]]')
_RESERVED = frozenset(
    (
        *("con", "prn", "aux", "nul", "web", "bin", "app_code", "app_data", "app_globalresources"),
        *("app_localresources", "app_themes", "app_webreferences", "app_browsers", "signalr"),
        *("defaultcollection", "web.config", "servicehooks", "clientaccesspolicy.xml"),
        *(f"com{n}" for n in range(1, 11)),
        *(f"lpt{n}" for n in range(1, 10)),
    )
)
"""https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions"""
LONGEST_NAME = 64


class BadName(Exception):
    """the name is not one that a project or repository may have"""


class NameTaken(Exception):
    """there is a project or repository of that name already"""


class ProjectMissing(Exception):
    """there is no such project"""


@record
class Project:
    """A project. `id` is a GUID; times are seconds since 1970."""

    id: str
    name: str
    description: str
    created: float
    updated: float


class Projects:
    """Keeps projects. Every method may be called from any thread. Names are compared without case.

    A project's first repository is made by whoever makes the project: `Repositories.create`.
    """

    def __init__(
        self,
        database: Database,
        new_id: Callable[[], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._new_id = new_id
        self._clock = clock

    def create(self, name: str, description: str = "") -> Project:
        """Keep a new project. Raises BadName, NameTaken."""
        now = self._clock()
        project = Project(
            id=self._new_id(),
            name=checked_project_name(name),
            description=description,
            created=now,
            updated=now,
        )
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "INSERT INTO projects (id, name, description, created, updated)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (project.id, project.name, description, now, now),
                )
        except sqlite3.IntegrityError as error:
            raise NameTaken(f'there is a project "{name}" already') from error
        return project

    def find(self, project: str) -> Project | None:
        """The project of that id or name."""
        rows = self._database.query(
            "SELECT * FROM projects WHERE id = ? OR name = ? ORDER BY id = ? DESC",
            project.lower(),
            project,
            project.lower(),
        )
        return Project(**dict(rows[0])) if rows else None

    def get(self, project: str) -> Project:
        """The project of that id or name. Raises ProjectMissing."""
        found = self.find(project)
        if found is None:
            raise ProjectMissing(f'there is no project "{project[:200]}"')
        return found

    def list(self) -> list[Project]:
        """All projects, by name."""
        rows = self._database.query("SELECT * FROM projects ORDER BY name")
        return [Project(**dict(row)) for row in rows]

    def change(
        self, project: str, *, name: str | None = None, description: str | None = None
    ) -> Project:
        """Rename a project or describe it anew. Raises ProjectMissing, BadName, NameTaken."""
        found = self.get(project)
        new_name = None if name is None else checked_project_name(name)
        try:
            with self._database.transaction() as connection:
                row = connection.execute(
                    "UPDATE projects SET name = coalesce(?, name), updated = ?,"
                    " description = coalesce(?, description) WHERE id = ? RETURNING *",
                    (new_name, self._clock(), description, found.id),
                ).fetchone()
        except sqlite3.IntegrityError as error:
            raise NameTaken(f'there is a project "{name}" already') from error
        if row is None:
            raise ProjectMissing(f'there is no project "{project[:200]}" any more')
        return Project(**dict(row))

    def delete(self, project: str) -> None:
        """Forget a project with its library, its pipelines and their runs that have ended, and the
        records of its repositories; their folders go first, by `Repositories.delete`."""
        with self._database.transaction() as connection:
            resources.forget_project(connection, project)
            for table in ("pipelines", "trigger_events"):
                connection.execute(f"DELETE FROM {table} WHERE project = ?", (project,))
            forget(connection, "project = ?", project)
            connection.execute("DELETE FROM projects WHERE id = ?", (project,))


def checked_project_name(name: str) -> str:
    """The name, when a project may have it. Raises BadName."""
    return _checked(name, "project", _NOT_IN_NAMES)


def checked_repository_name(name: str) -> str:
    """The name, when a repository may have it. Raises BadName."""
    if name.lower().endswith((".git", ".lock")):
        raise BadName(f'the repository name "{name}" may not end with ".git" or ".lock"')
    return _checked(name, "repository", _NOT_IN_REPOSITORY_NAMES)


_NOT_IN_REPOSITORY_NAMES = re.compile(r'[\x00-\x1f\x7f\\/:~&%;@\'"?<>|#$*{},+=\[\]]')


def _checked(name: str, kind: str, not_in: re.Pattern[str]) -> str:
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadName(f"the name of a {kind} has 1 to {LONGEST_NAME} characters, not {len(name)}")
    if found := not_in.search(name):
        raise BadName(f'the {kind} name "{name}" may not hold {found[0]!a}')
    if name.startswith(("_", ".", " ")) or name.endswith((".", " ")):
        raise BadName(
            f'the {kind} name "{name}" may not begin with "_", "." or a space, nor end with "." or'
            " a space"
        )
    if name.lower() in _RESERVED:
        raise BadName(f'the {kind} name "{name}" is reserved')
    return name
