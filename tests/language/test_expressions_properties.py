"""What holds for every expression: it parses or fails with a typed error, and prints to itself."""

from decimal import Decimal

import hypothesis.strategies as st
from hypothesis import given

from penstock.language.expressions import (
    GENERAL,
    Array,
    ExpressionError,
    Object,
    Trace,
    Version,
    evaluate,
    from_python,
    kind_of,
    parse,
    print_expression,
    to_boolean,
    to_json_text,
)
from penstock.language.expressions.conversion import compare

NAMES = ("variables", "parameters", "item")
CONTEXTS = {
    "variables": from_python({"a": "1", "B.c": "", "n": "x"}, ignore_case_keys=True),
    "parameters": Object({"a": from_python([1, {"b": None}, [True]])}, strict=True),
    "item": from_python([{"id": 1, "t": "x"}, [2, 3], "s", None]),
}
KINDS = {"Null", "Boolean", "Number", "String", "Version", "DateTime", "Array", "Object"}

WORDS = [*GENERAL, *NAMES, "true", "foo", "a", "é", "$", "\x00", "\ud800"]
VALUES = ["'a'", "''", "'", "'b c'", "'{0}'", "{0}", "1", "-1.5", "1.2.3"]
PUNCTUATION = [".", "..", "*", "[", "]", "(", ")", ","]
fragments = st.sampled_from([*WORDS, *VALUES, *PUNCTUATION, " ", "\n"])
texts = st.text() | st.lists(fragments).map("".join) | st.lists(fragments).map(" ".join)

leaves = st.one_of(
    st.sampled_from(["true", "False", "variables", "item", "variables.a", "item[0]", "item.*.id"]),
    st.integers(-1000, 1000).map(str),
    st.decimals(-1000, 1000, places=3).map(str),
    st.tuples(*[st.integers(0, 99)] * 3).map(lambda parts: "{}.{}.{}".format(*parts)),
    st.text().map(lambda text: "'" + text.replace("'", "''") + "'"),
)


def calls(children):
    def call(function):
        most = function.maximum if function.maximum is not None else function.minimum + 2
        arguments = st.lists(children, min_size=function.minimum, max_size=min(most, 4))
        return arguments.map(lambda given: f"{function.name}({', '.join(given)})")

    return st.sampled_from([GENERAL[name] for name in sorted(GENERAL)]).flatmap(call)


expressions = st.recursive(leaves, calls, max_leaves=12)


@given(texts)
def test_any_text_parses_or_fails_with_a_place(text):
    try:
        parse(text, names=NAMES)
    except ExpressionError as error:
        assert str(error)
        assert error.summary
        assert error.position is None or 0 <= error.position <= len(text)


@given(expressions)
def test_any_expression_has_a_typed_value_or_a_typed_error(text):
    expression = parse(text, names=NAMES)
    try:
        value = evaluate(expression, CONTEXTS)
    except ExpressionError as error:
        assert error.position is not None
        assert error.text == text
    else:
        assert kind_of(value) in KINDS
        assert to_boolean(value) in (True, False)
        assert to_json_text(value)


@given(expressions)
def test_a_printed_expression_parses_to_the_same_tree(text):
    printed = print_expression(parse(text, names=NAMES))
    assert print_expression(parse(printed, names=NAMES)) == printed


@given(expressions)
def test_a_trace_changes_nothing_and_ends_in_the_result(text):
    expression = parse(text, names=NAMES)
    trace = Trace()
    try:
        value = evaluate(expression, CONTEXTS)
    except ExpressionError as error:
        try:
            evaluate(expression, CONTEXTS, trace=trace)
        except ExpressionError as traced:
            assert str(traced) == str(error)
        assert trace.root is None or trace.root.error is not None
        return
    traced_value = evaluate(expression, CONTEXTS, trace=trace)
    assert to_json_text(traced_value) == to_json_text(value)
    assert trace.root is None or trace.root.value is traced_value


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


@given(plain)
def test_python_values_become_values(value):
    converted = from_python(value)
    match value:
        case bool() | str() | None:
            assert converted is value
        case int():
            assert converted == Decimal(value)
        case list():
            assert isinstance(converted, Array)
            assert len(converted) == len(value)
        case dict():
            assert isinstance(converted, Object)
            assert list(converted) == list(value)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=4))
def test_versions_are_ordered_like_their_parts(parts):
    assert compare(Version(tuple(parts)), Version((*parts, 0))) < 0
