"""Fields of a request's JSON, read by name; what is not asked for is refused by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from penstock.server.devops.errors import bad_request
from penstock.server.routes import Call


def body_of(call: Call, known: Collection[str]) -> Mapping[str, object]:
    """The body. Raises `Refused` for a field that has no meaning."""
    body = call.json()
    for name in body:
        if name not in known:
            raise bad_request(f'there is no field "{name}"; there are {", ".join(sorted(known))}')
    return body


def text(body: Mapping[str, object], name: str, default: str | None = None) -> str:
    """A text. Raises `Refused` for anything else, and where it is missing without a default."""
    value = body.get(name)
    if value is None:
        value = default
    if not isinstance(value, str):
        raise bad_request(f'"{name}" must be a text')
    return value


def moment(value: str, name: str) -> float:
    """The time of an ISO 8601 text, as seconds since 1970. Without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise bad_request(f'"{name}" must be a time like 2027-01-31T12:00:00Z') from error


def number(value: str, name: str, *, default: int, most: int) -> int:
    """A whole number of a query parameter, from 1 to `most`."""
    if not value:
        return default
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value[:9]) <= most:
        raise bad_request(f'"{name}" must be a number from 1 to {most}')
    return int(value)
