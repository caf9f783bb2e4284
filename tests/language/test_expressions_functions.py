"""Every function, literal, index and syntax error, in tables: `cases/expressions/NAME.yml`.

A row has an `expression`, its `contexts`, its `result` (`version` for a version, `text` for a
number too long for YAML) or the whole text of its `error`, and the `source` of that: "docs" is
learn.microsoft.com, "SDK" the expression library that Microsoft published with the Azure DevOps
SDK, "measured" an observation on the service, "assumed" our own choice.
"""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from penstock.language.expressions import (
    GENERAL,
    Array,
    ExpressionError,
    Object,
    Version,
    evaluate,
    from_python,
    kind_of,
    parse,
    to_text,
)

CASES = Path(__file__).parent / "cases" / "expressions"
TABLES = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in CASES.glob("*.yml")}
ROWS = [
    pytest.param(row, id=f"{name}-{number}")
    for name, table in sorted(TABLES.items())
    for number, row in enumerate(table, 1)
]
SPECIAL = {"parameters": {"ignore_case": True, "strict": True}, "variables": {"ignore_case": True}}


def contexts_of(row):
    given = row.get("contexts", {})
    values = {name: from_python(value) for name, value in given.items()}
    for name, options in SPECIAL.items():
        if name in values:
            values[name] = Object(values[name].items(), **options)
    return values


def run(row):
    contexts = contexts_of(row)
    names = {"variables", "parameters", *contexts}
    return evaluate(parse(row["expression"], names=names), contexts)


def to_plain(value):
    match value:
        case Array():
            return [to_plain(item) for item in value]
        case Object():
            return {key: to_plain(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("row", ROWS)
def test_row(row):
    if "error" in row:
        with pytest.raises(ExpressionError) as raised:
            run(row)
        assert str(raised.value) == row["error"]
    elif "version" in row:
        assert run(row) == Version(tuple(map(int, row["version"].split("."))))
    elif "text" in row:
        assert to_text(run(row)) == row["text"]
    else:
        expected = from_python(row["result"])
        found = run(row)
        assert (kind_of(found), to_plain(found)) == (kind_of(expected), to_plain(expected))


def test_every_row_says_where_its_expectation_comes_from():
    known = ("docs", "SDK", "measured", "assumed", ".NET", "Newtonsoft")
    assert [
        row for table in TABLES.values() for row in table if not row["source"].startswith(known)
    ] == []


def test_every_general_function_has_a_table():
    assert set(GENERAL) <= set(TABLES)


ARITIES = {
    "and": (2, None),
    "or": (2, None),
    "not": (1, 1),
    "xor": (2, 2),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), (2, 2)),
    "in": (2, None),
    "notIn": (2, None),
    **dict.fromkeys(("contains", "containsValue", "startsWith", "endsWith"), (2, 2)),
    "coalesce": (2, None),
    "format": (1, 255),
    "join": (2, 2),
    "split": (2, 2),
    "replace": (3, 3),
    **dict.fromkeys(("lower", "upper", "trim", "length", "convertToJson"), (1, 1)),
    "iif": (3, 3),
    "substring": (3, 3),
}
"""How many arguments each function takes: the functions section of learn.microsoft.com's page of
expressions; `in` and `notIn` measured; `substring` assumed."""


@pytest.mark.parametrize("name", GENERAL)
def test_how_many_arguments_a_function_takes(name):
    least, most = ARITIES[name]

    def fault(count):
        text = f"{name}({', '.join(['1'] * count)})"
        try:
            parse(text, names=())
        except ExpressionError as error:
            return str(error).partition(".")[0]
        return None

    assert fault(least - 1) == "Unexpected symbol: ')'"
    assert fault(least) is None
    assert fault(most or 300) is None
    if most is not None:
        assert fault(most + 1) == "Unexpected symbol: ','"


def test_numbers_in_results_are_decimals():
    assert isinstance(run({"expression": "1.5"}), Decimal)
