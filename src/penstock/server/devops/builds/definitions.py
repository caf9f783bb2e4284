"""Definitions of the area `build`: the same pipelines, with their settings.

Source: Azure DevOps REST API reference 7.1, Build (Definitions).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from penstock.devops.definitions import (
    Definition,
    DefinitionMoved,
    NameTaken,
    QueueStatus,
    QueueVariable,
    RunsRetained,
    Settings,
    normal_folder,
)
from penstock.server.devops.bodies import flag_of, number_of, table_of, text_of, texts_of
from penstock.server.devops.builds.definitionviews import YAML_PROCESS, definition_json
from penstock.server.devops.builds.saving import checked_name, save_new, source_named
from penstock.server.devops.context import DevopsHttp, definition_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.locations import Location
from penstock.server.devops.paging import page_of
from penstock.server.devops.queries import comma_list, flag, is_named, refuse_unsupported
from penstock.server.devops.requests import full_branch
from penstock.server.devops.routing import routes_of
from penstock.server.errors import Refused
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.runs.lists import RunQuery

LOCATIONS = (
    Location(
        id="dbeaf647-6167-421a-bda9-c9327b25e2e6",
        area="build",
        resource="Definitions",
        template="{project}/_apis/{area}/{resource}/{definitionId}",
        version=7,
    ),
)


def definition_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of definitions."""
    base = "/{organization}/{project}/_apis/build/definitions"
    one = f"{base}/{{definitionId}}"
    return routes_of(
        http,
        ("GET", base, Permission.RUN_READ, _list),
        ("POST", base, Permission.PIPELINE_EDIT, _create),
        ("GET", one, Permission.RUN_READ, _show),
        ("PUT", one, Permission.PIPELINE_EDIT, _change),
        ("DELETE", one, Permission.PIPELINE_EDIT, _delete),
    )


def _list(http: DevopsHttp, call: Call) -> Reply:
    refuse_unsupported(call, "builtAfter", "notBuiltAfter", "taskIdFilter", "minMetricsTime")
    found = _ordered(call, _filtered(call, http.definitions.list(call.project)))
    latest = flag(call, "includeLatestBuilds")
    return page_of(call, found, lambda one: definition_json(http, call, one, latest=latest))


def _ordered(call: Call, found: list[Definition]) -> list[Definition]:
    """By name, or as `queryOrder` asks."""
    order = call.query("queryOrder", "none").lower()
    match order.removesuffix("ascending").removesuffix("descending"):
        case "none" | "definitionname":
            found.sort(key=lambda one: one.name.casefold())
        case "lastmodified":
            found.sort(key=lambda one: one.updated)
        case _:
            raise bad_request(f'queryOrder: "{order[:40]}" is not an order of definitions')
    return found[::-1] if order.endswith("descending") else found


def _filtered(call: Call, found: list[Definition]) -> list[Definition]:
    name = call.query("name")
    ids = set(comma_list(call.query("definitionIds")))
    repository, path = call.query("repositoryId"), call.query("path")
    file = call.query("yamlFilename").lstrip("/").casefold()
    return [
        one
        for one in found
        if (not name or is_named(one.name, name))
        and (not ids or str(one.id) in ids)
        and (not repository or one.repository == repository)
        and (not path or one.folder.casefold() == normal_folder(path).casefold())
        and (not file or one.path.lstrip("/").casefold() == file)
    ]


def _create(http: DevopsHttp, call: Call) -> Reply:
    body = call.json()
    repository = table_of(body, "repository")
    process = _process(body)
    settings = _settings(body, Settings())
    made = save_new(
        http,
        call,
        name=text_of(body, "name"),
        folder=text_of(body, "path"),
        path=text_of(process, "yamlFilename"),
        repository=text_of(repository, "id") or text_of(repository, "name"),
        branch=text_of(repository, "defaultBranch"),
        settings=settings,
    )
    return definition_json(http, call, made)


