"""Which files belong to a snapshot of a folder, and the hashes by which clients know it again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

_CHUNK = 1 << 20
_IGNORE_FILES = (".amlignore", ".gitignore")  # the first that is there counts
Ignored = Callable[[Path], bool]


def snapshot_files(path: Path | None, includes: Iterable[Path] = ()) -> list[tuple[Path, str]]:
    """(file, name in the snapshot) of a folder or a file; `includes` are laid beside it.

    An ignore file counts in the root of the folder only. Links are followed, but for those that
    lead back to where they are.
    """
    if path is None:
        found = []
    elif path.is_file():
        found = [(path, path.name)]
    else:
        found = _files(path, ignored_in(path))
    for extra in includes:
        if extra.is_dir():
            found.extend((file, f"{extra.name}/{name}") for file, name in _files(extra, _nothing))
        elif extra.is_file():
            found.append((extra, extra.name))
    return sorted(found, key=lambda item: item[1].lower())


def content_hash(files: Iterable[tuple[Path, str]]) -> str:
    """The hash of a code snapshot (`hashVersion` 202208): count, names and sizes, contents."""
    from hashlib import sha256

    found = sorted(files, key=lambda item: item[1].lower())
    digest = sha256(str(len(found)).encode())
    for file, name in found:
        digest.update(f"#{name}#{file.stat().st_size}".encode())
    for file, _ in found:
        _add(digest.update, file)
    return digest.hexdigest()


def tree_hash(path: Path) -> str:
    """The hash of data and build contexts, which names their folder in the datastore."""
    from hashlib import sha256

    digest = sha256(b"Initialize for october 2021 AML CLI version")
    if path.is_dir():
        _add_tree(digest.update, path, ignored_in(path))
    else:
        _add(digest.update, path)
    return digest.hexdigest()


def ignored_in(folder: Path) -> Ignored:
    """Whether a file below the folder is left out of a snapshot of it."""
    lines = _ignore_lines(folder)
    if not lines:
        return _nothing
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(lines)
    root = folder.resolve()
    return lambda path: spec.match_file(os.path.relpath(path.absolute(), root))


def _ignore_lines(folder: Path) -> list[str]:
    for name in _IGNORE_FILES:
        file = folder / name
        if file.is_file():
            return file.read_text(encoding="utf-8").splitlines()
    return []


def _files(folder: Path, ignored: Ignored) -> list[tuple[Path, str]]:
    found = []
    for root, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not _leads_back(Path(root, name))]
        for name in names:
            path = Path(root, name)
            if path.is_file() and not ignored(path):
                found.append((path, path.relative_to(folder).as_posix()))
    return found


def _add_tree(update: Callable[[bytes], object], folder: Path, ignored: Ignored) -> None:
    for path in sorted(folder.iterdir(), key=lambda entry: str(entry).lower()):
        if ignored(path):
            continue
        if path.is_dir() and _leads_back(path):
            continue
        update(path.name.encode())
        if path.is_dir():
            _add_tree(update, path, ignored)
        elif path.is_file():
            _add(update, path)


def _leads_back(path: Path) -> bool:
    """Whether a link leads to a folder on the way to it: followed, it would have no end."""
    if not path.is_symlink():
        return False
    target = path.resolve()
    return any(folder.resolve().is_relative_to(target) for folder in path.parents)


def _add(update: Callable[[bytes], object], file: Path) -> None:
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            update(chunk)


def _nothing(path: Path) -> bool:
    return False
