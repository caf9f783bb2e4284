"""The `format` function: a text with `{0}`, `{{`, `}}` and, for times, `{0:yyyyMMdd}`."""

from __future__ import annotations

import re
from datetime import datetime

from penstock.language.expressions.conversion import to_text
from penstock.language.expressions.errors import ExpressionError
from penstock.language.expressions.evaluation import Arguments
from penstock.language.expressions.times import format_time, specifier_error
from penstock.language.expressions.values import Value, kind_of

_PART = re.compile(
    r"(?P<text>[^{}]+)|(?P<brace>\{\{|\}\})"
    r"|\{(?P<index>[0-9]+)(?::(?P<specifiers>(?:[^}]|\}\})*+))?\}"
)
_LARGEST_INDEX = 255


def format_values(arguments: Arguments) -> Value:
    """The text with each `{n}` replaced; only the arguments it names are evaluated."""
    template = to_text(arguments[0])
    budget = arguments.text_budget()
    pieces = _split(template, len(arguments) - 1)
    written: list[str] = []
    for piece in pieces:
        text = piece if isinstance(piece, str) else _argument(arguments, *piece)
        written.append(budget.spend(text))
    return "".join(written)


def _split(template: str, supplied: int) -> list[str | tuple[int, str]]:
    """The parts of a format string: text as it is, and the number and specifiers of arguments."""
    parts: list[str | tuple[int, str]] = []
    position = 0
    while position < len(template):
        match = _PART.match(template, position)
        if not match:
            raise _invalid(template)
        position = match.end()
        if match["index"] is None:
            parts.append(match["text"] or match["brace"][0])
            continue
        index = int(match["index"][:4])
        if index > _LARGEST_INDEX:
            raise _invalid(template)
        if index >= supplied:
            raise _too_few(template, index)
        parts.append((index, (match["specifiers"] or "").replace("}}", "}")))
    return parts


def _argument(arguments: Arguments, index: int, specifiers: str) -> str:
    value = arguments[index + 1]
    text = to_text(value)
    if not specifiers:
        return text
    if isinstance(value, datetime):
        return format_time(value, specifiers)
    raise specifier_error(specifiers, kind_of(value))


def _invalid(template: str) -> ExpressionError:
    return ExpressionError(
        f"The following format string is invalid: {template}",
        code="PS1307",
        help="braces that belong to the text are doubled: {{ and }}",
    )


def _too_few(template: str, index: int) -> ExpressionError:
    return ExpressionError(
        "The following format string references more arguments than were supplied: " + template,
        code="PS1307",
        help=f"{{{index}}} needs {index + 1} arguments after the text; the first is {{0}}",
    )
