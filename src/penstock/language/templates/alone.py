"""Checks a template by itself: what is wrong with it whatever it is given, and whoever includes it.

It evaluates nothing, so it knows less than a compile: what an expression decides is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.language.schema import SHAPES, TEMPLATE_BODIES, Anything, Record
from penstock.language.source import Diagnostic, Source
from penstock.language.templates.checking import Checker
from penstock.language.templates.compiled import Compiled
from penstock.language.templates.complaints.shapes import unknown_key
from penstock.language.templates.declarations import read_declarations
from penstock.language.templates.loading import names_declared
from penstock.language.templates.reading import (
    form_of,
    owner_of,
    unknown_key_of,
    without_lead,
)
from penstock.language.templates.reports import Reports
from penstock.language.templates.texts import OPEN, Directive
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence, parse

_ROOTS = ("pipeline", *(f"{slot} template" for slot in TEMPLATE_BODIES))


def check_alone(source: Source) -> tuple[Diagnostic, ...]:
    """What is wrong with a template: its YAML, its expressions, keys that nothing takes."""
    reports = Reports()
    document = parse(source)
    reports.extend(document.diagnostics)
    root = document.root
    if root is not None:
        compiled = Compiled()
        Checker(compiled, reports, names_declared(root)).check(root)
        if isinstance(root, Mapping):
            read_declarations(root.get("parameters"), reports.add, of_pipeline=False)
            _Keys(compiled, reports).check_root(root)
    return reports.all()


class _Keys:
    """Looks for keys that nothing takes where they stand, in every branch of every directive."""

    def __init__(self, compiled: Compiled, reports: Reports) -> None:
        self._compiled = compiled
        self._reports = reports

    def check_root(self, root: Mapping) -> None:
        """Check a file, which is what its body makes it: of several sorts perhaps."""
        entries = list(self._entries(root))
        bodies = {entry.key.value for entry in entries}
        forms = [record for name in _ROOTS for record in form_of(name).records.values()]
        records = [record for record in forms if record.lead in bodies]
        known = dict.fromkeys(name for record in records for name in record.members)
        for key in self._members(entries, records) if records else ():
            self._reports.add(unknown_key(key, known, "a template", None))

    def _check(self, node: Node, shape: str, what: str) -> None:
        if isinstance(node, Scalar) or isinstance(SHAPES[shape], Anything):
            return
        form = form_of(shape)
        if isinstance(node, Mapping):
            if form.records:
                self._mapping(node, shape, what)
        elif form.list is not None:
            for item in self._items(node):
                self._check(item, form.list.item, what)

    def _mapping(self, node: Mapping, shape: str, what: str) -> None:
        form = form_of(shape)
        entries = list(self._entries(node))
        keys = [entry.key for entry in entries if OPEN not in entry.key.value]
        led = [form.records[key.value] for key in keys if key.value in form.records]
        records = [form.record] if form.record is not None else led
        if records:
            for key in self._members(entries, records):
                if key.value not in form.records:
                    owner = owner_of(shape, records[0], what)
                    self._reports.add(unknown_key_of(key, records[0], owner, form.records))
        elif keys and len(keys) == len(entries):
            owner = owner_of(shape, next(iter(form.records.values())), what)
            self._reports.add(without_lead(keys, form.records, owner, node.span))

    def _members(self, entries: Iterable[Entry], records: list[Record]) -> list[Scalar]:
        """Check the values of keys; the keys that none of the records takes."""
        unknown = []
        for entry in entries:
            name = entry.key.value
            if OPEN in name:
                continue
            named = (record.members.get(name, record.others) for record in records)
            takes = {shape for shape in named if shape is not None}
            if not takes:
                unknown.append(entry.key)
            elif len(takes) == 1:
                self._check(entry.value, takes.pop(), name)
        return unknown

    # --- directives

    def _entries(self, node: Mapping) -> Iterator[Entry]:
        """The entries of all branches; one whose key only a run knows is as it is written."""
        for entry in node.entries:
            if self._is_directive(entry.key) and isinstance(entry.value, Mapping):
                yield from self._entries(entry.value)
            else:
                yield entry

    def _items(self, node: Sequence) -> Iterator[Node]:
        """The items of all branches."""
        for item in node.items:
            lone = item.entries[0] if isinstance(item, Mapping) and len(item.entries) == 1 else None
            if lone is None or not self._is_directive(lone.key):
                yield item
            elif isinstance(lone.value, Sequence):
                yield from self._items(lone.value)
            elif isinstance(lone.value, Mapping):
                yield lone.value

    def _is_directive(self, key: Scalar) -> bool:
        return OPEN in key.value and isinstance(self._compiled.parts(key.value), Directive)
