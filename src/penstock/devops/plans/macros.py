"""`$(name)` where the service expands it before a job starts: pool, environment, connection."""

from __future__ import annotations

import re
from collections.abc import Mapping

_MACRO = re.compile(r"\$\(([^()]+)\)")
_DEEPEST = 20


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`text` with known names replaced, repeatedly; unknown names stay as they are.

    `variables` has its names in lower case.
    """
    for _ in range(_DEEPEST):
        expanded = _MACRO.sub(
            lambda match: variables.get(match.group(1).casefold(), match.group(0)), text
        )
        if expanded == text:
            return text
        text = expanded
    return text
