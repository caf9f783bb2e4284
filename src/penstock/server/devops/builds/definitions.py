"""Definitions of the area `build`: the same pipelines, with their settings; and the status badge.

Source: Azure DevOps REST API reference 7.1, Build (Definitions, Status).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock.devops.definitions import (
    Definition,
    NameTaken,
    QueueStatus,
    QueueVariable,
    Settings,
    normal_folder,
)
from penstock.server.devops.bodies import table_of, text_of
from penstock.server.devops.builds.badge import badge_svg
from penstock.server.devops.builds.pipelines import checked_name, full_branch, save_new
from penstock.server.devops.builds.views import build_json
from penstock.server.devops.context import (
    DevopsHttp,
    api,
    definition_of,
    page,
    project_json,
    project_name,
)
from penstock.server.devops.errors import bad_request, devops_error
from penstock.server.devops.locations import Location
from penstock.server.devops.queries import comma_list, flag, page_size
from penstock.server.devops.wire import identity_json, moment
from penstock.server.errors import Refused
from penstock.server.routes import Answer, Call, Handler, Permission, Reply, Route
from penstock.store.runlists import RunQuery

if TYPE_CHECKING:
    from starlette.responses import Response

LOCATIONS = (
    Location(
        id="dbeaf647-6167-421a-bda9-c9327b25e2e6",
        area="build",
        resource="Definitions",
        template="{project}/_apis/{area}/{resource}/{definitionId}",
        version=7,
    ),
    Location(
        id="07acfdce-4757-4439-b422-ddd13a2fcc10",
        area="build",
        resource="status",
        template="{project}/_apis/{area}/{resource}/{*definition}",
    ),
)
_BASE = "/{organization}/{project}/_apis/build"
_YAML_PROCESS = 2


def build_definition_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of definitions and of the badge."""

    def list_definitions(call: Call) -> Reply:
        found = _filtered(call, http.definitions.list(call.project))
        top = page_size(call, "$top", 10_000, 10_000)
        latest = flag(call, "includeLatestBuilds")
        value = [definition_json(http, call, one, latest=latest) for one in found[:top]]
        return {"count": len(value), "value": value}

    def create(call: Call) -> Reply:
        body = call.json()
        repository = table_of(body, "repository")
        process = _process(body)
        made = save_new(
            http,
            call,
            name=text_of(body, "name"),
            folder=text_of(body, "path"),
            path=text_of(process, "yamlFilename"),
            repository=text_of(repository, "id") or text_of(repository, "name"),
            branch=text_of(repository, "defaultBranch"),
        )
        settings = _settings(body, made.settings)
        if settings != made.settings:
            made = http.definitions.update(replace(made, settings=settings))
        return definition_json(http, call, made)

    def show(call: Call) -> Reply:
        definition = _definition(http, call)
        return definition_json(http, call, definition, latest=flag(call, "includeLatestBuilds"))

    def change(call: Call) -> Reply:
        definition, body = _definition(http, call), call.json()
        given = body.get("revision")
        if isinstance(given, int) and given != definition.revision:
            message = f"the pipeline was changed meanwhile: it has revision {definition.revision}"
            raise Refused(409, "DefinitionRevisionConflictException", message)
        process = _process(body) if body.get("process") else {}
        repository = table_of(body, "repository")
        path = text_of(process, "yamlFilename") or definition.path
        changed = replace(
            definition,
            name=checked_name(text_of(body, "name", definition.name)),
            folder=normal_folder(text_of(body, "path", definition.folder)),
            path="/" + path.lstrip("/"),
            branch=full_branch(text_of(repository, "defaultBranch", definition.branch)),
            settings=_settings(body, definition.settings),
        )
        try:
            return definition_json(http, call, http.definitions.update(changed))
        except NameTaken as error:
            raise Refused(409, "DefinitionExistsException", str(error)) from error

    def delete(call: Call) -> Reply:
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
            message = f"run {going[0].id} of the pipeline is going on; cancel it first"
            raise Refused(409, "CannotDeleteDefinitionBuildExistsException", message)
        http.definitions.delete(definition.id)
        return Answer(status=204)

    def badge(call: Call) -> Response:
        from starlette.responses import Response

        definition = definition_of(http, call, call.parameters["definition"])
        headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
        return Response(
            badge_svg(*_badge_words(http, call, definition)),
            media_type="image/svg+xml",
            headers=headers,
        )

    def route(method: str, path: str, permission: Permission, handler: Handler) -> Route:
        return Route(
            method=method,
            path=f"{_BASE}{path}",
            permission=permission,
            handler=handler,
            on_error=devops_error,
        )

    return (
        route("GET", "/definitions", Permission.RUN_READ, list_definitions),
        route("POST", "/definitions", Permission.PIPELINE_EDIT, create),
        route("GET", "/definitions/{definitionId}", Permission.RUN_READ, show),
        route("PUT", "/definitions/{definitionId}", Permission.PIPELINE_EDIT, change),
        route("DELETE", "/definitions/{definitionId}", Permission.PIPELINE_EDIT, delete),
        route("GET", "/status/{definition}", Permission.RUN_READ, badge),
    )


