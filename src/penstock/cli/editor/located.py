"""The scalar at a place of a parsed file, with the keys that lead to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.cli.editor.cursor import ITEM, Level, is_directive, path_of
from penstock.language.places import place_in
from penstock.language.source import Span
from penstock.language.templates.texts import OPEN, Code, Directive, Lone, TextError, take_apart
from penstock.language.yaml import Mapping, Node, Scalar, Sequence
from penstock.records import record

_NAMED = {
    "parameter": re.compile(r"\bparameters(?:\.(?P<a>[\w-]+)|\[\s*'(?P<b>[^']+)'\s*\])", re.I),
    "variable": re.compile(
        r"\bvariables(?:\.(?P<a>[\w-]+)|\[\s*'(?P<b>[^']+)'\s*\])|\$\((?P<c>[\w. -]+)\)", re.I
    ),
    "dependency": re.compile(
        r"\b(?:stageDependencies|dependencies)(?:\.(?P<a>\w+)|\[\s*'(?P<b>[^']+)'\s*\])", re.I
    ),
}


@record(kw_only=False)
class Spotted:
    """A scalar that is a key or a value. `path` and `levels` are as those of a cursor; the path of
    a key leads to the mapping it is in. `mappings` are those around, outermost first."""

    scalar: Scalar
    is_key: bool
    path: tuple[str, ...]
    levels: tuple[Level, ...]
    mappings: tuple[Mapping, ...]


@record(kw_only=False)
class Reference:
    """A name in an expression or a macro: `kind` is "parameter", "variable" or "dependency"."""

    kind: str
    name: str
    span: Span


def spot(root: Node | None, line: int, column: int) -> Spotted | None:
    """The scalar at a place (1-based), or None."""
    return _spot(root, line, column, (), (), ()) if root is not None else None


def _spot(
    node: Node,
    line: int,
    column: int,
    keys: tuple[str, ...],
    levels: tuple[Level, ...],
    mappings: tuple[Mapping, ...],
) -> Spotted | None:
    if isinstance(node, Scalar):
        if holds(node.span, line, column):
            return Spotted(node, False, path_of(keys), levels, mappings)
        return None
    if isinstance(node, Sequence):
        found = (_spot(i, line, column, (*keys, ITEM), levels, mappings) for i in node.items)
        return next((one for one in found if one), None)
    level = Level(
        {
            e.key.value: e.value.value if isinstance(e.value, Scalar) else ""
            for e in node.entries
            if not is_directive(e.key.value)
        }
    )
    inner = (*mappings, node)
    for entry in node.entries:
        key = entry.key.value
        further = levels if is_directive(key) else (*levels, level)
        if holds(entry.key.span, line, column):
            return Spotted(entry.key, True, path_of(keys), (*levels, level), inner)
        found_below = _spot(entry.value, line, column, (*keys, key), further, inner)
        if found_below:
            return found_below
    return None


def holds(span: Span, line: int, column: int) -> bool:
    """Whether a place is in a span, its end included: a cursor may stand behind the last letter."""
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    return start <= (line, column) <= end


def codes_in(scalar: Scalar) -> Iterator[Code]:
    """The expressions in a scalar."""
    if OPEN not in scalar.value:
        return
    try:
        parts = take_apart(scalar.value)
    except TextError:
        return
    if isinstance(parts, Lone):
        yield parts.code
    elif isinstance(parts, Directive):
        if parts.code is not None:
            yield parts.code
    else:
        yield from (piece for piece in parts.pieces if isinstance(piece, Code))


def code_at(scalar: Scalar, line: int, column: int) -> tuple[Code, Span] | None:
    """The expression at a place in a scalar, and where it stands."""
    for code in codes_in(scalar):
        span = place_in(scalar.value, scalar.span, code.offset, max(1, len(code.text)))
        if holds(span, line, column):
            return code, span
    return None


def reference_at(scalar: Scalar, line: int, column: int) -> Reference | None:
    """The parameter, variable or dependency that is named at a place in a scalar."""
    for kind, pattern in _NAMED.items():
        for match in pattern.finditer(scalar.value):
            span = place_in(scalar.value, scalar.span, match.start(), match.end() - match.start())
            name = next(text for text in match.groups() if text)
            if holds(span, line, column):
                return Reference(kind, name, span)
    return None
