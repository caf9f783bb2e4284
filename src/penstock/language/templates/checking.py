"""Checks every expression of a file when it is loaded, also in branches that are never taken."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import replace

from penstock.language.casing import fold_case
from penstock.language.dotted import dotted_variables, empty_within
from penstock.language.expressions import ExpressionError
from penstock.language.expressions.nodes import Access, Call, ExpressionNode, Literal, Name
from penstock.language.places import place_in
from penstock.language.predefined import comes_too_late
from penstock.language.source import Diagnostic, Related, Span
from penstock.language.templates.compiled import Compiled
from penstock.language.templates.complaints import directives as complaints
from penstock.language.templates.reports import Reports
from penstock.language.templates.scope import TEMPLATE_NAMES, is_taken
from penstock.language.templates.texts import OPEN, Code, Directive, Lone, Mixed, TextError
from penstock.language.yaml import Mapping, Node, Scalar, Sequence


class Checker:
    """Checks one file.

    `declared` are the parameters, folded name to name, of a file that takes no others;
    `includes` lead to the file. `plain` then holds the ids of the collections in which nothing
    expands.
    """

    def __init__(
        self,
        compiled: Compiled,
        reports: Reports,
        declared: Table[str, str] | None = None,
        includes: tuple[Related, ...] = (),
    ) -> None:
        self.compiled = compiled
        self.reports = reports
        self.declared = declared
        self.includes = includes
        self.plain: set[int] = set()
        self._late: set[str] = set()

    def check(
        self, node: Node, names: frozenset[str] = TEMPLATE_NAMES, *, is_item: bool = False
    ) -> bool:
        """Report the faults of the expressions in a node; whether there are any expressions."""
        if isinstance(node, Scalar):
            return OPEN in node.value and self._check_text(node, names)
        has_expressions = False
        if isinstance(node, Sequence):
            for item in node.items:
                has_expressions |= self.check(item, names, is_item=True)
        else:
            is_alone = is_item and len(node.entries) == 1
            has_expressions = self._check_entries(node, names, is_alone=is_alone)
        if not has_expressions:
            self.plain.add(id(node))
        return has_expressions

    def _check_entries(self, node: Mapping, names: frozenset[str], *, is_alone: bool) -> bool:
        has_expressions = False
        for entry in node.entries:
            inner = names
            if OPEN in entry.key.value:
                has_expressions = True
                inner = self._check_key(entry.key, names, is_alone=is_alone)
            value = entry.value
            if not isinstance(value, Scalar) or OPEN in value.value:  # else there is nothing to it
                has_expressions |= self.check(value, inner)
        return has_expressions

    def _check_key(self, key: Scalar, names: frozenset[str], *, is_alone: bool) -> frozenset[str]:
        """Check a key; the names that its value may use.

        Where it `is_alone`, the only key of an item, the service says more of what is no directive.
        """
        parts = self.compiled.parts(key.value)
        if not isinstance(parts, Directive):
            self._check_text(key, names, f"\nUnexpected value '{key.value}'" if is_alone else "")
            return names | _meant_variable(key.value)
        if parts.code:
            self._check_code(parts.code, key, names)
        if parts.keyword != "each":
            return names
        if is_taken(parts.variable, names):
            self._report(complaints.variable_taken(parts.variable, _variable_span(key, parts)))
        return names | {parts.variable}

    def _check_text(self, scalar: Scalar, names: frozenset[str], more: str = "") -> bool:
        parts = self.compiled.parts(scalar.value)
        match parts:
            case TextError():
                span = place_in(scalar.value, scalar.span, parts.offset, parts.length)
                self._report(complaints.malformed_text(parts, span, scalar.value), more)
            case Directive():
                self._report(complaints.misplaced_directive(parts.keyword, scalar))
            case Lone():
                self._check_code(parts.code, scalar, names, more=more)
            case _:
                for piece in parts.pieces:
                    if isinstance(piece, Code):
                        self._check_code(piece, scalar, names, parts)
        return True

    def _check_code(
        self,
        code: Code,
        host: Scalar,
        names: frozenset[str],
        among: Mixed | None = None,
        *,
        more: str = "",
    ) -> None:
        tree = self.compiled.expression(code.text, names)

        def at(start: int, end: int) -> Span:
            return place_in(host.value, host.span, code.offset + start, max(1, end - start))

        if isinstance(tree, ExpressionError):
            self._report(complaints.bad_expression(tree, code, host, at, among), more)
            return
        read = {name.lower() for name in tree.names}
        if self.declared is not None and "parameters" in read:
            for name, start, end in _members(tree.root, "parameters"):
                if fold_case(name) not in self.declared:
                    self._report(
                        complaints.undeclared(name, self.declared.values(), at(start, end))
                    )
        if "variables" in read:
            for name, start, end in _members(tree.root, "variables"):
                if comes_too_late(name) and fold_case(name) not in self._late:
                    self._late.add(fold_case(name))
                    self._report(complaints.comes_too_late(name, at(start, end)))
            for name, start, end in dotted_variables(tree.root):
                self._report(empty_within(name, at(start, end)))

    def _report(self, diagnostic: Diagnostic, more: str = "") -> None:
        said = diagnostic.service_text or ""
        if more and not said.startswith("Unrecognized value"):
            diagnostic = replace(diagnostic, service_text=said + more)
        self.reports.add(diagnostic, self.includes)


def _members(node: ExpressionNode, context: str) -> Iterator[tuple[str, int, int]]:
    """What an expression reads by name in a context (given in lower case), and where."""
    match node:
        case Call():
            for argument in node.arguments:
                yield from _members(argument, context)
        case Access():
            first = node.steps[0]
            is_there = isinstance(node.base, Name) and node.base.name.lower() == context
            if is_there and isinstance(first, Literal) and isinstance(first.value, str):
                yield first.value, node.start, node.end
            for inner in (node.base, *node.steps):
                if inner is not None:
                    yield from _members(inner, context)


def _meant_variable(key: str) -> frozenset[str]:
    """The loop variable of a key that is no directive but was meant to be one: `EACH x IN y`."""
    words = key.split()
    is_loop = len(words) > 4 and words[0] == OPEN and words[2].isidentifier()
    return frozenset({words[2]} if is_loop else ())


def _variable_span(key: Scalar, directive: Directive) -> Span:
    name = directive.variable
    start = key.value.index(name, key.value.index("each") + len("each"))
    return place_in(key.value, key.span, start, len(name))
