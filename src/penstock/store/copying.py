"""Copies files and folders whose names and links others may change on the way.

Below the folder that is copied nothing is opened by a path, but always from the folder around it
and never through a link: so what lies outside is neither read nor written, however quickly a job
puts a link where a folder was.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from penstock.store.files import checked_descriptor, draft_name, true_path, unsafe

_CHUNK = 1024 * 1024
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SWAPPED = (errno.ELOOP, errno.ENOTDIR, errno.EINVAL)
"""What opening, or reading a link, says of something that is not what it was a moment ago."""


def copy_into(source: Path, target: Path, *, within: Path | None = None) -> None:
    """Copy a file, or what a folder holds, to `target`; files of the same name are replaced.

    Every file arrives whole. Links inside a folder are copied as links and never followed. A
    `source` that is a link itself is followed only within its own folder. With `within`, the target
    must lie in that folder once it is opened. Raises `UnsafePath`.
    """
    with _opened(source) as reader, _parent(target, within) as place:
        kind = os.fstat(reader).st_mode
        if stat.S_ISDIR(kind):
            _copy_folder(reader, place, target.name)
        elif stat.S_ISREG(kind):
            _copy_file(reader, place, target.name)
        else:
            raise unsafe(f'"{source}" is neither a file nor a folder')


@contextmanager
def _opened(source: Path) -> Iterator[int]:
    true = source
    if source.is_symlink():
        true = Path(os.path.realpath(source))
        if not true.is_relative_to(os.path.realpath(source.parent)):
            raise unsafe(f'"{source}" is a link to a place outside its folder')
    with _swaps_refused(str(source)):
        descriptor = os.open(true, _READ)
    try:
        if true is not source and true_path(descriptor) != str(true):
            raise _swapped(str(source))
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _parent(target: Path, within: Path | None) -> Iterator[int]:
    """The folder that the target is to lie in, made where needed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if within is not None:
            checked_descriptor(descriptor, within, target.name)
        yield descriptor
    finally:
        os.close(descriptor)


def _copy_folder(source: int, place: int, name: str) -> None:
    with os.scandir(source) as listed:
        entries = list(listed)
    target = _folder_at(place, name)
    try:
        for entry in entries:
            with _swaps_refused(entry.name):
                _copy_entry(source, entry, target)
    finally:
        os.close(target)


def _copy_entry(source: int, entry: os.DirEntry[str], target: int) -> None:
    """One entry of a folder; pipes, sockets and devices are left out."""
    name = entry.name
    if entry.is_symlink():
        text = os.readlink(name, dir_fd=source)
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=target)
        os.symlink(text, name, dir_fd=target)
    elif entry.is_dir(follow_symlinks=False):
        with _at(source, name, _FOLDER) as folder:
            _copy_folder(folder, target, name)
    elif entry.is_file(follow_symlinks=False):
        with _at(source, name, _READ) as file:
            _copy_file(file, target, name)


@contextmanager
def _at(folder: int, name: str, flags: int) -> Iterator[int]:
    descriptor = os.open(name, flags, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _folder_at(place: int, name: str) -> int:
    """The folder of that name, made where needed; a file or link in its place goes."""
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=place)
    try:
        return os.open(name, _FOLDER, dir_fd=place)
    except OSError as error:
        if error.errno not in _SWAPPED:
            raise
    os.unlink(name, dir_fd=place)
    os.mkdir(name, dir_fd=place)
    return os.open(name, _FOLDER, dir_fd=place)


def _copy_file(source: int, place: int, name: str) -> None:
    mode = os.fstat(source).st_mode
    if not stat.S_ISREG(mode):
        raise _swapped(name)
    draft = draft_name()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with (
            os.fdopen(source, "rb", closefd=False) as reader,
            os.fdopen(os.open(draft, flags, 0o600, dir_fd=place), "wb") as writer,
        ):
            os.fchmod(writer.fileno(), (mode & 0o777) | 0o600)
            _copy_content(reader, writer)
        os.rename(draft, name, src_dir_fd=place, dst_dir_fd=place)
    except IsADirectoryError:
        raise unsafe(f'"{name}" is a folder already') from None
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=place)


def _copy_content(reader: BinaryIO, writer: BinaryIO) -> None:
    """Copy in the kernel (which may share blocks), or by hand where the file systems cannot."""
    try:
        while os.copy_file_range(reader.fileno(), writer.fileno(), 1 << 30):
            pass
    except OSError:
        reader.seek(os.lseek(writer.fileno(), 0, os.SEEK_CUR))
    # Some file systems copy nothing and report no error, so the rest is always read.
    while chunk := reader.read(_CHUNK):
        writer.write(chunk)


@contextmanager
def _swaps_refused(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _SWAPPED:
            raise
        raise _swapped(name) from error


def _swapped(name: str) -> Exception:
    return unsafe(f'"{name}" became something else while it was copied')
