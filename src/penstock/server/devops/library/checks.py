"""Checks on resources: `pipelines/checks/configurations`, in the shapes of Azure's REST.

Shapes: Azure DevOps REST API 7.1, "Approvals And Checks". A check that would call something outside
of this server (Azure Function, REST, ServiceNow ...) is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, assert_never

from penstock.devops.protecting.checkpoints import Checkpoint
from penstock.devops.protecting.checks import (
    LONGEST_WAIT,
    ApprovalCheck,
    BranchControl,
    Check,
    ExclusiveLock,
    Item,
    ItemStatus,
    RequiredTemplate,
    Settings,
)
from penstock.devops.protecting.hours import DAYS, BadHours, BusinessHours, business_hours
from penstock.devops.resources import NOUNS, Actor, Resource, ResourceType
from penstock.engine.events import Result
from penstock.engine.requests import ExtendedTemplate
from penstock.server.devops.context import moment
from penstock.server.devops.errors import bad_request, devops_error, not_found
from penstock.server.devops.library.context import (
    LibraryHttp,
    caller,
    check_administers,
    identity,
    list_of,
    listed,
    note,
    objects_of,
    resource_of,
    table_of,
    text_of,
)
from penstock.server.devops.locations import Location
from penstock.server.errors import Refused
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.approvals import KeptCheck

LOCATIONS = (
    Location(
        id="86c8381e-5aee-4cde-8ae4-25c0c7f5eaea",
        area="PipelinesChecks",
        resource="configurations",
        template="{project}/_apis/pipelines/checks/{resource}/{id}",
    ),
    Location(
        id="5f3d0e64-f943-4584-8811-77eb495e831e",
        area="PipelinesChecks",
        resource="queryconfigurations",
        template="{project}/_apis/pipelines/checks/{resource}",
    ),
    Location(
        id="91282c1d-c183-444f-9554-1485bfb3879d",
        area="PipelinesChecks",
        resource="runs",
        template="{project}/_apis/pipelines/checks/{resource}/{checkSuiteId}",
    ),
)
_APPROVAL = {"id": "8c6f20a7-a545-4486-9777-f762fafe0d4d", "name": "Approval"}
_LOCK = {"id": "2ef31ad6-baa0-403a-8b45-2cbc9b4e5563", "name": "ExclusiveLock"}
_TEMPLATE = {"id": "4020e66e-b0f3-47e1-bc88-48f3cc59b5f3", "name": "ExtendsCheck"}
_TASK = {"id": "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7", "name": "Task Check"}
_BRANCHES = {
    "id": "86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b",
    "name": "evaluatebranchProtection",
    "version": "0.0.1",
}
_HOURS = {
    "id": "445fde2f-6c39-441c-807f-8a59ff2e075f",
    "name": "evaluateBusinessHours",
    "version": "0.0.1",
}
_LONGEST = int(LONGEST_WAIT / 60) * 12


def check_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes of checks. Who may change one is asked of each resource."""
    base = "/{organization}/{project}/_apis/pipelines/checks"
    rows = (
        ("GET", base + "/configurations", Permission.LIBRARY_READ, _list),
        ("GET", base + "/configurations/{id}", Permission.LIBRARY_READ, _get),
        ("POST", base + "/queryconfigurations", Permission.LIBRARY_READ, _query),
        ("POST", base + "/configurations", Permission.LIBRARY_MANAGE, _add),
        ("PATCH", base + "/configurations/{id}", Permission.LIBRARY_MANAGE, _change),
        ("DELETE", base + "/configurations/{id}", Permission.LIBRARY_MANAGE, _delete),
        ("GET", base + "/runs/{id}", Permission.RUN_READ, _suite),
        ("POST", base + "/runs", Permission.RUN_QUEUE, _evaluate),
    )
    return tuple(
        Route(
            method=method,
            path=path,
            permission=permission,
            handler=partial(handler, http),
            on_error=devops_error,
        )
        for method, path, permission, handler in rows
    )


def _list(http: LibraryHttp, call: Call) -> Reply:
    type, id = call.query("resourceType"), call.query("resourceId")
    if not type or not id:
        raise bad_request("resourceType and resourceId say whose checks are wanted")
    resource, _ = resource_of(http, call, type, id)
    return listed([_json(http, call, kept) for kept in http.checks.on(call.project, [resource])])


