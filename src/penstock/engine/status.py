"""The status functions of conditions over results: `succeeded`, `failed` and the others.

Source: Azure Pipelines documentation, Expressions (Job status check functions) and Conditions, and
the published DTPipelines library (GraphCondition): all but `always` and `canceled` are false once
the run is being canceled. Without arguments they ask about all that comes before, directly or not:
a job whose only dependency succeeded is skipped when one further upstream did not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.engine.events import Result
from penstock.language.expressions import Arguments, Function, Value, to_text

GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)

ResultsOf = Callable[[Sequence[str] | None], list[Result | None]]
"""The results of the named dependencies, None for a name that is no dependency; asked with None: of
all of them, direct and indirect."""


def status_functions(results: ResultsOf, is_canceled: Callable[[], bool]) -> dict[str, Function]:
    """The functions of a condition at stage or job level."""

    def of(arguments: Arguments) -> list[Result | None]:
        return results([to_text(a) for a in arguments] if len(arguments) else None)

    def succeeded(arguments: Arguments) -> Value:
        found = of(arguments)
        return not is_canceled() and all(result in GOOD for result in found)

    def failed(arguments: Arguments) -> Value:
        found = of(arguments)
        return not is_canceled() and None not in found and Result.FAILED in found

    def succeeded_or_failed(arguments: Arguments) -> Value:
        found = of(arguments)
        if is_canceled() or None in found:
            return False
        return not found or any(result in (*GOOD, Result.FAILED) for result in found)

    return {
        "always": Function("always", 0, 0, lambda _: True),
        "canceled": Function("canceled", 0, 0, lambda _: is_canceled()),
        "succeeded": Function("succeeded", 0, None, succeeded),
        "failed": Function("failed", 0, None, failed),
        "succeededOrFailed": Function("succeededOrFailed", 0, None, succeeded_or_failed),
    }
