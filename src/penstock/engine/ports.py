"""What the engine needs of others: someone who does leaves, and someone who keeps what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from penstock.engine.events import Event
from penstock.engine.plan import Plan
from penstock.engine.requests import JobRequest


class Executor(Protocol):
    """Does leaves. Its answers come through `Scheduler.report` (`post` where they cannot be lost or
    disordered on their way), from any thread.

    A leaf's answer ends with exactly one `NodeFinished`, also after `cancel` and also when it had
    not started. Calls come from the scheduler's thread and must return quickly.
    """

    def submit(self, request: JobRequest) -> None:
        """Take a leaf. The same run, node and attempt may come again after a crash of the server;
        an executor that outlives the server takes it once."""

    def cancel(self, run: str, node: str, reason: str) -> None:
        """Ask a leaf to stop; it may have ended already."""

    def recover(self, run: str, node: str) -> bool:
        """Whether a leaf that was running when the server went down is still being done."""


class Journal(Protocol):
    """Keeps plans and events. Every method returns when the data is kept, or raises."""

    def create(
        self, run: str, plan: Plan, header: Mapping[str, str], events: Sequence[Event] = ()
    ) -> None:
        """Keep a new run, with what happened in it already. `header` is what lists show of it."""

    def append(self, run: str, events: Sequence[Event]) -> None:
        """Keep events after the ones that are there, all or none."""

    def load(self, run: str) -> tuple[Plan, list[Event]]:
        """What is kept of a run; `KeyError` for an unknown one."""

    def unfinished(self) -> list[str]:
        """The runs that have no `RunFinished`, oldest first."""
