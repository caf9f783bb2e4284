"""Cron texts of schedules: five fields in UTC, as the service's parser (NCrontab) reads them.

A day must fit both its field of the month and its field of the week. Facts:
https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#cron-syntax and
https://github.com/atifaziz/NCrontab/wiki/Crontab-Expression. It knows no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.records import record

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_WORDS = re.compile("[^ ]+")
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DIGITS = 6
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@record(kw_only=False)
class _Field:
    """One of the five fields: what it is called, its lowest and highest value, their names."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("days", 1, 31),
    _Field("months", 1, 12, MONTHS),
    _Field("days of week", 0, 6, WEEKDAYS),
)


@record(kw_only=False)
class CronFault:
    """What is wrong, or surprising, with a part of a cron text: the part begins at `offset`."""

    message: str
    help: str
    offset: int
    length: int


class CronError(Exception):
    """the cron text cannot be read"""

    def __init__(self, fault: CronFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@record(kw_only=False)
class Cron:
    """When a schedule comes: the values of each field in order; Sunday is 0.

    `surprises` are parts that the service accepts and reads otherwise than most people do.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    surprises: tuple[CronFault, ...] = ()

    @property
    def never_comes(self) -> bool:
        """Whether no month has any of the days (31 February)."""
        return all(min(self.days) > _LONGEST_MONTH[month - 1] for month in self.months)


def parse_cron(text: str) -> Cron:
    """The schedule of a cron text. Raises CronError where the service would refuse it."""
    words = list(_WORDS.finditer(text))
    if len(words) != len(_FIELDS):
        names = ", ".join(field.name for field in _FIELDS)
        count = f"{len(words)} field{'' if len(words) == 1 else 's'}"
        written = _NICKNAMES.get(text.strip().lower())
        raise CronError(
            CronFault(
                f'the cron text "{text}" has {count}, and there must be 5',
                f'write it out: "{written}"'
                if written
                else f"write {names}, with blanks between: 0 3 * * Mon-Fri",
                0,
                len(text),
            )
        )
    surprises: list[CronFault] = []
    minutes, hours, days, months, weekdays = (
        tuple(sorted(set(_values(field, word.group(), word.start(), surprises))))
        for field, word in zip(_FIELDS, words, strict=True)
    )
    return Cron(minutes, hours, days, months, weekdays, tuple(surprises))


def _values(field: _Field, word: str, offset: int, surprises: list[CronFault]) -> Iterator[int]:
    start = offset
    for item in word.split(","):
        yield from _item(field, item, start, surprises)
        start += len(item) + 1


def _item(field: _Field, item: str, offset: int, surprises: list[CronFault]) -> Iterator[int]:
    """The values of one item of a list: `*`, `5`, `1-3`, each perhaps with `/step`."""
    body, slash, step_text = item.partition("/")
    step = _step(field, step_text, offset + len(body) + 1) if slash else 1
    if body == "*":
        return iter(range(field.low, field.high + 1, step))
    first_text, dash, last_text = body.partition("-")
    first = _value(field, first_text, offset)
    if not dash:
        return iter(range(first, (field.high if slash else first) + 1, step))
    last = _value(field, last_text, offset + len(first_text) + 1)
    if first > last:
        surprises.append(_backwards(field, body, first, last, offset))
        first, last = last, first
    return iter(range(first, last + 1, step))


def _step(field: _Field, text: str, offset: int) -> int:
    number = _number(text)
    if number is None:
        raise CronError(
            CronFault(
                f'"{text}" is not a step of the {field.name}',
                "a step is a number after the slash: */15",
                offset,
                max(1, len(text)),
            )
        )
    return max(1, number)


def _number(text: str) -> int | None:
    """The number of some digits; what is too long for any field is taken for the first too big."""
    if not (text.isascii() and text.isdigit()):
        return None
    return int(text) if len(text) <= _DIGITS else 10**_DIGITS


def _value(field: _Field, text: str, offset: int) -> int:
    """The number that a text stands for. Names may be shortened to any beginning."""
    number = _number(text)
    if number is not None and field.low <= number <= field.high:
        return number
    if text and not text[0].isdigit():
        for index, name in enumerate(field.names):
            if name.lower().startswith(text.lower()):
                return index + field.low
    raise CronError(
        CronFault(
            f'"{text}" is not one of the {field.name} of a cron text',
            _help(field, text),
            offset,
            max(1, len(text)),
        )
    )


def _help(field: _Field, text: str) -> str:
    allowed = f"{field.low} to {field.high}"
    if field.name == "days of week" and text == "7":
        return "Sunday is the first day of the week here: write 0 or Sun"
    if field.names:
        first, last = field.names[0], field.names[-1]
        allowed += f", or names in English from {first[:3]} to {last[:3]}"
    return f"{field.name} are {allowed}; * stands for all of them"


def _backwards(field: _Field, body: str, first: int, last: int, offset: int) -> CronFault:
    named = field.names and [name[:3] for name in field.names]
    low, high = (named[n - field.low] if named else str(n) for n in (last, first))
    again = field.low if not named else named[0]
    end = field.high if not named else named[-1]
    around = (f"{again}," if last == field.low else f"{again}-{low},") + f"{high}-{end}"
    return CronFault(
        f'"{body}" runs backwards, and the service reads it as {low}-{high}',
        f"to go around the end, write both parts: {around}",
        offset,
        len(body),
    )
