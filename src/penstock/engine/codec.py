"""Records as JSON and back: plans, events and job requests, for the journal and for other machines.

Every text is an envelope `{"v": 1, "type": "NodeStarted", ...fields}`. Fields that have their
default are left out, unknown fields are ignored, an unknown type or version is refused: so a
default is part of the format, and changing one needs a new version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

from penstock.records import record

VERSION = 1

_Convert: TypeAlias = Callable[[Any], Any]


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class CodecError(Exception):
    """a stored or received record cannot be read"""


def to_json(record: object) -> str:
    """The record in its envelope, on one line."""
    return _ENCODER.encode(envelope(record))


def envelope(record: object) -> dict[str, Any]:
    """The same as `to_json` before it becomes text."""
    return {"v": VERSION, "type": type(record).__name__, **_write_fields(record)}


def from_json(type: Any, data: str | bytes | Mapping[str, Any]) -> Any:
    """The record in an envelope. `type` is the class expected, or a union such as `Event`.

    Raises `CodecError` saying what is wrong and in which field.
    """
    try:
        raw = data if isinstance(data, Mapping) else json.loads(data)
    except ValueError as error:
        raise CodecError(f"not JSON: {error}") from None
    if not isinstance(raw, Mapping):
        raise CodecError("not a JSON object")
    if raw.get("v") != VERSION:
        raise CodecError(f"version {raw.get('v')!r} cannot be read, only {VERSION}")
    return _read_tagged(get_args(type) or (type,), raw)


@record(kw_only=False)
class _Format:
    """How one field is written and read. `write` None: as it is. `default` may be `MISSING`."""

    name: str
    default: object
    write: _Convert | None
    read: _Convert


@cache
def _formats(type: Any) -> tuple[_Format, ...]:
    hints = get_type_hints(type)
    return tuple(
        _Format(f.name, _default(f), _writer(hints[f.name]), _reader(hints[f.name]))
        for f in fields(type)
    )


def _default(field: Field[Any]) -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _records_of(hint: Any) -> tuple[type, ...]:
    """The record classes a union is of; these carry a tag."""
    return tuple(a for a in get_args(hint) if isinstance(a, type) and is_dataclass(a))


# Writing


def _write_fields(record: Any) -> dict[str, Any]:
    found = {}
    for format in _formats(record.__class__):
        value = getattr(record, format.name)
        if value != format.default:
            found[format.name] = format.write(value) if format.write else value
    return found


def _write_tagged(record: Any) -> dict[str, Any] | None:
    if record is None:
        return None
    return {"type": type(record).__name__, **_write_fields(record)}


def _writer(hint: Any) -> _Convert | None:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Mapping:
        item = _writer(arguments[1])
        return _each_value(item) if item else dict
    if origin is tuple:
        item = _writer(arguments[0])
        return _each(item) if item else None
    if _records_of(hint):
        return _write_tagged
    if isinstance(hint, type) and is_dataclass(hint):
        return _write_fields
    return None


def _each_value(write: _Convert) -> _Convert:
    return lambda mapping: {key: write(value) for key, value in mapping.items()}


def _each(write: _Convert) -> _Convert:
    return lambda items: [write(item) for item in items]


# Reading


def _read_tagged(types: tuple[type, ...], raw: Any) -> Any:
    name = raw.get("type") if isinstance(raw, Mapping) else None
    for type in types:
        if type.__name__ == name:
            return _read_fields(type, raw)
    expected = " or ".join(t.__name__ for t in types)
    raise CodecError(f"record {name!r} is not known here, expected {expected}")


def _read_fields(type: Any, raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        raise CodecError(f"{type.__name__}: expected an object, found {_kind(raw)}")
    found: dict[str, Any] = {}
    for format in _formats(type):
        if format.name in raw:
            try:
                found[format.name] = format.read(raw[format.name])
            except CodecError as error:
                raise CodecError(f"{type.__name__}.{format.name}: {error}") from None
        elif format.default is MISSING:
            raise CodecError(f"{type.__name__}.{format.name} is missing")
    return type(**found)


def _reader(hint: Any) -> _Convert:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Mapping:
        return _mapping_reader(_reader(arguments[1]))
    if origin is tuple:
        return _tuple_reader([_reader(a) for a in arguments if a is not ...], ... in arguments)
    if arguments and NoneType in arguments:
        rest = [a for a in arguments if a is not NoneType]
        inner = _reader(rest[0]) if len(rest) == 1 else _union_reader(_records_of(hint))
        return lambda raw: None if raw is None else inner(raw)
    if arguments:
        return _union_reader(_records_of(hint))
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda raw: _read_fields(hint, raw)
    if issubclass(hint, StrEnum):
        return _enum_reader(hint)
    return _float if hint is float else _exact_reader(hint)


def _union_reader(types: tuple[type, ...]) -> _Convert:
    return lambda raw: _read_tagged(types, raw)


def _mapping_reader(item: _Convert) -> _Convert:
    def read(raw: Any) -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            raise CodecError(f"expected an object, found {_kind(raw)}")
        return {key: item(value) for key, value in raw.items()}

    return read


def _tuple_reader(items: list[_Convert], repeated: bool) -> _Convert:
    def read(raw: Any) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            raise CodecError(f"expected an array, found {_kind(raw)}")
        if repeated:
            return tuple(items[0](value) for value in raw)
        if len(raw) != len(items):
            raise CodecError(f"expected {len(items)} items, found {len(raw)}")
        return tuple(item(value) for item, value in zip(items, raw, strict=True))

    return read


def _enum_reader(enum: type[StrEnum]) -> _Convert:
    def read(raw: Any) -> StrEnum:
        try:
            return enum(raw)
        except ValueError:
            raise CodecError(f"{raw!r} is not one of {', '.join(enum)}") from None

    return read


def _float(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise CodecError(f"expected a number, found {_kind(raw)}")
    return float(raw)


def _exact_reader(wanted: type) -> _Convert:
    def read(raw: Any) -> Any:
        if type(raw) is not wanted:
            raise CodecError(f"expected {_NAMES[wanted]}, found {_kind(raw)}")
        return raw

    return read


_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def _kind(raw: Any) -> str:
    if raw is None:
        return "null"
    return _NAMES.get(type(raw)) or ("an array" if isinstance(raw, list) else "an object")
