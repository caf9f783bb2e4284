"""Approvals of runs: `pipelines/approvals`, in the shapes of Azure's REST 7.1.

An answer is given by an account: the token of a job, or of this server's own processes, cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.devops.protecting.approvals import (
    AlreadyDecided,
    Approval,
    ApprovalStatus,
    NotAllowed,
    Step,
    may_answer,
)
from penstock.devops.resources import NOUNS, Actor, Resource
from penstock.server.devops.bodies import body_tables, table_of, text_of
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.library.context import LibraryHttp, caller, forbidden, identity, note
from penstock.server.devops.locations import Location
from penstock.server.devops.queries import number_in, page_size
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.errors import Refused
from penstock.server.routes import Call, Permission, Reply, Route

LOCATIONS = (
    Location(
        id="37794717-f36f-4d78-b2bf-4dc30d0cfbcd",
        area="PipelinesApproval",
        resource="approvals",
        template="{project}/_apis/pipelines/{resource}/{approvalId}",
    ),
)
_MOST = 1000
_ALL = 100_000
_LONGEST_COMMENT = 4000


def approval_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes of approvals. Whether the caller is an approver is asked of each approval."""
    base = "/{organization}/{project}/_apis/pipelines/approvals"
    return routes_of(
        http,
        ("GET", base, Permission.RUN_READ, _list),
        ("GET", base + "/{id}", Permission.RUN_READ, _get),
        ("PATCH", base, Permission.RUN_QUEUE, _answer),
    )


def _list(http: LibraryHttp, call: Call) -> Reply:
    ids = [text.strip() for text in call.query("approvalIds").split(",") if text.strip()]
    users = {text.strip().lower() for text in call.query("userIds").split(",") if text.strip()}
    run = call.query("runId")
    if run and number_in(run) is None:
        raise bad_request(f'runId: "{run[:40]}" is not the number of a run')
    top = page_size(call, "top", page_size(call, "$top", 100, _MOST), _MOST)
    found = http.checks.approvals_in(
        call.project,
        ids=ids,
        status=_status(call.query("state")),
        run=run,
        limit=_ALL if users else top,
    )
    if users:
        found = [a for a in found if any(_is_of(step, users) for step in a.steps)]
    return listed([approval_json(http, call, approval) for approval in found[:top]])


def _is_of(step: Step, users: set[str]) -> bool:
    return not users.isdisjoint({step.approver.id.lower(), step.approver.name.lower()})


def _status(text: str) -> ApprovalStatus | None:
    if not text:
        return None
    for status in ApprovalStatus:
        if status.lower() == text.lower():
            return status
    raise bad_request(f'"{text[:40]}" is not a state; they are {", ".join(ApprovalStatus)}')


def _get(http: LibraryHttp, call: Call) -> Reply:
    return approval_json(http, call, _found(http, call, call.parameters["id"]))


def _found(http: LibraryHttp, call: Call, id: str) -> Approval:
    found = http.checks.approval(id)
    if found is None or found.project != call.project:
        raise not_found("ApprovalNotFoundException", f'there is no approval "{id[:60]}"')
    return found


def _answer(http: LibraryHttp, call: Call) -> Reply:
    answered = []
    for one in body_tables(call):
        before = _found(http, call, text_of(one, "approvalId"))
        try:
            after = _answered(http, call, before, one)
        except NotAllowed as error:
            raise forbidden(str(error)) from None
        except AlreadyDecided as error:
            raise Refused(409, "ApprovalAlreadyCompletedException", str(error)) from None
        answered.append(approval_json(http, call, after))
    return listed(answered)


def _answered(http: LibraryHttp, call: Call, before: Approval, one: Mapping[str, Any]) -> Approval:
    actor, comment = caller(call), text_of(one, "comment")
    if len(comment) > _LONGEST_COMMENT:
        raise bad_request(f'"comment" has at most {_LONGEST_COMMENT} characters')
    subject, details = f"run {before.run}", {"for": before.subject, "comment": comment}
    other = table_of(one, "reassignTo") or table_of(one, "assignedTo")
    if other:
        named = text_of(other, "id") or text_of(other, "uniqueName")
        to = http.account(named)
        if to is None:
            raise bad_request(f'there is no account "{named[:100]}"')
        after = http.checkpoints.reassign(before.id, actor, to, comment)
        note(http, call, "approval.reassign", subject, to=to.name, **details)
        return after
    if one.get("deferredTo"):
        raise bad_request('"deferredTo" is not supported: approve when the stage is to begin')
    status = _status(text_of(one, "status"))
    if status not in (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED):
        raise bad_request('"status" must be "approved" or "rejected"')
    after = http.checkpoints.answer(before.id, actor, status, comment)
    word = "approve" if status is ApprovalStatus.APPROVED else "reject"
    note(http, call, f"approval.{word}", subject, **details)
    return after


def approval_json(http: LibraryHttp, call: Call, approval: Approval) -> dict[str, object]:
    """An approval as the wire has it, and beside that: for what it is, and whether the caller may
    answer it now."""
    path = f"{http.organization}/{approval.project}/_apis/pipelines/approvals/{approval.id}"
    resource = approval.resource
    return {
        "id": approval.id,
        "steps": [_step(step) for step in approval.steps],
        "status": approval.status,
        "createdOn": moment(approval.created),
        "lastModifiedOn": moment(approval.modified),
        "expiresOn": moment(approval.expires),
        "executionOrder": "inSequence" if approval.in_sequence else "anyOrder",
        "minRequiredApprovers": approval.needed,
        "instructions": approval.instructions,
        "blockedApprovers": [identity(blocked) for blocked in approval.blocked],
        "permissions": "update" if _may(call, approval) else "view",
        "message": approval.said(),
        "isManualStart": approval.manual,
        "stage": approval.stage,
        "resource": resource_json(resource) if resource is not None else None,
        "pipeline": {
            "id": str(approval.pipeline),
            "name": http.pipeline(approval.project, approval.pipeline),
            "owner": {"id": int(approval.run), "name": http.run_number(approval.run)},
        },
        "_links": {"self": {"href": f"{call.base_url}/{path}"}},
    }


def resource_json(resource: Resource) -> dict[str, object]:
    """A resource with the word that people use for its type."""
    return {
        "type": resource.type,
        "id": resource.id,
        "name": resource.name,
        "noun": NOUNS[resource.type],
    }


def _may(call: Call, approval: Approval) -> bool:
    principal = call.principal
    if principal is None or not principal.may(Permission.RUN_QUEUE, approval.project):
        return False
    return may_answer(approval, caller(call), approval.modified)


def _step(step: Step) -> dict[str, object]:
    by: Actor | None = step.by
    return {
        "assignedApprover": identity(step.approver),
        "actualApprover": identity(by) if by else None,
        "status": step.status,
        "comment": step.comment,
        "order": step.order,
        "lastModifiedOn": moment(step.at),
        "lastModifiedBy": identity(by) if by else None,
        "history": [],
    }
