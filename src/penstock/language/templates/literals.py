"""Values that must be written out: in parameter declarations expressions are refused."""

from __future__ import annotations

from collections.abc import Callable

from penstock.language.source import Diagnostic
from penstock.language.templates.complaints import parameters as complaints
from penstock.language.templates.reports import Failed
from penstock.language.templates.texts import OPEN, Lone, TextError, take_apart
from penstock.language.yaml import Mapping, Node, Scalar, Sequence


def without_expressions(
    node: Node, report: Callable[[Diagnostic], Failed], *, one_text: bool = False
) -> Node | None:
    """The node when nothing in it is an expression; otherwise None, which is reported.

    With `one_text` the node may be an expression that is a lone text literal, `${{ 'x' }}`: the
    service accepts this one form as a default.
    """
    match node:
        case Scalar() if OPEN in node.value:
            literal = text_literal(node.value) if one_text else None
            if literal is not None:
                return Scalar(literal, node.span, "single")
            report(complaints.expression_not_allowed(node))
            return None
        case Scalar():
            return node
        case Sequence():
            items = [without_expressions(item, report) for item in node.items]
            return node if all(items) else None
        case Mapping():
            keys = [without_expressions(entry.key, report) for entry in node.entries]
            values = [without_expressions(entry.value, report) for entry in node.entries]
            return node if all(keys) and all(values) else None


def text_literal(text: str) -> str | None:
    """The text that `${{ 'x' }}` stands for; None for any other text."""
    if OPEN not in text:
        return None
    try:
        parts = take_apart(text)
    except TextError:
        return None
    code = parts.code.text if isinstance(parts, Lone) else ""
    body = code[1:-1]
    is_literal = len(code) >= 2 and code[0] == code[-1] == "'" and "'" not in body.replace("''", "")
    return body.replace("''", "'") if is_literal else None
