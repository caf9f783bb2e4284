"""When schedules come: tables, an independent implementation as judge, and clocks that jump."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.devops.schedules import BranchSchedule, due, last_time, next_times
from penstock.language.cron import parse_cron


def at(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        # scheduled-triggers#examples: midnight every day, and noon on Sundays
        ("0 0 * * *", "2026-11-28 09:00", ["2026-11-29 00:00", "2026-11-30 00:00"]),
        ("0 12 * * 0", "2026-11-28 09:00", ["2026-11-29 12:00", "2026-12-06 12:00"]),
        # both days must fit: Friday the 13th (github.com/atifaziz/NCrontab)
        ("0 0 13 * 5", "2026-01-01 00:00", ["2026-02-13 00:00", "2026-03-13 00:00"]),
        ("0 0 29 2 *", "2026-01-01 00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 0 29 2 Mon", "2026-01-01 00:00", ["2044-02-29 00:00"]),
        ("59 23 31 12 *", "2026-12-31 23:59", ["2027-12-31 23:59"]),
        ("*/15 * * * *", "2026-01-01 00:00", ["2026-01-01 00:15", "2026-01-01 00:30"]),
    ],
)
def test_the_next_times(cron, after, expected):
    times = next_times(parse_cron(cron), at(after), len(expected))
    assert times == tuple(map(at, expected))


def test_a_schedule_that_never_comes_has_no_next_time():
    assert next_times(parse_cron("0 0 31 2 *"), at("2026-01-01 00:00"), 3) == ()


def test_the_end_of_time():
    assert next_times(parse_cron("0 0 1 1 *"), datetime(9999, 6, 1, tzinfo=UTC), 1) == ()


def field(low, high, names=()):
    value = st.integers(low, high)
    item = st.one_of(
        value.map(str),
        st.lists(value, min_size=2, max_size=2, unique=True).map(
            lambda pair: f"{min(pair)}-{max(pair)}"
        ),
        st.integers(1, high).map(lambda step: f"*/{step}"),
        *([st.sampled_from(names)] if names else []),
    )
    return st.one_of(st.just("*"), st.lists(item, min_size=1, max_size=3).map(",".join))


CRONS = st.tuples(
    field(0, 59),
    field(0, 23),
    field(1, 28),
    field(1, 12, ["Jan", "dec"]),
    field(0, 6, ["Mon", "sun"]),
).map(" ".join)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@settings(max_examples=200, deadline=None)
@given(CRONS, TIMES)
def test_times_are_those_of_another_implementation(text, after):
    judge = croniter(text, after, day_or=False)
    expected = [judge.get_next(datetime) for _ in range(3)]
    assert list(next_times(parse_cron(text), after, 3)) == expected


@settings(max_examples=200, deadline=None)
@given(CRONS, TIMES, st.integers(0, 60 * 24 * 40))
def test_the_last_time_has_no_other_behind_it(text, after, minutes):
    cron = parse_cron(text)
    until = after + timedelta(minutes=minutes)
    last = last_time(cron, after, until)
    following = next_times(cron, last or after, 1)
    assert last is None or after < last <= until
    assert not following or following[0] > until


# --- looks at a clock


def schedule(text):
    return BranchSchedule(
        definition="p", ref="refs/heads/main", commit="c", text=text, cron=parse_cron(text)
    )


def looks(texts, clock):
    """The times that were due at each look at a clock that shows these times."""
    checked, found = clock[0], []
    for now in clock[1:]:
        look = due([schedule(text) for text in texts], checked, now)
        checked = look.checked
        found.append([one.time for one in look.due])
    return found


def test_each_time_is_due_once_and_no_time_is_lost_on_a_steady_clock():
    clock = [at("2026-11-28 00:00") + timedelta(seconds=20 * n) for n in range(3 * 60 * 6)]
    found = [time for times in looks(["*/10 * * * *"], clock) for time in times]
    assert found == [at("2026-11-28 00:00") + timedelta(minutes=10 * n) for n in range(1, 36)]


def test_missed_times_are_made_up_for_by_one_run():
    clock = [at("2026-11-28 00:00"), at("2026-11-28 06:05")]
    assert looks(["0 * * * *"], clock) == [[at("2026-11-28 06:00")]]


def test_a_clock_put_back_an_hour_fires_nothing_twice():
    clock = [at("2026-11-28 01:59"), at("2026-11-28 02:01"), at("2026-11-28 01:01"),
             at("2026-11-28 02:00"), at("2026-11-28 02:02"), at("2026-11-28 03:00")]  # fmt: skip
    assert looks(["0 * * * *"], clock) == [
        [at("2026-11-28 02:00")], [], [], [], [at("2026-11-28 03:00")],
    ]  # fmt: skip


def test_a_clock_that_was_days_ahead_does_not_stop_schedules_for_days():
    clock = [at("2030-01-01 00:00"), at("2026-11-28 00:30"), at("2026-11-28 01:00")]
    assert looks(["0 * * * *"], clock) == [[], [at("2026-11-28 01:00")]]


def test_daylight_saving_of_the_machine_makes_no_difference():
    # the night of 25 October 2026 in Europe: 03:00 +02:00 is followed by 02:00 +01:00
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    clock = [
        datetime(2026, 10, 25, 2, 29, tzinfo=summer),
        datetime(2026, 10, 25, 2, 31, tzinfo=summer),
        datetime(2026, 10, 25, 2, 29, tzinfo=winter),
        datetime(2026, 10, 25, 2, 31, tzinfo=winter),
    ]
    assert looks(["30 * * * *"], clock) == [
        [at("2026-10-25 00:30")], [], [at("2026-10-25 01:30")],
    ]  # fmt: skip


JUMPS = st.lists(
    st.one_of(st.integers(0, 120), st.sampled_from([-3600, 3600])), min_size=1, max_size=200
)


@settings(max_examples=100, deadline=None)
@given(JUMPS, st.sampled_from(["* * * * *", "*/7 * * * *", "0 * * * *", "30 2 * * *"]))
def test_nothing_is_due_twice_and_all_is_in_order_however_the_clock_jumps(jumps, text):
    clock = [at("2026-03-29 00:00")]
    for seconds in jumps:
        clock.append(clock[-1] + timedelta(seconds=seconds))
    found = [time for times in looks([text], clock) for time in times]
    assert found == sorted(set(found))
    last = max(clock)
    whole = last_time(parse_cron(text), clock[0], last)
    assert (found[-1] if found else None) == whole
