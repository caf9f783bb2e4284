"""Step conditions, which the agent evaluates itself: `variables` and status functions only."""

from __future__ import annotations

from penstock.agent.variables import Variables
from penstock.engine.events import Result

_GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)


def condition_holds(text: str, variables: Variables, status: Result) -> bool:
    """Whether a step runs, its job being in `status` (azure-pipelines.md 7.3).

    Raises `penstock.language.expressions.ExpressionError` with the service's text.
    """
    values = {
        "always": True,
        "canceled": status is Result.CANCELED,
        "failed": status is Result.FAILED,
        "succeeded": status in _GOOD,
        "succeededOrFailed": status in (*_GOOD, Result.FAILED),
    }
    # Most conditions are one of these; the expression language is loaded for the others only.
    if text.endswith("()") and text[:-2] in values:
        return values[text[:-2]]
    from penstock.language.expressions import (
        GENERAL,
        evaluate,
        from_python,
        on_values,
        parse,
        to_boolean,
    )

    status_functions = {
        name: on_values(name, 0, 0, lambda value=value: value) for name, value in values.items()
    }
    expression = parse(text, names=("variables",), functions={**GENERAL, **status_functions})
    known = {name: value for name, value, _ in variables.items()}
    context = from_python(known, ignore_case_keys=True)
    return to_boolean(evaluate(expression, {"variables": context}))
