"""Times as text: the forms an expression reads, and the format specifiers of `format`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from penstock.language.expressions.errors import ExpressionError

_TIME = (
    r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})[ T]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})"
    r"(?:\.([0-9]{1,7}))?(?:Z|([-+])([0-9]{1,2}):([0-9]{1,2}))?"
)
_PART = r"(?s)\\.|([A-Za-z])\1*|[^\\A-Za-z]"


def parse_time(text: str) -> datetime | None:
    """The time a text such as `2026-11-22 10:00:00+01:00` stands for; UTC if it names no offset."""
    match = re.fullmatch(_TIME, text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6, 7))
    microsecond = int((match[8] or "").ljust(7, "0")[:6])
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=_offset(match))
    except ValueError:
        return None


def format_time(time: datetime, specifiers: str) -> str:
    """The time in the form given by .NET's specifiers, of which the service allows only some."""
    formats = _formats(time)
    written: list[str] = []
    position = 0
    for match in re.finditer(_PART, specifiers):
        part, position = match[0], match.end()
        if part[0] == "\\":
            written.append(part[1])
        elif not match[1]:
            written.append(part)
        elif part in formats:
            written.append(formats[part])
        else:
            raise specifier_error(specifiers, "DateTime")
    if position < len(specifiers):
        raise specifier_error(specifiers, "DateTime")
    return "".join(written)


def specifier_error(specifiers: str, kind: str) -> ExpressionError:
    """Specifiers that do not exist, or a value that takes none."""
    return ExpressionError(
        f"The format specifiers '{specifiers}' are not valid for objects of type '{kind}'",
        code="PS1307",
        help="specifiers are for times: yyyy yy MM M dd d HH H mm m ss s f to fffffff K zzz",
    )


def _offset(match: re.Match[str]) -> timezone:
    if not match[9]:
        return UTC
    distance = timedelta(hours=int(match[10]), minutes=int(match[11]))
    return timezone(-distance if match[9] == "-" else distance)


def _formats(time: datetime) -> dict[str, str]:
    offset = time.isoformat()[-6:]
    fraction = f"{time.microsecond:06}0"
    formats = {"f" * length: fraction[:length] for length in range(1, 8)}
    numbers = {"M": time.month, "d": time.day, "H": time.hour, "m": time.minute, "s": time.second}
    for letter, number in numbers.items():
        formats[letter] = str(number)
        formats[letter * 2] = f"{number:02}"
    year = f"{time.year:04}"
    return formats | {"yyyy": year, "yy": year[2:], "K": offset, "zzz": offset}
