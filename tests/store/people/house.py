"""People on a real database, by a clock that stands still, with passwords that are quick."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from penstock.store.database import Database, open_state
from penstock.store.home import Home
from penstock.store.people.audit import Actor
from penstock.store.people.passwords import Cost
from penstock.store.people.people import People
from penstock.store.projects import Projects

PASSWORD = "correct horse battery"
QUICK = Cost(log_n=4, r=1, p=1)
OPERATOR = Actor(id="", name="operator", address="127.0.0.1")
PROJECT = "11111111-1111-4111-8111-111111111111"


@dataclass(slots=True)
class House:
    database: Database
    people: People
    now: list[float] = field(default_factory=lambda: [1_800_000_000.0])

    def later(self, seconds: float) -> None:
        self.now[0] += seconds


def open_house(folder: Path) -> House:
    now = [1_800_000_000.0]
    database = open_state(Home(folder / "home"))
    Projects(database, lambda: PROJECT).create("alpha")
    return House(database, People(database, clock=lambda: now[0], cost=QUICK), now)
