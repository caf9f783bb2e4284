"""The area `pipelines`: pipelines by their YAML, and runs of them.

Source: Azure DevOps REST API reference 7.1, Pipelines; the `azure-devops` client 7.1.0b4.
"""

from __future__ import annotations

from typing import Any

from penstock.devops.definitions import Definition, NameTaken, normal_folder
from penstock.devops.plans.stages import UnknownStage
from penstock.devops.queueing import Prepared, RunRequest
from penstock.devops.sources import SourceMissing
from penstock.language.canonical import dump
from penstock.language.diagnostics import render
from penstock.server.devops.bodies import table_of, text_of, texts_of
from penstock.server.devops.builds.views import pipeline_json, pipeline_run_json
from penstock.server.devops.context import (
    DevopsHttp,
    definition_of,
    requester,
    run_of,
)
from penstock.server.devops.errors import bad_request, devops_error, not_found
from penstock.server.devops.locations import Location
from penstock.server.devops.queries import number_in, page_size
from penstock.server.devops.requests import parameters_of, start, variables_of
from penstock.server.errors import Refused
from penstock.server.routes import Answer, Call, Handler, Permission, Reply, Route
from penstock.store.runlists import RunQuery
from penstock.store.runs import Run

LOCATIONS = (
    Location(
        id="28e1305e-2afe-47bf-abaf-cbb0e6a91988",
        area="pipelines",
        resource="pipelines",
        template="{project}/_apis/{resource}/{pipelineId}",
    ),
    Location(
        id="53df2d18-29ea-46a9-bee0-933540f80abf",
        area="pipelines",
        resource="preview",
        template="{project}/_apis/pipelines/{pipelineId}/{resource}",
    ),
    Location(
        id="7859261e-d2e9-4a68-b820-a5d84cc5bb3d",
        area="pipelines",
        resource="runs",
        template="{project}/_apis/pipelines/{pipelineId}/{resource}/{runId}",
    ),
)
_BASE = "/{organization}/{project}/_apis/pipelines"
_REPOSITORY_TYPES = ("azurereposgit", "tfsgit", "")
_MOST_RUNS = 10_000


