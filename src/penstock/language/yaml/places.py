"""Maps a place in a scalar's value back to the file, through quotes, escapes and folded lines."""

from __future__ import annotations

import re

from penstock.language.source import Span, line_start
from penstock.language.yaml.nodes import Scalar

_PROPERTIES = re.compile(r"(?:[&!][^ \t\r\n]*[ \t\r\n]+)+")
_HEADER = re.compile(r"[|>][^\r\n]*(?:\r\n|\n|\r|$)")
_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_CONTINUATION = re.compile(r"\\(?:\r\n|\n|\r)[ \t]*")
_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def locate_part(scalar: Scalar, start: int, end: int) -> Span:
    """Where a part of a scalar's value stands in its file; see `penstock.language.yaml.locate`."""
    span = scalar.span
    text = span.source.text.removeprefix("\ufeff")
    first = line_start(text, span.line) + span.column - 1
    last = line_start(text, span.end_line) + span.end_column - 1
    offsets = _offsets(text[first:last], scalar)
    size = len(scalar.value)
    begin = offsets[min(start, size)]
    finish = offsets[min(end, size) - 1] + 1 if min(end, size) > min(start, size) else begin
    line, column = _place(text[first : first + begin], span.line, span.column)
    end_line, end_column = _place(text[first : first + finish], span.line, span.column)
    return Span(span.source, line, column, end_line, end_column)


def _offsets(raw: str, scalar: Scalar) -> list[int]:
    """The offset in the written text of every character of the value, and of its end."""
    position = _content_start(raw, scalar.style)
    offsets: list[int] = []
    for character in scalar.value:
        position, width = _next(raw, position, character, scalar.style)
        offsets.append(min(position, len(raw)))
        position += width
    return [*offsets, min(position, len(raw))]


def _content_start(raw: str, style: str) -> int:
    properties = _PROPERTIES.match(raw)
    position = properties.end() if properties else 0
    if style in ("single", "double"):
        return position + 1
    header = _HEADER.match(raw, position) if style in ("literal", "folded") else None
    return header.end() if header else position


def _next(raw: str, position: int, character: str, style: str) -> tuple[int, int]:
    """Where the next character of the value is written, and how many characters that takes."""
    if style == "double":
        while skipped := _CONTINUATION.match(raw, position):
            position = skipped.end()
        if raw.startswith("\\", position):
            return position, _ESCAPE_LENGTHS.get(raw[position + 1 : position + 2], 2)
    if style == "single" and character == "'":
        return raw.find("''", position), 2
    if character in " \t\n" and position < len(raw):
        line_break = _BREAK.match(raw, position)
        return position, len(line_break[0]) if line_break else 1
    found = raw.find(character, position)
    return (found if found >= 0 else position), 1


def _place(before: str, line: int, column: int) -> tuple[int, int]:
    """The line and column that lie after this text, which begins at the given ones."""
    ends = [match.end() for match in _BREAK.finditer(before)]
    if not ends:
        return line, column + len(before)
    return line + len(ends), len(before) - ends[-1] + 1
