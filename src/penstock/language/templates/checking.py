"""Checks every expression of a file when it is loaded, also in branches that are never taken."""

from __future__ import annotations

from penstock.language.casing import fold_case
from penstock.language.expressions import GENERAL, ExpressionError
from penstock.language.places import place_in
from penstock.language.source import Span
from penstock.language.templates import complaints
from penstock.language.templates.compiled import Compiled
from penstock.language.templates.reports import Reports
from penstock.language.templates.scope import TEMPLATE_NAMES
from penstock.language.templates.texts import OPEN, Code, Directive, Lone, TextError
from penstock.language.yaml import Mapping, Node, Scalar, Sequence


class Checker:
    """Checks one file. `plain` then holds the ids of the collections in which nothing expands."""

    def __init__(self, compiled: Compiled, reports: Reports) -> None:
        self.compiled = compiled
        self.reports = reports
        self.plain: set[int] = set()

    def check(self, node: Node, names: frozenset[str] = TEMPLATE_NAMES) -> bool:
        """Report the faults of the expressions in a node; whether there are any expressions."""
        if isinstance(node, Scalar):
            return OPEN in node.value and self._check_text(node, names)
        has_expressions = False
        if isinstance(node, Sequence):
            for item in node.items:
                has_expressions |= self.check(item, names)
        else:
            has_expressions = self._check_entries(node, names)
        if not has_expressions:
            self.plain.add(id(node))
        return has_expressions

    def _check_entries(self, node: Mapping, names: frozenset[str]) -> bool:
        has_expressions = False
        for entry in node.entries:
            inner = names
            if OPEN in entry.key.value:
                has_expressions = True
                inner = self._check_key(entry.key, names)
            has_expressions |= self.check(entry.value, inner)
        return has_expressions

    def _check_key(self, key: Scalar, names: frozenset[str]) -> frozenset[str]:
        """Check a key; the names that its value may use."""
        parts = self.compiled.parts(key.value)
        if not isinstance(parts, Directive):
            self._check_text(key, names)
            return names
        if parts.code:
            self._check_code(parts.code, key, names)
        if parts.keyword != "each":
            return names
        taken = {fold_case(name) for name in (*names, *GENERAL)}
        if fold_case(parts.variable) in taken:
            self.reports.add(complaints.variable_taken(parts.variable, _variable_span(key, parts)))
        return names | {parts.variable}

    def _check_text(self, scalar: Scalar, names: frozenset[str]) -> bool:
        parts = self.compiled.parts(scalar.value)
        match parts:
            case TextError():
                span = place_in(scalar.value, scalar.span, parts.offset, parts.length)
                self.reports.add(complaints.malformed_text(parts, span))
            case Directive():
                self.reports.add(complaints.misplaced_directive(parts.keyword, scalar))
            case Lone():
                self._check_code(parts.code, scalar, names)
            case _:
                for piece in parts.pieces:
                    if isinstance(piece, Code):
                        self._check_code(piece, scalar, names)
        return True

    def _check_code(self, code: Code, host: Scalar, names: frozenset[str]) -> None:
        tree = self.compiled.expression(code.text, names)
        if not isinstance(tree, ExpressionError):
            return

        def at(start: int, end: int) -> Span:
            return place_in(host.value, host.span, code.offset + start, max(1, end - start))

        self.reports.add(complaints.bad_expression(tree, code, host, at))


def _variable_span(key: Scalar, directive: Directive) -> Span:
    name = directive.variable
    start = key.value.index(name, key.value.index("each") + len("each"))
    return place_in(key.value, key.span, start, len(name))
