"""Checks on protected resources: how they are set, and what they say of a stage. Pure.

Rules: Azure Pipelines documentation, "Define approvals and checks": static checks first (branch
control, required template), then approvals and business hours, the exclusive lock last. A stage
whose approval timed out is skipped; one that a check turned down has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TypeAlias

from penstock.devops.protecting.approvals import Approval, ApprovalStatus
from penstock.devops.protecting.hours import BusinessHours, is_open, next_opening
from penstock.devops.resources import NOUNS, Actor, Resource, ResourceType
from penstock.engine.events import Result
from penstock.engine.requests import CheckWork, ExtendedTemplate
from penstock.records import record

DAY = 86_400.0
LONGEST_WAIT = 30 * DAY
"""How long a checkpoint waits for permissions, and an approval unless it is set otherwise."""
NO_PERMISSION = "This pipeline needs permission to access a resource before this run can continue"
"""The service's words in a run that waits for permission."""


@record
class ApprovalCheck:
    """People must approve. `minimum` 0 means all; `in_sequence` that each waits for the one before.
    `requester_may` says whether who started the run may be one of them."""

    approvers: tuple[Actor, ...]
    minimum: int = 0
    in_sequence: bool = False
    instructions: str = ""
    requester_may: bool = True


@record
class ExclusiveLock:
    """One run at a time uses the resource."""


@record
class BranchControl:
    """All sources of the run are of these branches: full refs, `*` for any part."""

    branches: tuple[str, ...]


@record
class RequiredTemplate:
    """The pipeline extends one of these."""

    templates: tuple[ExtendedTemplate, ...]


Settings: TypeAlias = (
    ApprovalCheck | ExclusiveLock | BranchControl | BusinessHours | RequiredTemplate
)


@record
class Check:
    """A check on a resource. `id` is 0 for one that a file of the commit asks for.

    `timeout` is in seconds from when the stage was reached.
    """

    resource: Resource
    settings: Settings
    id: int = 0
    timeout: float = LONGEST_WAIT


class ItemKind(StrEnum):
    """What an item of a checkpoint is about; the last part of its timeline record's type."""

    AUTHORIZATION = "Authorization"
    APPROVAL = "Approval"
    TASK = "TaskCheck"
    TEMPLATE = "ExtendsCheck"
    LOCK = "ExclusiveLock"


class ItemStatus(StrEnum):
    """How far an item is."""

    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timedOut"
    CANCELED = "canceled"


@record
class Item:
    """One thing that a stage needs before it may begin, and how it stands."""

    kind: ItemKind
    name: str
    status: ItemStatus
    message: str = ""
    resource: Resource | None = None
    check: int = 0
    approval: str = ""


class LockState(StrEnum):
    """Where a stage stands with the locks of its resources."""

    NOT_ASKED = "not asked"
    WAITING = "waiting"
    HELD = "held"
    OVERTAKEN = "overtaken"


@record
class Situation:
    """All that the checks of a stage look at.

    `opened` is when the stage was reached; `unpermitted` and `vanished` are resources that the
    pipeline may not use, and that are there no more; `approvals` those that were asked for.
    """

    work: CheckWork
    opened: float
    checks: Sequence[Check]
    unpermitted: Sequence[Resource] = ()
    vanished: Sequence[Resource] = ()
    approvals: Sequence[Approval] = ()
    lock: LockState = LockState.NOT_ASKED
    lock_note: str = ""


@record
class Assessment:
    """What the checks say. `result` None: the stage waits; it is to be assessed again at `wake_at`
    and after every change.

    `asks` are approval checks whose approvals are to be opened (None: the stage is manual);
    `wants_lock` are the resources to lock, now that all else has passed.
    """

    items: tuple[Item, ...]
    result: Result | None = None
    message: str = ""
    wake_at: float | None = None
    asks: tuple[Check | None, ...] = ()
    wants_lock: tuple[Resource, ...] = ()


def assess(situation: Situation, now: float) -> Assessment:
    """What the checks of a stage say at this time."""
    opened = situation.opened
    permission = list(_permissions(situation, now))
    if _worst(permission) is not ItemStatus.PASSED:
        return _verdict(permission, wake_at=opened + LONGEST_WAIT)
    static = [item for check in situation.checks for item in _static(situation, check)]
    if _worst(static) is not ItemStatus.PASSED:
        return _verdict([*permission, *static])
    asks, dynamic, wakes = _dynamic(situation, now)
    items = [*permission, *static, *dynamic]
    if asks or _worst(dynamic) is not ItemStatus.PASSED:
        return _verdict(items, wake_at=min(wakes, default=None), asks=asks)
    locks = [check for check in situation.checks if isinstance(check.settings, ExclusiveLock)]
    lock_items = [_locked(situation, check, now) for check in locks]
    resources = dict.fromkeys(check.resource for check in locks)
    ends = [*wakes, *(opened + check.timeout for check in locks)]
    return _verdict(
        [*items, *lock_items],
        wake_at=min(ends, default=None),
        wants_lock=tuple(resources) if situation.lock is not LockState.HELD else (),
    )


