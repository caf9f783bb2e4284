"""Finds a part of a scalar's text in the file: carets stand under an expression, not its host."""

from __future__ import annotations

from penstock.language.source import Span, kept_lines


def place_in(value: str, span: Span, offset: int, length: int) -> Span:
    """The span of a part of a scalar's value, or that of the scalar where it cannot be told.

    `span` is that of the scalar in the file. Where the file shows something else, because
    expressions gave the value, the part is looked for in its lines.
    """
    text = value[offset : offset + length].split("\n", 1)[0]
    if not text or not 1 <= span.line <= len(kept_lines(span.source.text)):
        return span
    from penstock.language.yaml.places import written_at

    before = value[:offset].rsplit("\n", 1)[-1]
    return (
        written_at(value, span, offset, offset + len(text))
        or _searched(before + text, span, len(before))
        or _searched(text, span)
        or span
    )


def _searched(text: str, span: Span, skipped: int = 0) -> Span | None:
    """The first place in the lines of a span that holds the text, without its first characters."""
    lines = kept_lines(span.source.text)
    for number in range(span.line, min(span.end_line, len(lines)) + 1):
        begin = span.column - 1 if number == span.line else 0
        column = lines[number - 1].find(text, begin) + 1
        if column:
            return Span(span.source, number, column + skipped, number, column + len(text))
    return None