def _show(http: DevopsHttp, call: Call) -> Reply:
    definition = _definition(http, call)
    return definition_json(http, call, definition, latest=flag(call, "includeLatestBuilds"))


def _change(http: DevopsHttp, call: Call) -> Reply:
    definition, body = _definition(http, call), call.json()
    process = _process(body) if body.get("process") else {}
    repository = table_of(body, "repository")
    path = text_of(process, "yamlFilename") or definition.path
    changed = replace(
        definition,
        revision=number_of(body, "revision") or definition.revision,
        name=checked_name(text_of(body, "name", definition.name)),
        folder=normal_folder(text_of(body, "path", definition.folder)),
        repository=_repository(http, call, repository, definition),
        path="/" + path.lstrip("/"),
        branch=full_branch(text_of(repository, "defaultBranch", definition.branch)),
        settings=_settings(body, definition.settings),
    )
    try:
        return definition_json(http, call, http.definitions.update(changed))
    except NameTaken as error:
        raise Refused(409, "DefinitionExistsException", str(error)) from error
    except DefinitionMoved as error:
        raise Refused(409, "DefinitionRevisionConflictException", str(error)) from error


def _repository(http: DevopsHttp, call: Call, given: dict[str, Any], definition: Definition) -> str:
    """The id of the repository that a pipeline is to be of; the one it has where none is given."""
    named = text_of(given, "id") or text_of(given, "name")
    if named in ("", definition.repository):
        return definition.repository
    return source_named(http, call, named).id


def _delete(http: DevopsHttp, call: Call) -> Reply:
    """The pipeline goes with its runs and their files."""
    definition = _definition(http, call)
    going = http.lists.find(
        RunQuery(
            project=call.project,
            pipelines=(definition.id,),
            states=("queued", "running", "canceling"),
            top=1,
        )
    )
    if going:
        raise _has_run(f"run {going[0].id} of the pipeline is going on; cancel it first")
    try:
        gone = http.definitions.delete(definition.id)
    except RunsRetained as error:
        raise _has_run(f"{error}; let it go first (keepForever: false)") from error
    for run in gone:
        http.forget(str(run))
    return Answer(status=204)


def _has_run(message: str) -> Refused:
    return Refused(409, "CannotDeleteDefinitionBuildExistsException", message)


def _definition(http: DevopsHttp, call: Call) -> Definition:
    return definition_of(http, call, call.parameters["definitionId"])


def _process(body: dict[str, Any]) -> dict[str, Any]:
    process = table_of(body, "process")
    if process.get("type", YAML_PROCESS) != YAML_PROCESS:
        raise bad_request("process.type must be 2: only YAML pipelines are run")
    return process


def _settings(body: dict[str, Any], known: Settings) -> Settings:
    status = text_of(body, "queueStatus", str(known.queue_status))
    if status not in tuple(QueueStatus):
        raise bad_request(f'queueStatus: "{status[:40]}" is none of {", ".join(QueueStatus)}')
    badge = flag_of(body, "badgeEnabled")
    return Settings(
        variables=_variables(body) if body.get("variables") is not None else known.variables,
        queue_status=QueueStatus(status),
        badge=known.badge if badge is None else badge,
        description=text_of(body, "description", known.description),
        tags=tuple(texts_of(body, "tags")) if body.get("tags") is not None else known.tags,
    )


def _variables(body: dict[str, Any]) -> tuple[QueueVariable, ...]:
    found = []
    for name, given in table_of(body, "variables").items():
        if not isinstance(given, dict):
            raise bad_request(f'variables: "{name}" must be an object with a `value`')
        if given.get("isSecret"):
            raise bad_request(
                f'variables: "{name}" cannot be secret; put it in a variable group of the library'
            )
        settable = bool(given.get("allowOverride"))
        found.append(QueueVariable(name=name, value=text_of(given, "value"), settable=settable))
    return tuple(found)
