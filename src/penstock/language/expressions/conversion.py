"""Conversion and comparison of values, as the v1 engine of Azure Pipelines does them.

Source: the published expression library of the Azure DevOps SDK (EvaluationResult, ExpressionUtil)
and measurements on the service. The right operand is converted to the type of the left.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, TypeVar

from penstock.language.casing import fold_case
from penstock.language.expressions.errors import ExpressionError
from penstock.language.expressions.values import Array, Object, Value, Version, kind_of

_Converted = TypeVar("_Converted")

_NUMBER = re.compile(r"[\t-\r ]*([-+]?(?:[0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+))[\t-\r ]*", re.ASCII)
_VERSION_PART = re.compile(r"[\t-\r ]*[-+]?[0-9]+[\t-\r ]*")
_LARGEST_NUMBER = Decimal("79228162514264337593543950335")
_LARGEST_PART = 2**31 - 1
_SHOWN_PLACES = Decimal("0.0000001")
_KEPT_PLACES = Decimal(1).scaleb(-28)
_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)


def to_boolean(value: Value) -> bool:
    """Null, 0 and empty text are false; everything else is true, also an empty array or object."""
    if value is None or value is True or value is False:
        return bool(value)
    return bool(value) if isinstance(value, (str, Decimal)) else True


def to_text(value: Value) -> str:
    """The value as text; ExpressionError for an array or object."""
    return _required(value, text_or_none(value), "String")


def to_number(value: Value) -> Decimal:
    """The value as a number; ExpressionError where it is none."""
    return _required(value, _number_or_none(value), "Number")


def to_version(value: Value) -> Version:
    """The value as a version; ExpressionError where it is none."""
    return _required(value, _version_or_none(value), "Version")


def text_or_none(value: Value) -> str | None:
    """The value as text, or None for an array or object."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "True" if value else "False"
        case Decimal():
            return number_text(value)
        case Version():
            return str(value)
        case datetime():
            return value.isoformat(" ", "seconds")
        case Array() | Object():
            return None


def number_text(number: Decimal) -> str:
    """The shortest decimal form with at most seven places, as the format `0.#######` gives it."""
    if number == number.to_integral_value():
        return f"{number:.0f}" if number else "0"
    rounded = _EXACT.quantize(number, _SHOWN_PLACES)
    return f"{rounded:f}".rstrip("0").rstrip(".") if rounded else "0"


def parse_number(text: str) -> Decimal | None:
    """The number a text stands for: with a sign, thousands separators, white space around."""
    match = _NUMBER.fullmatch(text)
    if not match:
        return None
    number = Decimal(match[1].replace(",", ""))
    if number.copy_abs() > _LARGEST_NUMBER:
        return None
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -28:
        number = _EXACT.quantize(number, _KEPT_PLACES)
    return number


def parse_version(text: str) -> Version | None:
    """The version a text stands for: two to four whole numbers, white space around each allowed."""
    parts = text.split(".")
    if not 2 <= len(parts) <= 4 or not all(map(_VERSION_PART.fullmatch, parts)):
        return None
    if any(len(part) > 40 for part in parts):
        return None
    numbers = tuple(map(int, parts))
    return Version(numbers) if all(0 <= number <= _LARGEST_PART for number in numbers) else None


def quoted(value: Value) -> str:
    """The value as error texts and printed expressions show it."""
    match value:
        case str():
            return "'" + value.replace("'", "''") + "'"
        case None | Array() | Object():
            return kind_of(value)
        case Version():
            return f"v{value}"
        case datetime():
            return f"(DateTime){text_or_none(value)}"
    return text_or_none(value) or ""


def are_equal(left: Value, right: Value) -> bool:
    """Whether the values are equal once the right one has the type of the left; never an error."""
    match left:
        case bool():
            return left == to_boolean(right)
        case str():
            text = text_or_none(right)
            return text is not None and (left == text or fold_case(left) == fold_case(text))
        case Decimal():
            return left == _number_or_none(right)
        case None:
            return right is None or right == ""
        case Version():
            return left == _version_or_none(right)
        case datetime():
            return left == _time_or_none(right)
        case Array() | Object():
            return left is right


def compare(left: Value, right: Value) -> int:
    """Less than, equal to or greater than 0; ExpressionError if the right one cannot be converted.

    A left Null, array or object is converted to a number.
    """
    match left:
        case bool():
            return _sign(left, to_boolean(right))
        case str():
            return _sign(_ordinal(left), _ordinal(to_text(right)))
        case Version():
            return _sign(left.parts, to_version(right).parts)
        case datetime():
            return _sign(left, _required(right, _time_or_none(right), "DateTime"))
        case _:
            return _sign(to_number(left), to_number(right))


def _number_or_none(value: Value) -> Decimal | None:
    match value:
        case bool():
            return Decimal(int(value))
        case Decimal():
            return value
        case str():
            return parse_number(value) if value else Decimal(0)
        case None:
            return Decimal(0)
        case _:
            return None


def _version_or_none(value: Value) -> Version | None:
    match value:
        case Version():
            return value
        case str():
            return parse_version(value)
        case Decimal():
            return parse_version(number_text(value))
        case _:
            return None


def _time_or_none(value: Value) -> datetime | None:
    if isinstance(value, str):
        from penstock.language.expressions.times import parse_time

        return parse_time(value)
    return value if isinstance(value, datetime) else None


def _required(value: Value, converted: _Converted | None, kind: str) -> _Converted:
    if converted is None:
        raise cast_error(value, kind)
    return converted


def cast_error(value: Value, kind: str) -> ExpressionError:
    """A value that has no counterpart of the wanted type."""
    match value:
        case Array() if kind == "String":
            help = "a list has no text: use join, convertToJson or, to find a value, containsValue"
        case Object() if kind == "String":
            help = "an object has no text: use convertToJson, or name one of its keys"
        case _:
            help = f"two values are compared as the type of the left one, here a {kind}"
    return ExpressionError(
        f"Unable to convert from {kind_of(value)} to {kind}. Value: {quoted(value)}",
        code="PS1304",
        help=help,
    )


def _ordinal(text: str) -> bytes:
    """The UTF-16 units in upper case: .NET compares these, which differs beyond U+FFFF."""
    return fold_case(text).encode("utf-16-be", "surrogatepass")


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)
