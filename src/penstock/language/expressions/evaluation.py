"""Evaluates a parsed expression in named contexts, within a memory limit, with a trace if asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from math import floor

from penstock.language.casing import fold_case
from penstock.language.expressions.conversion import text_or_none, to_number
from penstock.language.expressions.errors import ExpressionError
from penstock.language.expressions.nodes import (
    Access,
    Call,
    Expression,
    ExpressionNode,
    Literal,
    Name,
    print_node,
)
from penstock.language.expressions.values import Array, Object, Value, Version

MAX_MEMORY = 1_048_576
_SMALLEST_SIZE = 24
_TEXT_OVERHEAD = 26


class Traced:
    """One evaluated part of an expression. What was not evaluated has no entry among the children.

    `error` is the text of the fault that ended it; `value` then means nothing.
    """

    __slots__ = ("children", "error", "text", "value")

    def __init__(self, text: str) -> None:
        self.text = text
        self.value: Value = None
        self.children: list[Traced] = []
        self.error: str | None = None


class Trace:
    """Collects how an evaluation went: `root` is its tree, also when it raised."""

    def __init__(self) -> None:
        self.root: Traced | None = None
        self._open: list[Traced] = []

    def enter(self, text: str) -> Traced:
        """Begin a part; those that begin before it is left are its children."""
        part = Traced(text)
        if self._open:
            self._open[-1].children.append(part)
        else:
            self.root = part
        self._open.append(part)
        return part

    def leave(self) -> None:
        """End the part begun last."""
        self._open.pop()


def evaluate_expression(
    expression: Expression,
    contexts: Mapping[str, Value],
    trace: Trace | None = None,
    max_memory: int = MAX_MEMORY,
) -> Value:
    """The value of an expression; context names ignore case. Raises ExpressionError."""
    return _Evaluator(expression, contexts, trace, max_memory).value_of(expression.root)


class Arguments:
    """The arguments of one call, each evaluated when first looked at and then kept."""

    __slots__ = ("_call", "_evaluator", "_values")

    def __init__(self, evaluator: _Evaluator, call: Call) -> None:
        self._evaluator = evaluator
        self._call = call
        self._values: dict[int, Value] = {}

    def __len__(self) -> int:
        return len(self._call.arguments)

    def __getitem__(self, index: int) -> Value:
        if index not in self._values:
            self._values[index] = self._evaluator.value_of(self._call.arguments[index])
        return self._values[index]

    def __iter__(self) -> Iterator[Value]:
        return (self[index] for index in range(len(self)))

    def text_budget(self) -> TextBudget:
        """A counter that refuses a result too large for the memory of one expression."""
        return TextBudget(self._evaluator.max_memory, self._call)


class TextBudget:
    """Counts the pieces of a text while it is built, so that it is refused before it is huge."""

    __slots__ = ("_call", "_left")

    def __init__(self, max_memory: int, call: Call) -> None:
        self._left = max_memory
        self._call = call

    def spend(self, piece: str, times: int = 1) -> str:
        """The piece, once its size is counted; ExpressionError when nothing is left."""
        self._left -= (_TEXT_OVERHEAD + 2 * len(piece)) * times
        if self._left < 0:
            raise memory_error(self._call)
        return piece


def memory_error(node: ExpressionNode) -> ExpressionError:
    """The evaluation needs more memory than one expression may have."""
    shown = print_node(node)
    return ExpressionError(
        "The maximum allowed memory size was exceeded while evaluating the following "
        f"expression: {shown}",
        code="PS1303",
        summary="the result of this expression is too large",
        help="pass large data in files or artifacts",
    )


class _Evaluator:
    """One evaluation. `memory` is what the values that are alive take, in the service's measure."""

    def __init__(
        self,
        expression: Expression,
        contexts: Mapping[str, Value],
        trace: Trace | None,
        max_memory: int,
    ) -> None:
        self.expression = expression
        self.contexts = contexts
        self.trace = trace
        self.max_memory = max_memory
        self.memory = 0

    def value_of(self, node: ExpressionNode) -> Value:
        if self.trace is None or isinstance(node, Literal):
            return self._compute(node)
        part = self.trace.enter(self.expression.text[node.start : node.end])
        try:
            part.value = self._compute(node)
        except ExpressionError as error:
            part.error = error.message
            raise
        finally:
            self.trace.leave()
        return part.value

    def _compute(self, node: ExpressionNode) -> Value:
        before = self.memory
        try:
            match node:
                case Literal():
                    return node.value
                case Name():
                    value = self._context(node.name)
                case Call():
                    value = node.function.call(Arguments(self, node))
                case Access():
                    value = self._access(node)
        except ExpressionError as error:
            error.locate(node.start, node.end, self.expression.text)
            raise
        self._account(before, value)
        return value

    def _account(self, before: int, value: Value) -> None:
        """Count a result; once it is a simple value its parts are no longer alive."""
        if isinstance(value, str):
            self.memory = before + _TEXT_OVERHEAD + 2 * len(value)
        elif isinstance(value, (Array, Object)):
            self.memory += _SMALLEST_SIZE
        else:
            self.memory = before + _SMALLEST_SIZE
        if self.memory > self.max_memory:
            raise memory_error(self.expression.root)

    def _context(self, name: str) -> Value:
        if name in self.contexts:
            return self.contexts[name]
        folded = fold_case(name)
        for known, value in self.contexts.items():
            if fold_case(known) == folded:
                return value
        return None

    def _access(self, node: Access) -> Value:
        value = self.value_of(node.base)
        for step in node.steps:
            if step is None:
                value = _every(value)
            elif isinstance(value, Array) and value.is_filtered:
                index = self.value_of(step)
                found = (_lookup(item, index) for item in value if _has(item, index))
                value = Array(found, is_filtered=True)
            elif isinstance(value, (Array, Object)):
                value = _lookup(value, self.value_of(step))
            else:
                value = None
        return value


def _every(value: Value) -> Array:
    """The outcome of `.*`: the parts of an array or object, and none of anything else."""
    if isinstance(value, Array) and value.is_filtered:
        return Array((part for item in value for part in _parts(item)), is_filtered=True)
    return Array(_parts(value), is_filtered=True)


def _parts(value: Value) -> tuple[Value, ...]:
    match value:
        case Array():
            return value.items
        case Object():
            return tuple(value.values())
        case _:
            return ()


def _has(value: Value, index: Value) -> bool:
    match value:
        case Array():
            position = _position(index)
            return position is not None and position < len(value)
        case Object():
            key = text_or_none(index)
            return key is not None and key in value
        case _:
            return False


def _lookup(value: Value, index: Value) -> Value:
    match value:
        case Array():
            position = _position(index)
            return value[position] if position is not None and position < len(value) else None
        case Object():
            key = text_or_none(index)
            return None if key is None else value.get(key)
        case _:
            return None


def _position(index: Value) -> int | None:
    """The place an index names in an array; None if it is no number or negative."""
    if isinstance(index, (Array, Object, Version, datetime)):
        return None
    try:
        number = to_number(index)
    except ExpressionError:
        return None
    return floor(number) if number >= Decimal(0) else None
