"""Approvals: who may say yes or no to a stage, and what follows from it. Pure.

An approval is decided by accounts only: what a commit says of its author counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from penstock.devops.resources import NOUNS, Actor, Resource
from penstock.records import record


class ApprovalStatus(StrEnum):
    """How an approval, or the step of one approver, stands; the words of Azure's REST."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timedOut"
    CANCELED = "canceled"


class StepStatus(StrEnum):
    """How far one approver is. `UNINITIATED` waits for those before; `SKIPPED` is not needed."""

    UNINITIATED = "uninitiated"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SKIPPED = "skipped"


@record
class Step:
    """One approver's part. `by` is the account that answered, `at` when."""

    approver: Actor
    order: int = 1
    status: StepStatus = StepStatus.PENDING
    by: Actor | None = None
    comment: str = ""
    at: float | None = None


@record
class Approval:
    """What people are asked before a stage of a run begins. Times are seconds since 1970.

    `check` is the number of the check that asks, 0 for a file of the commit. A `manual` one starts
    a stage with `trigger: manual`: it has no steps, and anyone who may queue runs answers it.
    """

    id: str
    project: str
    run: str
    pipeline: int
    stage: str
    node: str
    created: float
    modified: float
    expires: float
    resource: Resource | None = None
    check: int = 0
    manual: bool = False
    instructions: str = ""
    minimum: int = 0
    in_sequence: bool = False
    blocked: tuple[Actor, ...] = ()
    steps: tuple[Step, ...] = ()
    status: ApprovalStatus = ApprovalStatus.PENDING
    canceled_because: str = ""

    @property
    def needed(self) -> int:
        """How many must approve."""
        return min(self.minimum, len(self.steps)) if self.minimum else len(self.steps)

    @property
    def subject(self) -> str:
        """What it is for."""
        if self.resource is None:
            return f'stage "{self.stage}"'
        return f'{NOUNS[self.resource.type]} "{self.resource.name}"'

    def said(self, *, is_overdue: bool = False) -> str:
        """How it stands, in one line."""
        if is_overdue or self.status is ApprovalStatus.TIMED_OUT:
            return f"nobody answered in time for {self.subject}"
        if self.status is ApprovalStatus.CANCELED:
            return self.canceled_because or "canceled"
        if self.status is ApprovalStatus.PENDING:
            return self._waits_for()
        word = "rejected" if self.status is ApprovalStatus.REJECTED else "approved"
        wanted = StepStatus(word)
        given = [s for s in self.steps if s.status is wanted and s.by]
        step = max(given, key=lambda s: s.at or 0.0, default=None)
        if step is None or step.by is None:
            return word
        who = step.by.display_name or step.by.name
        return f"{word} by {who}" + (f": {step.comment}" if step.comment else "")

    def _waits_for(self) -> str:
        if self.manual:
            return f"{self.subject} waits to be started by a person"
        names = [s.approver.display_name or s.approver.name for s in self.steps]
        given = sum(s.status is StepStatus.APPROVED for s in self.steps)
        counted = f", {given} of {self.needed}" if self.needed != 1 or len(names) > 1 else ""
        return f"{self.subject} waits for approval by {', '.join(names)}{counted}"


class NotAllowed(Exception):
    """this account may not answer the approval"""


class AlreadyDecided(Exception):
    """the approval has been decided already"""


def steps_for(approvers: Sequence[Actor], *, in_sequence: bool) -> tuple[Step, ...]:
    """The steps of a new approval; in sequence only the first may answer at once."""
    return tuple(
        Step(
            approver=approver,
            order=order if in_sequence else 1,
            status=StepStatus.UNINITIATED if in_sequence and order > 1 else StepStatus.PENDING,
        )
        for order, approver in enumerate(approvers, 1)
    )


def answer(
    approval: Approval, actor: Actor, status: ApprovalStatus, comment: str, now: float
) -> Approval:
    """The approval after an account approved or rejected it.

    Raises `NotAllowed` and `AlreadyDecided`; an answer that comes too late counts as decided.
    """
    check_open(approval, now)
    if not actor.id:
        raise NotAllowed("an approval is given by an account: sign in, or use a personal token")
    if any(actor.is_same(blocked) for blocked in approval.blocked):
        raise NotAllowed("who requested the run may not approve it")
    word = StepStatus.APPROVED if status is ApprovalStatus.APPROVED else StepStatus.REJECTED
    if approval.manual:
        step = Step(approver=actor, status=word, by=actor, comment=comment, at=now)
        return replace(approval, steps=(step,), status=status, modified=now)
    index = _step_of(approval, actor)
    answered = replace(approval.steps[index], status=word, by=actor, comment=comment, at=now)
    steps = (*approval.steps[:index], answered, *approval.steps[index + 1 :])
    return _decided(replace(approval, steps=steps, modified=now), word)


def reassign(approval: Approval, actor: Actor, to: Actor, comment: str, now: float) -> Approval:
    """The approval with another approver in the place of the one who gives it away.

    Raises `AlreadyDecided`, and `NotAllowed` for who is no approver or an approver already.
    """
    check_open(approval, now)
    index = _step_of(approval, actor)
    if any(step.approver.is_same(to) for step in approval.steps):
        raise NotAllowed(f"{to.display_name or to.name} is an approver already")
    given = replace(approval.steps[index], approver=to, comment=comment)
    steps = (*approval.steps[:index], given, *approval.steps[index + 1 :])
    return replace(approval, steps=steps, modified=now)


def check_open(approval: Approval, now: float) -> None:
    """Raise `AlreadyDecided` when it cannot be answered any more."""
    if approval.status is not ApprovalStatus.PENDING:
        raise AlreadyDecided(f"the approval is decided: {approval.said()}")
    if now >= approval.expires:
        raise AlreadyDecided("the approval has timed out")


def may_answer(approval: Approval, actor: Actor, now: float) -> bool:
    """Whether an account can answer it now."""
    try:
        answer(approval, actor, ApprovalStatus.APPROVED, "", now)
    except (NotAllowed, AlreadyDecided):
        return False
    return True


def _step_of(approval: Approval, actor: Actor) -> int:
    for index, step in enumerate(approval.steps):
        if step.approver.is_same(actor):
            if step.status is StepStatus.PENDING:
                return index
            if step.status is StepStatus.UNINITIATED:
                raise NotAllowed("others have to approve before")
            raise AlreadyDecided("you have answered already")
    raise NotAllowed(f"you are not an approver of {approval.subject}")


def _decided(approval: Approval, last: StepStatus) -> Approval:
    if last is StepStatus.REJECTED:
        return replace(_without_rest(approval), status=ApprovalStatus.REJECTED)
    given = sum(step.status is StepStatus.APPROVED for step in approval.steps)
    if given >= approval.needed:
        return replace(_without_rest(approval), status=ApprovalStatus.APPROVED)
    if approval.in_sequence:
        waiting = [s.order for s in approval.steps if s.status is StepStatus.UNINITIATED]
        first = min(waiting, default=0)
        steps = tuple(
            replace(s, status=StepStatus.PENDING)
            if s.status is StepStatus.UNINITIATED and s.order == first
            else s
            for s in approval.steps
        )
        return replace(approval, steps=steps)
    return approval


def _without_rest(approval: Approval) -> Approval:
    """Nobody else need answer."""
    open_ones = (StepStatus.PENDING, StepStatus.UNINITIATED)
    return replace(
        approval,
        steps=tuple(
            replace(s, status=StepStatus.SKIPPED) if s.status in open_ones else s
            for s in approval.steps
        ),
    )
