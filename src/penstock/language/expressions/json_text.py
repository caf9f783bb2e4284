"""Values as the text that `convertToJson` gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from penstock.language.expressions.conversion import number_text, text_or_none
from penstock.language.expressions.values import Array, Object, Value, Version

_ESCAPED = '["\\\\\x00-\x1f\x85\u2028\u2029]'
_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def to_json_text(value: Value, spend: Callable[[str], str] = str) -> str:
    """The JSON of a value, indented by two spaces; `spend` sees every piece as it is written.

    Source: the ConvertToJson function of the Azure DevOps SDK. Null is `null`; an empty parameter
    is not Null but empty text, and so `""`.
    """
    return "".join(spend(piece) for piece in _pieces(value, 0))


def _pieces(value: Value, level: int) -> Iterator[str]:
    indent = "\n" + "  " * (level + 1)
    match value:
        case Array() if len(value):
            yield "["
            for number, item in enumerate(value):
                yield f"{',' if number else ''}{indent}"
                yield from _pieces(item, level + 1)
            yield indent[:-2] + "]"
        case Object() if len(value):
            yield "{"
            for number, (key, item) in enumerate(value.items()):
                yield f"{',' if number else ''}{indent}{_quoted(key)}: "
                yield from _pieces(item, level + 1)
            yield indent[:-2] + "}"
        case _:
            yield _simple(value)


def _simple(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return number_text(value)
        case str() | Version() | datetime():
            return _quoted(text_or_none(value) or "")
        case Array():
            return "[]"
        case Object():
            return "{}"


def _quoted(text: str) -> str:
    return f'"{re.sub(_ESCAPED, _escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT.get(character) or f"\\u{ord(character):04x}"
