"""Runs that a server takes up get the values of their secrets again, from the library of now.

The journal of a run keeps names only. A run whose secrets cannot be opened is not gone on with: its
jobs would run with empty ones.
"""

from __future__ import annotations

from collections.abc import Callable

from penstock.devops.definitions import Definitions
from penstock.devops.plans.stages import StageRefused
from penstock.devops.queueing.preparing import Prepared
from penstock.devops.queueing.requests import Person, RunRequest
from penstock.devops.sources import SourceMissing
from penstock.engine.events import Event
from penstock.engine.plan import Plan
from penstock.engine.redaction import event_refilled, lacks_secrets, refilled
from penstock.server.devops.builds.reruns import request_of
from penstock.store.library.keys import KeyUnusable, SecretDamaged
from penstock.store.runs import Run


class Refilling:
    """Plans runs again for their secrets. `failures` says by run why one could not be had."""

    def __init__(
        self,
        runs: Callable[[str], Run | None],
        definitions: Definitions,
        prepare: Callable[[RunRequest], Prepared],
    ) -> None:
        self._runs = runs
        self._definitions = definitions
        self._prepare = prepare
        self.failures: dict[str, str] = {}

    def refill(self, run: str, plan: Plan, events: list[Event]) -> tuple[Plan, list[Event]]:
        """The plan and the events with the secrets that the library knows now."""
        found = self._runs(run)
        if found is None or found.pipeline is None or not lacks_secrets(plan):
            return plan, events
        definition = self._definitions.get(found.pipeline)
        if definition is None:
            self.failures[run] = "its pipeline was deleted, so its secrets cannot be known"
            return plan, events
        try:
            prepared = self._prepare(request_of(found, definition, Person()))
        except (SourceMissing, StageRefused, KeyUnusable, SecretDamaged) as error:
            self.failures[run] = f"its secrets cannot be had after the restart: {error}"
            return plan, events
        if prepared.planned is None:
            self.failures[run] = "its secrets cannot be had after the restart: it does not compile"
            return plan, events
        filled = refilled(plan, prepared.planned.plan)
        return filled, [event_refilled(event, filled) for event in events]
