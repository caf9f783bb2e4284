"""Records: immutable data classes that cost little to define and to make.

`@dataclass(frozen=True, slots=True)` compiles some six methods for each class whenever a program
starts, and sets every field through `object.__setattr__`. A record has one compiled method,
`__init__`; the others are the same functions for all records. That nobody assigns to a field is
held by the type checker, not at run time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")


@overload
def record(cls: type[_T], /) -> type[_T]: ...
@overload
def record(*, kw_only: bool = True) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field, Field))
def record(cls: type[Any] | None = None, /, *, kw_only: bool = True) -> Any:
    """Make a class a record: a data class with slots, equal and hashed by its fields.

    Fields, defaults, `__post_init__`, `fields`, `replace` and `match` are those of `dataclasses`.
    Fields are given by name, or also by place with `kw_only=False`.
    """

    def make(cls: type[Any]) -> type[Any]:
        shared = {"__repr__": _represent, "__eq__": _is_equal, "__hash__": _hash}
        for name, method in shared.items():
            if cls.__dict__.get(name) is None:
                setattr(cls, name, method)
        made = dataclass(repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
        names = [one.name for one in fields(made)]
        made._values = staticmethod(attrgetter(*names) if names else _nothing)
        return made

    return make if cls is None else make(cls)


def _represent(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _is_equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = self._values
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash(self._values(self))


def _nothing(record: object) -> tuple[()]:
    return ()