def definition_json(
    http: DevopsHttp, call: Call, definition: Definition, *, latest: bool = False
) -> dict[str, object]:
    """A definition of the API `build` 7.1."""
    name = project_name(http, definition.project)
    own = api(http, call, name, "build", "definitions", str(definition.id))
    author = identity_json(definition.author, "")
    body: dict[str, object] = {
        "_links": {
            "self": {"href": own},
            "web": {
                "href": page(http, call, name, f"_build/definition?definitionId={definition.id}")
            },
            "badge": {"href": api(http, call, name, "build", "status", str(definition.id))},
        },
        "id": definition.id,
        "name": definition.name,
        "path": definition.folder,
        "type": "build",
        "quality": "definition",
        "revision": definition.revision,
        "queueStatus": str(definition.settings.queue_status),
        "createdDate": moment(definition.created),
        "url": own,
        "uri": f"vstfs:///Build/Definition/{definition.id}",
        "project": project_json(http, call, definition.project),
        "authoredBy": author,
        "description": definition.settings.description,
        "badgeEnabled": definition.settings.badge,
        "variables": {
            variable.name: {"value": variable.value, "allowOverride": variable.settable}
            for variable in definition.settings.variables
        },
        "tags": list(definition.settings.tags),
        "process": {"type": _YAML_PROCESS, "yamlFilename": definition.path.lstrip("/")},
        "repository": _repository_json(http, definition),
        "triggers": [],
        "queue": {"id": 1, "name": "Default", "pool": {"id": 1, "name": "Default"}},
    }
    if latest:
        newest = http.lists.newest([definition.id], 1)[definition.id]
        ended = http.lists.find(
            RunQuery(
                project=definition.project,
                pipelines=(definition.id,),
                states=("finished",),
                top=1,
            )
        )
        body["latestBuild"] = build_json(http, call, newest[0]) if newest else None
        body["latestCompletedBuild"] = build_json(http, call, ended[0]) if ended else None
    return body


def _repository_json(http: DevopsHttp, definition: Definition) -> dict[str, object]:
    from penstock.devops.sources import SourceMissing

    shown: dict[str, object] = {
        "id": definition.repository,
        "type": "TfsGit",
        "name": "",
        "defaultBranch": definition.branch,
        "clean": None,
        "checkoutSubmodules": False,
        "properties": {},
    }
    try:
        source = http.sources.repository(definition.repository, definition.project)
    except SourceMissing:
        return shown
    shown.update(
        name=source.name,
        url=source.address,
        defaultBranch=definition.branch or source.default_branch,
    )
    return shown


def _definition(http: DevopsHttp, call: Call) -> Definition:
    return definition_of(http, call, call.parameters["definitionId"])


def _filtered(call: Call, found: list[Definition]) -> list[Definition]:
    name = call.query("name").casefold()
    ids = set(comma_list(call.query("definitionIds")))
    repository, path = call.query("repositoryId"), call.query("path")
    file = call.query("yamlFilename").lstrip("/").casefold()
    return [
        one
        for one in found
        if (not name or _matches(one.name.casefold(), name))
        and (not ids or str(one.id) in ids)
        and (not repository or one.repository == repository)
        and (not path or one.folder.casefold() == normal_folder(path).casefold())
        and (not file or one.path.lstrip("/").casefold() == file)
    ]


def _matches(name: str, pattern: str) -> bool:
    """Names may be asked for with `*`, as the service does."""
    from fnmatch import translate
    from re import match

    return match(translate(pattern.replace("[", "[[]").replace("?", "[?]")), name) is not None


def _process(body: dict[str, Any]) -> dict[str, Any]:
    process = table_of(body, "process")
    if process.get("type", _YAML_PROCESS) != _YAML_PROCESS:
        raise bad_request("process.type must be 2: only YAML pipelines are run")
    return process


def _settings(body: dict[str, Any], known: Settings) -> Settings:
    status = text_of(body, "queueStatus", str(known.queue_status))
    if status not in tuple(QueueStatus):
        raise bad_request(f'queueStatus: "{status[:40]}" is none of {", ".join(QueueStatus)}')
    badge = body.get("badgeEnabled")
    tags = body.get("tags")
    return Settings(
        variables=_variables(body) if body.get("variables") is not None else known.variables,
        queue_status=QueueStatus(status),
        badge=badge if isinstance(badge, bool) else known.badge,
        description=text_of(body, "description", known.description),
        tags=tuple(map(str, tags)) if isinstance(tags, list) else known.tags,
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


def _badge_words(http: DevopsHttp, call: Call, definition: Definition) -> tuple[str, str]:
    branch = call.query("branchName").removeprefix("refs/heads/")
    query = RunQuery(
        project=definition.project,
        pipelines=(definition.id,),
        branch=branch,
        states=("finished",),
        top=1,
    )
    found = http.lists.find(query)
    label = call.query("label") or definition.name
    if not found:
        return label, "never built"
    stage = call.query("stageName").casefold()
    result = found[0].result
    if stage:
        result = next(
            (s.result for s in found[0].stages if stage in (s.id.casefold(), s.name.casefold())),
            None,
        )
    words = {
        "succeeded": "succeeded",
        "skipped": "skipped",
        "succeededWithIssues": "partially succeeded",
        "canceled": "canceled",
        None: "never built",
    }
    return label, words.get(result, "failed")
