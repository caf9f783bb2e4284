"""Files below a folder, whatever names and links others choose: nothing outside is read or written.

A check of a path alone is not enough, because a job may change a link between check and use; so a
file is opened first and its true place is looked at afterwards.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from penstock.records import record

_LONGEST_NAME = 180
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. ()+,=@")
_FORBIDDEN = frozenset(["\\", "\x7f", *(chr(code) for code in range(32))])
_DEEPEST = 254
"""Parts in a path, as in the name of an Azure blob ("Naming and referencing containers")."""
_LONGEST_PATH = 2048


@record
class FileEntry:
    """A file or folder in a listing. `path` is relative to the folder listed from."""

    path: str
    is_folder: bool
    size: int = 0


@lru_cache(maxsize=1024)
def folder_name(text: str) -> str:
    """A name for a file or folder that stands for `text` and for nothing else.

    Letters, digits and common marks stay; the rest is percent-encoded; a long one ends in a digest.
    """
    encoded = "".join(
        character if character in _PLAIN else "".join(f"%{byte:02X}" for byte in _bytes(character))
        for character in text
    )
    if not encoded.strip(". "):
        encoded = encoded.replace(".", "%2E").replace(" ", "%20") or "%"
    if len(encoded) > _LONGEST_NAME:
        from hashlib import sha256

        encoded = encoded[: _LONGEST_NAME - 33] + "~" + sha256(_bytes(text)).hexdigest()[:32]
    return encoded


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def segments(relative: str) -> list[str]:
    """The parts of a path such as `model/MLmodel`; a slash at the end is allowed.

    Raises `UnsafePath` for a part that is empty, `.`, `..`, or holds what no part can hold, and
    for a path that is too deep or too long.
    """
    parts = relative.removesuffix("/").split("/") if relative not in ("", "/") else []
    if len(parts) > _DEEPEST or len(relative) > _LONGEST_PATH:
        raise unsafe(
            f"a path has at most {_DEEPEST} parts and {_LONGEST_PATH} characters, "
            f'not {len(parts)} and {len(relative)}: "{relative[:100]}..."'
        )
    for part in parts:
        if not _is_part(part):
            raise unsafe(f'"{relative}" is not a path below a folder')
    return parts


def _is_part(name: str) -> bool:
    if name in ("", ".", "..") or not _FORBIDDEN.isdisjoint(name):
        return False
    try:
        return len(name.encode()) <= 255
    except UnicodeEncodeError:
        return False


def below(root: Path, relative: str) -> Path:
    """The path of `relative` below `root`. Raises `UnsafePath` where it leads out just now."""
    path = root.joinpath(*segments(relative))
    _check_place(_resolved(path), root, relative)
    return path


@contextmanager
def reading(root: Path, relative: str) -> Iterator[BinaryIO]:
    """The file below `root`, open. `UnsafePath` outside, `FileNotFoundError` also for a folder."""
    path = root.joinpath(*segments(relative))
    try:
        # Without O_NONBLOCK a named pipe that a job left would hold the reader for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (NotADirectoryError, FileNotFoundError):
        raise FileNotFoundError(f'there is no file "{relative}"') from None
    try:
        checked_descriptor(descriptor, root, relative)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileNotFoundError(f'"{relative}" is not a file')
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


@contextmanager
def writing(root: Path, relative: str) -> Iterator[BinaryIO]:
    """A file to write that is at its place below `root`, whole, once the block has ended well.

    Raises `UnsafePath`.
    """
    parts = segments(relative)
    if not parts:
        raise unsafe("the name of a file is missing")
    folder = root.joinpath(*parts[:-1])
    with _folder(root, folder, relative) as parent:
        draft = draft_name()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(draft, flags, 0o600, dir_fd=parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
            os.rename(draft, parts[-1], src_dir_fd=parent, dst_dir_fd=parent)
        except IsADirectoryError:
            raise unsafe(f'"{relative}" is a folder already') from None
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=parent)


def listing(root: Path, relative: str = "") -> list[FileEntry]:
    """What a folder below `root` holds, by name; a file lists itself; nothing there lists nothing.

    Links, unfinished files and names that no path can hold are left out. Paths are relative to
    `root`.
    """
    path = below(root, relative)
    prefix = "".join(f"{part}/" for part in segments(relative))
    if path.is_file():
        return [FileEntry(path=prefix[:-1], is_folder=False, size=path.stat().st_size)]
    return _entries(root, path, prefix)


def walk(root: Path, relative: str = "") -> Iterator[FileEntry]:
    """Every file in a folder below `root` that a path can name, in order; links are left out."""
    folders = [iter(listing(root, relative))]
    while folders:
        entry = next(folders[-1], None)
        if entry is None:
            folders.pop()
        elif entry.is_folder and entry.path.count("/") < _DEEPEST - 1:
            folders.append(iter(_entries(root, root / entry.path, f"{entry.path}/")))
        elif not entry.is_folder:
            yield entry


def delete(root: Path, relative: str) -> bool:
    """Remove a file, or a folder with all it holds; says whether there was one. `root` stays.

    Raises `UnsafePath`.
    """
    parts = segments(relative)
    if not parts:
        raise unsafe("the name of a file is missing")
    name = parts[-1]
    try:
        with _folder(root, root.joinpath(*parts[:-1]), relative, make=False) as parent:
            if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                import shutil

                shutil.rmtree(name, dir_fd=parent)
            else:
                os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return False
    return True


def _entries(root: Path, path: Path, prefix: str) -> list[FileEntry]:
    """What the folder at `path` holds, by name; nothing where there is no folder."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    try:
        checked_descriptor(descriptor, root, prefix)
        with os.scandir(descriptor) as entries:
            for entry in entries:
                if entry.is_symlink() or is_draft(entry.name) or not _is_part(entry.name):
                    continue
                with suppress(FileNotFoundError):
                    folder = entry.is_dir()
                    size = 0 if folder else entry.stat().st_size
                    path_below = prefix + entry.name
                    found.append(FileEntry(path=path_below, is_folder=folder, size=size))
    finally:
        os.close(descriptor)
    return sorted(found, key=lambda item: item.path)