def _verdict(
    items: Sequence[Item],
    *,
    wake_at: float | None = None,
    asks: tuple[Check | None, ...] = (),
    wants_lock: tuple[Resource, ...] = (),
) -> Assessment:
    result, message = _result(items, is_waiting=bool(asks))
    if result is not None:
        return Assessment(items=tuple(items), result=result, message=message)
    return Assessment(
        items=tuple(items), message=message, wake_at=wake_at, asks=asks, wants_lock=wants_lock
    )


def _result(items: Sequence[Item], *, is_waiting: bool) -> tuple[Result | None, str]:
    """The result of the gate, and the reason, or what it waits for first."""
    for status in (ItemStatus.FAILED, ItemStatus.CANCELED, ItemStatus.TIMED_OUT):
        for item in items:
            if item.status is status:
                return _RESULTS.get((item.kind, status), _OTHERWISE[status]), item.message
    pending = [item for item in items if item.status is ItemStatus.PENDING]
    if pending:
        return None, pending[0].message
    return (None, "") if is_waiting else (Result.SUCCEEDED, "")


# An approval that nobody gave in time skips the stage; any other check that did not pass fails it.
_RESULTS: Mapping[tuple[ItemKind, ItemStatus], Result] = {
    (ItemKind.APPROVAL, ItemStatus.TIMED_OUT): Result.SKIPPED
}
_OTHERWISE: Mapping[ItemStatus, Result] = {
    ItemStatus.FAILED: Result.FAILED,
    ItemStatus.CANCELED: Result.CANCELED,
    ItemStatus.TIMED_OUT: Result.FAILED,
}


def _worst(items: Iterable[Item]) -> ItemStatus:
    return next((i.status for i in items if i.status is not ItemStatus.PASSED), ItemStatus.PASSED)


# Permission


def _permissions(situation: Situation, now: float) -> Iterable[Item]:
    if not situation.work.resources:
        return
    if situation.vanished:
        gone = situation.vanished[0]
        message = f'{NOUNS[gone.type]} "{gone.name}" is not in the library any more'
        yield _permission(ItemStatus.FAILED, message, gone)
        return
    if not situation.unpermitted:
        yield _permission(ItemStatus.PASSED, "", None)
        return
    status = ItemStatus.PENDING
    if now >= situation.opened + LONGEST_WAIT:
        status = ItemStatus.TIMED_OUT
    for resource in situation.unpermitted:
        message = f'{NO_PERMISSION}: {NOUNS[resource.type]} "{resource.name}"'
        yield _permission(status, message, resource)


def _permission(status: ItemStatus, message: str, resource: Resource | None) -> Item:
    return Item(
        kind=ItemKind.AUTHORIZATION,
        name="Permission",
        status=status,
        message=message,
        resource=resource,
    )


# Static checks


def _static(situation: Situation, check: Check) -> Iterable[Item]:
    settings, resource = check.settings, check.resource
    shown = f'{NOUNS[resource.type]} "{resource.name}"'
    if isinstance(settings, BranchControl):
        bad = [b for b in situation.work.branches if not _allows(settings.branches, b)]
        message = f'branch "{bad[0]}" may not use {shown}; allowed: ' if bad else ""
        yield Item(
            kind=ItemKind.TASK,
            name="Branch control",
            status=ItemStatus.FAILED if bad else ItemStatus.PASSED,
            message=message and message + ", ".join(settings.branches),
            resource=resource,
            check=check.id,
        )
    elif isinstance(settings, RequiredTemplate):
        extends = situation.work.extends
        is_met = extends is not None and any(_is_same(extends, t) for t in settings.templates)
        wanted = " or ".join(f"{t.path} of {t.repository}@{t.ref}" for t in settings.templates)
        yield Item(
            kind=ItemKind.TEMPLATE,
            name="Required template",
            status=ItemStatus.PASSED if is_met else ItemStatus.FAILED,
            message="" if is_met else f"{shown} is for pipelines that extend {wanted} only",
            resource=resource,
            check=check.id,
        )


def _allows(patterns: Iterable[str], branch: str) -> bool:
    return any(fnmatchcase(branch, pattern) for pattern in patterns)


def _is_same(extends: ExtendedTemplate, wanted: ExtendedTemplate) -> bool:
    """Whether both are the same file. A repository may be named with or without its project."""
    ours, theirs = extends.repository.casefold(), wanted.repository.casefold()
    is_repository = ours == theirs or ours == theirs.rpartition("/")[2]
    return (
        is_repository
        and extends.type.casefold() == wanted.type.casefold()
        and extends.ref == wanted.ref
        and extends.path.strip("/") == wanted.path.strip("/")
    )


