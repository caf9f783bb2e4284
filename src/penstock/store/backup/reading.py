"""Reads a backup: compares every file with the manifest, and makes a store of them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from penstock.store.backup import (
    DATABASES,
    FOLDERS,
    FORMAT,
    KEYS,
    MANIFEST,
    Backup,
    BackupFailed,
    RestoreRefused,
    described,
)
from penstock.store.database import StoreBroken, open_database
from penstock.store.home import Home

_AT_ONCE = 1024 * 1024
_LONGEST_MANIFEST = 4 * 1024**3


def check_backup(source: Path) -> Backup:
    """Read a backup to its end. Raises BackupFailed where it is not whole."""
    return _read(source, None)


def restore_backup(source: Path, home: Home) -> Backup:
    """Make the store at `home` of a backup, whole or not at all.

    Raises RestoreRefused where something is there already, and BackupFailed where the backup is
    not whole.
    """
    root = home.root
    if root.exists() and any(root.iterdir()):
        raise RestoreRefused(f'"{root}" is not empty')
    root.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=root.parent, prefix=f".{root.name}.restore-"))
    try:
        found = _read(source, draft)
        _check_databases(draft)
        # A store that a power cut can still take from under its name is not restored.
        os.sync()
        if root.exists():
            root.rmdir()
        draft.rename(root)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return found


def _read(source: Path, folder: Path | None) -> Backup:
    """Read a backup to its end and compare it with its manifest; put its files below `folder`."""
    met: dict[str, tuple[int, str]] = {}
    text = b""
    try:
        with tarfile.open(source, mode="r|") as tar:
            for entry in tar:
                stream = _stream(source, tar, entry)
                if text or entry.name in met:
                    raise BackupFailed(f'"{source}" holds "{entry.name}" where nothing may be')
                if entry.name == MANIFEST:
                    text = _manifest_text(source, entry, stream)
                elif folder is None:
                    met[entry.name] = (entry.size, _copy(stream, None))
                else:
                    with _opened(folder / entry.name, entry.mode) as file:
                        met[entry.name] = (entry.size, _copy(stream, file))
    except (tarfile.TarError, EOFError) as error:
        raise BackupFailed(f'"{source}" is damaged, or is no backup: {error}') from error
    manifest = _compared(source, text, met)
    for name in manifest["folders"] if folder is not None else ():
        (folder / name).mkdir(0o700, parents=True, exist_ok=True)
    return described(manifest, text)


def _stream(source: Path, tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    """The bytes of an entry. Nothing but plain files of a store is taken from a backup."""
    stream = tar.extractfile(entry) if entry.isreg() else None
    if stream is None or not (entry.name == MANIFEST or _is_ours(entry.name)):
        raise BackupFailed(f'"{source}" holds "{entry.name}", which is no file of a store')
    return stream


def _is_ours(name: str) -> bool:
    if name in DATABASES or name in KEYS:
        return True
    parts = name.split("/")
    return parts[0] in FOLDERS and not {"", ".", ".."} & set(parts) and "\0" not in name


def _manifest_text(source: Path, entry: tarfile.TarInfo, stream: IO[bytes]) -> bytes:
    if entry.size > _LONGEST_MANIFEST:
        raise BackupFailed(f'the manifest of "{source}" is too long')
    return stream.read()


def _copy(stream: IO[bytes], target: IO[bytes] | None) -> str:
    """The SHA-256 of what was copied."""
    digest = hashlib.sha256()
    while chunk := stream.read(_AT_ONCE):
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest()


def _opened(path: Path, mode: int) -> IO[bytes]:
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, mode & 0o777), "wb")


def _compared(source: Path, text: bytes, met: Mapping[str, tuple[int, str]]) -> dict[str, Any]:
    """The manifest, which says exactly what was met. Raises BackupFailed."""
    if not text:
        raise BackupFailed(f'"{source}" ends before its manifest: it is not whole')
    try:
        manifest: dict[str, Any] = json.loads(text.decode("utf-8", "surrogateescape"))
        number = manifest["format"]
        said = {name: (size, digest) for name, size, _, digest in manifest["files"]}
        strange = [name for name in manifest["folders"] if not _is_ours(name)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupFailed(f'the manifest of "{source}" cannot be read') from error
    if number != FORMAT:
        raise BackupFailed(f'"{source}" has format {number}; this penstock knows {FORMAT}')
    for name in [*strange, *sorted(said.keys() ^ met.keys())]:
        raise BackupFailed(f'"{source}" and its manifest differ about "{name}"')
    for name, (size, digest) in said.items():
        if met[name] != (size, digest):
            raise BackupFailed(f'"{name}" in "{source}" is not what was written')
    return manifest


def _check_databases(folder: Path) -> None:
    """Raise BackupFailed for a database that is damaged, StoreTooNew for one of a newer program.

    An older one is upgraded, as at any start.
    """
    for name, schema in DATABASES.items():
        if not (folder / name).exists():
            continue
        try:
            database = open_database(folder / name, schema, durable=True)
        except StoreBroken as error:
            raise BackupFailed(str(error)) from error
        try:
            said = [row[0] for row in database.query("PRAGMA quick_check")]
            odd = database.query("PRAGMA foreign_key_check")
            if said != ["ok"] or odd:
                raise BackupFailed(f'the database "{name}" of the backup is damaged')
        finally:
            database.close()
