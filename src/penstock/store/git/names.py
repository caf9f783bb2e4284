"""Which names and paths are accepted from outside, before git ever sees them."""

from __future__ import annotations

import re

ZERO = "0" * 40
OBJECT_ID = re.compile(r"[0-9a-f]{40}")
_SHORT_ID = re.compile(r"[0-9a-fA-F]{4,40}")
_NOT_IN_REFS = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
_LONGEST_REF = 1024
_LONGEST_PATH = 4096
_DOT_GIT = re.compile(r"\.git[ .]*(::\$index_allocation)?|git~[0-9]+", re.IGNORECASE)


class BadPath(Exception):
    """the path is not one that a repository may hold"""


class BadRef(Exception):
    """the name is not one that a branch or tag may have"""


def is_object_id(text: str) -> bool:
    """Whether the text is a whole object id in lower case."""
    return OBJECT_ID.fullmatch(text) is not None


def is_short_id(text: str) -> bool:
    """Whether the text may be the beginning of an object id."""
    return _SHORT_ID.fullmatch(text) is not None


def checked_ref(ref: str) -> str:
    """A full reference name as git accepts it (`git check-ref-format`). Raises BadRef."""
    parts = ref.split("/")
    if (
        not ref.startswith("refs/")
        or len(parts) < 3
        or len(ref.encode("utf-8", "replace")) > _LONGEST_REF
        or _NOT_IN_REFS.search(ref)
        or ref.endswith(".")
        or not _is_text(ref)
        or any(not p or p.startswith((".", "-")) or p.endswith(".lock") for p in parts)
    ):
        raise BadRef(f'"{ref[:200]}" is not a valid reference name')
    return ref


def checked_path(path: str) -> str:
    """A path from the root of a repository, without slashes at its ends; empty for the root.

    Raises BadPath for `.`, `..`, empty and `.git` segments, NULs and half characters.
    """
    path = path.removeprefix("/").removesuffix("/")
    if not path:
        return ""
    if not _is_text(path) or "\0" in path or len(path.encode()) > _LONGEST_PATH:
        raise BadPath("the path holds a character that no path may hold, or is too long")
    for part in path.split("/"):
        if part in ("", ".", "..") or _DOT_GIT.fullmatch(part):
            raise BadPath(f'the path "{path[:200]}" may not have a part "{part}"')
    return path


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
