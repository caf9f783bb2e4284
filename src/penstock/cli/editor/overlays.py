"""The files of a project as an editor sees them: buffers that are not saved lie over the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from penstock.language.source import Source
from penstock.language.templates.files import LocalFiles, UnreadableFile

_LEFT_OUT = frozenset(
    (".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".demo")
)
_MOST_FILES = 2_000
_SUFFIXES = (".yml", ".yaml")


class OpenFiles:
    """Implements `language.templates.files.Files` over a folder, with buffers by path over it."""

    def __init__(self, root: Path, repositories: Mapping[str, Path] | None = None) -> None:
        self.root = root
        self.repositories = {alias.lower(): path for alias, path in (repositories or {}).items()}
        self._saved = LocalFiles(root, repositories)
        self._buffers: dict[Path, str] = {}

    def open(self, path: Path, text: str) -> None:
        """Lay a buffer over the file at an absolute path."""
        self._buffers[path] = text

    def close(self, path: Path) -> None:
        """Take the buffer away again."""
        self._buffers.pop(path, None)

    def name_of(self, path: Path) -> str:
        """The path of a file of the project, from its root."""
        return path.relative_to(self.root).as_posix()

    def path_of(self, source: Source) -> Path | None:
        """The absolute path of a file that was read; None where it is no file."""
        if source.repository.lower() == "self":
            path = self.root / source.name
        else:
            folder = self.repositories.get(source.repository.lower())
            if folder is None:
                return None
            path = folder / source.name
        return path if path in self._buffers or path.is_file() else None

    def text(self, name: str) -> str | None:
        """The text of a file of the project, or None where it cannot be had."""
        try:
            source = self.read("self", name)
        except UnreadableFile:
            return None
        return source.text if source else None

    def yaml_names(self) -> Iterator[str]:
        """The paths of the project's YAML files, from its root; of very many the first."""
        count = 0
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
            for name in sorted(files):
                if name.endswith(_SUFFIXES):
                    yield Path(folder, name).relative_to(self.root).as_posix()
                    count += 1
                    if count >= _MOST_FILES:
                        return
        for path in self._buffers:
            if path.suffix in _SUFFIXES and not path.exists() and path.is_relative_to(self.root):
                yield path.relative_to(self.root).as_posix()

    # --- Files

    def read(self, repository: str, path: str) -> Source | None:
        """The buffer of a file, else the file; see Files."""
        folder = self._folder(repository)
        text = self._buffers.get(folder / path) if folder else None
        if text is not None:
            name = "self" if repository.lower() == "self" else repository
            return Source(path, text.removeprefix("\ufeff"), name)
        return self._saved.read(repository, path)

    def describe(self, repository: str) -> str | None:
        """The folder of the repository; see Files."""
        return self._saved.describe(repository)

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        """The names in a folder; see Files."""
        return self._saved.names(repository, folder)

    def _folder(self, repository: str) -> Path | None:
        if repository.lower() == "self":
            return self.root
        return self.repositories.get(repository.lower())
