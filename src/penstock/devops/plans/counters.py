"""`counter(prefix, seed)` in variables: a number that goes up by one with each run of a pipeline.

Source: "counter" of the Azure Pipelines expressions page. It is evaluated once, when the run is
queued; every variable that uses the same prefix gets the same number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from penstock.engine.plan import Node, Plan
from penstock.engine.requests import Variable
from penstock.language.expressions import (
    GENERAL,
    Arguments,
    ExpressionError,
    Function,
    Object,
    Value,
    evaluate,
    parse,
    to_number,
    to_text,
)

NextCounter = Callable[[str, int], int]


def with_counters(plan: Plan, next_counter: NextCounter) -> Plan:
    """The plan with every counter as a number. `next_counter(prefix, seed)` is asked once for each
    prefix; a text that is no valid expression is left for the run to complain about."""
    if not any(_uses_counter(v) for v in _all_variables(plan)):
        return plan
    known: dict[str, int] = {}

    def number(prefix: str, seed: int) -> int:
        key = prefix.casefold()
        if key not in known:
            known[key] = next_counter(prefix, seed)
        return known[key]

    seen: dict[str, Value] = {}
    root = _resolved(plan.variables, number, seen)
    return replace(plan, variables=root, nodes=tuple(_node(n, number, seen) for n in plan.nodes))


def _node(node: Node, number: NextCounter, seen: dict[str, Value]) -> Node:
    if not any(_uses_counter(v) for v in node.variables):
        return node
    return replace(node, variables=_resolved(node.variables, number, dict(seen)))


def _resolved(
    variables: tuple[Variable, ...], number: NextCounter, seen: dict[str, Value]
) -> tuple[Variable, ...]:
    found = []
    for variable in variables:
        if _uses_counter(variable):
            variable = replace(variable, value=_evaluated(variable.value, number, seen))
        seen[variable.name] = variable.value
        found.append(variable)
    return tuple(found)


def _evaluated(text: str, number: NextCounter, seen: dict[str, Value]) -> str:
    def counter(arguments: Arguments) -> Value:
        prefix = to_text(arguments[0]) if len(arguments) else ""
        seed = int(to_number(arguments[1])) if len(arguments) > 1 else 0
        return Decimal(number(prefix, seed))

    functions = {**GENERAL, "counter": Function("counter", 0, 2, counter)}
    try:
        expression = parse(text.strip()[2:-1], names=("variables",), functions=functions)
        variables = Object(seen.items(), ignore_case=True)
        return to_text(evaluate(expression, {"variables": variables}))
    except ExpressionError:
        return text


def _uses_counter(variable: Variable) -> bool:
    text = variable.value.strip()
    return text.startswith("$[") and text.endswith("]") and "counter" in text.lower()


def _all_variables(plan: Plan) -> list[Variable]:
    return [*plan.variables, *(v for node in plan.nodes for v in node.variables)]
