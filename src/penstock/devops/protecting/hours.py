"""Business hours: on which days and between which times a stage may begin, in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from penstock.records import record

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# The portal of the service saves names of Windows; of these the best known are understood.
_WINDOWS = {
    "UTC": "UTC",
    "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Romance Standard Time": "Europe/Paris",
    "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Kiev",
    "Russian Standard Time": "Europe/Moscow",
    "Israel Standard Time": "Asia/Jerusalem",
    "India Standard Time": "Asia/Calcutta",
    "China Standard Time": "Asia/Shanghai",
    "Singapore Standard Time": "Asia/Singapore",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "Pacific Standard Time": "America/Los_Angeles",
    "E. South America Standard Time": "America/Sao_Paulo",
}


class BadHours(ValueError):
    """the settings of business hours do not make sense"""


@record
class BusinessHours:
    """`days` are 0 (Monday) to 6; `start` and `end` as `HH:MM` in `zone`; an `end` that is not
    after `start` is on the next day. Make one by `business_hours`."""

    days: tuple[int, ...]
    zone: str
    start: str
    end: str

    @property
    def text(self) -> str:
        """As people read it."""
        days = ", ".join(DAYS[day] for day in self.days)
        return f"{days}, {self.start} to {self.end} {self.zone}"


def business_hours(days: str, zone: str, start: str, end: str) -> BusinessHours:
    """The hours of the texts that the service takes: `Monday, Tuesday`, a zone of IANA or Windows,
    `HH:MM`. Raises `BadHours`."""
    names = {day.casefold(): number for number, day in enumerate(DAYS)}
    found = []
    for text in days.split(","):
        if text.strip().casefold() not in names:
            raise BadHours(f'"{text.strip()}" is not a day of the week')
        found.append(names[text.strip().casefold()])
    hours = BusinessHours(
        days=tuple(sorted(set(found))), zone=zone, start=_time_text(start), end=_time_text(end)
    )
    _zone(zone)
    return hours


def is_open(hours: BusinessHours, now: float) -> bool:
    """Whether the time (seconds since 1970) is within the hours."""
    moment = datetime.fromtimestamp(now, UTC).astimezone(_zone(hours.zone))
    return any(
        start <= moment < end
        for day in (moment - timedelta(days=1), moment)
        for start, end in _window(hours, day)
    )


def next_opening(hours: BusinessHours, now: float) -> float:
    """When the hours begin next, after the time."""
    moment = datetime.fromtimestamp(now, UTC).astimezone(_zone(hours.zone))
    starts = (
        start.timestamp()
        for offset in range(9)
        for start, _ in _window(hours, moment + timedelta(days=offset))
    )
    return next(start for start in starts if start > now)


def _window(hours: BusinessHours, day: datetime) -> list[tuple[datetime, datetime]]:
    """The hours that begin on the day of a moment: one or none."""
    if day.weekday() not in hours.days:
        return []
    start = datetime.combine(day.date(), time.fromisoformat(hours.start), day.tzinfo)
    end = datetime.combine(day.date(), time.fromisoformat(hours.end), day.tzinfo)
    if end <= start:
        end += timedelta(days=1)
    return [(start, end)]


def _time_text(text: str) -> str:
    try:
        return time.fromisoformat(text.strip()).strftime("%H:%M")
    except ValueError:
        raise BadHours(f'"{text}" is not a time as HH:MM') from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(_WINDOWS.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadHours(f'"{name}" is not a time zone that is known here; use one of IANA') from None
