"""`$(name)` where the service expands it before a job starts: pool, environment, connection."""

from __future__ import annotations

import re
from collections.abc import Mapping

_MACRO = re.compile(r"\$\(([^()]+)\)")
_DEEPEST = 50
_LONGEST = 64 * 1024


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`text` with known names replaced, repeatedly; unknown names stay as they are.

    `variables` has its names in lower case. Where values name each other in a circle, or the text
    would get too long, it stays as it was.
    """
    before = text
    for _ in range(_DEEPEST):
        expanded = _expand_once(before, variables)
        if expanded is None:
            break
        if expanded == before:
            return expanded
        before = expanded
    return text


def _expand_once(text: str, variables: Mapping[str, str]) -> str | None:
    """None for what gets too long: a few values that name each other often fill any memory."""
    room = _LONGEST - len(text)

    def value(match: re.Match[str]) -> str:
        nonlocal room
        found = variables.get(match.group(1).casefold(), match.group(0))
        room -= len(found)
        return found if room >= 0 else ""

    expanded = _MACRO.sub(value, text)
    return expanded if room >= 0 else None
