"""Fields of a request's JSON, read by name and checked; a field that is null is as good as absent.

Every function raises `Refused` (400) for a value of another kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from penstock.server.devops.errors import bad_request
from penstock.server.routes import Call


def text_of(body: Mapping[str, Any], name: str, default: str = "") -> str:
    """A text; the default where it is absent."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise bad_request(f'"{name}" must be a text')
    return value


def flag_of(body: Mapping[str, Any], name: str) -> bool | None:
    """True or false; None where it is absent."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise bad_request(f'"{name}" must be true or false')
    return value


def number_of(body: Mapping[str, Any], name: str) -> int:
    """A whole number that is not negative; 0 where it is absent."""
    value = body.get(name)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise bad_request(f'"{name}" must be a number, 0 or more')
    return value


def table_of(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object; an empty one where it is absent."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request(f'"{name}" must be an object')
    return value


def texts_of(body: Mapping[str, Any], name: str) -> Sequence[str]:
    """A list of texts; an empty one where it is absent."""
    value = body.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise bad_request(f'"{name}" must be a list of texts')
    return value


def tables_of(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of objects; an empty one where it is absent."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise bad_request(f'"{name}" must be a list of objects')
    return value


def body_tables(call: Call) -> list[Mapping[str, Any]]:
    """A body that is a list of objects."""
    return tables_of(_in_a_field(call), _WHOLE)


def body_texts(call: Call) -> Sequence[str]:
    """A body that is a list of texts."""
    return texts_of(_in_a_field(call), _WHOLE)


_WHOLE = "value"


def _in_a_field(call: Call) -> Mapping[str, Any]:
    """The body as the one field of an object, so that it is read with the care of all others."""
    return replace(call, body=b'{"%s":%s}' % (_WHOLE.encode(), call.body or b"[]")).json()
