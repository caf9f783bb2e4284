"""The kinds of shape a value can have. Shapes name each other, so that the tables may recur."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from penstock.records import record


@record(kw_only=False)
class Text:
    """A scalar. With `words` it is one of these, whatever the case; `filled` refuses emptiness."""

    words: tuple[str, ...] = ()
    filled: bool = False


@record(kw_only=False)
class ListOf:
    """A list of one shape. `slot` names the template body that may be included in it (`steps`)."""

    item: str
    slot: str | None = None


@record(kw_only=False)
class Record:
    """A mapping with known keys and their shapes.

    `lead` is the key that tells this record from its alternatives (`script`, `job`); `first` is the
    key that the reference calls "required as first property". `others` is
    the shape of keys that are not listed; None refuses them. `early` keys are read as soon as they
    are met, because what follows may refer to them. Of each group of `rivals` a mapping has one
    at most.
    Where `may_be_blank`, nothing at all stands for a mapping without keys.
    """

    members: Mapping[str, str]
    lead: str | None = None
    first: str | None = None
    required: tuple[str, ...] = ()
    others: str | None = None
    early: tuple[str, ...] = ()
    rivals: tuple[tuple[str, ...], ...] = ()
    may_be_blank: bool = False


@record(kw_only=False)
class Choice:
    """One of several shapes: at most one text, one list, and records told apart by their leads."""

    alternatives: tuple[Text | ListOf | Record, ...]


@record(kw_only=False)
class Anything:
    """Any value; nothing in it is checked."""


Shape: TypeAlias = Text | ListOf | Record | Choice | Anything
