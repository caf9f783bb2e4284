"""Compares two expanded pipelines by meaning: what a reviewer has to know, and nothing else.

Layout, the order of keys, ways to write the same thing, and the files that parts come from make no
difference. Pure: two pipelines in, changes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import TypeAlias

from penstock.devops.comparing.pairing import Pairs, meaning, pair_by_key, pair_steps
from penstock.devops.comparing.parts import DEFAULTS, Part, Property, pipeline_parts
from penstock.language.casing import fold_case
from penstock.language.pipeline import UNNAMED_STAGE, Pipeline
from penstock.language.source import Span
from penstock.records import record

Path: TypeAlias = tuple[Part, ...]
"""A part and those around it, outermost first; the pipeline itself is not among them."""


class Kind(StrEnum):
    """How a part or a property differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
    RENAMED = "renamed"


@record(kw_only=False)
class Change:
    """One difference.

    It is about the property, or the whole part where `property` is empty. `path` is where it is
    shown: on the new side, unless it was removed. `also` are further places of the same text, as
    when a template is included several times.
    """

    kind: Kind
    path: Path
    property: str = ""
    old: str | None = None
    new: str | None = None
    old_span: Span | None = None
    new_span: Span | None = None
    also: tuple[Path, ...] = ()


def compare_pipelines(before: Pipeline, after: Pipeline) -> tuple[Change, ...]:
    """The differences in meaning, in the order of the pipeline that is the later one."""
    old, new = pipeline_parts(before), pipeline_parts(after)
    return tuple(_said_once(_found_again(list(_compared(old, new, ())))))


def _compared(old: Part, new: Part, path: Path) -> Iterator[Change]:
    yield from _properties(old, new, path)
    pairs = _pairs(old.children, new.children)
    for one in new.children:
        inner = (*path, one)
        before = pairs.old_of.get(id(one))
        if before is None:
            yield Change(Kind.ADDED, inner, new_span=one.span)
            continue
        if before.key != one.key and one.kind != "step":
            yield _whole(Kind.RENAMED, inner, before, before.name, one.name)
        elif id(one) in pairs.moved:
            yield _whole(
                Kind.MOVED,
                inner,
                before,
                _neighbour(before, old.children),
                _neighbour(one, new.children),
            )
        yield from _compared(before, one, inner)
    for gone in old.children:
        if id(gone) in pairs.removed:
            yield Change(Kind.REMOVED, (*path, gone), old_span=gone.span)


def _pairs(old: tuple[Part, ...], new: tuple[Part, ...]) -> Pairs:
    is_steps = any(part.kind == "step" for part in (*old, *new))
    return pair_steps(old, new) if is_steps else pair_by_key(old, new)


def _whole(kind: Kind, path: Path, before: Part, old: str, new: str) -> Change:
    return Change(kind, path, "", old, new, before.span, path[-1].span)


def _neighbour(part: Part, among: tuple[Part, ...]) -> str:
    position = next(index for index, one in enumerate(among) if one is part)
    return f"after {among[position - 1].name}" if position else "first"


def _properties(old: Part, new: Part, path: Path) -> Iterator[Change]:
    before = {_name_key(name): (name, one) for name, one in old.properties.items()}
    after = {_name_key(name): (name, one) for name, one in new.properties.items()}
    for key in dict.fromkeys((*after, *before)):
        name = (after.get(key) or before[key])[0]
        left, right = before.get(key), after.get(key)
        change = _property(name, left and left[1], right and right[1], (old, new), path)
        if change:
            yield change


def _property(
    name: str,
    old: Property | None,
    new: Property | None,
    parts: tuple[Part, Part],
    path: Path,
) -> Change | None:
    if old and new and old.key == new.key:
        return None
    kind = parts[1].kind.replace("deployment", "job")
    default = DEFAULTS.get((kind, name))
    left, right = (one.value if one else default for one in (old, new))
    how = Kind.CHANGED
    if left is None or right is None:
        how = Kind.ADDED if left is None else Kind.REMOVED
    return Change(
        kind=how,
        path=path,
        property=name,
        old=left,
        new=right,
        old_span=_place(name, old, parts[0]) if left is not None else None,
        new_span=_place(name, new, parts[1]) if right is not None else None,
    )


def _place(name: str, one: Property | None, part: Part) -> Span | None:
    """Where a property stands; a default that is not written, at its part."""
    return (one.span if one else part.defaults.get(name)) or part.span


def _name_key(name: str) -> str:
    """Names of environment variables are the only ones whose case matters."""
    return name if name.startswith("env ") else fold_case(name)


def _found_again(changes: list[Change]) -> list[Change]:
    """Parts removed in one place and added in another, unchanged, have moved."""
    removed: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        if change.kind is Kind.REMOVED and not change.property:
            removed.setdefault(_identity(change.path[-1]), []).append(change)
    gone: set[int] = set()
    found: list[Change] = []
    for change in changes:
        is_new = change.kind is Kind.ADDED and not change.property
        same = removed.get(_identity(change.path[-1])) if is_new else None
        if same:
            before = same.pop(0)
            gone.add(id(before))
            old, new = f"in {path_text(before.path[:-1])}", f"in {path_text(change.path[:-1])}"
            change = _whole(Kind.MOVED, change.path, before.path[-1], old, new)
        found.append(change)
    return [change for change in found if id(change) not in gone]


def _identity(part: Part) -> tuple[str, str]:
    return (f"{part.kind} {part.key}", meaning(part))


def path_text(path: Path) -> str:
    """`Build/Compile/npm ci`; a stage that the YAML does not name is left out."""
    names = [part.name for part in path if part.name != UNNAMED_STAGE]
    return "/".join(names) or "the pipeline"


def _said_once(changes: Iterable[Change]) -> Iterator[Change]:
    """Changes of one text that reaches several parts, as one change."""
    same: dict[object, list[Change]] = {}
    for change in changes:
        about = (change.path[-1].kind, change.path[-1].name) if not change.property else ()
        places = (change.old_span, change.new_span)
        where = id(change) if places == (None, None) else places
        key = (change.kind, about, change.property, change.old, change.new, where)
        same.setdefault(key, []).append(change)
    for first, *others in same.values():
        yield replace(first, also=tuple(other.path for other in others))
