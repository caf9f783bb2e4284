"""Reading Azure ML's JSON, where one field is snake_case here and camelCase there."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
_DURATION = re.compile(
    r"^P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?\Z"
)


def field(body: object, name: str, default: Any = None) -> Any:
    """The value of `name` (snake_case) in either spelling; `default` when absent or null.

    A pipeline job is camelCase at its own level and snake_case in its nodes.
    """
    if not isinstance(body, Mapping):
        return default
    value = body.get(name)
    if value is None:
        head, *tail = name.split("_")
        value = body.get(head + "".join(word.capitalize() for word in tail))
    return default if value is None else value


def table(body: object, name: str) -> dict[str, Any]:
    """The object `name`, or an empty one when it is absent, null or not an object."""
    value = field(body, name)
    return dict(value) if isinstance(value, Mapping) else {}


def text(value: object) -> str:
    """A literal as a shell would see it in Azure: Python's `str`, so `True` and `0.01`."""
    return value if isinstance(value, str) else str(value)


def seconds(value: object) -> float | None:
    """A duration: a number of seconds, or ISO 8601 (`PT1H30M`). None when it is neither."""
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is not None and any(match.groups()):
        days, hours, minutes, rest = (float(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + rest
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole_number(value: object, default: int = 1) -> int:
    """A count, given as a number or as text; `default` when it is neither."""
    try:
        return int(float(value)) if isinstance(value, str | int | float) else default
    except (ValueError, OverflowError):
        return default
