"""Finds a part of a scalar's text in the file: carets stand under an expression, not its host."""

from __future__ import annotations

from penstock.language.source import Span, lines_of


def place_in(value: str, span: Span, offset: int, length: int) -> Span:
    """The span of a part of a scalar's value, or that of the scalar where it cannot be told.

    `span` is that of the scalar in the file; quotes and the indentation of blocks are allowed for.
    """
    text = value[offset : offset + length].split("\n", 1)[0]
    lines = lines_of(span.source.text)
    if not text or not 1 <= span.line <= len(lines):
        return span
    before = value[:offset]
    in_block = lines[span.line - 1][span.column - 1 : span.column] in ("|", ">")
    first = span.line + 1 + before.count("\n") if in_block else span.line
    for number in range(first, min(span.end_line, len(lines)) + 1):
        begin = span.column - 1 if number == span.line else 0
        column = _column(lines[number - 1], text, before.rsplit("\n", 1)[-1], begin)
        if column is not None:
            return Span(span.source, number, column + 1, number, column + 1 + len(text))
    return span


def _column(line: str, text: str, before: str, begin: int) -> int | None:
    """Where the text stands in the line: behind what precedes it, else where it is found first."""
    together = line.find(before + text, begin)
    if together >= 0:
        return together + len(before)
    found = line.find(text, begin)
    return found if found >= 0 else None
