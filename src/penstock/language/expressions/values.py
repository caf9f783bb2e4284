"""The values of the expression language.

Null is None, a number is a Decimal, a time an aware datetime. Nothing here can be changed.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias

from penstock.language.casing import fold_case
from penstock.language.expressions.errors import ExpressionError
from penstock.records import record

Value: TypeAlias = "bool | Decimal | str | Version | datetime | Array | Object | None"


@record(kw_only=False)
class Version:
    """Two to four numbers; versions are compared by their parts, so `1.2` comes before `1.2.0`."""

    parts: tuple[int, ...]

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))


class Array:
    """An unchangeable list of values. Two arrays are equal only if they are the same one.

    `is_filtered` marks the outcome of `x.*`: an index into it is applied to each of its items.
    """

    __slots__ = ("is_filtered", "items")

    def __init__(self, items: Iterable[Value] = (), *, is_filtered: bool = False) -> None:
        self.items = tuple(items)
        self.is_filtered = is_filtered

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Value:
        return self.items[index]

    def __repr__(self) -> str:
        return f"Array({list(self.items)!r})"


class Object:
    """An unchangeable map of text to values, in the order given; equal only to itself.

    Keys differ by case unless `ignore_case`. With `strict` a missing key is an error, as for
    `parameters`; otherwise it is Null.
    """

    __slots__ = ("_names", "_values", "strict")

    def __init__(
        self,
        items: Mapping[str, Value] | Iterable[tuple[str, Value]] = (),
        *,
        ignore_case: bool = False,
        strict: bool = False,
    ) -> None:
        self._values: dict[str, Value] = dict(items)
        self._names = {fold_case(name): name for name in self._values} if ignore_case else None
        self.strict = strict

    def __contains__(self, key: str) -> bool:
        return (key if self._names is None else fold_case(key)) in (self._names or self._values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Object({self._values!r})"

    def get(self, key: str) -> Value:
        """The value of a key, Null when there is none; an ExpressionError then if `strict`."""
        name = key if self._names is None else self._names.get(fold_case(key), key)
        if name in self._values:
            return self._values[name]
        if self.strict:
            raise self._missing(key)
        return None

    def keys(self) -> KeysView[str]:
        """The keys as they were given."""
        return self._values.keys()

    def values(self) -> ValuesView[Value]:
        """The values in order."""
        return self._values.values()

    def items(self) -> ItemsView[str, Value]:
        """The pairs in order."""
        return self._values.items()

    def _missing(self, key: str) -> ExpressionError:
        from penstock.language.diagnostics import nearest

        close = nearest(key, self._values)
        known = ", ".join(f'"{name}"' for name in self._values)
        names = f"what is defined: {known}" if known else "declare it under `parameters`"
        return ExpressionError(
            f"Key not found '{key}'",
            code="PS1306",
            summary=f'"{key}" is not defined here',
            help=f'did you mean "{close}"?' if close else names,
        )


def from_python(value: object, ignore_case_keys: bool = False) -> Value:
    """The value for a tree of dictionaries, lists, text, numbers and so on.

    `ignore_case_keys` holds for the dictionaries at every level. TypeError for other objects.
    """
    match value:
        case None | bool() | str() | Decimal() | Version() | Array() | Object():
            return value
        case int():
            return Decimal(value)
        case float():
            return Decimal(repr(value))
        case datetime():
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        case list() | tuple():
            return Array(from_python(item, ignore_case_keys) for item in value)
        case Mapping():
            pairs = ((str(k), from_python(v, ignore_case_keys)) for k, v in value.items())
            return Object(pairs, ignore_case=ignore_case_keys)
    raise TypeError(f"an expression cannot hold a {type(value).__name__}")


def kind_of(value: Value) -> str:
    """The service's name of a value's type."""
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case Decimal():
            return "Number"
        case str():
            return "String"
        case Version():
            return "Version"
        case datetime():
            return "DateTime"
        case Array():
            return "Array"
        case Object():
            return "Object"
