"""One Azure ML YAML file after reading: its tree, what is wrong, and the files it names."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import field
from pathlib import Path
from typing import Any

from penstock.language.source import Diagnostic, Severity, Span
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence
from penstock.ml.yaml.kinds import Kind
from penstock.records import record


@record
class Loaded:
    """What a file says. `kind` is None where that could not be told.

    `document` is the located tree with overrides applied, `value` the same as plain Python values;
    both are empty when the text could not be read. `parts` holds the component files, by the name
    of the node that uses them ("" for the pipeline's own `component`). `diagnostics` are those of
    this file and of all parts, each once.
    """

    kind: Kind | None
    path: Path
    document: Mapping | None = None
    value: Table[str, Any] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    parts: Table[str, Loaded] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where relative paths in the file begin."""
        return self.path.parent

    @property
    def has_errors(self) -> bool:
        """Whether something is wrong that stops the file from being used."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


def span_at(loaded: Loaded, target: str) -> Span | None:
    """The place of a dotted path (`jobs.train.inputs.rate`), also inside of component files.

    Where the path goes further than the file does, the place of the last part that is there; a
    path that begins with nothing known has no place.
    """
    return _walk(loaded, target.split("."))


def _walk(loaded: Loaded, steps: list[str]) -> Span | None:
    node: Node | None = loaded.document
    place: Span | None = None
    for index, step in enumerate(steps):
        if index == 2 and steps[0] == "jobs" and step in ("component", "code", "environment"):
            inner = _in_component(loaded, steps)
            if inner is not None:
                return inner
        entry = _entry(node, steps[index:])
        if entry is None:
            if isinstance(node, Sequence) and step.isdigit() and int(step) < len(node.items):
                node = node.items[int(step)]
                place = node.span
                continue
            break
        place, node = _shown_place(entry), entry.value
    return place


def _in_component(loaded: Loaded, steps: list[str]) -> Span | None:
    part = loaded.parts.get(steps[1])
    if part is None:
        return None
    inner = steps[3:] if steps[2] == "component" else steps[2:]
    return _walk(part, inner) if inner else None


def _entry(node: Node | None, steps: list[str]) -> Entry | None:
    """The entry of the next step; input names may hold dots, so a longer key is tried too."""
    if not isinstance(node, Mapping):
        return None
    for length in (1, 2, 3):
        entry = node.entry(".".join(steps[:length]))
        if entry is not None:
            return entry
    return None


def _shown_place(entry: Entry) -> Span:
    """A short value is pointed at itself; a mapping, a list or a long text at its key."""
    value = entry.value
    if isinstance(value, Scalar) and value.value and value.span.line == value.span.end_line:
        return value.span
    return entry.key.span
