"""Cron texts of schedules, as the service's parser reads them.

Values of the first table are those of
https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#cron-syntax; the rest
is what https://github.com/atifaziz/NCrontab, which that page names, documents and does.
"""

import pytest

from penstock.language.cron import CronError, parse_cron

ALL = {
    "minutes": tuple(range(60)),
    "hours": tuple(range(24)),
    "days": tuple(range(1, 32)),
    "months": tuple(range(1, 13)),
    "weekdays": tuple(range(7)),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", {}),
        ("0 18 * * Mon,Wed,Fri", {"minutes": (0,), "hours": (18,), "weekdays": (1, 3, 5)}),
        ("0 18 * * 1,3,5", {"minutes": (0,), "hours": (18,), "weekdays": (1, 3, 5)}),
        ("0 18 * * 1-5/2", {"minutes": (0,), "hours": (18,), "weekdays": (1, 3, 5)}),
        ("0 0,6,12,18 * * *", {"minutes": (0,), "hours": (0, 6, 12, 18)}),
        ("0 */6 * * *", {"minutes": (0,), "hours": (0, 6, 12, 18)}),
        ("0 0-18/6 * * *", {"minutes": (0,), "hours": (0, 6, 12, 18)}),
        ("0 9,15,21 * * *", {"minutes": (0,), "hours": (9, 15, 21)}),
        ("0 9-21/6 * * *", {"minutes": (0,), "hours": (9, 15, 21)}),
        ("30 21 * * Sun-Thu", {"minutes": (30,), "hours": (21,), "weekdays": (0, 1, 2, 3, 4)}),
        ("0 5 * * Sun,Thu-Sat", {"minutes": (0,), "hours": (5,), "weekdays": (0, 4, 5, 6)}),
        ("0 0 1,3-6 * *", {"minutes": (0,), "hours": (0,), "days": (1, 3, 4, 5, 6)}),
        ("0 0 1 January,feb *", {"minutes": (0,), "hours": (0,), "days": (1,), "months": (1, 2)}),
    ],
)
def test_the_documented_forms(text, expected):
    cron = parse_cron(text)
    assert {name: getattr(cron, name) for name in ALL} == {**ALL, **expected}
    assert cron.surprises == ()


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("  0   3 * * * ", "hours", (3,)),  # any number of blanks
        ("0 3 * * mONDAY", "weekdays", (1,)),  # names in any case
        ("0 3 * * T", "weekdays", (2,)),  # any beginning of a name: the first that fits
        ("0 3 1 Ju *", "months", (6,)),
        ("007 3 * * *", "minutes", (7,)),
        ("10/20 * * * *", "minutes", (10, 30, 50)),  # a value with a step runs to the end
        ("*/0 * * * *", "minutes", tuple(range(60))),  # a step below one is one
        ("*/100 * * * *", "minutes", (0,)),
        ("*/999999999 * * * *", "minutes", (0,)),
    ],
)
def test_forms_that_the_parser_takes_too(text, field, expected):
    assert getattr(parse_cron(text), field) == expected


@pytest.mark.parametrize(
    ("text", "field", "expected", "message", "help"),
    [
        (
            "0 3 * * Thu-Sun", "weekdays", (0, 1, 2, 3, 4),
            '"Thu-Sun" runs backwards, and the service reads it as Sun-Thu',
            "to go around the end, write both parts: Sun,Thu-Sat",
        ),
        (
            "0 22-2 * * *", "hours", tuple(range(2, 23)),
            '"22-2" runs backwards, and the service reads it as 2-22',
            "to go around the end, write both parts: 0-2,22-23",
        ),
        (
            "0 0 1 Nov-Feb *", "months", tuple(range(2, 12)),
            '"Nov-Feb" runs backwards, and the service reads it as Feb-Nov',
            "to go around the end, write both parts: Jan-Feb,Nov-Dec",
        ),
    ],
)  # fmt: skip
def test_a_range_that_runs_backwards_is_turned_around_and_said(
    text, field, expected, message, help
):
    cron = parse_cron(text)
    assert getattr(cron, field) == expected
    assert [(s.message, s.help) for s in cron.surprises] == [(message, help)]
    assert text[cron.surprises[0].offset :].startswith(message.split('"')[1])


@pytest.mark.parametrize(
    ("text", "part", "message", "help"),
    [
        ("", "", 'the cron text "" has 0 fields, and there must be 5', "write minutes, hours"),
        ("0 0 3 * * *", "0 0 3 * * *", 'the cron text "0 0 3 * * *" has 6 fields', "write minutes"),
        ("@daily", "@daily", 'the cron text "@daily" has 1 field,', 'write it out: "0 0 * * *"'),
        ("60 * * * *", "60", '"60" is not one of the minutes', "minutes are 0 to 59;"),
        ("0 24 * * *", "24", '"24" is not one of the hours', "hours are 0 to 23;"),
        ("0 0 0 * *", "0", '"0" is not one of the days', "days are 1 to 31;"),
        ("0 0 1 13 *", "13", '"13" is not one of the months', "months are 1 to 12, or names"),
        ("0 0 * * 7", "7", '"7" is not one of the days of week', "write 0 or Sun"),
        ("0 0 * * Mon-7", "7", '"7" is not one of the days of week', "write 0 or Sun"),
        (
            "0 0 * * Mittwoch",
            "Mittwoch",
            '"Mittwoch" is not',
            "or names in English from Sun to Sat",
        ),
        ("0 0 * * 1,,2", ",2", '"" is not one of the days of week', "days of week are 0 to 6"),
        ("0 0 L * *", "L", '"L" is not one of the days', "days are 1 to 31;"),
        ("*/x * * * *", "x", '"x" is not a step of the minutes', "a step is a number"),
        ("0 -1 * * *", "-1", '"" is not one of the hours', "hours are 0 to 23"),
        ("9" * 5000 + " * * * *", "9" * 5000, '"9', "minutes are 0 to 59"),
    ],
)
def test_what_the_parser_refuses(text, part, message, help):
    with pytest.raises(CronError) as caught:
        parse_cron(text)
    fault = caught.value.fault
    assert fault.message.startswith(message)
    assert help in fault.help
    assert text[fault.offset :].startswith(part)


@pytest.mark.parametrize(
    ("text", "never"),
    [("0 0 31 2,4,6,9,11 *", True), ("0 0 30,31 2 *", True), ("0 0 29 2 *", False),
     ("0 0 31 * *", False)],
)  # fmt: skip
def test_days_that_no_month_has_never_come(text, never):
    assert parse_cron(text).never_comes is never
