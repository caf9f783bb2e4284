"""The settings of checks, read from the shapes of Azure's REST and written in them.

Ids and shapes: Azure DevOps REST API 7.1, "Approvals And Checks". A check that would call something
outside of this server (Azure Function, REST, ServiceNow ...) is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from penstock.devops.protecting.checks import (
    ApprovalCheck,
    BranchControl,
    ExclusiveLock,
    RequiredTemplate,
    Settings,
)
from penstock.devops.protecting.hours import DAYS, BadHours, BusinessHours, business_hours
from penstock.devops.resources import Actor
from penstock.engine.requests import ExtendedTemplate
from penstock.server.devops.bodies import flag_of, table_of, tables_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.library.context import LibraryHttp, identity

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

_ORDERS: Mapping[object, bool] = {"anyOrder": False, 1: False, "inSequence": True, 2: True}
"""Whether approvers answer one after the other, by the words and the numbers of the enumeration."""


def read_settings(http: LibraryHttp, body: Mapping[str, Any]) -> Settings:
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
        for one in tables_of(given, "approvers")
    )
    if not approvers:
        raise bad_request("an approval needs approvers")
    minimum = given.get("minRequiredApprovers") or 0
    if not isinstance(minimum, int) or isinstance(minimum, bool) or minimum < 0:
        raise bad_request('"minRequiredApprovers" must be a whole number')
    if minimum > len(approvers):
        raise bad_request(f"{minimum} of {len(approvers)} approvers cannot approve")
    if given.get("blockedApprovers"):
        raise bad_request(
            '"blockedApprovers" is not supported; "requesterCannotBeApprover" keeps out who asked '
            "for the run"
        )
    order = given.get("executionOrder") or "anyOrder"
    if not isinstance(order, str | int) or order not in _ORDERS:
        raise bad_request('"executionOrder" is anyOrder or inSequence')
    return ApprovalCheck(
        approvers=approvers,
        minimum=minimum,
        in_sequence=_ORDERS[order],
        instructions=text_of(given, "instructions"),
        requester_may=not flag_of(given, "requesterCannotBeApprover"),
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
        for one in tables_of(given, "extendsChecks")
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


def type_json(settings: Settings) -> dict[str, str]:
    """The type of a check, as the wire names it."""
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


def settings_json(settings: Settings) -> dict[str, object]:
    """The settings of a check, as the wire has them."""
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
