"""When schedules come: the next times of a cron text, and those that came since the last look.

It has no clock: every time comes in as an argument, and all times are in UTC, which knows no
daylight saving.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from penstock.devops.triggers.records import Definition, Due
from penstock.devops.triggers.timers import judge_branch
from penstock.language.cron import Cron, CronError, parse_cron
from penstock.records import record

FORGET = timedelta(days=1)
"""A clock that goes back further than this was wrong before; the looks begin again from there."""
_LONGEST_WAIT = 366 * 41
_MINUTE = timedelta(minutes=1)


@record
class BranchSchedule:
    """One schedule of a pipeline for one branch, as the YAML of that branch has it.

    `place` is its number among the schedules of the YAML; `commit` is the head of the branch.
    """

    definition: str
    ref: str
    commit: str
    text: str
    cron: Cron
    place: int = 0


@record(kw_only=False)
class Look:
    """What is due, and the time to give as `last_checked` at the next look."""

    due: tuple[Due, ...]
    checked: datetime


def branch_schedules(definition: Definition, ref: str, commit: str) -> tuple[BranchSchedule, ...]:
    """The schedules of a pipeline that are of a branch, read from the YAML of that branch.

    Those whose cron text cannot be read are left out: the compiler reports them.
    """
    schedules = definition.pipeline.schedules if definition.pipeline else ()
    found = []
    for place, schedule in enumerate(schedules):
        if schedule.cron is None or not judge_branch(ref, schedule).passes:
            continue
        try:
            cron = parse_cron(schedule.cron.value)
        except CronError:
            continue
        found.append(
            BranchSchedule(
                definition=definition.name,
                ref=ref,
                commit=commit,
                text=schedule.cron.value,
                cron=cron,
                place=place,
            )
        )
    return tuple(found)


def next_times(cron: Cron, after: datetime, count: int) -> tuple[datetime, ...]:
    """The next times of a schedule behind a moment; fewer where there are no more in 40 years."""
    times: list[datetime] = []
    moment = after
    while len(times) < count:
        found = next(_times_after(cron, moment), None)
        if found is None:
            break
        times.append(found)
        moment = found
    return tuple(times)


def due(schedules: Iterable[BranchSchedule], last_checked: datetime, now: datetime) -> Look:
    """The schedules whose time came behind `last_checked` and not behind `now`, each once.

    Of several missed times of a schedule only the last counts. While a clock that was put back has
    not come to where it was, nothing is due, so that nothing runs twice.
    """
    now, last_checked = now.astimezone(UTC), last_checked.astimezone(UTC)
    if now <= last_checked:
        has_jumped = last_checked - now > FORGET
        return Look((), now if has_jumped else last_checked)
    found = []
    for schedule in schedules:
        time = last_time(schedule.cron, last_checked, now)
        if time is not None:
            found.append(
                Due(
                    definition=schedule.definition,
                    ref=schedule.ref,
                    commit=schedule.commit,
                    cron=schedule.text,
                    time=time,
                    place=schedule.place,
                )
            )
    return Look(tuple(found), now)


def last_time(cron: Cron, after: datetime, until: datetime) -> datetime | None:
    """The last time of a schedule in `(after, until]`, or None."""
    day = until.replace(hour=0, minute=0, second=0, microsecond=0)
    first = after.replace(hour=0, minute=0, second=0, microsecond=0)
    while day >= first:
        if _has_day(cron, day):
            for hour in reversed(cron.hours):
                for minute in reversed(cron.minutes):
                    time = day.replace(hour=hour, minute=minute)
                    if after < time <= until:
                        return time
        day -= timedelta(days=1)
    return None


def _times_after(cron: Cron, after: datetime) -> Iterator[datetime]:
    """The times behind a moment, in order."""
    moment = after.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
    day = moment.replace(hour=0, minute=0)
    for _ in range(_LONGEST_WAIT):
        if _has_day(cron, day):
            for hour in cron.hours:
                for minute in cron.minutes:
                    time = day.replace(hour=hour, minute=minute)
                    if time >= moment:
                        yield time
        try:
            day += timedelta(days=1)
        except OverflowError:  # the year 9999
            return


def _has_day(cron: Cron, day: datetime) -> bool:
    weekday = (day.weekday() + 1) % 7
    return day.day in cron.days and day.month in cron.months and weekday in cron.weekdays
