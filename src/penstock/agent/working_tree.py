"""Makes one folder hold exactly the files of another one, copying only what changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from penstock.agent import files

_NEVER_COPIED = frozenset({".git", "_work", ".venv", "node_modules"})


class Mirrored:
    """What was done: files that are there now, those copied, those removed, and remarks."""

    def __init__(self) -> None:
        self.present = self.copied = self.removed = 0
        self.submodules: list[str] = []
        self.notes: list[str] = []


def mirror(source: Path, target: Path, names: Iterable[str]) -> Mirrored:
    """Make `target` hold the named files of `source` and nothing else but `.git`.

    A name whose file is gone is left out. Modes and times are kept; a file of the same size, mode
    and time is not copied again. Links are copied as links, and never written or read through.
    """
    done = Mirrored()
    wanted = dict(_existing(source, names, done))
    folders = {""}
    for name in wanted:
        parent = os.path.dirname(name)  # noqa: PTH120
        while parent not in folders:
            folders.add(parent)
            parent = os.path.dirname(parent)  # noqa: PTH120
    there: dict[str, os.stat_result] = {}
    _remove_strangers(str(target), "", wanted, folders, there, done)
    made = {""}
    for name, status in wanted.items():
        done.present += 1
        old = there.get(name)
        if old is not None and _is_same(old, status):
            continue
        parent = os.path.dirname(name)  # noqa: PTH120
        if parent not in made:
            files.make_folder(f"{target}/{parent}", str(target))
            made.add(parent)
        _copy(f"{source}/{name}", f"{target}/{name}", status, done)
    return done


def _existing(
    source: Path, names: Iterable[str], done: Mirrored
) -> Iterator[tuple[str, os.stat_result]]:
    """The named files that are there, by `lstat`; never one behind a link."""
    real_folders: dict[str, bool] = {"": True}
    for name in names:
        if name.endswith("/"):
            done.notes.append(f'left out "{name}": it is a repository of its own')
            continue
        if not _is_behind_folders(str(source), os.path.dirname(name), real_folders):  # noqa: PTH120
            continue
        try:
            status = os.lstat(f"{source}/{name}")
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
            yield name, status
        elif stat.S_ISDIR(status.st_mode):
            done.submodules.append(name)
        else:
            done.notes.append(f'left out "{name}": it is neither a file nor a link')


def _is_behind_folders(source: str, folder: str, known: dict[str, bool]) -> bool:
    if folder not in known:
        try:
            real = stat.S_ISDIR(os.lstat(f"{source}/{folder}").st_mode)
        except OSError:
            real = False
        parent = os.path.dirname(folder)  # noqa: PTH120
        known[folder] = real and _is_behind_folders(source, parent, known)
    return known[folder]


def _remove_strangers(
    root: str,
    prefix: str,
    wanted: dict[str, os.stat_result],
    folders: set[str],
    there: dict[str, os.stat_result],
    done: Mirrored,
) -> None:
    """Remove what is not wanted below a folder; note the status of what is."""
    with os.scandir(f"{root}/{prefix}") as entries:
        listed = list(entries)
    for entry in listed:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if name == ".git":
                continue
            if name in folders:
                _remove_strangers(root, f"{name}/", wanted, folders, there, done)
                continue
        elif name in wanted:
            there[name] = entry.stat(follow_symlinks=False)
            continue
        files.remove(entry.path)
        done.removed += 1


def _is_same(old: os.stat_result, new: os.stat_result) -> bool:
    return (
        old.st_size == new.st_size
        and old.st_mode == new.st_mode
        and old.st_mtime_ns == new.st_mtime_ns
    )


def _copy(source: str, target: str, status: os.stat_result, done: Mirrored) -> None:
    try:
        if stat.S_ISLNK(status.st_mode):
            link = os.readlink(source)  # noqa: PTH115
            files.remove(target)
            os.symlink(link, target)  # noqa: PTH211
            times = (status.st_atime_ns, status.st_mtime_ns)
            os.utime(target, ns=times, follow_symlinks=False)
        else:
            files.copy_file(source, target, status)
        done.copied += 1
    except FileNotFoundError:
        done.notes.append(f'left out "{source}": it went away while it was copied')


def list_without_git(root: Path) -> list[str]:
    """The files of a folder that git does not know, but for what its `.gitignore` files leave out.

    Folders that hold no sources (`.venv`, `node_modules` ...) are left out too.
    """
    return list(_walk(str(root), "", ()))


def _walk(root: str, prefix: str, rules: tuple[tuple[str, object], ...]) -> Iterator[str]:
    ignore = f"{root}/{prefix}.gitignore"
    if os.path.isfile(ignore):  # noqa: PTH113
        from pathspec import GitIgnoreSpec

        with open(ignore, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            rules = (*rules, (prefix, GitIgnoreSpec.from_lines(file)))
    with os.scandir(f"{root}/{prefix}") as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        name = prefix + entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        if (is_folder and entry.name in _NEVER_COPIED) or _is_ignored(name, is_folder, rules):
            continue
        if is_folder:
            yield from _walk(root, f"{name}/", rules)
        else:
            yield name


def _is_ignored(name: str, is_folder: bool, rules: tuple[tuple[str, object], ...]) -> bool:
    for prefix, spec in reversed(rules):
        below = name.removeprefix(prefix) + ("/" if is_folder else "")
        included = spec.check_file(below).include  # type: ignore[attr-defined]
        if included is not None:
            return bool(included)
    return False
