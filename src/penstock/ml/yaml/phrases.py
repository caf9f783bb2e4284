"""Small pieces of the sentences in `complaints` and `misfits`."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.language.source import Span
from penstock.language.yaml import Mapping, Node, Sequence

_SHOWN = 40


def describe(node: Node) -> str:
    """What a node holds, in a few words."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
    return "nothing" if node.is_null else f'"{shorten(node.value)}"'


def article(owner: str) -> str:
    """The owner with "a" or "an" before it."""
    return f"an {owner}" if owner[:1].lower() in "aeio" else f"a {owner}"


def listed(words: Iterable[str]) -> str:
    """The words as a text: `a, b or c`."""
    *head, last = [*words] or [""]
    return f"{', '.join(head)} or {last}" if head else last


def shorten(text: str) -> str:
    """The first line of a text, cut where it is long."""
    line = text.split("\n", 1)[0]
    return line if len(line) <= _SHOWN and line == text else f"{line[:_SHOWN]}…"


def first_line(span: Span) -> Span:
    """The part of a place that is on its first line."""
    if span.end_line == span.line:
        return span
    return Span(span.source, span.line, span.column, span.line, span.column + 1)