def _query(http: LibraryHttp, call: Call) -> Reply:
    resources = []
    for one in objects_of(call):
        try:
            resources.append(resource_of(http, call, text_of(one, "type"), text_of(one, "id"))[0])
        except Refused as refusal:
            if refusal.status != 404:
                raise
    return listed([_json(http, call, kept) for kept in http.checks.on(call.project, resources)])


def _get(http: LibraryHttp, call: Call) -> Reply:
    return _json(http, call, _found(http, call))


def _found(http: LibraryHttp, call: Call) -> KeptCheck:
    id = call.parameters["id"]
    found = http.checks.get(call.project, int(id)) if id.isdecimal() and len(id) < 19 else None
    if found is None:
        raise not_found("CheckConfigurationNotFoundException", f"there is no check {id[:40]}")
    return found


def _add(http: LibraryHttp, call: Call) -> Reply:
    body = call.json()
    about = table_of(body, "resource")
    resource, maker = resource_of(http, call, text_of(about, "type"), text_of(about, "id"))
    check_administers(call, call.project, maker)
    settings = read_settings(http, call.project, body)
    check = Check(resource=resource, settings=settings, timeout=_timeout(body, LONGEST_WAIT))
    _refuse_second(http, call, check)
    kept = http.checks.add(call.project, check, caller(call))
    note(http, call, "check.add", _subject(resource), check=_type(settings)["name"])
    http.checkpoints.changed()
    return _json(http, call, kept)


def _refuse_second(http: LibraryHttp, call: Call, check: Check) -> None:
    """One lock of a resource is enough."""
    if isinstance(check.settings, ExclusiveLock):
        for other in http.checks.on(call.project, [check.resource]):
            if isinstance(other.check.settings, ExclusiveLock):
                raise bad_request("the resource has an exclusive lock already")


def _change(http: LibraryHttp, call: Call) -> Reply:
    body, known = call.json(), _found(http, call)
    _, maker = resource_of(http, call, known.check.resource.type, known.check.resource.id)
    check_administers(call, call.project, maker)
    given = {"type": _type(known.check.settings), "settings": _settings(known.check.settings)}
    settings = read_settings(http, call.project, {**given, **body})
    check = replace(known.check, settings=settings, timeout=_timeout(body, known.check.timeout))
    kept = http.checks.set(call.project, check, caller(call))
    if kept is None:
        raise not_found("CheckConfigurationNotFoundException", f"there is no check {check.id}")
    note(http, call, "check.change", _subject(check.resource), check=_type(settings)["name"])
    http.checkpoints.changed()
    return _json(http, call, kept)


def _delete(http: LibraryHttp, call: Call) -> Reply:
    known = _found(http, call).check
    _, maker = resource_of(http, call, known.resource.type, known.resource.id)
    check_administers(call, call.project, maker)
    http.checks.remove(call.project, known.id)
    note(http, call, "check.delete", _subject(known.resource), check=_type(known.settings)["name"])
    http.checkpoints.changed()
    return Answer(status=204)


def _subject(resource: Resource) -> str:
    return f"{NOUNS[resource.type]} {resource.name or resource.id}"


def _timeout(body: Mapping[str, Any], default: float) -> float:
    """Seconds of the `timeout` in minutes."""
    minutes = body.get("timeout")
    if minutes is None:
        return default
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= _LONGEST:
        raise bad_request(f'"timeout" is in whole minutes, from 1 to {_LONGEST}')
    return minutes * 60.0


# Settings in and out


def read_settings(http: LibraryHttp, project: str, body: Mapping[str, Any]) -> Settings:
    """The settings of a check. Raises `Refused` for what is not supported, by its name."""
    type, given = table_of(body, "type"), table_of(body, "settings")
    id, name = text_of(type, "id").lower(), text_of(type, "name")
    if id == _APPROVAL["id"] or (not id and name == _APPROVAL["name"]):
        return _read_approval(http, given)
    if id == _LOCK["id"] or (not id and name == _LOCK["name"]):
        return ExclusiveLock()
    if id == _TEMPLATE["id"] or (not id and name == _TEMPLATE["name"]):
        return _read_templates(given)
    if id == _TASK["id"] or (not id and name == _TASK["name"]):
        return _read_task(given)
    shown = name or id or "without a type"
    raise bad_request(
        f'checks of type "{shown}" are not supported; there are Approval, ExclusiveLock, '
        "ExtendsCheck, and Task Check with evaluatebranchProtection or evaluateBusinessHours"
    )