def unsafe(message: str) -> Exception:
    """An `UnsafePath` that says so."""
    # Imported when it happens: a run that touches no content should not load it.
    from penstock.ml.datastores import UnsafePath

    return UnsafePath(message)


def is_draft(name: str) -> bool:
    """Whether a file is one that is still being written."""
    return name.startswith(".penstock-") and name.endswith(".part")


def draft_name() -> str:
    """A new name for a file that is not whole yet."""
    return f".penstock-{os.urandom(8).hex()}.part"


@contextmanager
def _folder(root: Path, folder: Path, relative: str, *, make: bool = True) -> Iterator[int]:
    """The folder, open and known to be below `root`; made where needed, unless told not to."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        descriptor = os.open(folder, flags)
    except FileNotFoundError:
        if not make:
            raise
        _check_place(_resolved(folder), root, relative)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder, flags)
    except NotADirectoryError:
        raise unsafe(f'a part of "{relative}" is a file already') from None
    try:
        checked_descriptor(descriptor, root, relative)
        yield descriptor
    finally:
        os.close(descriptor)


def true_path(descriptor: int) -> str:
    """Where an open file is, by the kernel's word."""
    for table in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            return os.readlink(f"{table}/{descriptor}")  # noqa: PTH115
    raise unsafe("this system does not tell where an open file lies")


def _resolved(path: Path) -> str:
    """Where a path leads. Linux is asked itself where it can say: reading every link is slow."""
    if sys.platform != "linux":
        return os.path.realpath(path)
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return os.path.realpath(path)
    try:
        return true_path(descriptor)
    finally:
        os.close(descriptor)


def checked_descriptor(descriptor: int, root: Path, relative: str) -> None:
    """Raise `UnsafePath` for an open file or folder that does not lie in `root`."""
    _check_place(true_path(descriptor), root, relative)


def _check_place(true_path: str, root: Path, relative: str) -> None:
    true_root = _resolved(root)
    if true_path != true_root and not true_path.startswith(true_root + "/"):
        raise unsafe(f'"{relative}" leads outside its folder')
