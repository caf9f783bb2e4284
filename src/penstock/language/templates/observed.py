"""What the expressions of a compile came to, for those who ask: an editor shows it."""

from __future__ import annotations

from penstock.language.expressions import (
    Array,
    ExpressionError,
    Object,
    Value,
    to_json_text,
    to_text,
)
from penstock.language.source import Span
from penstock.records import record

_MOST_VALUES = 20


@record(kw_only=False)
class _Place:
    """An expression: where the scalar that holds it begins, and where it begins in its text."""

    file: str
    line: int
    column: int
    offset: int


class Observed:
    """The values that each expression had, in the order met; of many different ones the first."""

    def __init__(self) -> None:
        self._values: dict[_Place, list[Value]] = {}

    def note(self, span: Span, offset: int, value: Value) -> None:
        """Remember a value of the expression at that offset of the scalar at that span."""
        values = self._values.setdefault(_place(span, offset), [])
        if len(values) < _MOST_VALUES and not any(value is known for known in values):
            values.append(value)

    def texts(self, span: Span, offset: int) -> list[str]:
        """The different values, as YAML would show them; none where it was never evaluated."""
        values = self._values.get(_place(span, offset), ())
        return list(dict.fromkeys(map(_shown, values)))


def _place(span: Span, offset: int) -> _Place:
    return _Place(span.source.label, span.line, span.column, offset)


def _shown(value: Value) -> str:
    if value is None:
        return "Null"
    import json

    try:
        if isinstance(value, (Array, Object)):
            return json.dumps(json.loads(to_json_text(value)), ensure_ascii=False)
        text = to_text(value)
    except ExpressionError as error:
        return f"({error})"
    return f"'{text}'" if isinstance(value, str) else text
