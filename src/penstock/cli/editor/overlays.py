"""The files of a project as an editor sees them: buffers that are not saved lie over the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from penstock.language.source import Source
from penstock.language.templates.files import LocalFiles, UnreadableFile
from penstock.language.templates.references import SELF

_LEFT_OUT = frozenset(
    (".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".demo")
)
_MOST_FILES = 2_000
_SUFFIXES = (".yml", ".yaml")


class OpenFiles:
    """Implements `language.templates.files.Files` over a folder, with buffers by path over it.

    The buffers may be those of several projects: one reads what another has open.
    """

    def __init__(
        self,
        root: Path,
        repositories: Mapping[str, Path] | None = None,
        buffers: dict[Path, str] | None = None,
    ) -> None:
        self.root = root
        self.repositories = {alias.lower(): path for alias, path in (repositories or {}).items()}
        self._saved = LocalFiles(root, repositories)
        self._buffers: dict[Path, str] = {} if buffers is None else buffers
        self._known: dict[str, tuple[int, int, str | None]] = {}
        self._names: tuple[str, ...] | None = None

    def refresh(self) -> None:
        """Look for YAML files anew: some may have come or gone."""
        self._names = None

    def open(self, path: Path, text: str) -> None:
        """Lay a buffer over the file at an absolute path."""
        self._buffers[path] = text.removeprefix("\ufeff")

    def close(self, path: Path) -> None:
        """Take the buffer away again."""
        self._buffers.pop(path, None)

    def name_of(self, path: Path) -> str:
        """The path of a file of the project, from its root."""
        return path.relative_to(self.root).as_posix()

    def names_elsewhere(self, path: Path) -> Iterator[tuple[str, str]]:
        """Alias and name of a file in the folders of other repositories."""
        for alias, folder in self.repositories.items():
            if folder != self.root and path.is_relative_to(folder):
                yield alias, path.relative_to(folder).as_posix()

    def path_of(self, source: Source) -> Path | None:
        """The absolute path of a file that was read; None where it is no file."""
        if source.repository.lower() == SELF:
            path = self.root / source.name
        else:
            folder = self.repositories.get(source.repository.lower())
            if folder is None:
                return None
            path = folder / source.name
        return path if path in self._buffers or path.is_file() else None

    def text(self, name: str) -> str | None:
        """The text of a file of the project, or None where it cannot be had.

        A file that was read is read again only when its time or size is another.
        """
        path = self.root / name
        if path in self._buffers:
            return self._buffers[path]
        try:
            stat = path.stat()
        except OSError:
            return None
        known = self._known.get(name)
        if known is None or known[:2] != (stat.st_mtime_ns, stat.st_size):
            known = (stat.st_mtime_ns, stat.st_size, self._saved_text(name))
            self._known[name] = known
        return known[2]

    def _saved_text(self, name: str) -> str | None:
        try:
            source = self._saved.read(SELF, name)
        except UnreadableFile:
            return None
        return source.text if source else None

    def yaml_names(self) -> tuple[str, ...]:
        """The paths of the project's YAML files, from its root; of very many the first."""
        if self._names is None:
            self._names = tuple(islice(_yaml_names(self.root), _MOST_FILES))
        unsaved = (
            self.name_of(path)
            for path in self._buffers
            if path.suffix in _SUFFIXES and path.is_relative_to(self.root)
        )
        return tuple(dict.fromkeys((*self._names, *unsaved)))

    def yaml_names_of(self, alias: str) -> tuple[str, ...]:
        """The paths of the YAML files of another repository, from its folder, in the same way."""
        folder = self.repositories.get(alias.lower())
        return tuple(islice(_yaml_names(folder), _MOST_FILES)) if folder else ()

    # --- Files

    def read(self, repository: str, path: str) -> Source | None:
        """The buffer of a file, else the file; see Files."""
        folder = self._folder(repository)
        text = self._buffers.get(folder / path) if folder else None
        if text is not None:
            name = SELF if repository.lower() == SELF else repository
            return Source(path, text, name)
        return self._saved.read(repository, path)

    def describe(self, repository: str) -> str | None:
        """The folder of the repository; see Files."""
        return self._saved.describe(repository)

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        """The names in a folder; see Files."""
        return self._saved.names(repository, folder)

    def _folder(self, repository: str) -> Path | None:
        if repository.lower() == SELF:
            return self.root
        return self.repositories.get(repository.lower())


def _yaml_names(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(files):
            if name.endswith(_SUFFIXES):
                yield Path(folder, name).relative_to(root).as_posix()
