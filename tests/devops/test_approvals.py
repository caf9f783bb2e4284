"""Who may approve, in which order, and what each answer leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.devops.protecting.approvals import (
    AlreadyDecided,
    Approval,
    ApprovalStatus,
    NotAllowed,
    StepStatus,
    answer,
    may_answer,
    reassign,
    steps_for,
)
from penstock.devops.resources import Actor, Resource, ResourceType

ADA = Actor(id="id-ada", name="ada", display_name="Ada")
GRACE = Actor(id="id-grace", name="grace", display_name="Grace")
LINUS = Actor(id="id-linus", name="linus", display_name="Linus")
YES, NO = ApprovalStatus.APPROVED, ApprovalStatus.REJECTED
NOW = 1000.0


def approval(*approvers: Actor, **more: object) -> Approval:
    in_sequence = bool(more.get("in_sequence"))
    blank = Approval(
        id="x",
        project="p",
        run="1",
        pipeline=7,
        stage="Deploy",
        node="Deploy/Checkpoint",
        created=0.0,
        modified=0.0,
        expires=5000.0,
        resource=Resource(type=ResourceType.ENVIRONMENT, id="3", name="prod"),
        steps=steps_for(approvers, in_sequence=in_sequence),
    )
    return replace(blank, **more)  # type: ignore[arg-type]


def words(one: Approval) -> str:
    return " ".join(str(step.status) for step in one.steps) + f" -> {one.status}"


def test_all_must_approve_unless_a_number_is_set() -> None:
    first = answer(approval(ADA, GRACE), GRACE, YES, "fine", NOW)
    assert words(first) == "pending approved -> pending"
    assert first.said() == 'environment "prod" waits for approval by Ada, Grace, 1 of 2'
    both = answer(first, ADA, YES, "", NOW + 1)
    assert (words(both), both.said()) == (
        "approved approved -> approved",
        "approved by Ada",
    )


def test_the_minimum_is_enough_and_the_others_need_not_answer() -> None:
    done = answer(approval(ADA, GRACE, LINUS, minimum=1), LINUS, YES, "", NOW)
    assert words(done) == "skipped skipped approved -> approved"


def test_one_rejection_rejects() -> None:
    done = answer(approval(ADA, GRACE), ADA, NO, "not on a Friday", NOW)
    assert words(done) == "rejected skipped -> rejected"
    assert done.said() == "rejected by Ada: not on a Friday"


def test_in_sequence_each_waits_for_the_one_before() -> None:
    start = approval(ADA, GRACE, in_sequence=True)
    assert words(start) == "pending uninitiated -> pending"
    with pytest.raises(NotAllowed, match="others have to approve before"):
        answer(start, GRACE, YES, "", NOW)
    after = answer(start, ADA, YES, "", NOW)
    assert words(after) == "approved pending -> pending"
    assert words(answer(after, GRACE, YES, "", NOW)) == "approved approved -> approved"


def test_who_is_no_approver_may_not_answer() -> None:
    with pytest.raises(NotAllowed, match="not an approver of environment"):
        answer(approval(ADA), GRACE, YES, "", NOW)


def test_an_approver_named_by_a_file_is_an_account_of_that_sign_in_name() -> None:
    named = approval(Actor(id="", name="Ada"))
    assert answer(named, ADA, YES, "", NOW).status is YES
    with pytest.raises(NotAllowed):
        answer(named, Actor(id="other", name="ada2", display_name="Ada"), YES, "", NOW)


def test_the_name_of_a_commits_author_is_nobody() -> None:
    with pytest.raises(NotAllowed, match="given by an account"):
        answer(approval(ADA), Actor(id="", name="ada", display_name="Ada"), YES, "", NOW)


def test_the_requester_may_be_kept_from_approving() -> None:
    with pytest.raises(NotAllowed, match="who requested the run may not approve it"):
        answer(approval(ADA, GRACE, blocked=(ADA,)), ADA, YES, "", NOW)
    assert not may_answer(approval(ADA, blocked=(ADA,)), ADA, NOW)
    assert may_answer(approval(ADA), ADA, NOW)


@pytest.mark.parametrize("status", [YES, NO, ApprovalStatus.CANCELED, ApprovalStatus.TIMED_OUT])
def test_what_is_decided_stays_so(status: ApprovalStatus) -> None:
    with pytest.raises(AlreadyDecided):
        answer(approval(ADA, status=status), ADA, YES, "", NOW)


def test_an_answer_that_comes_too_late_counts_for_nothing() -> None:
    with pytest.raises(AlreadyDecided, match="timed out"):
        answer(approval(ADA), ADA, YES, "", 5000.0)


def test_an_answer_is_given_once() -> None:
    given = answer(approval(ADA, GRACE), ADA, YES, "", NOW)
    with pytest.raises(AlreadyDecided, match="you have answered already"):
        answer(given, ADA, NO, "", NOW)


def test_a_step_can_be_given_to_another() -> None:
    given = reassign(approval(ADA, GRACE), ADA, LINUS, "on leave", NOW)
    assert [step.approver for step in given.steps] == [LINUS, GRACE]
    with pytest.raises(NotAllowed):
        answer(given, ADA, YES, "", NOW)
    with pytest.raises(NotAllowed, match="Grace is an approver already"):
        reassign(given, LINUS, GRACE, "", NOW)


def test_a_manual_stage_is_started_by_anyone_with_an_account() -> None:
    waits = approval(manual=True, resource=None)
    assert waits.said() == 'stage "Deploy" waits to be started by a person'
    started = answer(waits, LINUS, YES, "", NOW)
    assert (started.status, started.steps[0].by) == (YES, LINUS)
    assert started.steps[0].status is StepStatus.APPROVED
