"""The repositories of a server as runs use them: commits, and the files that commits hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from penstock.language.templates.files import Files
from penstock.records import record


@record
class SourceRepository:
    """A repository of a project. `folder` is its bare repository on this machine, `address` where
    git clients find it; `default_branch` is a full ref."""

    id: str
    project: str
    project_name: str
    name: str
    folder: Path
    address: str
    default_branch: str


@record
class CommitFacts:
    """What a run tells of the commit that it is of. `message` is whole; `at` is when it was made,
    in seconds since 1970."""

    id: str
    author: str = ""
    email: str = ""
    message: str = ""
    at: float = 0.0

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


class SourceMissing(Exception):
    """there is no such repository, branch, tag or commit"""


class Sources(Protocol):
    """Finds repositories and reads commits. Every method may be called from any thread."""

    def repository(self, name: str, project: str) -> SourceRepository:
        """By id or by `name` in the project (its id), also as `project/name`. Raises SourceMissing
        for others, those of other projects too."""

    def resolve(self, repository: SourceRepository, ref: str) -> str:
        """The commit of a full ref (empty: the default branch), or of a commit's own id. Raises
        SourceMissing."""

    def commit(self, repository: SourceRepository, id: str) -> CommitFacts:
        """What the commit says of itself. Raises SourceMissing."""

    def changes(self, repository: SourceRepository, old: str, new: str) -> list[CommitFacts]:
        """The commits that `new` has and `old` has not, newest first, a hundred at most; of a new
        branch (`old` empty) its last one."""

    def changed_paths(
        self, repository: SourceRepository, old: str, new: str
    ) -> tuple[str, ...] | None:
        """The paths that differ between two commits; None where they are not known (`old` empty,
        or too many)."""

    def is_on(self, repository: SourceRepository, ref: str, commit: str) -> bool:
        """Whether the history of a full ref holds a commit."""

    def fork(self, repository: SourceRepository, commit: str) -> str:
        """Where the history of a commit left the default branch; empty where it never was on it."""

    def branches(self, repository: SourceRepository) -> list[tuple[str, str]]:
        """Every branch with its commit."""

    def files(self, commits: Mapping[str, tuple[SourceRepository, str]]) -> Files:
        """The files of commits, by alias; `self` among them."""
