"""Which pipelines may use a resource: `pipelines/pipelinePermissions/{type}/{id}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.devops.resources import EVERY_PIPELINE, NOUNS, Resource
from penstock.server.devops.bodies import body_tables, flag_of, table_of, tables_of, text_of
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.library.context import (
    LibraryHttp,
    caller,
    check_administers,
    identity,
    note,
    resource_of,
)
from penstock.server.devops.locations import Location
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.routes import Call, Permission, Reply, Route

LOCATIONS = (
    Location(
        id="b5b9a4a4-e6cd-4096-853c-ab7d8b0c4eb2",
        area="pipelinePermissions",
        resource="pipelinePermissions",
        template="{project}/_apis/pipelines/{resource}/{resourceType}/{resourceId}",
    ),
)


def permission_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes of pipeline permissions. Who may change one is asked of each resource."""
    base = "/{organization}/{project}/_apis/pipelines/pipelinePermissions"
    one = base + "/{type}/{id}"
    return routes_of(
        http,
        ("GET", one, Permission.LIBRARY_READ, _get),
        ("PATCH", one, Permission.LIBRARY_MANAGE, _change),
        ("PATCH", base, Permission.LIBRARY_MANAGE, _change_several),
    )


def _get(http: LibraryHttp, call: Call) -> Reply:
    resource, _ = resource_of(http, call, call.parameters["type"], call.parameters["id"])
    return permissions_json(http, call.project, resource)


def _change(http: LibraryHttp, call: Call) -> Reply:
    return _changed(http, call, call.parameters["type"], call.parameters["id"], call.json())


def _change_several(http: LibraryHttp, call: Call) -> Reply:
    answers = []
    for one in body_tables(call):
        resource = table_of(one, "resource")
        answers.append(
            _changed(http, call, text_of(resource, "type"), text_of(resource, "id"), one)
        )
    return listed(answers)


def _changed(
    http: LibraryHttp, call: Call, type: str, id: str, body: Mapping[str, Any]
) -> dict[str, object]:
    resource, kept = resource_of(http, call, type, id)
    check_administers(call, call.project, kept)
    grants: list[int] = []
    refusals: list[int] = []
    for one in tables_of(body, "pipelines"):
        number = one.get("id")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
            raise bad_request("each of the pipelines needs its number as id")
        if not flag_of(one, "authorized"):
            refusals.append(number)
        elif http.pipeline(call.project, number):
            grants.append(number)
        else:
            message = f"there is no pipeline {number} in the project"
            raise not_found("DefinitionNotFoundException", message)
    everyone = table_of(body, "allPipelines")
    if everyone:
        (grants if flag_of(everyone, "authorized") else refusals).append(EVERY_PIPELINE)
    for number in grants:
        http.resources.grant(call.project, resource, number, caller(call))
    http.resources.revoke(call.project, resource, refusals)
    shown = f"{NOUNS[resource.type]} {resource.name or resource.id}"
    for action, numbers in (("grant", grants), ("revoke", refusals)):
        if numbers:
            who = ", ".join("every pipeline" if n == EVERY_PIPELINE else str(n) for n in numbers)
            note(http, call, f"permission.{action}", shown, pipelines=who)
    http.checkpoints.changed()
    return permissions_json(http, call.project, resource)


def permissions_json(http: LibraryHttp, project: str, resource: Resource) -> dict[str, object]:
    """Who may use a resource, as the wire has it."""
    found: dict[str, object] = {
        "resource": {"type": resource.type, "id": resource.id, "name": resource.name},
        "pipelines": [],
    }
    pipelines: list[dict[str, object]] = []
    for grant in http.resources.grants(project, resource):
        said = {
            "authorized": True,
            "authorizedBy": identity(grant.by),
            "authorizedOn": moment(grant.at),
        }
        if grant.pipeline == EVERY_PIPELINE:
            found["allPipelines"] = said
        else:
            name = http.pipeline(project, grant.pipeline)
            pipelines.append({"id": grant.pipeline, "name": name, **said})
    found["pipelines"] = pipelines
    return found
