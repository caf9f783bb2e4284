"""Variables whose names have dots, read as if each dot led further: such a reading is empty."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from penstock.language.expressions.nodes import Access, Call, ExpressionNode, Literal, Name
from penstock.language.source import Diagnostic, Severity, Span


def dotted_variables(node: ExpressionNode) -> Iterator[tuple[str, int, int]]:
    """The names an expression reads within the value of a variable, with dots, and where."""
    match node:
        case Call():
            for argument in node.arguments:
                yield from dotted_variables(argument)
        case Access():
            texts = list(takewhile(bool, map(_text_of, node.steps)))
            is_there = isinstance(node.base, Name) and node.base.name.lower() == "variables"
            if is_there and len(texts) > 1:
                yield ".".join(texts), node.start, node.end
            for inner in (node.base, *node.steps):
                if inner is not None:
                    yield from dotted_variables(inner)


def _text_of(step: ExpressionNode | None) -> str:
    if isinstance(step, Literal) and isinstance(step.value, str):
        return step.value
    return ""


def empty_within(name: str, span: Span) -> Diagnostic:
    """A reading within the value of a variable, which is text and has nothing within."""
    return Diagnostic(
        code="PS1319",
        severity=Severity.WARNING,
        message="a variable is text and has no members, so this is empty",
        span=span,
        help=f"a name with dots is written in brackets: variables['{name}']",
    )
