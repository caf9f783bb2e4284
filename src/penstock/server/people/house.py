"""What every handler about people needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from penstock.store.people import People


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """People, and where they are. `projects` answers the names of all projects, by id."""

    people: People
    organization: str
    projects: Callable[[], Mapping[str, str]]
