"""Refs of a bare repository, read from its files: servers ask too often for a process each time.

Files as git lays them out (https://git-scm.com/docs/gitrepository-layout); what is not plain there
is for git itself to say. Nothing is kept: who reads sees what git sees.
"""

from __future__ import annotations

import re
from pathlib import Path

_ID = re.compile(rb"([0-9a-f]{40})\n")
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
