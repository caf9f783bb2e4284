"""`counter` in variables. Source: the expressions page of the Azure Pipelines documentation."""

from datetime import UTC, datetime

import pytest

from penstock.devops.plans.counters import with_counters
from penstock.devops.plans.numbering import numbered
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import Variable

NOW = datetime(2026, 8, 24, 21, 7, 3, tzinfo=UTC)


def resolve(*pairs: tuple[str, str], nodes: tuple[Node, ...] = ()) -> tuple[Plan, list[str]]:
    asked: list[str] = []

    def next_counter(prefix: str, seed: int) -> int:
        asked.append(prefix)
        return seed + 4

    variables = tuple(Variable(name=n, value=v) for n, v in pairs)
    plan = Plan(nodes=nodes, variables=variables, start_time=NOW.timestamp())
    return with_counters(plan, next_counter), asked


def test_counter_of_a_prefix_is_one_number_in_a_run() -> None:
    node = Node(
        id="a",
        key="a",
        kind="stage",
        variables=(Variable(name="again", value="$[counter(variables['major'], 100)]"),),
    )
    plan, asked = resolve(
        ("major", "1"),
        ("minor", "$[counter(variables['major'], 100)]"),
        ("number", "$[format('{0}.{1}', variables.major, counter('1', 100))]"),
        nodes=(node,),
    )
    assert [v.value for v in plan.variables] == ["1", "104", "1.104"]
    assert plan.nodes[0].variables[0].value == "104"
    assert asked == ["1"]


def test_counter_without_a_seed_starts_at_zero() -> None:
    plan, _ = resolve(("n", "$[counter('x')]"))
    assert plan.variables[0].value == "4"


def test_text_that_is_no_expression_is_left_for_the_run() -> None:
    plan, asked = resolve(("n", "$[counter('x', ]"), ("m", "counter('x')"))
    assert [v.value for v in plan.variables] == ["$[counter('x', ]", "counter('x')"]
    assert asked == []


def test_prefix_may_be_the_day_of_the_run() -> None:
    plan, asked = resolve(("a", "$[counter(format('{0:yyyyMMdd}', pipeline.startTime), 100)]"))
    assert (plan.variables[0].value, asked) == ("104", ["20260824"])


def test_prefix_may_be_the_value_of_another_expression() -> None:
    _, asked = resolve(
        ("base", "1"),
        ("major", "$[format('{0}.0', variables.base)]"),
        ("minor", "$[counter(variables.major, 0)]"),
    )
    assert asked == ["1.0"]


def test_job_sees_the_variables_of_its_stage() -> None:
    stage = Node(id="S", key="S", kind="stage", variables=(Variable(name="release", value="r7"),))
    job = Node(
        id="S/J",
        key="J",
        kind="job",
        parent="S",
        variables=(Variable(name="n", value="$[counter(variables.release, 1)]"),),
    )
    _, asked = resolve(nodes=(stage, job))
    assert asked == ["r7"]


def test_secret_is_no_part_of_a_number_that_is_kept() -> None:
    secret = Variable(name="key", value="hush-hush", secret=True)
    counted = Variable(name="n", value="$[format('{0}{1}', variables.key, counter(variables.key))]")
    asked: list[str] = []

    def next_counter(prefix: str, seed: int) -> int:
        asked.append(prefix)
        return 3

    plan = with_counters(Plan(nodes=(), variables=(secret, counted)), next_counter)
    assert (plan.variables[1].value, asked) == ("3", [""])


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("$(major).$(patch)", "2.7"),
        ("$(version)-$(Rev:r)", "2.7-1"),
        ("$(label)", "v2"),
        ("$(missing).1", "$(missing).1"),
    ],
)
def test_run_number_has_the_values_of_variables(format: str, expected: str) -> None:
    variables = (
        Variable(name="major", value="2"),
        Variable(name="patch", value="$[counter(variables['major'], 7)]"),
        Variable(name="version", value="$(major).$(patch)"),
        Variable(name="label", value="$[format('v{0}', variables.major)]"),
    )
    number, plan = numbered(
        Plan(nodes=(), variables=variables),
        format,
        run="12",
        key="shop",
        now=NOW,
        next_revision=lambda key, prefix: 1,
    )
    assert number == expected
    values = {v.name: v.value for v in plan.variables}
    assert (values["Build.BuildNumber"], values["Build.BuildId"]) == (expected, "12")
    assert values["patch"] == "7"
    assert values["label"] == "$[format('v{0}', variables.major)]"
