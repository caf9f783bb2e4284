"""Refs of a bare repository, read from its files: servers ask too often for a process each time.

Files as git lays them out (https://git-scm.com/docs/gitrepository-layout); what is not plain there
is for git itself to say. Nothing is kept: who reads sees what git sees.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

_ID = re.compile(rb"([0-9a-f]{40})\n")
_PACKED = re.compile(rb"^([0-9a-f]{40}) (\S+)$", re.MULTILINE)
_SYMBOLIC = re.compile(r"ref: (refs/heads/\S+)\n")
_TABLES = "ref: refs/heads/.invalid\n"
"""What HEAD says where refs are kept in tables (reftable), and its files say nothing."""


class NotPlain(Exception):
    """the files do not say it; git knows"""


def read_head(folder: Path) -> str:
    """The full name of the branch that HEAD names. Raises NotPlain."""
    match = _SYMBOLIC.fullmatch(_head(folder))
    if match is None:
        raise NotPlain
    return match[1]


def read_ref(folder: Path, name: str) -> str | None:
    """The object that a ref (its checked full name) names; None where there is no such ref.

    Raises NotPlain.
    """
    try:
        data = (folder / name).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        # In this order: git writes the packed ones before it removes a file.
        return _packed(folder, name)
    match = _ID.fullmatch(data)
    if match is None:
        raise NotPlain
    return match[1].decode()


def read_refs(folder: Path, prefixes: Sequence[str]) -> dict[str, str]:
    """Every ref below the names given (each with a slash at its end), with what it names, in no
    order. Raises NotPlain."""
    _head(folder)
    found = dict[str, str]()
    for prefix in prefixes:
        # Before the packed ones, as for one ref: what is packed meanwhile is found there.
        _add_loose(folder, prefix, found)
    try:
        data = (folder / "packed-refs").read_bytes()
    except FileNotFoundError:
        return found
    for id, name in _PACKED.findall(data):
        text = name.decode("utf-8", "surrogateescape")
        if text.startswith(tuple(prefixes)):
            found.setdefault(text, id.decode())
    return found


def _add_loose(folder: Path, prefix: str, found: dict[str, str]) -> None:
    try:
        with os.scandir(folder / prefix) as listed:
            entries = list(listed)
    except FileNotFoundError:
        return  # a folder goes with its last ref
    for entry in entries:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            _add_loose(folder, f"{name}/", found)
        elif not name.endswith(".lock"):
            id = read_ref(folder, name)
            if id is not None:
                found[name] = id


def _head(folder: Path) -> str:
    try:
        text = (folder / "HEAD").read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise NotPlain from error
    if text == _TABLES:
        raise NotPlain
    return text


def _packed(folder: Path, name: str) -> str | None:
    try:
        data = (folder / "packed-refs").read_bytes()
    except FileNotFoundError:
        _head(folder)
        return None
    at = data.find(b" %s\n" % name.encode())
    if at < 0:
        return None
    match = _ID.match(data[at - 40 : at] + b"\n")
    if match is None:
        raise NotPlain
    return match[1].decode()
