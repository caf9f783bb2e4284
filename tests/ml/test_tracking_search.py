"""Filters and orders as MLflow's documentation has them ("Search Runs", "Search Experiments")."""

import pytest

from penstock.ml.tracking_search import (
    EXPERIMENTS,
    MODELS,
    REGISTRY,
    RUNS,
    Condition,
    Kind,
    Order,
    is_like,
    matches,
    parse_filter,
    parse_order,
    sorted_by,
)
from penstock.ml.tracking_values import Code, TrackingError

_ATTRIBUTES = "end_time, experiment_id, run_id, run_name, start_time, status, user_id"
ATTRIBUTE, METRIC, PARAM, TAG = Kind.ATTRIBUTE, Kind.METRIC, Kind.PARAM, Kind.TAG


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("   ", []),
        ("metrics.loss < 0.5", [(METRIC, "loss", "<", 0.5)]),
        ("metric.loss<=.5", [(METRIC, "loss", "<=", 0.5)]),
        ("metrics.loss = -1e-3", [(METRIC, "loss", "=", -0.001)]),
        ("metrics.val.loss != 3", [(METRIC, "val.loss", "!=", 3.0)]),
        ("metrics.val/loss > 3", [(METRIC, "val/loss", ">", 3.0)]),
        ('metrics."val loss" >= 3', [(METRIC, "val loss", ">=", 3.0)]),
        ("metrics.`val loss` >= 3", [(METRIC, "val loss", ">=", 3.0)]),
        ("params.layer.0 = 'x'", [(PARAM, "layer.0", "=", "x")]),
        ("parameters.alpha = '0.1'", [(PARAM, "alpha", "=", "0.1")]),
        ('params.alpha = "0.1"', [(PARAM, "alpha", "=", "0.1")]),
        (
            "tags.mlflow.source.name ILIKE '%Train%'",
            [(TAG, "mlflow.source.name", "ILIKE", "%Train%")],
        ),
        ("tags.`a.b c` = 'it''s'", [(TAG, "a.b c", "=", "it's")]),
        ("tags.x = 'say \\'hi\\''", [(TAG, "x", "=", "say 'hi'")]),
        ("tags.x = '日本 and or >= ('", [(TAG, "x", "=", "日本 and or >= (")]),
        ("tags.owner IS NULL", [(TAG, "owner", "IS NULL", None)]),
        ("params.owner is not null", [(PARAM, "owner", "IS NOT NULL", None)]),
        ("attributes.status = 'FINISHED'", [(ATTRIBUTE, "status", "=", "FINISHED")]),
        ("status = 'FINISHED'", [(ATTRIBUTE, "status", "=", "FINISHED")]),
        ("start_time > 1664067852747", [(ATTRIBUTE, "start_time", ">", 1664067852747.0)]),
        ("attributes.`run name` LIKE 'a%'", [(ATTRIBUTE, "run_name", "LIKE", "a%")]),
        ("run.Created > 5", [(ATTRIBUTE, "start_time", ">", 5.0)]),
        ("run_id IN ('a', 'b')", [(ATTRIBUTE, "run_id", "IN", ("a", "b"))]),
        ("run_id NOT IN ('a')", [(ATTRIBUTE, "run_id", "NOT IN", ("a",))]),
        ("datasets.name = 'diabetes'", [(Kind.DATASET, "name", "=", "diabetes")]),
        (
            "metrics.a > 1 and params.b = 'x' AND tags.c != 'y'",
            [(METRIC, "a", ">", 1.0), (PARAM, "b", "=", "x"), (TAG, "c", "!=", "y")],
        ),
    ],
)
def test_a_filter_is_conditions_joined_by_and(text: str, expected: list[tuple]) -> None:  # type: ignore[type-arg]
    assert [(c.kind, c.key, c.operator, c.value) for c in parse_filter(text, RUNS)] == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("metrics.loss", "an operator is missing at the end"),
        ("metrics.loss <", "a number is missing at the end"),
        ("metrics.loss < 'a'", "'a' is not a number"),
        ("metrics.loss < abc", "abc is not a number"),
        ("metrics.loss LIKE 'a'", '"LIKE" does not compare a number'),
        ("params.a < 'b'", '"<" does not compare a text'),
        ("params.a = 1", "1 must stand in quotes"),
        ("params.a = b", "b must stand in quotes"),
        ("metrics. = 1", '"=" is not a name'),
        ("metrics.a = 1 OR metrics.b = 2", "only conditions joined by AND are supported"),
        ("metrics.a = 1 metrics.b = 2", "only conditions joined by AND are supported"),
        ("metrics.a = 1 AND", "a name is missing at the end"),
        (
            "AND",
            f'"AND" is not one of {_ATTRIBUTES}',
        ),
        (
            "colour = 'red'",
            f'"colour" is not one of {_ATTRIBUTES}',
        ),
        (
            "colours.a = 'red'",
            '"colours" is not one of attr, attribute, attributes, dataset, datasets, metric,'
            " metrics, param, parameter, parameters, params, run, tag, tags",
        ),
        ("params.a = 'open", '"\'open" is not understood'),
        ("run_id IN 'a'", "a list stands in parentheses"),
        ("run_id IN ()", ") must stand in quotes"),
        ("run_id IN ('a' 'b')", "the values of a list are separated by commas"),
        ("run_id IN ('a'", "a closing parenthesis is missing at the end"),
        ("tags.x IS 'a'", "\"IS 'A'\" does not compare a text"),
        ("tags.x ; DROP TABLE runs", '";" does not compare a text'),
    ],
)
def test_a_filter_that_is_not_understood_says_why(text: str, problem: str) -> None:
    with pytest.raises(TrackingError) as refused:
        parse_filter(text, RUNS)
    assert refused.value.code is Code.INVALID_PARAMETER_VALUE
    assert refused.value.message == f"Invalid filter or order '{text}': {problem}."


