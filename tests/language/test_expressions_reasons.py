"""Why an expression came out as it did. What is evaluated at all: the expressions page."""

from __future__ import annotations

import pytest

from penstock.language.expressions import (
    GENERAL,
    ExpressionError,
    Trace,
    evaluate,
    from_python,
    parse,
    to_boolean,
)
from penstock.language.expressions.reasons import (
    Part,
    account,
    decisive,
    fact,
    one_line,
    value_text,
    ways_to,
)

VARIABLES = {"branch": "dev", "reason": "Manual", "flag": "false", "empty": "", "count": "3"}


def accounted(text: str) -> Part:
    expression = parse(text, names=("variables",), functions=GENERAL)
    trace = Trace()
    try:
        evaluate(
            expression, {"variables": from_python(VARIABLES, ignore_case_keys=True)}, trace=trace
        )
    except ExpressionError:
        pass
    return account(expression, trace)


def facts(text: str) -> list[str]:
    return [fact(part) for part in decisive(accounted(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eq(variables.branch, 'main')", ["variables.branch is 'dev', not 'main'"]),
        ("eq('main', variables.branch)", ["variables.branch is 'dev', not 'main'"]),
        ("eq(variables.branch, 'dev')", ["variables.branch is 'dev'"]),
        ("ne(variables.branch, 'dev')", ["variables.branch is 'dev'"]),
        ("in(variables.branch, 'a', 'b')", ["variables.branch is 'dev', not one of 'a', 'b'"]),
        ("notIn(variables.branch, 'dev', 'b')", ["variables.branch is 'dev'"]),
        (
            "contains(variables.branch, 'x')",
            ["variables.branch is 'dev', which does not contain 'x'"],
        ),
        (
            "startsWith(variables.branch, 'x')",
            ["variables.branch is 'dev', which does not begin with 'x'"],
        ),
        (
            "endsWith(variables.branch, 'x')",
            ["variables.branch is 'dev', which does not end with 'x'"],
        ),
        ("gt(variables.count, '4')", ["variables.count is '3', which is not greater than '4'"]),
        ("le(variables.count, '2')", ["variables.count is '3', which is greater than '2'"]),
        (
            "eq(variables.branch, variables.reason)",
            [
                "eq(variables.branch, variables.reason) is false: "
                "variables.branch is 'dev', variables.reason is 'Manual'"
            ],
        ),
        (
            "eq(lower(variables.reason), 'x')",
            ["lower(variables.reason) is 'manual', not 'x'"],
        ),
        ("variables.empty", ["variables.empty is ''"]),
        ("variables.nothing", ["variables.nothing is Null"]),
        ("false", ["its condition is false"]),
        ("gt(3, variables.branch)", ["Unable to convert from String to Number. Value: 'dev'"]),
        # and: what is false decides; or: all that are false do; not turns it round
        (
            "and(eq(variables.reason, 'Manual'), eq(variables.branch, 'main'))",
            ["variables.branch is 'dev', not 'main'"],
        ),
        (
            "or(eq(variables.reason, 'PR'), eq(variables.branch, 'main'))",
            ["variables.reason is 'Manual', not 'PR'", "variables.branch is 'dev', not 'main'"],
        ),
        (
            "or(eq(variables.reason, 'PR'), eq(variables.branch, 'dev'))",
            ["variables.branch is 'dev'"],
        ),
        ("not(eq(variables.branch, 'dev'))", ["variables.branch is 'dev'"]),
        # what is the same in every run is told only where nothing else is
        ("or(variables.empty, eq('a', 'b'))", ["variables.empty is ''"]),
        ("or(eq('a', 'b'), eq('c', 'd'))", ["eq('a', 'b') is false", "eq('c', 'd') is false"]),
        # a literal that settles it decides, whatever else is false
        ("and(eq(variables.branch, 'dev'), false)", [
            "and(eq(variables.branch, 'dev'), false) is always false"
        ]),
        ("and(eq(variables.branch, 'main'), false)", [
            "and(eq(variables.branch, 'main'), false) is always false"
        ]),
        ("or(eq(variables.branch, 'dev'), true)", [
            "or(eq(variables.branch, 'dev'), true) is always true"
        ]),
        ("and(eq(variables.branch, 'main'), true)", ["variables.branch is 'dev', not 'main'"]),
        ("and(in(variables.branch, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'), false)", [
            "and(…) is always false, with False in it"
        ]),
    ],
)  # fmt: skip
def test_the_parts_that_decide_are_told(text: str, expected: list[str]) -> None:
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("eq(variables.branch, 'main')", True, [["variables.branch were 'main'"]]),
        ("eq(variables.branch, 'main')", False, [[]]),
        ("eq('main', variables.branch)", True, [["variables.branch were 'main'"]]),
        ("eq(variables.branch, 'dev')", False, [["variables.branch were anything but 'dev'"]]),
        ("lt(5, variables.count)", True, [["variables.count were greater than 5"]]),
        ("ge(variables.count, '4')", True, [["variables.count were at least '4'"]]),
        ("in(variables.branch, 'a', 'b')", True, [["variables.branch were one of 'a', 'b'"]]),
        (
            "notIn(variables.branch, 'dev', 'b')",
            True,
            [["variables.branch were none of 'dev', 'b'"]],
        ),
        ("variables.empty", True, [["variables.empty had a value"]]),
        ("variables.flag", False, [["variables.flag were empty"]]),
        (
            "and(eq(variables.reason, 'PR'), eq(variables.branch, 'main'))",
            True,
            [["variables.reason were 'PR'", "variables.branch were 'main'"]],
        ),
        (
            "or(eq(variables.reason, 'PR'), eq(variables.branch, 'main'))",
            True,
            [["variables.reason were 'PR'"], ["variables.branch were 'main'"]],
        ),
        (
            "not(and(eq(variables.reason, 'Manual'), eq(variables.branch, 'dev')))",
            True,
            [
                ["variables.reason were anything but 'Manual'"],
                ["variables.branch were anything but 'dev'"],
            ],
        ),
        ("false", True, []),
        (
            "or(eq(variables.branch, 'main'), eq('a', 'b'))",
            True,
            [["variables.branch were 'main'"]],
        ),
        (
            "and(eq(variables.branch, 'main'), eq('a', 'A'))",
            True,
            [["variables.branch were 'main'"]],
        ),
        ("and(eq(variables.branch, 'main'), contains('ab', lower('C')))", True, []),
        ("xor(variables.flag, true)", True, [["xor(variables.flag, true) were true"]]),
    ],
)  # fmt: skip
def test_what_would_have_to_differ(text: str, wanted: bool, expected: list[list[str]]) -> None:
    assert [list(way) for way in ways_to(accounted(text), wanted)] == expected


