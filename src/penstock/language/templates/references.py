"""Template references: `path@alias` as the service reads it, resolved against the file it is in."""

from __future__ import annotations

import posixpath

from penstock.records import record

SELF = "self"


@record(kw_only=False)
class Place:
    """A file of a repository: the alias, and the path from the repository's root."""

    repository: str
    path: str

    def __str__(self) -> str:
        return self.path if self.repository == SELF else f"{self.path}@{self.repository}"


@record(kw_only=False)
class Reference:
    """A reference taken apart. `repository` is "" when none was written."""

    path: str
    repository: str


def take_apart(text: str) -> Reference:
    """Split at the first `@`; a back-slash is a slash. Nothing is trimmed."""
    path, at, alias = text.partition("@")
    return Reference(path.replace("\\", "/"), (alias or SELF) if at else "")


def resolve(reference: Reference, includer: Place) -> Place | None:
    """The file a reference means, or None when its path leaves the repository.

    A path from `/` begins at the root of the target repository. Any other begins in the folder of
    the including file, and at the root when the target is another repository than the includer's.
    """
    repository = reference.repository or includer.repository
    folder = _base(reference, includer)
    path = posixpath.normpath(posixpath.join("/", folder, reference.path))
    return None if _leaves(folder, reference.path) else Place(repository, path.lstrip("/"))


def unresolved(reference: Reference, includer: Place) -> str:
    """The path of a reference as the service prints it when it leaves the repository.

    It is joined to the including file's folder, which is `/` for a file at the root.
    """
    if reference.path.startswith("/"):
        return reference.path
    folder = "/" + _base(reference, includer)
    return f"{folder if _is_same(reference, includer) else ''}/{reference.path}"


def _base(reference: Reference, includer: Place) -> str:
    """The folder in which a path that does not begin with `/` begins."""
    return posixpath.dirname(includer.path) if _is_same(reference, includer) else ""


def _is_same(reference: Reference, includer: Place) -> bool:
    repository = reference.repository or includer.repository
    return repository.lower() == includer.repository.lower()


def _leaves(folder: str, path: str) -> bool:
    depth = 0 if path.startswith("/") else len([part for part in folder.split("/") if part])
    for part in path.split("/"):
        depth += -1 if part == ".." else (part not in ("", "."))
        if depth < 0:
            return True
    return False
