"""`--set NAME=VALUE`: changes of a tree before it is read, as the real client makes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from penstock.language.source import Diagnostic, Source, Span
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence
from penstock.ml.yaml import complaints, phrases
from penstock.ml.yaml.paths import COMMAND_LINE

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class _Refused(Exception):
    """the override goes through a text"""


def apply_overrides(
    root: Mapping, overrides: Iterable[tuple[str, str]]
) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """The tree with each (dotted name, value) put in, in order, and what could not be put in.

    Missing fields are made; `a[0].b` reaches into lists. A value is a text, whatever it looks like.
    """
    found: list[Diagnostic] = []
    for name, value in overrides:
        source = Source(COMMAND_LINE, f"{name}={value}")
        steps = [match[0] for match in _STEP.finditer(name)]
        span = Span(source, 1, 1, 1, len(name) + 1)
        if not steps:
            found.append(complaints.override_malformed(source.text, span))
            continue
        new = Scalar(value, Span(source, 1, len(name) + 2, 1, len(source.text) + 1), "double")
        try:
            changed = _put(root, steps, new, span)
        except _Refused as refused:
            found.append(complaints.override_refused(span, name, str(refused)))
        else:
            root = changed if isinstance(changed, Mapping) else root
    return root, tuple(found)


def _put(node: Node | None, steps: list[str], new: Scalar, span: Span) -> Node:
    """The node with the value at the end of the steps."""
    if not steps:
        return new
    head, rest = steps[0], steps[1:]
    if isinstance(node, Scalar) and not node.is_null:
        raise _Refused(phrases.shorten(node.value))
    if isinstance(node, Sequence) or head.startswith("["):
        return _put_item(node, head, rest, new, span)
    entries = node.entries if isinstance(node, Mapping) else ()
    old = next((entry for entry in entries if entry.key.value == head), None)
    key = old.key if old else Scalar(head, span)
    entry = Entry(key, _put(old.value if old else None, rest, new, span))
    kept = tuple(entry if other is old else other for other in entries)
    where = node.span if isinstance(node, Mapping) else span
    return Mapping(kept if old else (*entries, entry), where)


def _put_item(node: Node | None, head: str, rest: list[str], new: Scalar, span: Span) -> Node:
    items = node.items if isinstance(node, Sequence) else ()
    number = head.strip("[]")
    if isinstance(node, Mapping) or not number.isdigit() or int(number) > len(items):
        raise _Refused(phrases.describe(node) if node else "nothing")
    index = int(number)
    item = _put(items[index] if index < len(items) else None, rest, new, span)
    changed = (*items[:index], item, *items[index + 1 :])
    return Sequence(changed, node.span if isinstance(node, Sequence) else span)
