"""The tree of a parsed expression, and how it is printed.

A chain such as `a.b['c'].*` is one node, so the tree is never deeper than the calls are nested.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from penstock.language.expressions.conversion import quoted
from penstock.language.expressions.values import Value, Version
from penstock.records import record

if TYPE_CHECKING:
    from penstock.language.expressions.evaluation import Arguments


@record(kw_only=False)
class Function:
    """A function an expression may call with `minimum` to `maximum` arguments (None: any number).

    `call` gets the arguments unevaluated: each is evaluated when it is first looked at.
    """

    name: str
    minimum: int
    maximum: int | None
    call: Callable[[Arguments], Value]


@record(kw_only=False)
class Literal:
    """A boolean, number, version or text written in the expression."""

    value: Value
    start: int
    end: int


@record(kw_only=False)
class Name:
    """A context or loop variable."""

    name: str
    start: int
    end: int


@record(kw_only=False)
class Call:
    """A function call, with the function's name as it is written."""

    name: str
    function: Function
    arguments: tuple[ExpressionNode, ...]
    start: int
    end: int


@record(kw_only=False)
class Access:
    """A value and what is looked up in it: `.name`, `['name']`, `[0]`; None for `.*` and `[*]`."""

    base: ExpressionNode
    steps: tuple[ExpressionNode | None, ...]
    start: int
    end: int


ExpressionNode: TypeAlias = Literal | Name | Call | Access


@record(kw_only=False)
class Expression:
    """A parsed expression. `names` and `calls` are what it uses, as it spells them."""

    text: str
    root: ExpressionNode
    names: frozenset[str]
    calls: frozenset[str]


def print_node(node: ExpressionNode) -> str:
    """The expression text of a node in one canonical form, which parses to the same tree."""
    match node:
        case Literal():
            return str(node.value) if isinstance(node.value, Version) else quoted(node.value)
        case Name():
            return node.name
        case Call():
            return f"{node.name}({', '.join(map(print_node, node.arguments))})"
        case Access():
            steps = (f"[{print_node(step) if step else '*'}]" for step in node.steps)
            return print_node(node.base) + "".join(steps)