def _read_approval(http: LibraryHttp, given: Mapping[str, Any]) -> ApprovalCheck:
    approvers = tuple(
        _approver(http, text_of(one, "id") or text_of(one, "uniqueName"))
        for one in list_of(given, "approvers")
    )
    if not approvers:
        raise bad_request("an approval needs approvers")
    minimum = given.get("minRequiredApprovers") or 0
    if not isinstance(minimum, int) or isinstance(minimum, bool) or minimum < 0:
        raise bad_request('"minRequiredApprovers" must be a whole number')
    if minimum > len(approvers):
        raise bad_request(f"{minimum} of {len(approvers)} approvers cannot approve")
    order = given.get("executionOrder")
    return ApprovalCheck(
        approvers=approvers,
        minimum=minimum,
        in_sequence=order in ("inSequence", 2),
        instructions=text_of(given, "instructions"),
        requester_may=not given.get("requesterCannotBeApprover"),
    )


def _approver(http: LibraryHttp, named: str) -> Actor:
    found = http.account(named) if named else None
    if found is None:
        raise bad_request(f'there is no account "{named[:100]}": approvers are accounts')
    return found


def _read_templates(given: Mapping[str, Any]) -> RequiredTemplate:
    found = tuple(
        ExtendedTemplate(
            type=text_of(one, "repositoryType", "git"),
            repository=text_of(one, "repositoryName"),
            ref=text_of(one, "repositoryRef", "refs/heads/main"),
            path=text_of(one, "templatePath"),
        )
        for one in list_of(given, "extendsChecks")
    )
    if not found or not all(one.repository and one.path for one in found):
        raise bad_request("a required template needs repositoryName and templatePath")
    return RequiredTemplate(templates=found)


def _read_task(given: Mapping[str, Any]) -> BranchControl | BusinessHours:
    definition, inputs = table_of(given, "definitionRef"), table_of(given, "inputs")
    id, name = text_of(definition, "id").lower(), text_of(definition, "name")
    if id == _BRANCHES["id"] or name == _BRANCHES["name"]:
        if text_of(inputs, "ensureProtectionOfBranch").lower() == "true":
            raise bad_request(
                '"ensureProtectionOfBranch" is not supported: branches have no policies here'
            )
        texts = text_of(inputs, "allowedBranches").split(",")
        branches = tuple(text.strip() for text in texts if text.strip())
        wrong = [b for b in branches if not b.startswith("refs/") and b != "*"]
        if not branches or wrong:
            raise bad_request(
                f'"{wrong[0] if wrong else ""}": allowedBranches are full names, such as '
                "refs/heads/main"
            )
        return BranchControl(branches=branches)
    if id == _HOURS["id"] or name == _HOURS["name"]:
        try:
            return business_hours(
                text_of(inputs, "businessDays"),
                text_of(inputs, "timeZone", "UTC"),
                text_of(inputs, "startTime"),
                text_of(inputs, "endTime"),
            )
        except BadHours as error:
            raise bad_request(str(error)) from None
    raise bad_request(
        f'the check "{name or id}" is not supported: it would call something outside of this server'
    )


def _type(settings: Settings) -> dict[str, str]:
    match settings:
        case ApprovalCheck():
            return _APPROVAL
        case ExclusiveLock():
            return _LOCK
        case RequiredTemplate():
            return _TEMPLATE
        case BranchControl() | BusinessHours():
            return _TASK
        case _:
            assert_never(settings)