# Approvals and business hours


def _dynamic(
    situation: Situation, now: float
) -> tuple[tuple[Check | None, ...], list[Item], list[float]]:
    asks: list[Check | None] = []
    items: list[Item] = []
    wakes: list[float] = []
    approvals = {(a.resource, a.check, a.manual): a for a in situation.approvals}
    wanted: list[Check | None] = [None] if situation.work.manual else []
    wanted += [check for check in situation.checks if isinstance(check.settings, ApprovalCheck)]
    for check in wanted:
        key = (check.resource, check.id, False) if check else (None, 0, True)
        approval = approvals.get(key)
        if approval is None:
            asks.append(check)
            continue
        items.append(_approved(approval, now))
        if approval.status is ApprovalStatus.PENDING:
            wakes.append(approval.expires)
    for check in situation.checks:
        if isinstance(check.settings, BusinessHours):
            item, wake = _in_hours(situation, check, check.settings, now)
            items.append(item)
            wakes.append(wake)
    return tuple(asks), items, wakes


def _approved(approval: Approval, now: float) -> Item:
    status = _OF_APPROVAL[approval.status]
    if approval.status is ApprovalStatus.PENDING and now >= approval.expires:
        status = ItemStatus.TIMED_OUT
    return Item(
        kind=ItemKind.APPROVAL,
        name="Manual start" if approval.manual else "Approval",
        status=status,
        message=approval.said(is_overdue=status is ItemStatus.TIMED_OUT),
        resource=approval.resource,
        check=approval.check,
        approval=approval.id,
    )


_OF_APPROVAL: Mapping[ApprovalStatus, ItemStatus] = {
    ApprovalStatus.PENDING: ItemStatus.PENDING,
    ApprovalStatus.APPROVED: ItemStatus.PASSED,
    ApprovalStatus.REJECTED: ItemStatus.FAILED,
    ApprovalStatus.TIMED_OUT: ItemStatus.TIMED_OUT,
    ApprovalStatus.CANCELED: ItemStatus.CANCELED,
}


def _in_hours(
    situation: Situation, check: Check, hours: BusinessHours, now: float
) -> tuple[Item, float]:
    """The item, and when it may change: hours that end while something else is waited for are
    asked again the next day."""
    end = situation.opened + check.timeout
    is_now = is_open(hours, now)
    status = ItemStatus.PASSED if is_now else ItemStatus.PENDING
    message = "" if is_now else f"waits for business hours ({hours.text})"
    if not is_now and now >= end:
        status, message = ItemStatus.TIMED_OUT, f"no business hours in time ({hours.text})"
    item = Item(
        kind=ItemKind.TASK,
        name="Business hours",
        status=status,
        message=message,
        resource=check.resource,
        check=check.id,
    )
    return item, min(end, next_opening(hours, now)) if not is_now else now + DAY


# The lock


def _locked(situation: Situation, check: Check, now: float) -> Item:
    status = _OF_LOCK[situation.lock]
    message = situation.lock_note or f'waits for the lock of "{check.resource.name}"'
    if status is ItemStatus.PENDING and now >= situation.opened + check.timeout:
        status, message = ItemStatus.TIMED_OUT, f'no lock of "{check.resource.name}" in time'
    return Item(
        kind=ItemKind.LOCK,
        name="Exclusive lock",
        status=status,
        message=message if status is not ItemStatus.PASSED else "",
        resource=check.resource,
        check=check.id,
    )


_OF_LOCK: Mapping[LockState, ItemStatus] = {
    LockState.NOT_ASKED: ItemStatus.PENDING,
    LockState.WAITING: ItemStatus.PENDING,
    LockState.HELD: ItemStatus.PASSED,
    LockState.OVERTAKEN: ItemStatus.CANCELED,
}


def checks_of_files(work: CheckWork) -> list[Check]:
    """The checks that files of the commit ask for."""
    found = []
    for one in work.required:
        resource = Resource(
            type=ResourceType(one.resource.type), id=one.resource.id, name=one.resource.name
        )
        if one.branches:
            settings: Settings = BranchControl(branches=one.branches)
            found.append(Check(resource=resource, settings=settings))
        if one.approvers:
            approvers = tuple(Actor(id="", name=name) for name in one.approvers)
            settings = ApprovalCheck(
                approvers=approvers, minimum=one.minimum, instructions=one.instructions
            )
            found.append(Check(resource=resource, settings=settings))
        if one.exclusive:
            found.append(Check(resource=resource, settings=ExclusiveLock()))
    return found
