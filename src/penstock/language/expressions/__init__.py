"""The expression language of Azure Pipelines: `${{ }}`, `$[ ]` and conditions share this engine.

It knows functions and values; which contexts and status functions exist where, the caller says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from penstock.language.expressions.conversion import (
    are_equal,
    to_boolean,
    to_number,
    to_text,
    to_version,
)
from penstock.language.expressions.errors import ExpressionError
from penstock.language.expressions.evaluation import (
    Arguments,
    Trace,
    Traced,
    evaluate_expression,
)
from penstock.language.expressions.functions import GENERAL, on_values
from penstock.language.expressions.json_text import to_json_text
from penstock.language.expressions.nodes import Expression, Function, print_node
from penstock.language.expressions.parser import parse_expression
from penstock.language.expressions.values import (
    Array,
    Object,
    Value,
    Version,
    from_python,
    kind_of,
)

__all__ = [
    "GENERAL",
    "Arguments",
    "Array",
    "Expression",
    "ExpressionError",
    "Function",
    "Object",
    "Trace",
    "Traced",
    "Value",
    "Version",
    "are_equal",
    "evaluate",
    "from_python",
    "kind_of",
    "on_values",
    "parse",
    "print_expression",
    "to_boolean",
    "to_json_text",
    "to_number",
    "to_text",
    "to_version",
]


def parse(
    text: str, *, names: Collection[str], functions: Mapping[str, Function] = GENERAL
) -> Expression:
    """The tree of an expression that may use these context names and functions.

    Case is ignored in both. Raises ExpressionError; a syntax error wins over an unknown name.
    """
    return parse_expression(text, names, functions)


def evaluate(
    expression: Expression, contexts: Mapping[str, Value], *, trace: Trace | None = None
) -> Value:
    """The value of an expression in these contexts; a name without a context is Null.

    Raises ExpressionError. `trace`, if given, holds the tree of what was evaluated, also then.
    """
    return evaluate_expression(expression, contexts, trace)


def print_expression(expression: Expression) -> str:
    """The expression in one canonical form, which parses to the same tree."""
    return print_node(expression.root)
