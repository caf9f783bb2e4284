"""Maps a place in a scalar's value back to the file, through quotes, escapes and folded lines."""

from __future__ import annotations

import re
from functools import lru_cache

from penstock.language.source import Span, kept_lines

_LONGEST = 50_000
_PROPERTIES = re.compile(r"(?:[&!][^ \t\n]*[ \t\n]+)+")
_HEADER = re.compile(r"[^\n]*\n?")
_CONTINUATION = re.compile(r"\\\n[ \t]*")
_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def written_at(value: str, span: Span, start: int, end: int) -> Span | None:
    """Where the characters `start` to `end` (exclusive) of a value stand in its file.

    `span` is that of the scalar. None where it does not show this value up to there: an expression
    gave it. In a literal text the spaces that begin a line may be off by the indentation.
    """
    if end > _LONGEST:
        return None
    raw = _raw(span)
    offsets = _offsets(raw, value[:_LONGEST])
    if end > len(offsets):
        return None
    first, last = offsets[start], offsets[end - 1] + 1
    return Span(span.source, *_place(raw[:first], span), *_place(raw[:last], span))


def _raw(span: Span) -> str:
    """The text of a span, with one character for each line break."""
    lines = list(kept_lines(span.source.text)[span.line - 1 : span.end_line])
    lines[-1] = lines[-1][: span.end_column - 1]
    return "\n".join(lines)[span.column - 1 :]


@lru_cache(maxsize=8)
def _offsets(raw: str, value: str) -> list[int]:
    """The offset in the written text of each character of the value, as far as they agree."""
    properties = _PROPERTIES.match(raw)
    position = properties.end() if properties else 0
    style = raw[position : position + 1]
    if style in ("|", ">"):
        header = _HEADER.match(raw, position)
        position = header.end() if header else position
    elif style in ("'", '"'):
        position += 1
    offsets: list[int] = []
    for character in value:
        found, width = _next(raw, position, character, style)
        if found < 0 or found >= len(raw) or raw[position:found].strip():
            break
        offsets.append(found)
        position = found + width
    return offsets


def _next(raw: str, position: int, character: str, style: str) -> tuple[int, int]:
    """Where the next character of the value is written, or -1, and how many characters it takes."""
    if style == '"':
        while skipped := _CONTINUATION.match(raw, position):
            position = skipped.end()
        if raw.startswith("\\", position):
            return position, _ESCAPE_LENGTHS.get(raw[position + 1 : position + 2], 2)
    if style == "'" and character == "'":
        return raw.find("''", position), 2
    if character in " \t\n":
        return position, int(raw[position : position + 1].isspace())
    return raw.find(character, position), 1


def _place(before: str, span: Span) -> tuple[int, int]:
    """The line and column behind this text, which begins where the span does."""
    lines = before.count("\n")
    if not lines:
        return span.line, span.column + len(before)
    return span.line + lines, len(before) - before.rfind("\n")
