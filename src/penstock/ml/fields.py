"""Reading Azure ML's JSON, where one field is snake_case here and camelCase there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
_DURATION = re.compile(
    r"^P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$"
)


def field(body: object, name: str, default: Any = None) -> Any:
    """The value of `name` (snake_case) in either spelling; `default` when absent or null.

    A pipeline job is camelCase at its own level and snake_case in its nodes (wire contract, 2.4).
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
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    match = _DURATION.match(value)
    if match is not None and any(match.groups()):
        days, hours, minutes, rest = (float(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + rest
    try:
        return float(value)
    except ValueError:
        return None


def whole_number(value: object, default: int = 1) -> int:
    """A count, given as a number or as text; `default` when it is neither."""
    try:
        return int(float(value)) if isinstance(value, str | int | float) else default
    except ValueError:
        return default
