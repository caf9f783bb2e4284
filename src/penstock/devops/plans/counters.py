"""`counter(prefix, seed)` in variables: a number that goes up by one with each run of a pipeline.

Source: "counter" of the Azure Pipelines expressions page. It is evaluated once, when the run is
queued; every variable that uses the same prefix gets the same number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from penstock.engine.plan import Plan
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
    prefix; a text that is no valid expression is left for the run to complain about.

    Numbers are kept, so they tell of no secret: to a counter, and what is around it, a secret is
    not there.
    """
    if not any(_uses_counter(v) for v in _all_variables(plan)):
        return plan
    known: dict[str, int] = {}

    def number(prefix: str, seed: int) -> int:
        key = prefix.casefold()
        if key not in known:
            known[key] = next_counter(prefix, seed)
        return known[key]

    counting = _Counting(number, plan.start_time)
    scopes: dict[str | None, dict[str, Value]] = {None: {}}
    root = counting.resolved(plan.variables, scopes[None])
    nodes = []
    for node in plan.nodes:
        scope = scopes[node.id] = dict(scopes.get(node.parent, scopes[None]))
        nodes.append(replace(node, variables=counting.resolved(node.variables, scope)))
    return replace(plan, variables=root, nodes=tuple(nodes))


def public_values(plan: Plan) -> dict[str, str]:
    """The values of the run's own variables once its counters are numbers: `$[ ]` ones evaluated
    as far as that can be done before the run begins, secrets left out."""

    def no_counter(prefix: str, seed: int) -> int:
        raise ExpressionError("a counter that was left as it is")

    seen: dict[str, Value] = {}
    _Counting(no_counter, plan.start_time).resolved(plan.variables, seen)
    return {name: to_text(value) for name, value in seen.items()}


class _Counting:
    """Evaluates variables in their order, each seeing those before it."""

    def __init__(self, number: NextCounter, start: float | None) -> None:
        self._number = number
        time = None if start is None else datetime.fromtimestamp(int(start), UTC)
        self._pipeline = Object((("startTime", time),), ignore_case=True)
        self._functions = {**GENERAL, "counter": Function("counter", 0, 2, self._counter)}

    def resolved(
        self, variables: tuple[Variable, ...], seen: dict[str, Value]
    ) -> tuple[Variable, ...]:
        """The variables with their counters as numbers; all values are added to `seen`."""
        found = []
        for variable in variables:
            value = self._evaluated(variable.value, seen)
            if _uses_counter(variable):
                variable = replace(variable, value=value)
            if not variable.secret:
                seen[variable.name] = value
            found.append(variable)
        return tuple(found)

    def _evaluated(self, text: str, seen: Mapping[str, Value]) -> str:
        """The value of a `$[ ]` text; any other text, and what cannot be evaluated, as it is."""
        if not _is_expression(text):
            return text
        try:
            inner = text.strip()[2:-1]
            expression = parse(inner, names=("variables", "pipeline"), functions=self._functions)
            variables = Object(seen.items(), ignore_case=True)
            return to_text(
                evaluate(expression, {"variables": variables, "pipeline": self._pipeline})
            )
        except ExpressionError:
            return text

    def _counter(self, arguments: Arguments) -> Value:
        prefix = to_text(arguments[0]) if len(arguments) else ""
        seed = int(to_number(arguments[1])) if len(arguments) > 1 else 0
        return Decimal(self._number(prefix, seed))


def _is_expression(text: str) -> bool:
    text = text.strip()
    return text.startswith("$[") and text.endswith("]")


def _uses_counter(variable: Variable) -> bool:
    return _is_expression(variable.value) and "counter" in variable.value.lower()


def _all_variables(plan: Plan) -> list[Variable]:
    return [*plan.variables, *(v for node in plan.nodes for v in node.variables)]
