"""The search language of MLflow: conditions joined by `AND`, and orders.

Source: MLflow documentation, "Search Runs", "Search Experiments", "Search Logged Models".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias, TypeVar

from penstock.ml.tracking_values import Code, TrackingError
from penstock.records import record

_Item = TypeVar("_Item")
Operand: TypeAlias = "str | float | tuple[str, ...] | None"


class Kind(StrEnum):
    """What a condition looks at."""

    ATTRIBUTE = "attribute"
    METRIC = "metric"
    PARAM = "param"
    TAG = "tag"
    DATASET = "dataset"


@record
class Condition:
    """`kind`.`key` `operator` `value`. Operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, `LIKE`,
    `ILIKE`, `IN`, `NOT IN`, `IS NULL`, `IS NOT NULL`. Numbers are floats; a list is of texts."""

    kind: Kind
    key: str
    operator: str
    value: Operand


@record
class Order:
    """One column of an order; nothing there comes last in both directions."""

    kind: Kind
    key: str
    ascending: bool = True


@record
class Grammar:
    """What can be searched: attributes by their names (`True`: a number), and the kinds."""

    attributes: Mapping[str, bool]
    kinds: frozenset[Kind]


RUNS = Grammar(
    attributes={
        "run_id": False,
        "run_name": False,
        "status": False,
        "user_id": False,
        "experiment_id": False,
        "start_time": True,
        "end_time": True,
    },
    kinds=frozenset(Kind),
)
EXPERIMENTS = Grammar(
    attributes={
        "name": False,
        "experiment_id": False,
        "creation_time": True,
        "last_update_time": True,
    },
    kinds=frozenset({Kind.ATTRIBUTE, Kind.TAG}),
)
MODELS = Grammar(
    attributes={
        "name": False,
        "model_id": False,
        "model_type": False,
        "status": False,
        "source_run_id": False,
        "creation_timestamp": True,
        "last_updated_timestamp": True,
    },
    kinds=frozenset({Kind.ATTRIBUTE, Kind.PARAM, Kind.TAG, Kind.METRIC}),
)
REGISTRY = Grammar(
    attributes={
        "name": False,
        "run_id": False,
        "source_path": False,
        "version_number": True,
        "creation_timestamp": True,
        "last_updated_timestamp": True,
        "timestamp": True,
    },
    kinds=frozenset({Kind.ATTRIBUTE, Kind.TAG}),
)

_PREFIXES = {
    **dict.fromkeys(("attribute", "attributes", "attr", "run"), Kind.ATTRIBUTE),
    **dict.fromkeys(("metric", "metrics"), Kind.METRIC),
    **dict.fromkeys(("param", "params", "parameter", "parameters"), Kind.PARAM),
    **dict.fromkeys(("tag", "tags"), Kind.TAG),
    **dict.fromkeys(("dataset", "datasets"), Kind.DATASET),
}
_ALIASES = {
    "run name": "run_name",
    "created": "start_time",
    "user": "user_id",
    "creation_time": "creation_time",
    "last_updated": "last_update_time",
}
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")
    | (?P<quoted>`[^`]*`)
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w/-]))
    | (?P<operator><=|>=|!=|<>|=|<|>|\(|\)|,)
    | (?P<dot>\.)
    | (?P<word>[^\s'"`<>=!(),.]+)
    )""",
    re.VERBOSE,
)
_NUMBER_OPERATORS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_TEXT_OPERATORS = frozenset({"=", "!=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"})
_LONGEST = 100_000


def parse_filter(text: str, grammar: Grammar) -> tuple[Condition, ...]:
    """The conditions of a filter; an empty one has none. Raises `TrackingError`."""
    reader = _Reader(text)
    if reader.at_end():
        return ()
    found = [_condition(reader, grammar)]
    while not reader.at_end():
        if reader.word().upper() != "AND":
            raise reader.error("only conditions joined by AND are supported")
        found.append(_condition(reader, grammar))
    return tuple(found)


def parse_order(text: str, grammar: Grammar) -> Order:
    """One entry of `order_by`: `metrics.loss DESC`."""
    reader = _Reader(text)
    kind, key = _identifier(reader, grammar)
    direction = "ASC" if reader.at_end() else reader.word().upper()
    if direction not in ("ASC", "DESC") or not reader.at_end():
        raise reader.error("an order is a name, then ASC or DESC")
    return Order(kind=kind, key=key, ascending=direction == "ASC")


def matches(condition: Condition, value: str | float | None) -> bool:
    """Whether a value that is there, or not (None), meets the condition."""
    if condition.operator in ("IS NULL", "IS NOT NULL"):
        return (value is None) == (condition.operator == "IS NULL")
    return value is not None and _compare(condition, value)


def is_like(text: str, pattern: str) -> bool:
    """Whether a text is like a pattern, where `%` stands for any text and `_` for one character."""
    at, wanted, star, mark = 0, 0, -1, 0
    while at < len(text):
        if wanted < len(pattern) and pattern[wanted] == "%":
            star, mark = wanted, at
            wanted += 1
        elif wanted < len(pattern) and pattern[wanted] in ("_", text[at]):
            at, wanted = at + 1, wanted + 1
        elif star >= 0:
            mark += 1
            at, wanted = mark, star + 1
        else:
            return False
    return not pattern[wanted:].strip("%")


def _compare(condition: Condition, value: str | float) -> bool:
    wanted = condition.value
    match condition.operator, wanted:
        case "IN", tuple():
            return value in wanted
        case "NOT IN", tuple():
            return value not in wanted
        case "LIKE", str():
            return is_like(str(value), wanted)
        case "ILIKE", str():
            return is_like(str(value).lower(), wanted.lower())
        case "=", _:
            return value == wanted
        case "!=", _:
            return value != wanted
    if not isinstance(value, int | float) or not isinstance(wanted, float):
        return False
    return _ordered(condition.operator, value, wanted)


