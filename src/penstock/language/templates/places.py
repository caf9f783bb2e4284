"""Finds a part of a scalar's text in the file: carets stand under an expression, not its host."""

from __future__ import annotations

import re

from penstock.language.source import Span
from penstock.language.yaml import Scalar

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def place_in(scalar: Scalar, offset: int, length: int) -> Span:
    """The span of a part of the scalar's text, or that of the scalar where it cannot be told."""
    text = scalar.value[offset : offset + length].split("\n", 1)[0]
    if not text:
        return scalar.span
    before = scalar.value[:offset]
    span = scalar.span
    lines = _LINE_BREAK.split(span.source.text.removeprefix("\ufeff"))
    in_block = scalar.style in ("literal", "folded")
    number = span.line + in_block + (before.count("\n") if in_block else 0)
    for candidate in range(number, min(span.end_line, len(lines)) + 1):
        line = lines[candidate - 1]
        begin = span.column - 1 if candidate == span.line else 0
        column = _column(line, text, before.rsplit("\n", 1)[-1], begin)
        if column is not None:
            return Span(span.source, candidate, column + 1, candidate, column + 1 + len(text))
    return span


def _column(line: str, text: str, before: str, begin: int) -> int | None:
    """Where the text stands in the line: behind what precedes it, else where it is found first."""
    together = line.find(before + text, begin)
    if together >= 0:
        return together + len(before)
    found = line.find(text, begin)
    return found if found >= 0 else None
