"""The parts callers build on: contexts, functions of their own, traces, errors with places."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from penstock.language.diagnostics import render
from penstock.language.expressions import (
    GENERAL,
    Array,
    ExpressionError,
    Function,
    Object,
    Trace,
    Version,
    evaluate,
    from_python,
    on_values,
    parse,
    print_expression,
    to_json_text,
    to_number,
    to_text,
)
from penstock.language.places import place_in
from penstock.language.source import Source
from penstock.language.yaml import parse as parse_yaml


def value_of(text, functions=GENERAL, **contexts):
    return evaluate(parse(text, names=contexts, functions=functions), contexts)


def fault_of(text, names=("variables",), functions=GENERAL, **contexts):
    with pytest.raises(ExpressionError) as raised:
        evaluate(parse(text, names=[*names, *contexts], functions=functions), contexts)
    return raised.value


def test_a_function_of_the_caller_gets_its_values():
    functions = {
        **GENERAL,
        "succeeded": on_values("succeeded", 0, None, lambda *names: Decimal(len(names))),
    }
    assert value_of("and(succeeded(), true)", functions) is False
    assert value_of("Succeeded('A', 'B')", functions) == 2


def test_a_function_may_leave_arguments_unevaluated():
    functions = {**GENERAL, "first": Function("first", 1, None, lambda arguments: arguments[0])}
    assert value_of("first('a', lt(1, 'x'))", functions) == "a"


def test_an_argument_is_evaluated_once():
    seen = []
    functions = {
        **GENERAL,
        "note": on_values("note", 1, 1, lambda value: seen.append(value) or "x"),
    }
    assert value_of("format('{0}{0}', note('a'))", functions) == "xx"
    assert seen == ["a"]


def test_a_function_that_is_not_given_does_not_exist():
    assert str(fault_of("succeeded()")).startswith("Unrecognized value: 'succeeded'. Located at")


def test_an_expression_tells_what_it_uses():
    expression = parse("and(eq(Variables.a, 1), Contains('a', 'b'))", names=("variables",))
    assert expression.names == {"Variables"}
    assert expression.calls == {"and", "eq", "contains"}


def test_a_context_that_was_not_given_is_null():
    assert evaluate(parse("variables.a", names=("variables",)), {}) is None


def test_context_names_ignore_case_when_evaluated():
    assert value_of("VARIABLES.a", variables=from_python({"a": "x"})) == "x"


def test_a_missing_key_of_a_strict_object_names_the_nearest():
    parameters = Object({"environment": "dev"}, strict=True, ignore_case=True)
    fault = fault_of("parameters.enviroment", parameters=parameters)
    assert str(fault) == "Key not found 'enviroment'"
    assert fault.help == 'did you mean "environment"?'
    assert (fault.position, fault.end) == (0, 21)


def test_from_python_takes_times_numbers_and_nested_values():
    time = datetime(2026, 11, 22, tzinfo=timezone(timedelta(hours=1)))
    value = from_python({"A": [1, 1.5, time, None], "b": {"C": Version((1, 2))}}, True)
    assert isinstance(value, Object)
    items = value.get("a")
    assert isinstance(items, Array)
    assert tuple(items) == (Decimal(1), Decimal("1.5"), time, None)
    assert value.get("B").get("c") == Version((1, 2))
    assert from_python(datetime(2026, 11, 22)) == datetime(2026, 11, 22, tzinfo=UTC)
    with pytest.raises(TypeError, match="an expression cannot hold a set"):
        from_python({1})


def test_keys_differ_by_case_unless_told_otherwise():
    value = from_python({"a": {"B": 1}})
    assert value.get("A") is None
    assert "a" in value
    assert value.get("a").get("b") is None
    shallow = Object({"a": from_python({"B": 1})}, ignore_case=True)
    assert shallow.get("A").get("b") is None
    assert "A" in shallow


def test_conversions_are_available_to_callers():
    assert to_text(Decimal("1.50")) == "1.5"
    assert to_number("1,000") == 1000
    assert to_json_text(from_python({"a": [1]})) == '{\n  "a": [\n    1\n  ]\n}'
    with pytest.raises(ExpressionError, match="Unable to convert from Array to String"):
        to_text(Array())


def outline(part, depth=0):
    shown = part.error or to_json_text(part.value)
    lines = [f"{'  ' * depth}{part.text} => {shown}"]
    return lines + [line for child in part.children for line in outline(child, depth + 1)]


def test_a_trace_shows_what_was_evaluated_and_what_was_not():
    trace = Trace()
    text = "and(eq(variables['branch'], 'main'), ne(variables.n, 1), or(true, variables.x))"
    contexts = {"variables": from_python({"branch": "main", "n": "1"})}
    evaluate(parse(text, names=contexts), contexts, trace=trace)
    assert outline(trace.root) == [
        f"{text} => false",
        "  eq(variables['branch'], 'main') => true",
        "    variables['branch'] => \"main\"",
        '      variables => {\n  "branch": "main",\n  "n": "1"\n}',
        "  ne(variables.n, 1) => false",
        '    variables.n => "1"',
        '      variables => {\n  "branch": "main",\n  "n": "1"\n}',
    ]


def test_a_trace_ends_at_the_fault():
    trace = Trace()
    with pytest.raises(ExpressionError):
        evaluate(parse("or(lt(1, 'x'), true)", names=()), {}, trace=trace)
    fault = "Unable to convert from String to Number. Value: 'x'"
    assert outline(trace.root) == [
        f"or(lt(1, 'x'), true) => {fault}",
        f"  lt(1, 'x') => {fault}",
    ]


def test_an_expression_is_printed_in_one_form():
    text = "And( eq(variables . a,'it''s') ,  item [ * ].b [ -1.50 ],1.2.3, TRUE)"
    expression = parse(text, names=("variables", "item"))
    assert print_expression(expression) == (
        "And(eq(variables['a'], 'it''s'), item[*]['b'][-1.5], 1.2.3, True)"
    )


@pytest.mark.parametrize(
    ("text", "place", "summary", "help"),
    [
        (
            "eq(1, 2) && true",
            (9, 11),
            'unexpected symbol "&&" in this expression',
            'there are no operators: instead of "&&" write and(a, b)',
        ),
        (
            "variables.a == 'x'",
            (12, 14),
            'unexpected symbol "==" in this expression',
            'there are no operators: instead of "==" write eq(a, b)',
        ),
        (
            "!variables.a",
            (0, 10),
            '"!variables" is neither a function nor a value that can be used here',
            'there are no operators: instead of "!" write not(a)',
        ),
        (
            'eq(variables.a, "x")',
            (16, 19),
            '"x" is neither a function nor a value that can be used here',
            "text stands in single quotes: '...'",
        ),
        (
            'eq(variables.a, "x y")',
            (19, 21),
            'unexpected symbol "y"" in this expression',
            "text stands in single quotes: '...'",
        ),
        (
            "eq($(a), 1)",
            (3, 4),
            '"$" is neither a function nor a value that can be used here',
            "inside an expression a variable is read as variables['name']",
        ),
        (
            "contain('a', 'b')",
            (0, 7),
            '"contain" is neither a function nor a value that can be used here',
            'did you mean "contains"?',
        ),
        (
            "eq(variable.a, main)",
            (3, 11),
            '"variable" is neither a function nor a value that can be used here',
            'did you mean "variables"?',
        ),
        (
            "eq(variables.a, production)",
            (16, 26),
            '"production" is neither a function nor a value that can be used here',
            "put text in single quotes: 'production'",
        ),
        (
            "eq(1)",
            (4, 5),
            'unexpected symbol ")" in this expression',
            '"eq" takes 2 arguments: give them before the ")"',
        ),
        ("not(1, 2)", (5, 6), 'unexpected symbol "," in this expression', '"not" takes 1 argument'),
        (
            "and(1)",
            (5, 6),
            'unexpected symbol ")" in this expression',
            '"and" takes 2 or more arguments: give them before the ")"',
        ),
        (
            "format()",
            (7, 8),
            'unexpected symbol ")" in this expression',
            '"format" takes 1 to 255 arguments: give them before the ")"',
        ),
        ("eq(1, 2", (0, 2), '"eq" is never closed', 'add the missing ")"'),
        ("variables['a'", (9, 10), '"[" is never closed', 'add the missing "]"'),
        (
            "(true)",
            (0, 1),
            'unexpected symbol "(" in this expression',
            "parentheses only enclose the arguments of a function",
        ),
        (
            "eq('a, 1)",
            (3, 9),
            "this text is never closed",
            "add the closing single quote; a quote inside a text is doubled",
        ),
        (
            "not",
            (0, 3),
            '"not" is a function and needs its arguments in parentheses',
            "write not(...), or 'not' if the text is meant",
        ),
        (
            "variables.a.",
            (11, 12),
            "a property name is missing after the last dot",
            "name a property, or remove the dot",
        ),
        (
            "my-name",
            (0, 7),
            '"my-name" is neither a function nor a value that can be used here',
            "a name with a hyphen is looked up with brackets: a['b-c']",
        ),
        (
            "variables.my-name",
            (10, 17),
            'unexpected symbol "my-name" in this expression',
            "a name with a hyphen is looked up with brackets: ['my-name']",
        ),
        (
            "1..2",
            (0, 4),
            '"1..2" is neither a number nor a version',
            "put text in single quotes: '1..2'",
        ),
        (
            "eq(1, 2))",
            (8, 9),
            'unexpected symbol ")" in this expression',
            'remove it, or close what was opened before it: there is no "(" for it to close',
        ),
        (
            "eq(1, 2]",
            (7, 8),
            'unexpected symbol "]" in this expression',
            'remove it, or close what was opened before it: there is no "[" for it to close',
        ),
        (
            "variables[]",
            (10, 11),
            'unexpected symbol "]" in this expression',
            "an index is a key or a number: ['name'] or [0]",
        ),
        (
            "'a'.b",
            (3, 4),
            'unexpected symbol "." in this expression',
            "only contexts and what functions return have properties",
        ),
        (
            "",
            (0, 0),
            "an expression is expected here, and there is none",
            "write one, for example eq(variables['name'], 'value')",
        ),
    ],
)
def test_a_fault_says_in_plain_words_what_to_do(text, place, summary, help):
    fault = fault_of(text)
    end = len(text) if fault.end is None else fault.end
    assert ((fault.position, end), fault.summary, fault.help) == (place, summary, help)


def test_a_call_of_no_function_is_told_the_functions_and_not_to_quote_it():
    help = fault_of("variabel('a')").help
    assert help.startswith("the functions here are and, or, not, xor, eq, ")


def test_a_fault_of_evaluation_names_the_innermost_part():
    fault = fault_of("and(true, lt(1, 'x'))")
    assert (fault.position, fault.end, fault.text) == (10, 20, "and(true, lt(1, 'x'))")


@pytest.mark.parametrize(
    ("text", "help"),
    [
        (
            "contains(item, 'a')",
            "a list has no text: use join, convertToJson or, to find a value, containsValue",
        ),
        ("lower(item[0])", "an object has no text: use convertToJson, or name one of its keys"),
        ("lt(1, 'x')", "two values are compared as the type of the left one, here a Number"),
    ],
)
def test_a_failed_conversion_says_what_to_use(text, help):
    assert fault_of(text, item=from_python([{}])).help == help


def test_a_fault_points_into_the_file():
    source = Source(
        "azure-pipelines.yml",
        "jobs:\n- job: A\n  condition: 'eq(variables[''a''], prod)'\n",
    )
    root = parse_yaml(source).root
    condition = root.get("jobs").items[0].get("condition")
    fault = fault_of(condition.value)
    diagnostic = fault.diagnostic(
        lambda start, end: place_in(condition.value, condition.span, start, end - start)
    )
    assert render([diagnostic]) == (
        'error[PS1302]: "prod" is neither a function nor a value that can be used here\n'
        " --> azure-pipelines.yml:3:36\n"
        "  |\n"
        "2 | - job: A\n"
        "3 |   condition: 'eq(variables[''a''], prod)'\n"
        "  |                                    ^^^^\n"
        "  |\n"
        "  = help: put text in single quotes: 'prod'"
    )
    assert diagnostic.service_text == str(fault)