def _ordered(operator: str, left: float, right: float) -> bool:
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right


def _condition(reader: _Reader, grammar: Grammar) -> Condition:
    kind, key = _identifier(reader, grammar)
    is_number = kind is Kind.METRIC or (kind is Kind.ATTRIBUTE and grammar.attributes[key])
    operator = _operator(reader)
    if operator not in (_NUMBER_OPERATORS if is_number else _TEXT_OPERATORS):
        raise reader.error(f'"{operator}" does not compare a {"number" if is_number else "text"}')
    return Condition(
        kind=kind, key=key, operator=operator, value=_operand(reader, operator, is_number)
    )


def _identifier(reader: _Reader, grammar: Grammar) -> tuple[Kind, str]:
    kind, key = Kind.ATTRIBUTE, reader.name()
    if reader.take("."):
        if key.lower() not in _PREFIXES:
            raise reader.error(f'"{key}" is not one of {", ".join(sorted(_PREFIXES))}')
        kind, key = _PREFIXES[key.lower()], reader.dotted_name()
    if kind not in grammar.kinds:
        raise reader.error(f"a search by {kind} is not supported here")
    if kind is Kind.ATTRIBUTE:
        key = _attribute(reader, key, grammar)
    return kind, key


def _attribute(reader: _Reader, key: str, grammar: Grammar) -> str:
    known = key if key in grammar.attributes else _ALIASES.get(key.lower(), key)
    if known not in grammar.attributes:
        raise reader.error(f'"{key}" is not one of {", ".join(sorted(grammar.attributes))}')
    return known


def _operator(reader: _Reader) -> str:
    token = reader.next("an operator").upper()
    match token:
        case "<>":
            return "!="
        case "NOT":
            return f"NOT {reader.word().upper()}"
        case "IS":
            second = reader.word().upper()
            if second == "NOT":
                second = f"NOT {reader.word().upper()}"
            return f"IS {second}"
    return token


def _operand(reader: _Reader, operator: str, is_number: bool) -> Operand:
    if operator.startswith("IS "):
        return None
    if operator in ("IN", "NOT IN"):
        return reader.texts()
    return reader.number() if is_number else reader.text()


class _Reader:
    """Reads a filter token by token."""

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise TrackingError(Code.INVALID_PARAMETER_VALUE, "the filter is too long")
        self._whole = text
        self._tokens: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise self.error(f'"{text[position:].strip()[:20]}" is not understood')
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        self._index = 0

    def at_end(self) -> bool:
        return self._index >= len(self._tokens)

    def error(self, problem: str) -> TrackingError:
        return TrackingError(
            Code.INVALID_PARAMETER_VALUE, f"Invalid filter or order '{self._whole}': {problem}."
        )

    def next(self, wanted: str) -> str:
        if self.at_end():
            raise self.error(f"{wanted} is missing at the end")
        self._index += 1
        return self._tokens[self._index - 1][1]

    def take(self, token: str) -> bool:
        found = not self.at_end() and self._tokens[self._index][1] == token
        self._index += found
        return found

    def word(self) -> str:
        return self.next("a word")

    def name(self) -> str:
        """A plain word, or a quoted one."""
        kind = "" if self.at_end() else self._tokens[self._index][0]
        token = self.next("a name")
        match kind:
            case "word" | "number":
                return token
            case "quoted" | "text":
                return token[1:-1]
        raise self.error(f'"{token}" is not a name')

    def dotted_name(self) -> str:
        """A name that may hold dots (`metrics.val.loss`, `params.layer.0`)."""
        name = self.name()
        while not self.at_end() and self._tokens[self._index][1].startswith("."):
            dot = self.next("a name")
            name += dot if len(dot) > 1 else f".{self.name()}"
        return name

    def text(self) -> str:
        kind = "" if self.at_end() else self._tokens[self._index][0]
        token = self.next("a value")
        if kind != "text":
            raise self.error(f"{token} must stand in quotes")
        return _unquoted(token)

    def texts(self) -> tuple[str, ...]:
        found: list[str] = []
        if self.next("a list") != "(":
            raise self.error("a list stands in parentheses")
        while True:
            found.append(self.text())
            match self.next("a closing parenthesis"):
                case ")":
                    return tuple(found)
                case ",":
                    continue
            raise self.error("the values of a list are separated by commas")

    def number(self) -> float:
        kind = "" if self.at_end() else self._tokens[self._index][0]
        token = self.next("a number")
        if kind != "number":
            raise self.error(f"{token} is not a number")
        return float(token)


def _unquoted(token: str) -> str:
    inner = token[1:-1]
    if token[0] == "'":
        inner = inner.replace("''", "'")
    return re.sub(r"\\(['\"\\])", r"\1", inner)


def sorted_by(
    items: Sequence[tuple[Sequence[str | float | None], _Item]], orders: Sequence[Order]
) -> list[_Item]:
    """The second parts of `items`, sorted by the values in the first ones, one for each order."""
    found = list(items)
    for index in reversed(range(len(orders))):
        present = [item for item in found if item[0][index] is not None]
        absent = [item for item in found if item[0][index] is None]
        present.sort(
            key=lambda item: _sortable(item[0][index]), reverse=not orders[index].ascending
        )
        found = present + absent
    return [item for _, item in found]


def _sortable(value: str | float | None) -> tuple[int, float, str]:
    return (0, value, "") if isinstance(value, int | float) else (1, 0.0, str(value))
