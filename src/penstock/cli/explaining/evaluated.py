"""An evaluated expression as a tree of lines, `text = value`, for `eval --trace` and `explain`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from penstock.language.expressions.nodes import Call, Literal
from penstock.language.expressions.reasons import Part, value_text
from penstock.records import record

Paint: TypeAlias = Callable[[str, str], str]
"""Colours a text: `paint("32", "True")`."""

GOOD, BAD, WARNING, DIM, BOLD = "32", "31", "33", "2", "1"
_WIDEST = 80
_LONGEST = 60
NOT_EVALUATED = "not evaluated"


@record(kw_only=False)
class _Row:
    lead: str
    text: str
    value: str
    code: str
    note: str


def painter(color: bool) -> Paint:
    """What colours texts, or leaves them alone."""
    return (lambda code, text: f"\x1b[{code}m{text}\x1b[0m") if color else (lambda _, text: text)


def part_lines(part: Part, paint: Paint) -> list[str]:
    """The tree, values in one column and notes in another."""
    rows = list(_rows(part, "", ""))
    width = min(_WIDEST, max(len(row.lead) + len(row.text) for row in rows))
    noted = max((len(row.value) for row in rows if row.note), default=0)
    return [_line(row, width, noted, paint) for row in rows]


def part_json(part: Part) -> dict[str, object]:
    """The tree for tools: `value` is a text, null where the part was not evaluated."""
    known = part.was_evaluated and part.error is None
    return {
        "text": part.text,
        "value": value_text(part.value) if known else None,
        "evaluated": part.was_evaluated,
        "error": part.error,
        "note": part.note.text or None,
        "parts": [part_json(child) for child in part.children],
    }


def _rows(part: Part, lead: str, below: str) -> Iterator[_Row]:
    value, code = _value(part)
    yield _Row(lead, _text(part), value, code, part.note.text)
    below_it = part.children if part.was_evaluated else ()
    for position, child in enumerate(below_it, 1):
        last = position == len(below_it)
        yield from _rows(
            child, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  ")
        )


def _text(part: Part) -> str:
    """The part's text; a long call is cut to its name where the parts below say it all."""
    node = part.node
    if not isinstance(node, Call) or len(part.text) <= _LONGEST or not part.children:
        return part.text
    says_all = not any(isinstance(argument, Literal) for argument in node.arguments)
    return f"{node.name}(…)" if says_all else part.text


def _value(part: Part) -> tuple[str, str]:
    if not part.was_evaluated:
        return NOT_EVALUATED, DIM
    if part.error is not None:
        return "error", BAD
    text = value_text(part.value)
    if isinstance(part.value, bool):
        return text, GOOD if part.value else BAD
    return text, WARNING if part.value is None else ""


def _line(row: _Row, width: int, noted: int, paint: Paint) -> str:
    space = " " * max(0, width - len(row.lead) - len(row.text))
    sign = " " if row.code == DIM else "="
    value = paint(row.code, row.value) if row.code else row.value
    text = paint(DIM, row.text) if row.code == DIM else row.text
    line = f"{paint(DIM, row.lead)}{text}{space} {sign} {value}"
    if row.note:
        line += " " * (noted - len(row.value)) + "  " + paint(DIM, f"<- {row.note}")
    return line