def pipeline_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of the area."""

    def list_pipelines(call: Call) -> Reply:
        found = http.definitions.list(call.project)
        field, _, direction = call.query("orderBy", "name asc").partition(" ")
        if field.lower() in ("id", "createddate"):
            found.sort(key=lambda one: one.id)
        else:
            found.sort(key=lambda one: one.name.casefold())
        if direction.strip().lower() == "desc":
            found.reverse()
        return _page(call, [pipeline_json(http, call, one) for one in found])

    def create(call: Call) -> Reply:
        return pipeline_json(http, call, create_definition(http, call, call.json()))

    def show(call: Call) -> Reply:
        return pipeline_json(http, call, _definition(http, call))

    def list_runs(call: Call) -> Reply:
        definition = _definition(http, call)
        query = RunQuery(project=call.project, pipelines=(definition.id,), top=_MOST_RUNS)
        value = [pipeline_run_json(http, call, run) for run in http.lists.find(query)]
        return {"count": len(value), "value": value}

    def run_pipeline(call: Call) -> Reply:
        body = call.json()
        request = run_request(_definition(http, call), body, call)
        if body.get("previewRun"):
            return _preview(http, call, request)
        run = http.runs.get(start(http.queueing, request))
        assert run is not None
        return pipeline_run_json(http, call, run)

    def preview(call: Call) -> Reply:
        return _preview(http, call, run_request(_definition(http, call), call.json(), call))

    def show_run(call: Call) -> Reply:
        return pipeline_run_json(http, call, _run(http, call))

    def route(method: str, path: str, permission: Permission, handler: Handler) -> Route:
        return Route(
            method=method,
            path=f"{_BASE}{path}",
            permission=permission,
            handler=handler,
            on_error=devops_error,
        )

    return (
        route("GET", "", Permission.RUN_READ, list_pipelines),
        route("POST", "", Permission.PIPELINE_EDIT, create),
        route("GET", "/{pipelineId}", Permission.RUN_READ, show),
        route("GET", "/{pipelineId}/runs", Permission.RUN_READ, list_runs),
        route("POST", "/{pipelineId}/runs", Permission.RUN_QUEUE, run_pipeline),
        route("POST", "/{pipelineId}/preview", Permission.RUN_QUEUE, preview),
        route("GET", "/{pipelineId}/runs/{runId}", Permission.RUN_READ, show_run),
    )


def create_definition(http: DevopsHttp, call: Call, body: dict[str, Any]) -> Definition:
    """A new pipeline as `POST pipelines` describes it."""
    configuration = table_of(body, "configuration")
    repository = table_of(configuration, "repository")
    kind = text_of(configuration, "type")
    if kind.lower() != "yaml":
        raise bad_request(f'configuration.type must be "yaml", not "{kind}"')
    if text_of(repository, "type").lower() not in _REPOSITORY_TYPES:
        raise bad_request('configuration.repository.type must be "azureReposGit"')
    return save_new(
        http,
        call,
        name=text_of(body, "name"),
        folder=text_of(body, "folder"),
        path=text_of(configuration, "path"),
        repository=text_of(repository, "id") or text_of(repository, "name"),
        branch=text_of(repository, "defaultBranch"),
    )


def save_new(
    http: DevopsHttp,
    call: Call,
    *,
    name: str,
    folder: str,
    path: str,
    repository: str,
    branch: str,
) -> Definition:
    """Keep a new definition. The repository's name is the pipeline's where none is given."""
    if not path.strip("/"):
        raise bad_request("configuration.path: name the YAML file, from the root of the repository")
    try:
        source = http.sources.repository(repository, call.project)
    except SourceMissing as error:
        raise not_found("RepositoryNotFoundException", str(error)) from error
    fresh = Definition(
        id=0,
        project=call.project,
        name=checked_name(name.strip() or source.name),
        folder=normal_folder(folder),
        repository=source.id,
        path="/" + path.lstrip("/"),
        branch=full_branch(branch),
        author=call.principal.id if call.principal else "",
    )
    try:
        return http.definitions.create(fresh)
    except NameTaken as error:
        raise Refused(409, "DefinitionExistsException", str(error)) from error


def checked_name(name: str) -> str:
    """A name that a pipeline may have."""
    if (
        not name
        or len(name) > 260
        or any(c in name for c in '<>|:*?"\\/')
        or not name.isprintable()
    ):
        raise bad_request(f'"{name[:100]}" is not a name that a pipeline may have')
    return name


def full_branch(branch: str) -> str:
    """A branch by its full name; none stays none."""
    return branch if not branch or branch.startswith("refs/") else f"refs/heads/{branch}"


def run_request(definition: Definition, body: dict[str, Any], call: Call) -> RunRequest:
    """What `POST runs` asks for."""
    repositories = table_of(table_of(body, "resources"), "repositories")
    own = table_of(repositories, "self")
    override = body.get("yamlOverride")
    if override is not None and not isinstance(override, str):
        raise bad_request('"yamlOverride" must be a text')
    if override is not None and not body.get("previewRun"):
        raise bad_request('"yamlOverride" is for a preview: say "previewRun": true')
    return RunRequest(
        definition=definition,
        ref=full_branch(text_of(own, "refName")),
        commit=text_of(own, "version"),
        parameters=parameters_of(body),
        variables=variables_of(body),
        skipped=texts_of(body, "stagesToSkip"),
        resources={
            alias: text_of(one, "version") or full_branch(text_of(one, "refName"))
            for alias, one in repositories.items()
            if alias != "self" and isinstance(one, dict)
        },
        requested_by=requester(call),
        yaml=override,
        diagnostics=bool(body.get("enableDiagnostics")),
    )


def _preview(http: DevopsHttp, call: Call, request: RunRequest) -> Reply:
    try:
        prepared: Prepared = http.queueing.prepare(request)
    except (SourceMissing, UnknownStage) as error:
        raise bad_request(str(error)) from error
    if prepared.compiled.pipeline is None or prepared.compiled.tree is None:
        message = render(prepared.diagnostics)
        raise bad_request(message, "PipelineValidationException")
    return {
        "id": -1,
        "name": "preview",
        "state": "unknown",
        "pipeline": pipeline_json(http, call, request.definition),
        "finalYaml": dump(prepared.compiled.tree),
    }


def _definition(http: DevopsHttp, call: Call) -> Definition:
    return definition_of(http, call, call.parameters["pipelineId"])


def _run(http: DevopsHttp, call: Call) -> Run:
    definition, run = _definition(http, call), run_of(http, call)
    if run.pipeline != definition.id:
        message = f"run {run.id} is not one of the pipeline {definition.id}"
        raise not_found("BuildNotFoundException", message)
    return run


def _page(call: Call, rows: list[dict[str, object]]) -> Reply:
    """A page of a list; the token of the next one is where it starts."""
    top = page_size(call, "$top", 10_000, 10_000)
    first = number_in(call.query("continuationToken")) or 0
    value = rows[first : first + top]
    headers = {}
    if first + top < len(rows):
        headers["x-ms-continuationtoken"] = str(first + top)
    return Answer(body={"count": len(value), "value": value}, headers=headers)
