"""Pairs the keys and values of a mapping, and judges repeated keys and merge keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from penstock.language.casing import fold_case
from penstock.language.source import Diagnostic
from penstock.language.yaml import complaints
from penstock.language.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence

Complain: TypeAlias = Callable[[Diagnostic], None]

_MERGE = "<<"
_EXPRESSION = "${{"


def pair_entries(parts: list[Node], complain: Complain, *, anchors: bool) -> tuple[Entry, ...]:
    """The entries of a mapping; what is wrong with its keys is told to `complain`."""
    if not anchors and (found := _faultless(parts)) is not None:
        return found
    entries = _text_keys(parts, complain)
    return _merged(entries, complain) if anchors else _distinct(entries, complain)


def _faultless(parts: list[Node]) -> tuple[Entry, ...] | None:
    """The entries where each key is a text of its own, as nearly always; None otherwise."""
    keys = parts[::2]
    names = {fold_case(key.value) for key in keys if type(key) is Scalar}
    if len(names) < len(keys) or _MERGE in names:
        return None
    return tuple(map(Entry, keys, parts[1::2]))  # type: ignore[arg-type]


def _text_keys(parts: list[Node], complain: Complain) -> Iterator[Entry]:
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        if isinstance(key, Scalar):
            yield Entry(key, value)
        else:
            complain(complaints.key_not_text(key))


def _distinct(entries: Iterable[Entry], complain: Complain) -> tuple[Entry, ...]:
    """The entries whose keys differ in more than case.

    Keys that hold a template expression may repeat: whether they clash is known after expansion.
    """
    kept: list[Entry] = []
    firsts: dict[str, Scalar] = {}
    for entry in entries:
        key = entry.key
        text = key.value
        if _EXPRESSION in text:
            kept.append(entry)
            continue
        first = firsts.setdefault(fold_case(text), key)
        if first is not key:
            complain(complaints.key_repeated(key, first))
        elif text == _MERGE and _is_merge(key):
            complain(complaints.merge_refused(key))
        else:
            kept.append(entry)
    return tuple(kept)


def _merged(entries: Iterable[Entry], complain: Complain) -> tuple[Entry, ...]:
    """The entries as `safe_load` has them: merged ones first, but own and later ones win."""
    inherited: dict[str, Entry] = {}
    own: dict[str, Entry] = {}
    for entry in entries:
        key = entry.key
        if _is_merge(key):
            inherited.update((other.key.value, other) for other in _sources(entry, complain))
            continue
        if key.value in own:
            complain(complaints.key_overridden(key, own[key.value].key))
        own[key.value] = entry
    return tuple({**inherited, **own}.values())


def _sources(entry: Entry, complain: Complain) -> Iterator[Entry]:
    """The entries a merge key brings in; the earlier mappings of a list win, so they come last."""
    value = entry.value
    mappings = reversed(value.items) if isinstance(value, Sequence) else (value,)
    for mapping in mappings:
        if isinstance(mapping, Mapping):
            yield from mapping.entries
        else:
            complain(complaints.merge_not_mapping(mapping))


def _is_merge(key: Scalar) -> bool:
    return key.value == _MERGE and key.style == "plain" and not key.tag
