"""Copies and removes files without following a link out of the folder that is meant."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")
_LONG = 1024
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
    root = Path(os.path.realpath(source))
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for relative, entry in walk(root):
        if not keep(relative):
            continue
        path, status = entry.path, entry.stat(follow_symlinks=False)
        if entry.is_symlink():
            # Unlike `resolve`, this does not raise for a link that leads to itself.
            real = Path(os.path.realpath(path))
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


def walk(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file and link below a folder, with its path from there; links are not followed."""
    start = len(f"{root}/")
    folders = [iter(_listed(root))]
    while folders:
        entry = next(folders[-1], None)
        if entry is None:
            folders.pop()
        elif entry.is_dir(follow_symlinks=False):
            folders.append(iter(_listed(entry.path)))
        else:
            yield entry.path[start:], entry


def _listed(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(str(folder)) as entries:
        return sorted(entries, key=lambda entry: entry.name)


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
        _remove_folder(path)


def _remove_folder(path: str) -> None:
    """Remove a folder of any depth. What lies deep is moved up, so that no path gets too long."""
    folders = [path]
    while folders:
        current = folders[-1]
        inner = _remove_files(current)
        if not inner:
            _with_rights(os.path.dirname(current), os.rmdir, current)  # noqa: PTH120
            folders.pop()
        for child in inner:
            if len(child) > len(path) + _LONG:
                os.chmod(child, _PRIVATE)  # noqa: PTH101
                child, deep = f"{path}/{os.urandom(16).hex()}", child
                os.rename(deep, child)  # noqa: PTH104
            folders.append(child)


def _remove_files(folder: str) -> list[str]:
    """Remove all but folders from a folder; the paths of the folders that are left."""
    found = []
    for entry in _with_rights(folder, _listed, folder):
        if entry.is_dir(follow_symlinks=False):
            found.append(entry.path)
        else:
            _with_rights(folder, os.unlink, entry.path)
    return found


def _with_rights(folder: str, action: Callable[[str], _T], path: str) -> _T:
    """Do it to the path; where the folder does not let us, change that first."""
    try:
        return action(path)
    except PermissionError:
        os.chmod(folder, _PRIVATE)  # noqa: PTH101
        return action(path)


def empty(folder: str | Path, keep: tuple[str, ...] = ()) -> None:
    """Remove what is in a folder but for the names in `keep`; the folder need not exist.

    A link or a file in its place is removed itself.
    """
    folder = str(folder)
    try:
        if os.path.islink(folder):  # noqa: PTH114
            raise NotADirectoryError
        names: list[str] = _with_rights(folder, os.listdir, folder)
    except (FileNotFoundError, NotADirectoryError):
        remove(folder)
        return
    for name in names:
        if name not in keep:
            _with_rights(folder, remove, f"{folder}/{name}")


def make_folders(root: Path, names: Mapping[str, bool], *, alone: bool) -> None:
    """Make a folder hold real folders of these names; one whose value is true is empty then.

    With `alone`, whatever else is in it is removed. Links are replaced, not followed.
    """
    try:
        if os.path.islink(root):  # noqa: PTH114
            raise NotADirectoryError
        entries = _with_rights(str(root), _listed, str(root))
    except (FileNotFoundError, NotADirectoryError):
        remove(root)
        root.mkdir(parents=True, exist_ok=True)
        entries = []
    there = set()
    for entry in entries:
        if entry.name in names and entry.is_dir(follow_symlinks=False):
            there.add(entry.name)
            _make_usable(entry)
            if names[entry.name]:
                empty(entry.path)
        elif entry.name in names or alone:
            _with_rights(str(root), remove, entry.path)
    for name in names.keys() - there:
        _with_rights(str(root), os.mkdir, f"{root}/{name}")


def _make_usable(folder: os.DirEntry[str]) -> None:
    mode = folder.stat(follow_symlinks=False).st_mode
    if mode & _PRIVATE != _PRIVATE:
        os.chmod(folder.path, stat.S_IMODE(mode) | _PRIVATE)  # noqa: PTH101


def hold(folder: str, content: Mapping[str, bytes]) -> None:
    """Make a folder hold these files and nothing else; what is so already is not written again.

    Names are relative with `/`; one that ends in `/` is an empty folder. Links are replaced.
    """
    folders = {""}
    for name in content:
        parent = os.path.dirname(name)  # noqa: PTH120
        while parent not in folders:
            folders.add(parent)
            parent = os.path.dirname(parent)  # noqa: PTH120
    if os.path.islink(folder) or os.path.isfile(folder):  # noqa: PTH113, PTH114
        remove(folder)
    there = _keep_only(folder, "", folders, content)
    for name in sorted(folders - there):
        os.mkdir(f"{folder}/{name}")  # noqa: PTH102
    for name in content.keys() - there:
        if not name.endswith("/"):
            Path(folder, name).write_bytes(content[name])


def _keep_only(
    root: str, prefix: str, folders: Collection[str], content: Mapping[str, bytes]
) -> set[str]:
    """Remove what is not wanted below a folder; the names of the files and folders that stay."""
    try:
        with os.scandir(f"{root}/{prefix}") as entries:
            listed = list(entries)
    except FileNotFoundError:
        return set()
    except PermissionError:
        remove(f"{root}/{prefix}".rstrip("/"))
        return set()
    there = {prefix.rstrip("/")}
    for entry in listed:
        name = prefix + entry.name
        if name in folders and entry.is_dir(follow_symlinks=False):
            there |= _keep_only(root, f"{name}/", folders, content)
        elif name in content and _holds(entry, content[name]):
            there.add(name)
        else:
            remove(entry.path)
    return there


def _holds(entry: os.DirEntry[str], content: bytes) -> bool:
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode) or status.st_size != len(content):
        return False
    try:
        reading = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW)
    except PermissionError:
        return False
    try:
        return os.read(reading, len(content) + 1) == content
    finally:
        os.close(reading)
