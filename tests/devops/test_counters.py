"""`counter` in variables. Source: the expressions page of the Azure Pipelines documentation."""

from penstock.devops.plans.counters import with_counters
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import Variable


def resolve(*pairs: tuple[str, str], nodes: tuple[Node, ...] = ()) -> tuple[Plan, list[str]]:
    asked: list[str] = []

    def next_counter(prefix: str, seed: int) -> int:
        asked.append(prefix)
        return seed + 4

    plan = Plan(nodes=nodes, variables=tuple(Variable(name=n, value=v) for n, v in pairs))
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
