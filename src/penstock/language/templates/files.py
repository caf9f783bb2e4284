"""Where pipeline and template texts come from: the Protocol, and local folders as one answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from penstock.language.source import Diagnostic, Source, decode
from penstock.language.yaml.complaints import too_large
from penstock.language.yaml.nodes import Limits

MAX_BYTES = 4 * Limits().characters
"""The size of a file that is not read at all: no text of the allowed length is larger in UTF-8."""

_SELF = "self"


class UnreadableFile(Exception):
    """the file is there and cannot be read

    The message says why; `diagnostic` says it with the place, where that is known.
    """

    def __init__(self, message: str, diagnostic: Diagnostic | None = None) -> None:
        super().__init__(message)
        self.diagnostic = diagnostic


class Files(Protocol):
    """The texts of the repositories that a pipeline can refer to.

    Aliases are given as written in `resources.repositories`, `self` for the pipeline's own; paths
    run from the root of the repository, without a leading slash and without `..`.
    """

    def read(self, repository: str, path: str) -> Source | None:
        """The text of a file, or None when the repository has no such file.

        Raises UnreadableFile when there is one that cannot be read, or that may not be.
        """

    def describe(self, repository: str) -> str | None:
        """What messages call the repository (folder or address); None when it was not given."""

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        """The names of the files in a folder, for suggestions; none when that is not known."""


class LocalFiles:
    """The files under a folder, and under one folder for each further repository.

    Nothing outside these folders is read, whatever a path or a symbolic link says.
    """

    def __init__(self, root: Path, repositories: Mapping[str, Path] | None = None) -> None:
        self._roots = {alias.lower(): path for alias, path in (repositories or {}).items()}
        self._roots[_SELF] = root

    def describe(self, repository: str) -> str | None:
        """The folder of the repository, or None when none was given."""
        root = self._roots.get(repository.lower())
        return None if root is None else str(root)

    def read(self, repository: str, path: str) -> Source | None:
        """The text of a file; see Files."""
        root = self._roots.get(repository.lower())
        if root is None:
            return None
        file = root / path
        name = _SELF if repository.lower() == _SELF else repository
        try:
            if not file.is_file():
                return None
            _stay_inside(root, file)
            check_size(file.stat().st_size, path, name)
            data = file.read_bytes()
        except OSError as error:
            raise UnreadableFile(error.strerror or str(error)) from error
        source, diagnostic = decode(data, path, name)
        if diagnostic:
            raise UnreadableFile(diagnostic.message, diagnostic)
        return source

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        """The names of the files in a folder; none when it cannot be listed."""
        root = self._roots.get(repository.lower())
        if root is None:
            return ()
        try:
            _stay_inside(root, root / folder)
            return tuple(sorted(entry.name for entry in (root / folder).iterdir()))
        except (OSError, UnreadableFile):
            return ()


def check_size(size: int, path: str, repository: str = _SELF) -> None:
    """Refuse a file of more than `MAX_BYTES` before it is read. Raises UnreadableFile."""
    if size > MAX_BYTES:
        diagnostic = too_large(Source(path, "", repository), size, MAX_BYTES)
        raise UnreadableFile(diagnostic.message, diagnostic)


def _stay_inside(root: Path, file: Path) -> None:
    # `Path.resolve` raises for a link that leads to itself.
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(root)):
        raise UnreadableFile('it leads out of the repository, by a symbolic link or by ".."')
