"""Records: data classes that cost little to define and to make.

`@dataclass(frozen=True, slots=True)` compiles some six methods for each class whenever a program
starts, and sets every field through `object.__setattr__`. All records of as many fields share the
compiled code of one `__init__`, each with names of its own in it; the other methods are the same
functions for all. That nobody assigns to a field is held by the type checker, not at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache, partial
from operator import attrgetter
from types import CodeType, FunctionType, MappingProxyType
from typing import Any, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")
_AFTER = "__post_init__"


@overload
def record(cls: type[_T], /) -> type[_T]: ...
@overload
def record(*, kw_only: bool = True, frozen: bool = True) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field, Field))
def record(cls: type[Any] | None = None, /, *, kw_only: bool = True, frozen: bool = True) -> Any:
    """Make a class a record: a data class with slots, equal and hashed by its fields.

    Fields, defaults, `__post_init__`, `fields`, `replace` and `match` are those of `dataclasses`;
    of `field` there are `default`, `default_factory` and `repr`. Fields are given by name, or also
    by place with `kw_only=False`. With `frozen=False` the type checker lets fields be assigned to,
    and the record has no hash. A record inherits from no other: TypeError.
    """

    def make(cls: type[Any]) -> type[Any]:
        if any(getattr(base, "__slots__", ()) for base in cls.__bases__):
            raise TypeError(f"{cls.__qualname__}: a record has no fields of another class")
        body = dict(cls.__dict__)
        names = tuple(body.get("__annotations__", ()))
        given = {name: body.pop(name) for name in names if name in body}
        del body["__dict__"], body["__weakref__"]
        body |= {name: _SHARED[name] for name in _SHARED if body.get(name) is None}
        if not frozen:
            body["__hash__"] = None
        body |= {
            "__qualname__": cls.__qualname__,
            "__slots__": names,
            "__match_args__": () if kw_only else names,
            "__init__": _initializer(names, given, kw_only, _AFTER in body),
            "__dataclass_fields__": _Fields(body.get("__annotations__", {}), given, kw_only),
            "_values": staticmethod(attrgetter(*names) if names else _nothing),
        }
        return type(cls.__name__, cls.__bases__, body)

    return make if cls is None else make(cls)


def field_names(record: type[Any]) -> tuple[str, ...]:
    """The names of the fields of a record class, as they were written."""
    found: tuple[str, ...] = record.__slots__
    return found


class _Fields:
    """What `dataclasses.fields` finds, made when it is first asked for: few classes ever are."""

    def __init__(
        self, annotations: Mapping[str, Any], given: Mapping[str, Any], kw_only: bool
    ) -> None:
        self.annotations, self.given, self.kw_only = annotations, given, kw_only

    def __get__(self, record: object, cls: type[Any]) -> dict[str, Field[Any]]:
        body = {"__annotations__": self.annotations, "__doc__": cls.__name__, **self.given}
        for name, value in self.given.items():
            if isinstance(value, MappingProxyType):  # to `dataclass`, what has no hash is mutable
                body[name] = field(default_factory=partial(_same, value))
        make = dataclass(init=False, repr=False, eq=False, kw_only=self.kw_only)
        plain: type[Any] = make(type(cls.__name__, (), body))
        found: dict[str, Field[Any]] = plain.__dataclass_fields__
        cls.__dataclass_fields__ = found
        return found


def _initializer(
    names: tuple[str, ...], given: Mapping[str, Any], kw_only: bool, is_followed: bool
) -> FunctionType:
    """The `__init__` of a record: `given` has the defaults, and the `field`s, of some names."""
    defaults: dict[str, Any] = {}
    makers: dict[str, Any] = {}
    places = []
    for place, name in enumerate(names):
        value = given.get(name, MISSING)
        if isinstance(value, Field):
            if value.default_factory is not MISSING:
                places.append(place)
                makers[f"make_{place}"] = value.default_factory
                defaults[name] = MISSING
                continue
            value = value.default
        if isinstance(value, list | dict | set):
            raise TypeError(f"{name}: all records would share this value; give a default_factory")
        if value is not MISSING:
            defaults[name] = value
    code = _code(len(names), tuple(places), is_followed)
    own = {f"field_{place}": name for place, name in enumerate(names)}
    named = code.replace(
        co_names=tuple(own.get(name, name) for name in code.co_names),
        co_varnames=("self", *names),
        co_argcount=1 if kw_only else 1 + len(names),
        co_kwonlyargcount=len(names) if kw_only else 0,
    )
    made = FunctionType(named, {**makers, "MISSING": MISSING})
    if kw_only:
        made.__kwdefaults__ = defaults
    else:
        made.__defaults__ = tuple(defaults.values())
    return made


@cache
def _code(count: int, made: tuple[int, ...], is_followed: bool) -> CodeType:
    """The code of an `__init__` of as many fields; those at the places `made` have a factory."""
    own = [f"field_{place}" for place in range(count)]
    lines = [f"def __init__({', '.join(['self', *own])}):"]
    lines += [f" if {own[at]} is MISSING: {own[at]} = make_{at}()" for at in made]
    lines += [f" self.{name} = {name}" for name in own] or [" pass"]
    lines += [f" self.{_AFTER}()"] * is_followed
    space: dict[str, Any] = {}
    exec("\n".join(lines), space)
    code: CodeType = space["__init__"].__code__
    return code


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


def _same(value: _T) -> _T:
    return value


def _nothing(record: object) -> tuple[()]:
    return ()


_SHARED = {"__repr__": _represent, "__eq__": _is_equal, "__hash__": _hash}
