"""Copies and removes files without following a link out of the folder that is meant."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

_CHUNK = 1 << 20
_PRIVATE = 0o700


def copy_file(source: str, target: str, status: os.stat_result) -> None:
    """Copy a regular file with its mode and time; `target` is replaced, never written through.

    `status` is the `lstat` of the source. Raises `OSError`.
    """
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        mode = stat.S_IMODE(status.st_mode)
        try:
            writing = os.open(target, flags, mode | stat.S_IWUSR)
        except OSError:
            remove(target)
            writing = os.open(target, flags, mode | stat.S_IWUSR)
        try:
            _copy_content(reading, writing, status.st_size)
            os.fchmod(writing, mode)
        finally:
            os.close(writing)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    finally:
        os.close(reading)


def _copy_content(reading: int, writing: int, size: int) -> None:
    if size > _CHUNK and hasattr(os, "copy_file_range"):
        try:
            while os.copy_file_range(reading, writing, 1 << 30):
                pass
        except OSError:
            os.lseek(reading, 0, os.SEEK_SET)
            os.lseek(writing, 0, os.SEEK_SET)
            os.ftruncate(writing, 0)
        else:
            return
    while data := os.read(reading, _CHUNK):
        view = memoryview(data)
        while view:
            view = view[os.write(writing, view) :]


def make_folder(path: str, root: str) -> None:
    """Make a folder below `root`, each part a real folder: a link or file in the way is removed."""
    current = root
    for part in Path(os.path.relpath(path, root)).parts:
        current = f"{current}/{part}"
        try:
            if stat.S_ISDIR(os.lstat(current).st_mode):
                continue
            os.unlink(current)  # noqa: PTH108
        except FileNotFoundError:
            pass
        os.mkdir(current)  # noqa: PTH102


def copy_tree(
    source: Path,
    target: Path,
    *,
    keep: Callable[[str], bool] = lambda relative: True,
    warn: Callable[[str], None] = lambda text: None,
) -> int:
    """Copy the files of a folder into another and return how many there were.

    `keep` is asked with each path, relative with `/`. A link is copied as the file it leads to, if
    that is inside of `source`; another one is left out, and `warn` is told.
    """
    root = source.resolve()
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for relative, entry in walk(root):
        if not keep(relative):
            continue
        path, status = entry.path, entry.stat(follow_symlinks=False)
        if entry.is_symlink():
            real = Path(path).resolve()
            if not real.is_relative_to(root) or not real.is_file():
                warn(f'left out the link "{relative}": it does not lead to a file of the folder')
                continue
            path, status = str(real), real.stat()
        elif not stat.S_ISREG(status.st_mode):
            warn(f'left out "{relative}": it is not a regular file')
            continue
        place = f"{target}/{relative}"
        make_folder(os.path.dirname(place), str(target))  # noqa: PTH120
        copy_file(path, place, status)
        count += 1
    return count


def walk(root: Path, prefix: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file and link below a folder, with its path from there; links are not followed."""
    with os.scandir(root) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        relative = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path), f"{relative}/")
        else:
            yield relative, entry


def remove(path: str | Path) -> None:
    """Remove a file, a link or a whole folder, also one that was made read-only."""
    path = str(path)
    try:
        os.unlink(path)  # noqa: PTH108
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise
        empty(path)
        os.rmdir(path)  # noqa: PTH106


def empty(folder: str | Path, keep: tuple[str, ...] = ()) -> None:
    """Remove what is in a folder but for the names in `keep`; the folder need not exist."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name not in keep]
    except FileNotFoundError:
        return
    except PermissionError:
        os.chmod(folder, _PRIVATE)  # noqa: PTH101
        names = [name for name in os.listdir(folder) if name not in keep]  # noqa: PTH208
    for name in names:
        try:
            remove(f"{folder}/{name}")
        except PermissionError:
            os.chmod(folder, _PRIVATE)  # noqa: PTH101
            remove(f"{folder}/{name}")
