"""Writes a backup: the databases as of one moment, then every file."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import stat
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from penstock.store.backup import (
    DATABASES,
    FOLDERS,
    FORMAT,
    MANIFEST,
    Backup,
    BackupFailed,
    described,
)
from penstock.store.home import Home

_MOST_WALKS = 20


def write_backup(
    home: Home, target: Path, *, keys: Mapping[str, Path], version: str, now: float
) -> Backup:
    """Write a copy of the store to `target`, which is put there whole or not at all.

    `keys` are the key files to put in, by their names of `KEYS`. The store may be in use. Raises
    BackupFailed where there is no store.
    """
    if not home.state_db.exists():
        raise BackupFailed(f'there is no store at "{home.root}"')
    draft = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(draft, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".penstock-") as room:
                with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                    written = _write(_Writer(tar, now), home, Path(room), keys, version, now)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return written


class _Writer:
    """Adds files to a tar, and notes what was added."""

    def __init__(self, tar: tarfile.TarFile, now: float) -> None:
        self.tar = tar
        self.files: list[list[object]] = []
        self.folders: list[str] = []
        self.bytes = 0
        self._now = now

    def folder(self, name: str) -> None:
        """Note a folder, which may be empty."""
        self.folders.append(name)

    def file(self, path: Path, name: str) -> bool:
        """Add a file with the bytes it has now; False where it is gone, or is no plain file.

        Raises BackupFailed where it cannot be read.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise BackupFailed(f'"{path}": {(error.strerror or str(error)).lower()}') from error
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if stat.S_ISREG(facts.st_mode):
                self._add(file, name, facts.st_size, stat.S_IMODE(facts.st_mode))
        return True

    def text(self, text: bytes, name: str) -> None:
        """Add a file that is not noted: the manifest."""
        entry = self._entry(name, len(text), 0o600)
        self.tar.addfile(entry, io.BytesIO(text))

    def _add(self, file: IO[bytes], name: str, size: int, mode: int) -> None:
        reader = _Reader(file, size)
        self.tar.addfile(self._entry(name, size, mode), reader)
        self.files.append([name, size, mode, reader.digest.hexdigest()])
        self.bytes += size

    def _entry(self, name: str, size: int, mode: int) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, mode, int(self._now)
        return entry


class _Reader:
    """The first `size` bytes of a file that may still grow, hashed on the way."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises BackupFailed where the file has become shorter."""
        wanted = self._left if size < 0 else min(size, self._left)
        chunk = self._file.read(wanted)
        if len(chunk) < wanted:
            raise BackupFailed(f'"{self._file.name}" was cut while it was read')
        self._left -= len(chunk)
        self.digest.update(chunk)
        return chunk


def _write(
    writer: _Writer,
    home: Home,
    room: Path,
    keys: Mapping[str, Path],
    version: str,
    now: float,
) -> Backup:
    for name in DATABASES:
        source = home.root / name
        if source.exists():
            copy = room / name
            _copy_database(source, copy)
            writer.file(copy, name)
            copy.unlink()
    for name in FOLDERS:
        folder = home.root / name
        if folder.is_dir():
            writer.folder(name)
            for repository in _repositories(folder) if name == "repositories" else ():
                _write_repository(writer, repository, f"{name}/{repository.name}")
            if name != "repositories":
                _write_folder(writer, folder, name)
    for name, path in keys.items():
        if not writer.file(path, name):
            raise BackupFailed(f'the key file "{path}" is not there')
    manifest = {
        "format": FORMAT,
        "version": version,
        "made": now,
        "keys": sorted(keys),
        "folders": writer.folders,
        "files": writer.files,
    }
    text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    written = text.encode("utf-8", "surrogateescape")
    writer.text(written, MANIFEST)
    return described(manifest, written)


def _copy_database(source: Path, target: Path) -> None:
    """A copy as of one moment. Nobody who writes waits for it."""
    target.touch(0o600)
    reading, writing = sqlite3.connect(source), sqlite3.connect(target)
    try:
        reading.backup(writing, pages=-1)
    except sqlite3.DatabaseError as error:
        raise BackupFailed(f'"{source}" cannot be copied: {error}') from error
    finally:
        reading.close()
        writing.close()


def _write_folder(writer: _Writer, folder: Path, name: str) -> bool:
    """Everything below a folder but links; False where something went away on the way."""
    is_whole = True
    for path, relative, is_folder in _walk(folder, name):
        if is_folder:
            writer.folder(relative)
        else:
            is_whole = writer.file(path, relative) and is_whole
    return is_whole


def _walk(folder: Path, name: str) -> Iterator[tuple[Path, str, bool]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BackupFailed(f'"{folder}": {(error.strerror or str(error)).lower()}') from error
    for entry in entries:
        path, relative = Path(entry.path), f"{name}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield path, relative, True
            yield from _walk(path, relative)
        elif entry.is_file(follow_symlinks=False):
            yield path, relative, False


def _repositories(folder: Path) -> Iterable[Path]:
    """The repositories; one that begins with a dot is being made or removed."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]


def _write_repository(writer: _Writer, folder: Path, name: str) -> None:
    """A bare repository that may be pushed to and tidied meanwhile.

    Refs first, and the loose before the packed, since that is the way they move; then the objects,
    all that the refs need among them. Tidying moves objects into a new pack before it removes the
    old: where a file went away, what is there is read again.
    """
    writer.folder(name)
    _write_folder(writer, folder / "refs", _noted(writer, f"{name}/refs"))
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in ("refs", "objects"):
            _write_folder(writer, path, _noted(writer, f"{name}/{path.name}"))
        elif path.is_file() and path.suffix != ".lock":
            writer.file(path, f"{name}/{path.name}")
    seen: set[str] = set()
    _noted(writer, f"{name}/objects")
    for _ in range(_MOST_WALKS):
        if _write_objects(writer, folder / "objects", f"{name}/objects", seen):
            return
    raise BackupFailed(f'the repository "{folder}" did not hold still')


def _write_objects(writer: _Writer, folder: Path, name: str, seen: set[str]) -> bool:
    is_whole = True
    for path, relative, is_folder in list(_walk(folder, name)):
        is_draft = any(part.startswith("tmp_") for part in PurePosixPath(relative).parts)
        if relative in seen or is_draft or relative.endswith(".lock"):
            continue
        if is_folder:
            writer.folder(relative)
        elif not writer.file(path, relative):
            is_whole = False
            continue
        seen.add(relative)
    return is_whole


def _noted(writer: _Writer, name: str) -> str:
    writer.folder(name)
    return name
