"""What is kept of checkpoints, and what `Checkpoints` needs of the store that keeps it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from penstock.devops.protecting.approvals import Approval
from penstock.devops.protecting.checks import Check, Item, LockState
from penstock.devops.resources import Resource
from penstock.engine.events import Result
from penstock.engine.requests import CheckWork
from penstock.records import record


@record
class Checkpoint:
    """A stage that was reached. `node` is its gate in the plan; `result` None: it waits.

    `work` holds the resources with their ids; `items` are as they were last assessed.
    """

    id: str
    run: str
    node: str
    attempt: int
    work: CheckWork
    opened: float
    items: tuple[Item, ...] = ()
    message: str = ""
    result: Result | None = None
    closed: float | None = None


@record
class LockHolder:
    """A stage of a run that holds a lock."""

    run: str
    stage: str


class CheckpointStore(Protocol):
    """Keeps checkpoints, approvals, checks and locks. Every method may be called from any thread
    and returns when the data is kept."""

    def open(self, checkpoint: Checkpoint) -> Checkpoint:
        """Keep a new one; the one that is there for that run, node and attempt, if any."""

    def find(self, run: str, node: str) -> Checkpoint | None:
        """The newest of a node."""

    def waiting(self) -> Sequence[Checkpoint]:
        """All that have no result, oldest first."""

    def of_run(self, run: str) -> Sequence[Checkpoint]:
        """Those of a run, in the order in which they were reached."""

    def keep(self, checkpoint: Checkpoint) -> None:
        """Keep what was assessed. With a result, approvals that wait are ended and locks that were
        not had are not waited for any more."""

    def checks(self, project: str, resources: Collection[Resource]) -> Sequence[Check]:
        """The checks on any of the resources, in the order in which they were made."""

    def approvals(self, checkpoint: str) -> Sequence[Approval]:
        """Those that a checkpoint asked for."""

    def approval(self, id: str) -> Approval | None:
        """One approval."""

    def ask(self, checkpoint: str, approvals: Sequence[Approval]) -> None:
        """Keep new approvals of a checkpoint; one that was asked for already is left as it is."""

    def decide(self, before: Approval, after: Approval) -> bool:
        """Keep an answer, unless the approval has changed meanwhile; whether it was kept."""

    def holders(self, project: str, resources: Collection[Resource]) -> Sequence[LockHolder]:
        """Who holds a lock of any of the resources."""

    def lock(
        self, checkpoint: Checkpoint, resources: Collection[Resource]
    ) -> tuple[LockState, str]:
        """Take the locks of all the resources, or wait for them in the order of the runs.

        By `runLatest`, a run is overtaken by a newer one of its pipeline that waits or holds. The
        text says who is waited for, or who overtook.
        """

    def release(self, run: str, stage: str | None = None) -> bool:
        """Give the locks of a run, or of one of its stages, free; whether there were any."""
