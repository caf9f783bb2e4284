"""Checks on resources: `pipelines/checks/configurations`, in the shapes of Azure's REST.

Shapes: Azure DevOps REST API 7.1, "Approvals And Checks".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.devops.protecting.checkpointstore import Checkpoint
from penstock.devops.protecting.checks import LONGEST_WAIT, Check, ExclusiveLock, Item, ItemStatus
from penstock.devops.resources import NOUNS, Resource, ResourceType
from penstock.engine.events import Result
from penstock.server.devops.bodies import body_tables, table_of, text_of
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.library.checksettings import read_settings, settings_json, type_json
from penstock.server.devops.library.context import (
    LibraryHttp,
    caller,
    check_administers,
    identity,
    note,
    resource_of,
)
from penstock.server.devops.locations import Location
from penstock.server.devops.queries import number_in
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.errors import Refused
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.library.checks import KeptCheck

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
_LONGEST = int(LONGEST_WAIT / 60) * 12


def check_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes of checks. Who may change one is asked of each resource."""
    base = "/{organization}/{project}/_apis/pipelines/checks"
    return routes_of(
        http,
        ("GET", base + "/configurations", Permission.LIBRARY_READ, _list),
        ("GET", base + "/configurations/{id}", Permission.LIBRARY_READ, _get),
        ("POST", base + "/queryconfigurations", Permission.LIBRARY_READ, _query),
        ("POST", base + "/configurations", Permission.LIBRARY_MANAGE, _add),
        ("PATCH", base + "/configurations/{id}", Permission.LIBRARY_MANAGE, _change),
        ("DELETE", base + "/configurations/{id}", Permission.LIBRARY_MANAGE, _delete),
        ("GET", base + "/runs/{id}", Permission.RUN_READ, _suite),
        ("POST", base + "/runs", Permission.RUN_QUEUE, _evaluate),
    )


def _list(http: LibraryHttp, call: Call) -> Reply:
    type, id = call.query("resourceType"), call.query("resourceId")
    if not type or not id:
        raise bad_request("resourceType and resourceId say whose checks are wanted")
    resource, _ = resource_of(http, call, type, id)
    return listed([_json(http, call, kept) for kept in http.checks.on(call.project, [resource])])


def _query(http: LibraryHttp, call: Call) -> Reply:
    resources = []
    for one in body_tables(call):
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
    number = number_in(id)
    found = http.checks.get(call.project, number) if number is not None else None
    if found is None:
        raise not_found("CheckConfigurationNotFoundException", f"there is no check {id[:40]}")
    return found


def _add(http: LibraryHttp, call: Call) -> Reply:
    body = call.json()
    about = table_of(body, "resource")
    resource, maker = resource_of(http, call, text_of(about, "type"), text_of(about, "id"))
    check_administers(call, call.project, maker)
    settings = read_settings(http, body)
    check = Check(resource=resource, settings=settings, timeout=_timeout(body, LONGEST_WAIT))
    _refuse_second(http, call, check)
    kept = http.checks.add(call.project, check, caller(call))
    _told(http, call, "add", check)
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
    before = known.check.settings
    given = {"type": type_json(before), "settings": settings_json(before)}
    _check_same(known.check, body)
    settings = read_settings(http, {**given, **body})
    check = replace(known.check, settings=settings, timeout=_timeout(body, known.check.timeout))
    kept = http.checks.set(call.project, check, caller(call))
    if kept is None:
        raise not_found("CheckConfigurationNotFoundException", f"there is no check {check.id}")
    _told(http, call, "change", check)
    return _json(http, call, kept)


def _check_same(check: Check, body: Mapping[str, Any]) -> None:
    """Refuse to make of a check another one, or to move it."""
    type, resource = table_of(body, "type"), table_of(body, "resource")
    if text_of(type, "id").lower() not in ("", type_json(check.settings)["id"]):
        raise bad_request("a check keeps its type; add another one, and delete this one")
    if text_of(resource, "id") not in ("", check.resource.id):
        raise bad_request("a check keeps its resource; add one to the other resource")


def _delete(http: LibraryHttp, call: Call) -> Reply:
    known = _found(http, call).check
    _, maker = resource_of(http, call, known.resource.type, known.resource.id)
    check_administers(call, call.project, maker)
    http.checks.remove(call.project, known.id)
    _told(http, call, "delete", known)
    return Answer(status=204)


def _told(http: LibraryHttp, call: Call, done: str, check: Check) -> None:
    """Write a change into the audit log, and have what waits for checks looked at again."""
    resource = check.resource
    subject = f"{NOUNS[resource.type]} {resource.name or resource.id}"
    note(http, call, f"check.{done}", subject, check=type_json(check.settings)["name"])
    http.checkpoints.changed()


def _timeout(body: Mapping[str, Any], default: float) -> float:
    """Seconds of the `timeout` in minutes."""
    minutes = body.get("timeout")
    if minutes is None:
        return default
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= _LONGEST:
        raise bad_request(f'"timeout" is in whole minutes, from 1 to {_LONGEST}')
    return minutes * 60.0


def _json(http: LibraryHttp, call: Call, kept: KeptCheck) -> dict[str, object]:
    check, resource = kept.check, kept.check.resource
    path = f"{http.organization}/{kept.project}/_apis/pipelines/checks/configurations/{check.id}"
    return {
        "id": check.id,
        "type": type_json(check.settings),
        "settings": settings_json(check.settings),
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
