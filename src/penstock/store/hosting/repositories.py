"""The repositories of projects: their records, and the bare repositories that lie under the home.

A folder is named by the repository's id, so no name from outside ever becomes a path.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from penstock.records import record
from penstock.store.database import Database
from penstock.store.git.making import make_bare, remove_bare, sweep_bare, tidy
from penstock.store.git.names import checked_ref
from penstock.store.git.objects import Objects
from penstock.store.git.repository import HEADS, BareRepository
from penstock.store.projects import NameTaken, Project, checked_repository_name

DEFAULT_BRANCH = "refs/heads/main"
_OLD_SECONDS = 60.0


class RepositoryMissing(Exception):
    """there is no such repository"""


@record
class Repository:
    """A repository of a project. `id` is a GUID."""

    id: str
    project: str
    name: str
    created: float


class Repositories:
    """Keeps repositories. Every method may be called from any thread; names ignore case.

    `folder` holds the bare repositories. Close it when no thread uses it any more.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        new_id: Callable[[], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._folder = folder
        self._new_id = new_id
        self._clock = clock
        self._objects = Objects()

    def create(
        self, project: Project, name: str, default_branch: str = DEFAULT_BRANCH
    ) -> Repository:
        """Make an empty repository. Raises BadName, NameTaken, GitFailed."""
        repository = Repository(
            id=self._new_id(),
            project=project.id,
            name=checked_repository_name(name),
            created=self._clock(),
        )
        if self.find(name, project.id) is not None:
            raise NameTaken(f'there is a repository "{name}" in the project already')
        folder = self.folder(repository.id)
        make_bare(folder, default_branch)
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "INSERT INTO repositories (id, project, name, created) VALUES (?, ?, ?, ?)",
                    (repository.id, project.id, name, repository.created),
                )
        except sqlite3.IntegrityError as error:
            remove_bare(folder)
            raise NameTaken(f'there is a repository "{name}" in the project already') from error
        return repository

    def find(self, repository: str, project: str = "") -> Repository | None:
        """The repository of that id, or of that name in a project (its id)."""
        rows = self._database.query(
            "SELECT * FROM repositories WHERE (id = ? OR (name = ? AND project = ?))"
            " AND (? = '' OR project = ?) ORDER BY id = ? DESC",
            repository.lower(),
            repository,
            project,
            project,
            project,
            repository.lower(),
        )
        return Repository(**dict(rows[0])) if rows else None

    def get(self, repository: str, project: str = "") -> Repository:
        """As `find`. Raises RepositoryMissing."""
        found = self.find(repository, project)
        if found is None:
            raise RepositoryMissing(f'there is no repository "{repository[:200]}"')
        return found

    def list(self, project: str = "") -> list[Repository]:
        """The repositories of a project (its id), or all, by name."""
        rows = self._database.query(
            "SELECT * FROM repositories WHERE ? = '' OR project = ? ORDER BY name", project, project
        )
        return [Repository(**dict(row)) for row in rows]

    def rename(self, repository: Repository, name: str) -> Repository:
        """Give a repository another name. Raises BadName, NameTaken."""
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "UPDATE repositories SET name = ? WHERE id = ?",
                    (checked_repository_name(name), repository.id),
                )
        except sqlite3.IntegrityError as error:
            raise NameTaken(f'there is a repository "{name}" in the project already') from error
        return self.get(repository.id)

    def set_default_branch(self, repository: Repository, ref: str) -> None:
        """Let another branch be the default one. Raises BadRef."""
        self.git(repository).set_default_branch(checked_ref(ref))

    def adopt_first_branch(self, repository: Repository, pushed: str) -> None:
        """After a push: where the default branch is not there, the pushed branch becomes it."""
        git = self.git(repository)
        if pushed.startswith(HEADS) and git.ref(git.default_branch()) is None:
            git.set_default_branch(pushed)

    def delete(self, repository: Repository) -> None:
        """Remove a repository with everything in it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM repositories WHERE id = ?", (repository.id,))
        self._objects.forget(self.folder(repository.id))
        remove_bare(self.folder(repository.id))

    def git(self, repository: Repository) -> BareRepository:
        """What reads the repository."""
        return BareRepository(self.folder(repository.id), self._objects)

    def folder(self, id: str) -> Path:
        """Where the bare repository of that id lies."""
        return self._folder / f"{id}.git"

    def sweep(self) -> None:
        """At the start of a server: remove what a killed one left half made or half removed.

        A folder that no record names is left: it may be of a store restored to an earlier day.
        """
        if not self._folder.is_dir():
            return
        for folder in self._folder.glob(".*.git"):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in self._folder.glob("*.git"):
            sweep_bare(folder, before=time.time() - _OLD_SECONDS)

    def tidy(self, repository: Repository) -> None:
        """Pack what pushes left, when it is much."""
        tidy(self.folder(repository.id))

    def close(self) -> None:
        """End the processes that read."""
        self._objects.close()
