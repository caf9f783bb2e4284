"""Variable groups: `distributedtask/variablegroups`. A secret value goes in, and never out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from penstock.devops.projectlibrary import group_of
from penstock.devops.resources import Kept, ResourceType
from penstock.server.devops.bodies import flag_of, table_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.library.context import (
    LibraryHttp,
    check_administers,
    identity,
    kept_of,
)
from penstock.server.devops.library.shared import Kind, add, change, delete, secret_names
from penstock.server.devops.locations import Location
from penstock.server.devops.paging import page_of
from penstock.server.devops.queries import is_named
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import moment
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.projects import Project

LOCATIONS = (
    Location(
        id="ef5b7057-ffc3-4c77-bbad-c10b4a4abcc7",
        area="distributedtask",
        resource="variablegroups",
        template="_apis/{area}/{resource}/{groupId}",
        version=2,
    ),
    Location(
        id="f5b09dd5-9d54-45a1-8b5a-1c8287d634cc",
        area="distributedtask",
        resource="variablegroups",
        template="{project}/_apis/{area}/{resource}/{groupId}",
        version=2,
    ),
)
_GROUP = ResourceType.VARIABLE_GROUP


def variable_group_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes of variable groups."""
    of_project = "/{organization}/{project}/_apis/distributedtask/variablegroups"
    of_organization = "/{organization}/_apis/distributedtask/variablegroups"
    return routes_of(
        http,
        ("GET", of_project, Permission.LIBRARY_READ, _list),
        ("GET", of_project + "/{id}", Permission.LIBRARY_READ, _get),
        ("POST", of_organization, Permission.SIGNED_IN, partial(add, _KIND)),
        ("PUT", of_organization + "/{id}", Permission.SIGNED_IN, partial(change, _KIND)),
        ("DELETE", of_organization + "/{id}", Permission.SIGNED_IN, partial(delete, _KIND)),
    )


def _list(http: LibraryHttp, call: Call) -> Reply:
    project = http.projects.get(call.project)
    wanted = call.query("groupName")
    ids = [text.strip() for text in call.query("groupIds").split(",") if text.strip()]
    found = [
        kept
        for kept in http.resources.of_type(project.id, _GROUP)
        if (not wanted or is_named(kept.name, wanted)) and (not ids or kept.id in ids)
    ]
    return page_of(call, found, lambda kept: group_json(kept, project))


def _get(http: LibraryHttp, call: Call) -> Reply:
    kept = kept_of(http, call.project, _GROUP, call.parameters["id"])
    return group_json(kept, http.projects.get(call.project))


def _read(body: Mapping[str, Any], known: Kept | None) -> tuple[dict[str, Any], dict[str, str]]:
    """What is kept of the variables, and the new values of secrets.

    A secret without a value keeps the one it has.
    """
    type = text_of(body, "type", "Vsts")
    if type.casefold() != "vsts":
        raise bad_request(f'variable groups of type "{type}" are not supported, only "Vsts"')
    plain: dict[str, str] = {}
    names: list[str] = []
    readonly: list[str] = []
    values: dict[str, str] = {}
    had = secret_names(known)
    for name, given in table_of(body, "variables").items():
        one = given if isinstance(given, Mapping) else {"value": given}
        value = text_of(one, "value")
        if flag_of(one, "isReadOnly"):
            readonly.append(name)
        if not flag_of(one, "isSecret"):
            plain[name] = value
            continue
        names.append(name)
        if value:
            values[name] = value
        elif name.casefold() not in had:
            raise bad_request(f'the secret "{name}" has no value')
    return {"variables": plain, "secrets": names, "readonly": readonly}, values


def group_json(kept: Kept, project: Project) -> dict[str, object]:
    """A variable group as the wire has it; the value of a secret is null."""
    group = group_of(kept)
    fixed = set(kept.body.get("readonly", ()))
    shown: dict[str, dict[str, object]] = {
        **{name: {"value": value} for name, value in group.variables.items()},
        **{name: {"value": None, "isSecret": True} for name in group.secrets},
    }
    variables = {
        name: {**one, "isReadOnly": True} if name in fixed else one for name, one in shown.items()
    }
    return {
        "variables": variables,
        "id": int(kept.id),
        "type": "Vsts",
        "name": kept.name,
        "description": kept.description,
        "createdBy": identity(kept.created_by),
        "createdOn": moment(kept.created),
        "modifiedBy": identity(kept.modified_by),
        "modifiedOn": moment(kept.modified),
        "isShared": False,
        "variableGroupProjectReferences": [
            {
                "projectReference": {"id": project.id, "name": project.name},
                "name": kept.name,
                "description": kept.description,
            }
        ],
    }


def _check(http: LibraryHttp, call: Call, known: Kept) -> None:
    if http.checks.on(known.project, [known.resource]):
        check_administers(call, known.project, known)


_KIND = Kind(
    type=_GROUP,
    references="variableGroupProjectReferences",
    read=_read,
    view=group_json,
    check=_check,
)
