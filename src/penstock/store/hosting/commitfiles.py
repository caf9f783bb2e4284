"""The files of commits in hosted repositories, as the language reads them, without a checkout."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.language.source import Source, decode
from penstock.language.templates.files import UnreadableFile
from penstock.records import record
from penstock.store.git.names import BadPath, checked_path
from penstock.store.git.program import TooMuch
from penstock.store.git.records import Entry, Kind
from penstock.store.git.repository import BareRepository, NotFound

FILE_LIMIT = 32 * 1024 * 1024
_LONGEST_CHAIN = 20


@record
class CommitOf:
    """A commit of a hosted repository; `label` is what messages call it."""

    git: BareRepository
    commit: str
    label: str


class CommitFiles:
    """Implements `language.templates.files.Files`: each alias (`self` too) stands for a commit.

    Symbolic links are followed inside the repository, never out of it. Trees are kept, so make one
    for each compilation.
    """

    def __init__(self, repositories: Mapping[str, CommitOf]) -> None:
        self._commits = {alias.lower(): commit for alias, commit in repositories.items()}
        self._trees: dict[tuple[str, str], dict[str, Entry]] = {}

    def describe(self, repository: str) -> str | None:
        """The label of the repository's commit, or None when none was given."""
        found = self._commits.get(repository.lower())
        return None if found is None else found.label

    def read(self, repository: str, path: str) -> Source | None:
        """The text of a file; see Files."""
        commit = self._commits.get(repository.lower())
        if commit is None:
            return None
        entry = self._follow(repository.lower(), commit, _inside(path))
        if entry is None or entry.kind is not Kind.FILE:
            return None
        try:
            data = commit.git.blob(entry.id, FILE_LIMIT)
        except TooMuch as error:
            raise UnreadableFile(str(error)) from error
        name = "self" if repository.lower() == "self" else repository
        source, diagnostic = decode(data, path, name)
        if diagnostic:
            raise UnreadableFile(diagnostic.message, diagnostic)
        return source

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        """The names of the files in a folder; none when it cannot be listed."""
        commit = self._commits.get(repository.lower())
        if commit is None:
            return ()
        try:
            entry = self._follow(repository.lower(), commit, _inside(folder))
        except UnreadableFile:
            return ()
        if entry is None or entry.kind is not Kind.FOLDER:
            return ()
        return tuple(sorted(self._tree(repository.lower(), commit, entry.path)))

    def _follow(self, alias: str, commit: CommitOf, path: str) -> Entry | None:
        """What is at a path, through symbolic links; the entry's own path is free of them."""
        parts = [part for part in path.split("/") if part]
        here = _ROOT
        followed = 0
        while parts:
            if here.kind is not Kind.FOLDER:
                return None
            found = self._tree(alias, commit, here.path).get(parts.pop(0))
            if found is None:
                return None
            if found.is_symlink:
                followed += 1
                if followed > _LONGEST_CHAIN:
                    raise UnreadableFile("it is a symbolic link to itself")
                target = commit.git.blob(found.id, FILE_LIMIT).decode("utf-8", "replace")
                parts = [*_joined(here.path, target), *parts]
                found = _ROOT
            here = found
        return here

    def _tree(self, alias: str, commit: CommitOf, folder: str) -> dict[str, Entry]:
        known = self._trees.get((alias, folder))
        if known is None:
            try:
                known = {entry.name: entry for entry in commit.git.tree(commit.commit, folder)}
            except NotFound:
                known = {}
            self._trees[alias, folder] = known
        return known


_ROOT = Entry(path="", kind=Kind.FOLDER, id="", mode=0o040000)
_OUTSIDE = 'it leads out of the repository, by a symbolic link or by ".."'


def _inside(path: str) -> str:
    """A path from the root, without `.` and `..`."""
    try:
        return checked_path("/".join(_joined("", path)))
    except BadPath as error:
        raise UnreadableFile(str(error)) from error


def _joined(folder: str, path: str) -> list[str]:
    if path.startswith("/"):
        raise UnreadableFile(_OUTSIDE)
    parts = [part for part in folder.split("/") if part]
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise UnreadableFile(_OUTSIDE)
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return parts
