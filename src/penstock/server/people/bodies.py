"""Fields of a request's JSON, read by name; what is not asked for is refused by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

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


def number(value: str, name: str, *, default: int, most: int) -> int:
    """A whole number of a query parameter, from 1 to `most`."""
    if not value:
        return default
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value[:9]) <= most:
        raise bad_request(f'"{name}" must be a number from 1 to {most}')
    return int(value)
