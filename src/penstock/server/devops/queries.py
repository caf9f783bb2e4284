"""Query parameters, read and checked. Every function raises `Refused` (400) for odd ones."""

from __future__ import annotations

from datetime import UTC, datetime

from penstock.server.devops.errors import bad_request
from penstock.server.routes import Call

_MOST = 1000
_DIGITS = 18
"""A number of so many digits is within a signed one of 64 bits, as the store has them."""


def number_in(text: str) -> int | None:
    """The number that a text is; None for any other text, and for more than the store can have."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if is_number else None


def whole_number(call: Call, name: str, default: int, most: int) -> int:
    """A count, from 0; `most` where more is asked for."""
    return _at_least(0, call, name, default, most)


def page_size(call: Call, name: str, default: int, most: int = _MOST) -> int:
    """How many things a page is to have, from 1; `most` where more is asked for."""
    return _at_least(1, call, name, default, most)


def _at_least(least: int, call: Call, name: str, default: int, most: int) -> int:
    text = call.query(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:_DIGITS]) < least:
        raise bad_request(f'{name}: "{text[:40]}" is not a whole number from {least}')
    return min(int(text[:_DIGITS]), most)


def flag(call: Call, name: str, default: bool = False) -> bool:
    """True or false, in either case of letters, or as 1 and 0."""
    match call.query(name).lower():
        case "":
            return default
        case "true" | "1":
            return True
        case "false" | "0":
            return False
    raise bad_request(f"{name} is neither true nor false")


def comma_list(text: str) -> tuple[str, ...]:
    """The parts of a text between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def from_moment(name: str, text: str) -> float | None:
    """A time, in seconds since 1970; None for an empty text."""
    return moment_in(name, text).timestamp() if text else None


def moment_in(name: str, text: str) -> datetime:
    """The time of an ISO 8601 text, in its own zone; without one it is UTC."""
    try:
        found = datetime.fromisoformat(text)
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        aware.timestamp()
    except (ValueError, OverflowError) as error:
        message = f'{name}: "{text[:60]}" is not an ISO 8601 time, like 2027-01-31T12:00:00Z'
        raise bad_request(message) from error
    return aware


def is_named(name: str, pattern: str) -> bool:
    """Whether a name fits, its case ignored; `*` stands for any characters."""
    first, *others = pattern.casefold().split("*")
    name = name.casefold()
    if not others:
        return name == first
    if not name.startswith(first):
        return False
    at = len(first)
    for part in others[:-1]:
        found = name.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(name) - len(others[-1]) >= at and name.endswith(others[-1])


def refuse_unsupported(call: Call, *names: str) -> None:
    """Refuse parameters that would mean something on the service and mean nothing here."""
    for name in names:
        if call.query(name):
            raise bad_request(f"{name} is not supported here; leave it out")


def page_before(call: Call) -> int | None:
    """The number that a list goes on before, which `continuationToken` is; None for its begin."""
    token = call.query("continuationToken")
    found = number_in(token)
    if token and found is None:
        raise bad_request(f'continuationToken: "{token[:40]}" is not one of this list')
    return found
