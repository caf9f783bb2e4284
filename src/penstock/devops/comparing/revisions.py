"""The files of a Git revision, read from the object database: nothing is checked out."""

from __future__ import annotations

import posixpath
import subprocess
from pathlib import Path
from types import TracebackType

from penstock.devops.git import git_output
from penstock.gitsafety import SAFE
from penstock.language.source import Source, decode
from penstock.language.templates.files import Files, UnreadableFile

_SELF = "self"
_WHY_NOT = {
    "symlink": "it is a symbolic link out of the repository",
    "dangling": "it is a symbolic link that leads nowhere",
    "loop": "it is a symbolic link to itself",
    "notdir": "a part of its path is no folder",
}


class GitFailed(Exception):
    """Git cannot answer; the message says why"""


def find_commit(root: Path, revision: str) -> str:
    """The id of the commit that a revision names. Raises GitFailed where there is none."""
    if not revision or revision.startswith("-") or "\0" in revision:
        raise GitFailed(f'"{revision}" is not a revision')
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    found = _git(root, *asked)
    if found is None:
        if _git(root, "rev-parse", "--git-dir") is None:
            raise GitFailed(f"{root} is not in a Git repository")
        raise GitFailed(f'there is no revision "{revision}"')
    return found.strip()


def merge_base(root: Path, left: str, right: str) -> str:
    """The best common ancestor of two commits. Raises GitFailed where they have none."""
    found = _git(root, "merge-base", "--end-of-options", left, right)
    if found is None:
        raise GitFailed("the two revisions have no commit in common")
    return found.strip()


class RevisionFiles:
    """The files of `self` as a commit has them; those of further repositories from `others`.

    It keeps a `git cat-file` process open; use it in a `with` statement.
    """

    def __init__(self, root: Path, commit: str, others: Files) -> None:
        self._root, self._commit, self._others = root, commit, others
        self._prefix = (_git(root, "rev-parse", "--show-prefix") or "").rstrip("\n")
        self._process = subprocess.Popen(
            ["git", *SAFE, "-C", str(root), "cat-file", "--batch", "--follow-symlinks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> RevisionFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def describe(self, repository: str) -> str | None:
        """The commit for `self`, what `others` say for other repositories."""
        if repository.lower() == _SELF:
            return f"{self._root} at {self._commit[:10]}"
        return self._others.describe(repository)

    def read(self, repository: str, path: str) -> Source | None:
        """The text of a file; see Files."""
        if repository.lower() != _SELF:
            return self._others.read(repository, path)
        data = self._blob(_inside(path))
        if data is None:
            return None
        source, diagnostic = decode(data, path)
        if diagnostic:
            raise UnreadableFile(diagnostic.message, diagnostic)
        return source

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        """The names of the files in a folder; none when there is no such folder."""
        if repository.lower() != _SELF:
            return self._others.names(repository, folder)
        tree = f"{self._commit}:{self._prefix}{_inside(folder) if folder else ''}"
        found = _git(self._root, "ls-tree", "-z", "--full-tree", "--name-only", tree.rstrip("/"))
        return tuple(name for name in (found or "").split("\0") if name)

    def _blob(self, path: str) -> bytes | None:
        """The bytes of a file of the commit, or None where it has none."""
        asked, answer = self._process.stdin, self._process.stdout
        assert asked is not None and answer is not None
        asked.write(f"{self._commit}:{self._prefix}{path}\n".encode())
        asked.flush()
        words = answer.readline().decode("utf-8", "replace").split()
        if not words:
            raise GitFailed("git ended while its files were read")
        if words[0] in _WHY_NOT and len(words) == 2:
            answer.read(int(words[1]) + 1)
            raise UnreadableFile(_WHY_NOT[words[0]])
        if words[-1] == "missing":
            return None
        data = answer.read(int(words[2]))
        answer.read(1)
        return data if words[1] == "blob" else None


def _inside(path: str) -> str:
    """A path from the root of the repository, normalised."""
    normal = posixpath.normpath(path)
    if normal.startswith(("/", "../")) or normal == ".." or any(c in path for c in "\n\0"):
        raise UnreadableFile('it leads out of the repository, by a symbolic link or by ".."')
    return "" if normal == "." else normal


def _git(root: Path, *arguments: str) -> str | None:
    """What git printed, or None where it failed. Raises GitFailed where it is missing."""
    try:
        return git_output(root, *arguments)
    except FileNotFoundError as error:
        raise GitFailed("git is not installed") from error
