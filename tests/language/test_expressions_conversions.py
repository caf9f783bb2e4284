"""Conversions between the types of expressions, one test a cell of the table at
https://learn.microsoft.com/azure/devops/pipelines/process/expressions#type-casting; dates, lists
and objects as in the published SDK. A fault names both types in the service's words.
"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from penstock.language.expressions import ExpressionError, Version, from_python
from penstock.language.expressions.conversion import (
    parse_version,
    to_boolean,
    to_number,
    to_text,
    to_version,
)

VALUES = {
    "Null": None,
    "Boolean": True,
    "False": False,
    "Number": Decimal("1.50"),
    "Zero": Decimal(0),
    "String": "abc",
    "Empty": "",
    "Digits": " 1,000.5 ",
    "VersionText": "1.2.3",
    "Version": parse_version("1.2.3"),
    "DateTime": datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
    "Array": from_python([1]),
    "Object": from_python({"a": 1}),
}
CONVERSIONS = {
    "Boolean": to_boolean,
    "Number": to_number,
    "String": to_text,
    "Version": to_version,
}
FAULT = "no conversion"


@pytest.mark.parametrize(
    ("value", "to", "expected"),
    [
        ("Null", "Boolean", False),
        ("Null", "Number", 0),
        ("Null", "String", ""),
        ("Null", "Version", FAULT),
        ("Boolean", "Boolean", True),
        ("Boolean", "Number", 1),
        ("False", "Number", 0),
        ("Boolean", "String", "True"),
        ("False", "String", "False"),
        ("Boolean", "Version", FAULT),
        ("Number", "Boolean", True),
        ("Zero", "Boolean", False),
        ("Number", "Number", Decimal("1.5")),
        ("Number", "String", "1.5"),
        ("Number", "Version", parse_version("1.5")),
        ("Zero", "Version", FAULT),
        ("String", "Boolean", True),
        ("Empty", "Boolean", False),
        ("Empty", "Number", 0),
        ("Digits", "Number", Decimal("1000.5")),
        ("String", "Number", FAULT),
        ("String", "String", "abc"),
        ("VersionText", "Version", parse_version("1.2.3")),
        ("String", "Version", FAULT),
        ("Version", "Boolean", True),
        ("Version", "Number", FAULT),
        ("Version", "String", "1.2.3"),
        ("Version", "Version", parse_version("1.2.3")),
        ("DateTime", "Boolean", True),
        ("DateTime", "Number", FAULT),
        ("DateTime", "String", "2026-11-22 10:00:00+00:00"),
        ("DateTime", "Version", FAULT),
        ("Array", "Boolean", True),
        ("Array", "Number", FAULT),
        ("Array", "String", FAULT),
        ("Array", "Version", FAULT),
        ("Object", "Boolean", True),
        ("Object", "Number", FAULT),
        ("Object", "String", FAULT),
        ("Object", "Version", FAULT),
    ],
)
def test_cell(value, to, expected):
    if expected is not FAULT:
        found = CONVERSIONS[to](VALUES[value])
        assert (type(found), found) == (
            type(expected) if to == "Version" else type(found),
            expected,
        )
        return
    kinds = {"Zero": "Number", "VersionText": "String"}
    with pytest.raises(ExpressionError) as caught:
        CONVERSIONS[to](VALUES[value])
    assert str(caught.value).startswith(
        f"Unable to convert from {kinds.get(value, value)} to {to}."
    )


def test_a_version_has_at_least_two_parts():
    assert isinstance(parse_version("1.2"), Version)
    assert parse_version("1") is None
