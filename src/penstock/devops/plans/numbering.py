"""A plan gets its number: the run's own variables, and every counter as a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from penstock.devops.plans.counters import public_values, with_counters
from penstock.devops.plans.run_number import run_number
from penstock.devops.plans.variables import run_variables
from penstock.engine.plan import Plan


def numbered(
    plan: Plan,
    format: str,
    *,
    run: str,
    key: str,
    now: datetime,
    next_revision: Callable[[str, str], int],
) -> tuple[str, Plan]:
    """The run number by `format` (the pipeline's `name:`), and the plan that knows it.

    `key` is the pipeline whose revisions and counters go up; `next_revision(key, prefix)` is asked
    for each. `now` is in UTC.
    """
    started = now.strftime("%Y-%m-%d %H:%M:%S+00:00")
    counters = f"counter:{key}"

    def next_counter(prefix: str, seed: int) -> int:
        return seed + next_revision(counters, f"{prefix.casefold()}:{seed}") - 1

    plan = with_counters(replace(plan, start_time=now.timestamp()), next_counter)
    number = run_number(
        format,
        now=now,
        variables={**public_values(plan), "Build.BuildId": run},
        next_revision=lambda prefix: next_revision(key, prefix),
        fallback=run,
    )
    facts = run_variables(run=int(run), number=number, started=started)
    return number, replace(plan, variables=(*facts, *plan.variables))