def test_a_literal_among_the_parts_of_and_makes_it_impossible() -> None:
    part = accounted("and(eq(variables.branch, 'main'), false)")
    assert ways_to(part, True) == ()


def test_parts_that_were_not_looked_at_are_there_and_marked() -> None:
    part = accounted("and(eq(variables.branch, 'main'), eq(variables.reason, 'PR'))")
    assert [(c.text, c.was_evaluated) for c in part.children] == [
        ("eq(variables.branch, 'main')", True),
        ("eq(variables.reason, 'PR')", False),
    ]


def test_equal_texts_are_told_apart_by_their_order() -> None:
    part = accounted("or(eq(variables.branch, 'x'), eq(variables.branch, 'x'))")
    assert [c.was_evaluated for c in part.children] == [True, True]


def test_a_text_that_says_false_is_noted_where_its_truth_is_asked_for() -> None:
    assert accounted("variables.flag").note.text == "a text: all but '' are true"
    inside = accounted("and(variables.flag, true)").children[0]
    assert inside.note.text == "a text: all but '' are true"
    assert accounted("eq(variables.flag, 'x')").children[0].note.text == ""


def test_the_whole_holds_exactly_when_its_value_is_true() -> None:
    for text in ("variables.flag", "variables.empty", "eq(1, 1)", "gt(3, variables.branch)"):
        part = accounted(text)
        assert part.holds is (part.error is None and to_boolean(part.value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "Null"),
        (True, "True"),
        (1.5, "1.5"),
        ("it's", "'it''s'"),
        ("a\nb\x1b[31m", "'a\\nb\ufffd[31m'"),
        (["a", 1], '[ "a", 1 ]'),
        ({"key": "x" * 80}, "{…} (1 key)"),
        ("x" * 130, "'" + "x" * 120 + "'…"),
    ],
)
def test_values_are_shown_short(value: object, expected: str) -> None:
    assert value_text(from_python(value)) == expected


def test_an_expression_of_several_lines_is_shown_on_one() -> None:
    text = "and(\n  succeeded(),\n  eq(variables['a  b'], ' ( ')\n)"
    assert one_line(text) == "and(succeeded(), eq(variables['a  b'], ' ( '))"