@pytest.mark.parametrize(
    ("text", "grammar", "ok"),
    [
        ("name = 'a'", EXPERIMENTS, True),
        ("creation_time > 5", EXPERIMENTS, True),
        ("metrics.a > 5", EXPERIMENTS, False),
        ("run_id = 'a'", EXPERIMENTS, False),
        ("model_type = 'agent' AND metrics.acc > 0.5", MODELS, True),
        ("source_run_id = 'x'", MODELS, True),
        ("datasets.name = 'a'", MODELS, False),
        ("name = 'a' AND tags.`mlflow.prompt.is_prompt` != 'true'", REGISTRY, True),
        ("version_number > 3", REGISTRY, True),
        ("params.a = 'b'", REGISTRY, False),
    ],
)
def test_what_can_be_searched_depends_on_what_is_listed(text: str, grammar, ok: bool) -> None:  # type: ignore[no-untyped-def]
    if ok:
        assert parse_filter(text, grammar)
    else:
        with pytest.raises(TrackingError):
            parse_filter(text, grammar)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metrics.loss", Order(kind=METRIC, key="loss")),
        ("metrics.loss ASC", Order(kind=METRIC, key="loss")),
        ("metrics.`val loss` desc", Order(kind=METRIC, key="val loss", ascending=False)),
        ("start_time DESC", Order(kind=ATTRIBUTE, key="start_time", ascending=False)),
        ("attributes.created", Order(kind=ATTRIBUTE, key="start_time")),
        ("params.a.b", Order(kind=PARAM, key="a.b")),
    ],
)
def test_an_order_is_a_name_and_a_direction(text: str, expected: Order) -> None:
    assert parse_order(text, RUNS) == expected


@pytest.mark.parametrize("text", ["", "metrics.loss up", "metrics.loss ASC DESC", "colour", "a b"])
def test_an_order_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(TrackingError):
        parse_order(text, RUNS)


@pytest.mark.parametrize(
    ("text", "pattern", "alike"),
    [
        ("train", "train", True),
        ("train", "TRAIN", False),
        ("train", "tr%", True),
        ("train", "%ain", True),
        ("train", "%r%i%", True),
        ("train", "t_ain", True),
        ("train", "t_in", False),
        ("train", "", False),
        ("", "", True),
        ("", "%", True),
        ("a%b", "a%b", True),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("a\nb", "a%b", True),
        ("日本", "日_", True),
        ("abab", "%ab", True),
    ],
)
def test_a_pattern_has_two_marks(text: str, pattern: str, alike: bool) -> None:
    assert is_like(text, pattern) is alike


def test_a_hostile_pattern_takes_no_time() -> None:
    # With backtracking this would not end.
    assert not is_like("a" * 5000, "%a" * 200 + "b")


@pytest.mark.parametrize(
    ("operator", "value", "found", "met"),
    [
        ("=", "a", "a", True),
        ("=", "a", None, False),
        ("!=", "a", "b", True),
        ("!=", "a", None, False),
        ("IS NULL", None, None, True),
        ("IS NULL", None, "a", False),
        ("IS NOT NULL", None, "a", True),
        ("IN", ("a", "b"), "b", True),
        ("NOT IN", ("a", "b"), "c", True),
        ("ILIKE", "A%", "abc", True),
        ("LIKE", "A%", "abc", False),
        ("<", 2.0, 1.0, True),
        ("<=", 2.0, 2.0, True),
        (">", 2.0, 2.0, False),
        (">=", 2.0, 2.0, True),
        ("<", 2.0, float("nan"), False),
        (">", 2.0, float("nan"), False),
        ("<", 2.0, "1", False),
    ],
)
def test_a_condition_is_met_or_not(operator: str, value, found, met: bool) -> None:  # type: ignore[no-untyped-def]
    condition = Condition(kind=TAG, key="x", operator=operator, value=value)
    assert matches(condition, found) is met


def test_what_is_absent_comes_last_in_both_directions() -> None:
    items = [([2.0], "two"), ([None], "none"), ([1.0], "one"), ([2.0], "also two")]
    up, down = Order(kind=METRIC, key="x"), Order(kind=METRIC, key="x", ascending=False)
    assert sorted_by(items, [up]) == ["one", "two", "also two", "none"]
    assert sorted_by(items, [down]) == ["two", "also two", "one", "none"]
    assert sorted_by([([], "a"), ([], "b")], []) == ["a", "b"]
