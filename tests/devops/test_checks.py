"""What checks say of a stage, one table each.

Expected results: Azure Pipelines documentation, "Define approvals and checks".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from penstock.devops.protecting.approvals import Approval, ApprovalStatus, steps_for
from penstock.devops.protecting.checks import (
    DAY,
    LONGEST_WAIT,
    NO_PERMISSION,
    ApprovalCheck,
    Assessment,
    BranchControl,
    Check,
    ExclusiveLock,
    ItemKind,
    LockState,
    RequiredTemplate,
    Situation,
    assess,
)
from penstock.devops.protecting.hours import (
    BadHours,
    BusinessHours,
    business_hours,
    is_open,
    next_opening,
)
from penstock.devops.resources import Actor, Resource, ResourceType
from penstock.engine.events import Result
from penstock.engine.requests import CheckWork, ExtendedTemplate, UsedResource

ADA, GRACE = Actor(id="a", name="ada"), Actor(id="g", name="grace")
PROD = Resource(type=ResourceType.ENVIRONMENT, id="3", name="prod")
WORK = CheckWork(
    project="p",
    pipeline=7,
    stage="Deploy",
    resources=(UsedResource(type="environment", id="3", name="prod"),),
    branches=("refs/heads/main",),
)
OPENED = datetime.fromisoformat("2026-11-27T12:00:00+00:00").timestamp()  # a Friday
APPROVAL = Approval(
    id="x",
    project="p",
    run="1",
    pipeline=7,
    stage="Deploy",
    node="Deploy/Checkpoint",
    created=OPENED,
    modified=OPENED,
    expires=OPENED + DAY,
    resource=PROD,
    check=1,
    steps=steps_for([ADA], in_sequence=False),
)


def check(settings: object, id: int = 1, timeout: float = LONGEST_WAIT) -> Check:
    return Check(resource=PROD, settings=settings, id=id, timeout=timeout)  # type: ignore[arg-type]


def said(*checks: Check, after: float = 1.0, **more: object) -> Assessment:
    situation = Situation(work=WORK, opened=OPENED, checks=checks)
    return assess(replace(situation, **more), OPENED + after)  # type: ignore[arg-type]


def test_a_permitted_stage_without_checks_begins() -> None:
    assert said().result is Result.SUCCEEDED


def test_a_pipeline_without_permission_waits_in_the_words_of_the_service() -> None:
    found = said(check(BranchControl(branches=("refs/heads/x",))), unpermitted=[PROD])
    assert found.result is None
    assert found.message == f'{NO_PERMISSION}: environment "prod"'
    assert [item.kind for item in found.items] == [ItemKind.AUTHORIZATION]
    assert found.wake_at == OPENED + LONGEST_WAIT
    late = said(unpermitted=[PROD], after=LONGEST_WAIT)
    assert late.result is Result.FAILED


def test_a_resource_that_is_gone_fails_the_stage() -> None:
    found = said(vanished=[PROD], unpermitted=[PROD])
    assert found.result is Result.FAILED
    assert found.message == 'environment "prod" is not in the library any more'


@pytest.mark.parametrize(
    "allowed, branches, passes",
    [
        ("refs/heads/main", ["refs/heads/main"], True),
        ("refs/heads/release/*", ["refs/heads/release/1/2"], True),
        ("*", ["refs/pull/3/merge"], True),
        ("refs/heads/main", ["refs/heads/Main"], False),
        ("refs/heads/main", ["refs/heads/main", "refs/heads/topic"], False),
        ("main", ["refs/heads/main"], False),
        ("refs/heads/main", [""], False),
    ],
)
def test_branch_control_looks_at_every_source(
    allowed: str, branches: list[str], passes: bool
) -> None:
    work = replace(WORK, branches=tuple(branches))
    found = said(check(BranchControl(branches=(allowed,))), work=work)
    assert found.result is (Result.SUCCEEDED if passes else Result.FAILED)
    if not passes:
        assert 'may not use environment "prod"' in found.message


TEMPLATE = ExtendedTemplate(
    type="git", repository="shop/templates", ref="refs/heads/main", path="secure.yml"
)


@pytest.mark.parametrize(
    "extends, passes",
    [
        (TEMPLATE, True),
        (replace(TEMPLATE, repository="Templates", path="/secure.yml"), True),
        (replace(TEMPLATE, ref="refs/heads/topic"), False),
        (replace(TEMPLATE, path="other.yml"), False),
        (replace(TEMPLATE, repository="other/templates"), False),
        (replace(TEMPLATE, type="github"), False),
        (None, False),
    ],
)
def test_a_required_template_is_that_file_of_that_ref(
    extends: ExtendedTemplate | None, passes: bool
) -> None:
    settings = RequiredTemplate(templates=(TEMPLATE,))
    found = said(check(settings), work=replace(WORK, extends=extends))
    assert found.result is (Result.SUCCEEDED if passes else Result.FAILED)


@pytest.mark.parametrize(
    "status, after, result",
    [
        (ApprovalStatus.PENDING, 1.0, None),
        (ApprovalStatus.APPROVED, 1.0, Result.SUCCEEDED),
        (ApprovalStatus.APPROVED, 2 * DAY, Result.SUCCEEDED),
        (ApprovalStatus.REJECTED, 1.0, Result.FAILED),
        (ApprovalStatus.PENDING, DAY, Result.SKIPPED),
        (ApprovalStatus.CANCELED, 1.0, Result.CANCELED),
    ],
)
def test_an_approval_by_its_status(
    status: ApprovalStatus, after: float, result: Result | None
) -> None:
    asked = check(ApprovalCheck(approvers=(ADA,)), timeout=DAY)
    found = said(asked, approvals=[replace(APPROVAL, status=status)], after=after)
    assert found.result is result
    if result is None:
        assert found.message == 'environment "prod" waits for approval by ada'
        assert found.wake_at == OPENED + DAY


def test_an_approval_is_asked_for_only_after_the_static_checks() -> None:
    asked = check(ApprovalCheck(approvers=(ADA,)))
    assert said(asked).asks == (asked,)
    assert said(asked).result is None
    bad = said(asked, check(BranchControl(branches=("refs/heads/x",)), id=2))
    assert (bad.asks, bad.result) == ((), Result.FAILED)


def test_a_manual_stage_asks_for_a_person_without_any_check() -> None:
    work = replace(WORK, manual=True, resources=())
    found = said(work=work)
    assert (found.asks, found.result) == ((None,), None)
    started = replace(APPROVAL, manual=True, resource=None, check=0, status=ApprovalStatus.APPROVED)
    assert said(work=work, approvals=[started]).result is Result.SUCCEEDED


def test_several_approvals_must_all_be_given() -> None:
    checks = [check(ApprovalCheck(approvers=(ADA,)), id=n) for n in (1, 2)]
    given = [
        replace(APPROVAL, check=1, status=ApprovalStatus.APPROVED),
        replace(APPROVAL, check=2),
    ]
    assert said(*checks, approvals=given).result is None
    both = [replace(one, status=ApprovalStatus.APPROVED) for one in given]
    assert said(*checks, approvals=both).result is Result.SUCCEEDED


@pytest.mark.parametrize(
    "state, after, result, wants",
    [
        (LockState.NOT_ASKED, 1.0, None, True),
        (LockState.WAITING, 1.0, None, True),
        (LockState.HELD, 1.0, Result.SUCCEEDED, False),
        (LockState.OVERTAKEN, 1.0, Result.CANCELED, True),
        (LockState.WAITING, DAY, Result.FAILED, True),
    ],
)
def test_the_lock_is_wanted_when_all_else_has_passed(
    state: LockState, after: float, result: Result | None, wants: bool
) -> None:
    lock = check(ExclusiveLock(), timeout=DAY)
    found = said(lock, lock=state, after=after)
    assert found.result is result
    if result is None or state is LockState.HELD:
        assert bool(found.wants_lock) is wants


def test_the_lock_is_not_wanted_while_an_approval_waits() -> None:
    asked = check(ApprovalCheck(approvers=(ADA,)), id=1)
    found = said(asked, check(ExclusiveLock(), id=2), approvals=[APPROVAL])
    assert (found.result, found.wants_lock) == (None, ())


# Business hours

HOURS = business_hours("Monday, Friday", "Europe/Berlin", "09:00", "17:30")


@pytest.mark.parametrize(
    "moment, opens",
    [
        ("2026-11-27T08:00:00+00:00", True),  # Friday, 09:00 in Berlin
        ("2026-11-27T07:59:59+00:00", False),
        ("2026-11-27T16:29:59+00:00", True),
        ("2026-11-27T16:30:00+00:00", False),
        ("2026-11-28T10:00:00+00:00", False),
        ("2026-07-03T07:00:00+00:00", True),  # summer time
    ],
)
def test_hours_are_those_of_the_time_zone(moment: str, opens: bool) -> None:
    assert is_open(HOURS, datetime.fromisoformat(moment).timestamp()) is opens


def test_hours_may_run_past_midnight() -> None:
    night = business_hours("Friday", "UTC", "22:00", "04:00")
    assert is_open(night, datetime.fromisoformat("2026-11-28T03:59:00+00:00").timestamp())
    assert not is_open(night, datetime.fromisoformat("2026-11-27T03:59:00+00:00").timestamp())


def test_the_next_opening_is_on_the_next_of_the_days() -> None:
    friday = datetime.fromisoformat("2026-11-27T17:00:00+00:00").timestamp()
    monday = datetime.fromisoformat("2026-11-30T08:00:00+00:00").timestamp()
    assert next_opening(HOURS, friday) == monday


def test_a_stage_waits_for_business_hours_and_in_the_end_fails() -> None:
    shut = business_hours("Monday", "UTC", "09:00", "10:00")
    found = said(check(shut, timeout=2 * DAY))
    assert found.result is None
    assert found.message == "waits for business hours (Monday, 09:00 to 10:00 UTC)"
    assert found.wake_at == OPENED + 2 * DAY
    assert said(check(shut)).wake_at == next_opening(shut, OPENED)
    assert said(check(shut, timeout=2 * DAY), after=2 * DAY).result is Result.FAILED
    assert said(check(business_hours("Friday", "UTC", "09:00", "18:00"))).result is (
        Result.SUCCEEDED
    )


@pytest.mark.parametrize(
    "days, zone, start, end, wrong",
    [
        ("Mond", "UTC", "09:00", "10:00", '"Mond" is not a day'),
        ("", "UTC", "09:00", "10:00", "is not a day"),
        ("Monday", "Nowhere", "09:00", "10:00", '"Nowhere" is not a time zone'),
        ("Monday", "../etc", "09:00", "10:00", "is not a time zone"),
        ("Monday", "UTC", "9 am", "10:00", '"9 am" is not a time'),
    ],
)
def test_hours_that_make_no_sense_are_refused(
    days: str, zone: str, start: str, end: str, wrong: str
) -> None:
    with pytest.raises(BadHours, match=wrong):
        business_hours(days, zone, start, end)


def test_zones_of_windows_are_understood() -> None:
    hours = business_hours("Friday", "Tokyo Standard Time", "9:00".zfill(5), "10:00")
    assert isinstance(hours, BusinessHours)
    assert is_open(hours, datetime.fromisoformat("2026-11-27T00:30:00+00:00").timestamp())
