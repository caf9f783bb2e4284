"""Variable groups: `distributedtask/variablegroups`. A secret value goes in, and never out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.devops.projectlibrary import group_of
from penstock.devops.resources import Kept, ResourceType
from penstock.server.devops.bodies import table_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.library.changes import add_resource, change_resource, delete_in_projects
from penstock.server.devops.library.context import (
    LibraryHttp,
    check_administers,
    identity,
    kept_of,
    referenced_name,
    referenced_project,
)
from penstock.server.devops.locations import Location
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.routes import Answer, Call, Permission, Reply, Route
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
_REFERENCES = "variableGroupProjectReferences"


def variable_group_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes of variable groups."""
    of_project = "/{organization}/{project}/_apis/distributedtask/variablegroups"
    of_organization = "/{organization}/_apis/distributedtask/variablegroups"
    return routes_of(
        http,
        ("GET", of_project, Permission.LIBRARY_READ, _list),
        ("GET", of_project + "/{id}", Permission.LIBRARY_READ, _get),
        # The project of these is in their body or query, and the permission is asked for there.
        ("POST", of_organization, Permission.SIGNED_IN, _add),
        ("PUT", of_organization + "/{id}", Permission.SIGNED_IN, _change),
        ("DELETE", of_organization + "/{id}", Permission.SIGNED_IN, _delete),
    )


def _list(http: LibraryHttp, call: Call) -> Reply:
    project = http.projects.get(call.project)
    wanted = call.query("groupName")
    ids = [text.strip() for text in call.query("groupIds").split(",") if text.strip()]
    found = [
        kept
        for kept in http.resources.of_type(project.id, _GROUP)
        if (not wanted or _fits(kept.name, wanted)) and (not ids or kept.id in ids)
    ]
    return listed([group_json(kept, project) for kept in found])


def _fits(name: str, wanted: str) -> bool:
    """Whether a name is the wanted one, or begins with it where that ends with `*`."""
    folded = wanted.casefold()
    if folded.endswith("*"):
        return name.casefold().startswith(folded[:-1])
    return name.casefold() == folded


def _get(http: LibraryHttp, call: Call) -> Reply:
    kept = kept_of(http, call.project, _GROUP, call.parameters["id"])
    return group_json(kept, http.projects.get(call.project))


def _add(http: LibraryHttp, call: Call) -> Reply:
    body = call.json()
    project, reference = referenced_project(http, call, body, _REFERENCES)
    name = referenced_name(body, reference, "variable group")
    description = text_of(body, "description") or text_of(reference, "description")
    variables, secrets = _read(body, None)
    missing = [n for n in variables["secrets"] if n not in secrets]
    if missing:
        raise bad_request(f'the secret "{missing[0]}" has no value')
    kept = add_resource(
        http,
        call,
        _GROUP,
        name,
        project=project.id,
        description=description,
        body=variables,
        secrets=secrets,
    )
    return group_json(kept, project)


def _change(http: LibraryHttp, call: Call) -> Reply:
    body = call.json()
    project, reference = referenced_project(http, call, body, _REFERENCES)
    known = kept_of(http, project.id, _GROUP, call.parameters["id"])
    if http.checks.on(project.id, [known.resource]):
        check_administers(call, project.id, known)
    name = referenced_name(body, reference, "variable group")
    variables, secrets = _read(body, known)
    kept_secrets = {n.casefold() for n in variables["secrets"]}
    dropped = [n for n in group_of(known).secrets if n.casefold() not in kept_secrets]
    description = text_of(body, "description") or text_of(reference, "description")
    changed = replace(known, name=name, description=description, body=variables)
    kept = change_resource(http, call, changed, secrets=secrets, dropped=dropped)
    return group_json(kept, project)


def _delete(http: LibraryHttp, call: Call) -> Reply:
    delete_in_projects(http, call, _GROUP)
    return Answer(status=204)


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
    had = {n.casefold() for n in group_of(known).secrets} if known else set()
    for name, given in table_of(body, "variables").items():
        one = given if isinstance(given, Mapping) else {"value": given}
        value = text_of(one, "value")
        if one.get("isReadOnly"):
            readonly.append(name)
        if not one.get("isSecret"):
            plain[name] = value
            continue
        names.append(name)
        if value:
            values[name] = value
        elif known is not None and name.casefold() not in had:
            raise bad_request(f'the secret "{name}" has no value')
    return {"variables": plain, "secrets": names, "readonly": readonly}, values


def group_json(kept: Kept, project: Project) -> dict[str, object]:
    """A variable group as the wire has it; the value of a secret is null."""
    group = group_of(kept)
    fixed = set(kept.body.get("readonly", ()))
    variables: dict[str, object] = {}
    for name, value in group.variables.items():
        variables[name] = {"value": value, **({"isReadOnly": True} if name in fixed else {})}
    for name in group.secrets:
        variables[name] = {"value": None, "isSecret": True}
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