def _settings(settings: Settings) -> dict[str, object]:
    match settings:
        case ApprovalCheck():
            return {
                "approvers": [identity(approver) for approver in settings.approvers],
                "executionOrder": "inSequence" if settings.in_sequence else "anyOrder",
                "minRequiredApprovers": settings.minimum,
                "instructions": settings.instructions,
                "blockedApprovers": [],
                "requesterCannotBeApprover": not settings.requester_may,
            }
        case ExclusiveLock():
            return {}
        case RequiredTemplate():
            return {
                "extendsChecks": [
                    {
                        "repositoryType": one.type,
                        "repositoryName": one.repository,
                        "repositoryRef": one.ref,
                        "templatePath": one.path,
                    }
                    for one in settings.templates
                ]
            }
        case BranchControl():
            inputs = {
                "allowedBranches": ", ".join(settings.branches),
                "ensureProtectionOfBranch": "false",
                "allowUnknownStatusBranch": "false",
            }
            return {"displayName": "Branch control", "definitionRef": _BRANCHES, "inputs": inputs}
        case BusinessHours():
            inputs = {
                "businessDays": ", ".join(DAYS[day] for day in settings.days),
                "timeZone": settings.zone,
                "startTime": settings.start,
                "endTime": settings.end,
            }
            return {"displayName": "Business hours", "definitionRef": _HOURS, "inputs": inputs}
        case _:
            assert_never(settings)


def _json(http: LibraryHttp, call: Call, kept: KeptCheck) -> dict[str, object]:
    check, resource = kept.check, kept.check.resource
    path = f"{http.organization}/{kept.project}/_apis/pipelines/checks/configurations/{check.id}"
    return {
        "id": check.id,
        "type": _type(check.settings),
        "settings": _settings(check.settings),
        "timeout": round(check.timeout / 60),
        "resource": {"type": resource.type, "id": resource.id, "name": resource.name},
        "createdBy": identity(kept.created_by),
        "createdOn": moment(kept.created),
        "modifiedBy": identity(kept.modified_by),
        "modifiedOn": moment(kept.modified),
        "url": f"{call.base_url}/{path}",
    }


# How the checks of a stage stand


def _suite(http: LibraryHttp, call: Call) -> Reply:
    id = call.parameters["id"].lower()
    found = http.checks.checkpoint(id)
    if found is None or found.work.project != call.project:
        raise not_found("CheckSuiteNotFoundException", f'there is no check suite "{id[:40]}"')
    return suite_json(found)


def _evaluate(http: LibraryHttp, call: Call) -> Reply:
    raise bad_request("checks are evaluated when a run reaches a stage, not on request")


def suite_json(checkpoint: Checkpoint) -> dict[str, object]:
    """The checks of a stage of a run, as a `CheckSuite`."""
    return {
        "id": checkpoint.id,
        "status": _STATUS[checkpoint.result] if checkpoint.result else "running",
        "message": checkpoint.message,
        "completedDate": moment(checkpoint.closed),
        "context": {"runId": int(checkpoint.run), "stage": checkpoint.work.stage},
        "checkRuns": [_run_json(checkpoint, item) for item in checkpoint.items],
    }


def _run_json(checkpoint: Checkpoint, item: Item) -> dict[str, object]:
    resource = item.resource or Resource(type=ResourceType.ENVIRONMENT, id="")
    return {
        "id": item.approval or f"{checkpoint.id}-{item.check}-{item.kind}",
        "status": _ITEMS[item.status],
        "resultMessage": item.message,
        "createdDate": moment(checkpoint.opened),
        "completedDate": moment(checkpoint.closed),
        "checkConfigurationRef": {
            "id": item.check,
            "type": {"name": item.name},
            "resource": {"type": resource.type, "id": resource.id, "name": resource.name},
        },
    }


_STATUS: Mapping[Result, str] = {
    Result.SUCCEEDED: "approved",
    Result.SUCCEEDED_WITH_ISSUES: "approved",
    Result.FAILED: "rejected",
    Result.SKIPPED: "timedOut",
    Result.CANCELED: "canceled",
    Result.ABANDONED: "canceled",
}
_ITEMS: Mapping[ItemStatus, str] = {
    ItemStatus.PENDING: "running",
    ItemStatus.PASSED: "approved",
    ItemStatus.FAILED: "rejected",
    ItemStatus.TIMED_OUT: "timedOut",
    ItemStatus.CANCELED: "canceled",
}
