"""What a schedule that is due starts.

Facts: https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers.
"""

from __future__ import annotations

from penstock.devops.triggers.filters import Verdict, judge_ref
from penstock.devops.triggers.outcomes import failed, nothing
from penstock.devops.triggers.records import Decision, Definition, Due, Outcome, Reason
from penstock.devops.triggers.wildcards import short_name
from penstock.language.pipeline import Schedule


def decide_due(due: Due, definition: Definition) -> Decision:
    """What a schedule does to its pipeline; the YAML is that of the branch of the schedule."""
    pipeline = definition.pipeline
    if pipeline is None:
        return failed(definition, Reason.SCHEDULE, due.ref, due.commit)
    schedule = _find(due, pipeline.schedules)
    if schedule is None:
        where = short_name(due.ref)
        return nothing(definition, f"{where} has no schedule {due.cron} any more")
    for verdict in (judge_branch(due.ref, schedule), _judge_change(due, definition, schedule)):
        if not verdict.passes:
            return nothing(definition, verdict.why, verdict.span)
    if not definition.is_valid:
        return failed(definition, Reason.SCHEDULE, due.ref, due.commit)
    name = schedule.display_name.value if schedule.display_name else due.cron
    return Decision(
        definition=definition.name,
        outcome=Outcome.RUN,
        reason=Reason.SCHEDULE,
        why=f'the schedule "{name}" was due at {due.time:%Y-%m-%d %H:%M} UTC; {verdict.why}',
        span=schedule.span,
        ref=due.ref,
        commit=due.commit,
        variables={"Build.CronSchedule.DisplayName": schedule.display_name.value}
        if schedule.display_name
        else {},
        diagnostics=definition.diagnostics,
    )


def judge_branch(ref: str, schedule: Schedule) -> Verdict:
    """Whether a schedule is of a branch; one that names no branches is of all."""
    if schedule.branches is None:
        return Verdict(True, "the schedule names no branches", schedule.span)
    return judge_ref(ref, schedule.branches, "schedules.branches")


def _find(due: Due, schedules: tuple[Schedule, ...]) -> Schedule | None:
    same = [one for one in schedules if one.cron and one.cron.value == due.cron]
    if due.place < len(schedules) and schedules[due.place] in same:
        return schedules[due.place]
    return same[0] if same else None


def _judge_change(due: Due, definition: Definition, schedule: Schedule) -> Verdict:
    """The four cases of `always` and `batch`: `always` wins over both."""
    if schedule.always:
        return Verdict(True, "it always runs")
    branch = short_name(due.ref)
    if definition.scheduled is None:
        others = ", and none goes on" if schedule.batch else ""
        why = f"it runs if {branch} changed since the last successful run by a schedule{others}"
        return Verdict(True, f"{why}, as always is not set")
    running = next(
        (r for r in definition.going if r.reason == Reason.SCHEDULE and r.ref == due.ref), None
    )
    if schedule.batch and running is not None:
        why = f"run {running.run}, which a schedule started, has not ended, and batch is true"
        return Verdict(False, why, schedule.span)
    last = definition.scheduled.get(due.ref)
    if last == due.commit:
        why = f"nothing changed on {branch} since the last successful run by a schedule"
        return Verdict(False, f"{why}, and always is not set", schedule.span)
    since = f"{branch} changed since the last successful one" if last else "it is the first"
    return Verdict(True, since)
