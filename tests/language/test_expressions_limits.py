"""Limits: length, depth and memory. Whatever is written ends soon and in small space."""

import pytest

from penstock.language.expressions import ExpressionError, Object, evaluate, from_python, parse

MORE = ". For more help, refer to https://go.microsoft.com/fwlink/?linkid=842996"
DOUBLED = 40


def failure(text, contexts=None, names=("item",)):
    with pytest.raises(ExpressionError) as raised:
        evaluate(parse(text, names=names), contexts or {})
    return raised.value


def test_an_expression_has_at_most_21000_characters():
    assert parse("'" + "x" * 20_998 + "'", names=())
    error = failure("'" + "x" * 20_999 + "'")
    assert str(error) == "Exceeded max expression length 21000" + MORE


def test_49_calls_may_be_nested():
    assert evaluate(parse("not(" * 49 + "true" + ")" * 49, names=()), {}) is False
    error = failure("not(" * 50 + "true" + ")" * 50)
    assert str(error) == "Exceeded max expression depth 50" + MORE


def test_an_open_index_counts_as_depth():
    assert str(failure("item[" * 50 + "1" + "]" * 50)) == "Exceeded max expression depth 50" + MORE


def test_a_chain_of_properties_has_no_depth():
    text = "item" + ".a" * 10_000
    assert evaluate(parse(text, names=("item",)), {"item": from_python({"a": 1})}) is None


def test_a_thousand_arguments_are_no_depth():
    assert evaluate(parse("or(" + "false, " * 2000 + "true)", names=()), {}) is True


@pytest.mark.parametrize(
    "shape",
    ["format('{{0}}{{0}}{{0}}{{0}}', {})", "replace('{{0}}', '{{0}}', {})", "join({}, item)"],
)
def test_a_text_that_grows_is_refused_before_it_is_large(shape):
    text = "'" + "x" * 1000 + "'"
    for _ in range(DOUBLED):
        text = "format('{0}{0}', " + text + ")"
    error = failure(shape.format(text), {"item": from_python(["a", "b"])})
    assert str(error).startswith(
        "The maximum allowed memory size was exceeded while evaluating the following expression: "
    )


def test_replace_counts_its_result_before_it_makes_it():
    item = {"text": "a" * 500_000, "long": "b" * 500_000}
    error = failure("replace(item.text, 'a', item.long)", {"item": from_python(item)})
    assert str(error) == (
        "The maximum allowed memory size was exceeded while evaluating the following expression: "
        "replace(item['text'], 'a', item['long'])"
    )


def test_join_counts_its_separators():
    item = {"list": [""] * 1000, "long": "b" * 2000}
    assert "memory" in str(failure("join(item.long, item.list)", {"item": from_python(item)}))


def test_json_of_a_large_object_is_refused():
    item = from_python({str(number): "x" * 100 for number in range(10_000)})
    assert "memory" in str(failure("convertToJson(item)", {"item": item}))


def test_values_that_are_no_longer_used_take_no_memory():
    long = "'" + "x" * 400 + "'"
    text = "and(" + ", ".join(f"eq({long}, {long})" for _ in range(25)) + ")"
    item = from_python("x" * 300_000)
    assert evaluate(parse(text, names=()), {}) is True
    repeated = "or(" + ", ".join(["eq(item, 'y')"] * 1000) + ")"
    assert evaluate(parse(repeated, names=("item",)), {"item": item}) is False


def test_a_text_of_half_a_million_characters_is_the_largest():
    assert evaluate(parse("item", names=("item",)), {"item": "x" * 524_000})
    assert "memory" in str(failure("item", {"item": "x" * 525_000}))


def test_an_object_does_not_change():
    values = {"a": 1}
    item = Object(values)
    values["a"] = 2
    assert item.get("a") == 1
