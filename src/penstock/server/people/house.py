"""What every handler about people needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from penstock.records import record
from penstock.store.people.people import People


@record
class House:
    """People, and where they are. `projects` answers the names of all projects, by id."""

    people: People
    organization: str
    projects: Callable[[], Mapping[str, str]]
