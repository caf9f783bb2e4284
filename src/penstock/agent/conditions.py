"""Step conditions, which the agent evaluates itself: `variables` and status functions only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from penstock.agent.variables import Variables
from penstock.engine.events import Result

if TYPE_CHECKING:
    from penstock.language.expressions import Expression, Value

_GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)


def condition_holds(text: str, variables: Variables, status: Result) -> bool:
    """Whether a step runs, its job being in `status` (Azure Pipelines, conditions).

    Raises `penstock.language.expressions.ExpressionError` with the service's text.
    """
    values = _status(status)
    # Most conditions are one of these; the expression language is loaded for the others only.
    if text.endswith("()") and text[:-2] in values:
        return values[text[:-2]]
    expression, contexts = parse_condition(text, variables, status)
    from penstock.language.expressions import evaluate, to_boolean

    return to_boolean(evaluate(expression, contexts))


def parse_condition(
    text: str, variables: Variables, status: Result
) -> tuple[Expression, Mapping[str, Value]]:
    """A step's condition, and the contexts to evaluate it in. Raises `ExpressionError`."""
    from penstock.language.expressions import GENERAL, from_python, on_values, parse

    functions = {
        name: on_values(name, 0, 0, lambda value=value: value)
        for name, value in _status(status).items()
    }
    expression = parse(text, names=("variables",), functions={**GENERAL, **functions})
    known = {name: value for name, value, _ in variables.items()}
    return expression, {"variables": from_python(known, ignore_case_keys=True)}


def _status(status: Result) -> dict[str, bool]:
    return {
        "always": True,
        "canceled": status is Result.CANCELED,
        "failed": status is Result.FAILED,
        "succeeded": status in _GOOD,
        "succeededOrFailed": status in (*_GOOD, Result.FAILED),
    }
