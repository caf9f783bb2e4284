"""The general functions of the expression language.

Source: the published expression library of the Azure DevOps SDK, the functions page of Microsoft's
documentation, and measurements on the service where these disagree (arities of `in`, `replace`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import floor

from penstock.language.casing import fold_case, lower_case, upper_case
from penstock.language.expressions.conversion import (
    are_equal,
    compare,
    text_or_none,
    to_boolean,
    to_number,
    to_text,
)
from penstock.language.expressions.errors import ExpressionError
from penstock.language.expressions.evaluation import Arguments
from penstock.language.expressions.formatting import format_values
from penstock.language.expressions.json_text import to_json_text
from penstock.language.expressions.lexer import WHITE
from penstock.language.expressions.nodes import Function
from penstock.language.expressions.values import Array, Object, Value, kind_of


def on_values(
    name: str, minimum: int, maximum: int | None, function: Callable[..., Value]
) -> Function:
    """A Function whose arguments are all evaluated, in order, and passed as values."""
    return Function(name, minimum, maximum, lambda arguments: function(*arguments))


def _and(arguments: Arguments) -> Value:
    return all(map(to_boolean, arguments))


def _or(arguments: Arguments) -> Value:
    return any(map(to_boolean, arguments))


def _in(arguments: Arguments) -> Value:
    left = arguments[0]
    return any(are_equal(left, arguments[index]) for index in range(1, len(arguments)))


def _coalesce(arguments: Arguments) -> Value:
    value: Value = None
    for value in arguments:
        if value is not None and value != "":
            break
    return value


def _contains(text: Value, part: Value) -> Value:
    return fold_case(to_text(part)) in fold_case(to_text(text))


def _contains_value(arguments: Arguments) -> Value:
    container = arguments[0]
    if not isinstance(container, (Array, Object)):
        return False
    values = container if isinstance(container, Array) else container.values()
    return any(are_equal(arguments[1], value) for value in values)


def _starts_with(text: Value, start: Value) -> Value:
    return fold_case(to_text(text)).startswith(fold_case(to_text(start)))


def _ends_with(text: Value, end: Value) -> Value:
    return fold_case(to_text(text)).endswith(fold_case(to_text(end)))


def _join(arguments: Arguments) -> Value:
    items = arguments[1]
    if not isinstance(items, Array):
        return text_or_none(items) or ""
    separator = to_text(arguments[0]) if len(items) > 1 else ""
    budget = arguments.text_budget()
    budget.spend(separator, len(items))
    return separator.join(budget.spend(text_or_none(item) or "") for item in items)


def _split(text: Value, delimiter: Value) -> Value:
    whole, mark = to_text(text), to_text(delimiter)
    return Array(whole.split(mark) if mark else [whole])


def _replace(arguments: Arguments) -> Value:
    text, old, new = (to_text(value) for value in arguments)
    if not old:
        return text
    budget = arguments.text_budget()
    budget.spend(new, text.count(old))
    return budget.spend(text.replace(old, new))


def _length(value: Value) -> Value:
    match value:
        case str():
            return Decimal(len(value.encode("utf-16-le", "surrogatepass")) // 2)
        case Array() | Object():
            return Decimal(len(value))
    raise ExpressionError(
        f"Kind '{kind_of(value)}' not supported. Only arrays, strings, dictionaries, or "
        "collections are supported for the length function.",
        code="PS1304",
        help="it counts characters, items or keys; a number becomes a text with format('{0}', x)",
    )


def _substring(text: Value, start: Value, length: Value) -> Value:
    """Undocumented, so without the errors the service may have: what lies outside is left out."""
    whole, first = to_text(text), max(0, floor(to_number(start)))
    return whole[first : first + max(0, floor(to_number(length)))]


def _iif(condition: Value, chosen: Value, other: Value) -> Value:
    return chosen if to_boolean(condition) else other


def _convert_to_json(arguments: Arguments) -> Value:
    return to_json_text(arguments[0], arguments.text_budget().spend)


def _table() -> dict[str, Function]:
    functions = (
        Function("and", 2, None, _and),
        Function("or", 2, None, _or),
        on_values("not", 1, 1, lambda value: not to_boolean(value)),
        on_values("xor", 2, 2, lambda left, right: to_boolean(left) is not to_boolean(right)),
        on_values("eq", 2, 2, are_equal),
        on_values("ne", 2, 2, lambda left, right: not are_equal(left, right)),
        on_values("lt", 2, 2, lambda left, right: compare(left, right) < 0),
        on_values("le", 2, 2, lambda left, right: compare(left, right) <= 0),
        on_values("gt", 2, 2, lambda left, right: compare(left, right) > 0),
        on_values("ge", 2, 2, lambda left, right: compare(left, right) >= 0),
        Function("in", 2, None, _in),
        Function("notIn", 2, None, lambda arguments: not _in(arguments)),
        on_values("contains", 2, 2, _contains),
        Function("containsValue", 2, 2, _contains_value),
        on_values("startsWith", 2, 2, _starts_with),
        on_values("endsWith", 2, 2, _ends_with),
        Function("coalesce", 2, None, _coalesce),
        Function("format", 1, 255, format_values),
        Function("join", 2, 2, _join),
        on_values("split", 2, 2, _split),
        Function("replace", 3, 3, _replace),
        on_values("lower", 1, 1, lambda value: lower_case(to_text(value))),
        on_values("upper", 1, 1, lambda value: upper_case(to_text(value))),
        on_values("trim", 1, 1, lambda value: to_text(value).strip(WHITE)),
        on_values("length", 1, 1, _length),
        Function("convertToJson", 1, 1, _convert_to_json),
        on_values("iif", 3, 3, _iif),
        on_values("substring", 3, 3, _substring),
    )
    return {function.name: function for function in functions}


GENERAL = _table()
"""The functions that may be called anywhere; status functions and `counter` are the caller's."""
