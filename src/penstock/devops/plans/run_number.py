"""The run number (`name:` of a pipeline) from its format: dates, revision, variables.

Source: "Run (build) number" of the Azure Pipelines documentation. Times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from penstock.devops.plans.macros import expand
from penstock.language.run_name import FORBIDDEN, LONGEST

DEFAULT_FORMAT = "$(Date:yyyyMMdd).$(Rev:r)"
_TOKEN = re.compile(r"\$\(([^()]+)\)")
_REVISION = re.compile(r"^rev:(\.?)(r+)\Z", re.IGNORECASE)
_DATE_PART = re.compile(r"y+|M+|d+|H+|h+|m+|s+|f+|t+|'[^']*'|\"[^\"]*\"|\\.|.", re.DOTALL)
_MARK = "\0"


def run_number(
    format: str,
    *,
    now: datetime,
    variables: Mapping[str, str],
    next_revision: Callable[[str], int],
    fallback: str,
) -> str:
    """The number for a run started at `now`.

    `variables` are looked up ignoring case, and may name others. `next_revision` is asked once,
    with the text before the revision, only where the format has one. An invalid outcome gives
    `fallback` (the build id), as the service does.
    """
    lookup = {name.casefold(): value for name, value in variables.items()}
    width = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal width
        token = match.group(1)
        if revision := _REVISION.match(token):
            width = len(revision.group(2))
            return revision.group(1) + _MARK
        return _value(token, now, lookup, match.group(0))

    text = _TOKEN.sub(replace, format or DEFAULT_FORMAT)
    if width:
        text = text.replace(_MARK, str(next_revision(text.replace(_MARK, ""))).zfill(width))
    return text if is_run_number(text) else fallback


def _value(token: str, now: datetime, lookup: Mapping[str, str], original: str) -> str:
    lowered = token.casefold()
    if lowered.startswith("date:"):
        return format_date(now, token[5:])
    if lowered in ("year:yyyy", "year:yy"):
        return format_date(now, token[5:])
    simple = {
        "dayofmonth": str(now.day),
        "dayofyear": str(now.timetuple().tm_yday),
        "hours": str(now.hour),
        "minutes": str(now.minute),
        "month": str(now.month),
        "seconds": str(now.second),
        "date": format_date(now, "yyyyMMdd"),
        "sourcebranchname": lookup.get("build.sourcebranchname", ""),
        "teamproject": lookup.get("system.teamproject", ""),
        # as the page wrote them until 2020
        "builddefinitionname": lookup.get("build.definitionname", ""),
        "buildid": lookup.get("build.buildid", ""),
    }
    if lowered in simple:
        return simple[lowered]
    return expand(lookup.get(lowered, original), lookup)


def format_date(now: datetime, pattern: str) -> str:
    """`now` by a .NET custom date format, as far as run numbers use them."""
    return "".join(_date_part(now, part) for part in _DATE_PART.findall(pattern))


def _date_part(now: datetime, part: str) -> str:
    count = len(part)
    match part[0]:
        case "y":
            return f"{now.year % 100:02d}" if count <= 2 else str(now.year).zfill(count)
        case "M" if count >= 3:
            return now.strftime("%b" if count == 3 else "%B")
        case "d" if count >= 3:
            return now.strftime("%a" if count == 3 else "%A")
        case "M":
            return str(now.month).zfill(count)
        case "d":
            return str(now.day).zfill(count)
        case "H":
            return str(now.hour).zfill(count)
        case "h":
            return str((now.hour - 1) % 12 + 1).zfill(count)
        case "m":
            return str(now.minute).zfill(count)
        case "s":
            return str(now.second).zfill(count)
        case "f":
            return f"{now.microsecond:06d}0"[:count]
        case "t":
            return ("AM" if now.hour < 12 else "PM")[:count]
        case "'" | '"':
            return part[1:-1]
        case "\\":
            return part[1:]
    return part


def is_run_number(text: str) -> bool:
    """Whether a run may have it for a number."""
    is_plain = text.isprintable() and not any(char in text for char in FORBIDDEN)
    return 0 < len(text) <= LONGEST and not text.endswith(".") and is_plain
