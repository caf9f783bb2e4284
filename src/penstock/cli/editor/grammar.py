"""The shapes that can stand where a cursor is, from the same tables that the compiler reads by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.cli.editor.cursor import ITEM, Level
from penstock.language.schema import SHAPES, Choice, ListOf, Record, Shape, Text

ROOTS = ("pipeline", *(name for name in SHAPES if name.endswith(" template")))


def shapes_at(path: Sequence[str], levels: Sequence[Level]) -> tuple[str, ...]:
    """The names of the shapes at the end of a path; none where anything goes."""
    shapes: tuple[str, ...] = ROOTS
    depth = 0
    for step in path:
        if step == ITEM:
            shapes = _distinct(item for name in shapes for item in _items(name))
            continue
        keys = levels[depth].keys if depth < len(levels) else {}
        depth += 1
        shapes = _distinct(
            takes
            for record in records_of(shapes, keys)
            if (takes := record.members.get(step, record.others)) is not None
        )
    return shapes


def records_of(shapes: Iterable[str], keys: Mapping[str, str]) -> list[Record]:
    """The mappings among some shapes; where a leading key is there, those that it leads."""
    found = [
        one for name in shapes for one in _alternatives(SHAPES[name]) if isinstance(one, Record)
    ]
    led = [record for record in found if record.lead in keys]
    return led or found


def words_of(shapes: Iterable[str]) -> tuple[str, ...]:
    """The words that texts among some shapes are limited to."""
    words = (
        word
        for name in shapes
        for one in _alternatives(SHAPES[name])
        if isinstance(one, Text)
        for word in one.words
    )
    found = tuple(dict.fromkeys(words))
    return ("true", "false") if "yes" in found else found


def takes_keys(shapes: Iterable[str]) -> bool:
    """Whether a mapping may stand there."""
    return bool(records_of(shapes, {}))


def _items(name: str) -> Iterator[str]:
    for one in _alternatives(SHAPES[name]):
        if isinstance(one, ListOf):
            yield one.item


def _alternatives(shape: Shape) -> tuple[Shape, ...]:
    return shape.alternatives if isinstance(shape, Choice) else (shape,)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
