"""Parameter values given when a run is queued: texts, which the declared types turn into YAML."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table

from penstock.language.casing import fold_case
from penstock.language.source import Diagnostic, Source, Span
from penstock.language.templates.declarations import Declarations
from penstock.language.yaml import Entry, Mapping, Node, Scalar, parse

_TEXT_TYPES = frozenset(
    ("string", "number", "boolean", "environment", "filePath", "secureFile", "serviceConnection")
)


def queue_time_values(
    values: Table[str, str], declared: Declarations, report: Callable[[Diagnostic], object]
) -> Mapping:
    """The values as a mapping, as if they stood in a file.

    A value for a parameter of another type than a text, number or boolean is read as YAML (or
    JSON). Each value is a source of its own, called `--parameter NAME`.
    """
    types = {fold_case(p.name.value): p.type for p in declared.parameters}
    entries: list[Entry] = []
    for name, text in values.items():
        kind = types.get(fold_case(name), "string")
        source = Source(f"--parameter {name}", text)
        span = Span(source, 1, 1, 1, 1 + len(text.split("\n", 1)[0]))
        entries.append(Entry(_name(name), _value(kind, source, span, report)))
    return Mapping(tuple(entries), Span(Source("--parameter", ""), 1, 1, 1, 1))


def _name(name: str) -> Scalar:
    return Scalar(name, Span(Source("--parameter", name), 1, 1, 1, 1 + len(name)))


def _value(kind: str, source: Source, span: Span, report: Callable[[Diagnostic], object]) -> Node:
    if kind in _TEXT_TYPES:
        return Scalar(source.text, span, "single")
    document = parse(source)
    for diagnostic in document.diagnostics:
        report(diagnostic)
    return document.root or Scalar("", span)
