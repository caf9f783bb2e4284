"""The area `pipelines`: pipelines by their YAML, and runs of them.

Source: Azure DevOps REST API reference 7.1, Pipelines; the `azure-devops` client 7.1.0b4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from penstock.devops.definitions import Definition
from penstock.devops.plans.stages import StageRefused
from penstock.devops.queueing.preparing import Prepared
from penstock.devops.queueing.requests import RunRequest
from penstock.devops.sources import SourceMissing
from penstock.language.canonical import dump
from penstock.language.diagnostics import render
from penstock.server.devops.bodies import flag_of, table_of, text_of, texts_of
from penstock.server.devops.builds.saving import save_new
from penstock.server.devops.builds.views import pipeline_json, pipeline_run_json
from penstock.server.devops.context import DevopsHttp, definition_of, kept_run, requester, run_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.locations import Location
from penstock.server.devops.paging import page_of
from penstock.server.devops.requests import full_branch, parameters_of, start, variables_of
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.runs.lists import RunQuery

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
_REPOSITORY_TYPES = ("azurereposgit", "tfsgit", "")
_MOST_RUNS = 10_000
_ORDERS: Mapping[str, Callable[[Definition], int | str]] = {
    "name": lambda one: one.name.casefold(),
    "id": lambda one: one.id,
    "createddate": lambda one: one.id,
}
_RESOURCES = ("builds", "containers", "packages", "pipelines")


def pipeline_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of the area."""
    base = "/{organization}/{project}/_apis/pipelines"
    one = f"{base}/{{pipelineId}}"
    return routes_of(
        http,
        ("GET", base, Permission.RUN_READ, _list),
        ("POST", base, Permission.PIPELINE_EDIT, _create),
        ("GET", one, Permission.RUN_READ, _show),
        ("GET", f"{one}/runs", Permission.RUN_READ, _list_runs),
        ("POST", f"{one}/runs", Permission.RUN_QUEUE, _run_pipeline),
        ("POST", f"{one}/preview", Permission.RUN_QUEUE, _preview),
        ("GET", f"{one}/runs/{{runId}}", Permission.RUN_READ, _show_run),
    )


def _list(http: DevopsHttp, call: Call) -> Reply:
    found = http.definitions.list(call.project)
    field, _, direction = call.query("orderBy", "name asc").lower().partition(" ")
    if field not in _ORDERS or direction.strip() not in ("", "asc", "desc"):
        raise bad_request(f"orderBy is one of {', '.join(_ORDERS)}, with asc or desc behind it")
    found.sort(key=_ORDERS[field], reverse=direction.strip() == "desc")
    return page_of(call, found, lambda one: pipeline_json(http, call, one))


def _create(http: DevopsHttp, call: Call) -> Reply:
    return pipeline_json(http, call, create_definition(http, call, call.json()))


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


def _show(http: DevopsHttp, call: Call) -> Reply:
    return pipeline_json(http, call, _definition(http, call))


def _list_runs(http: DevopsHttp, call: Call) -> Reply:
    definition = _definition(http, call)
    query = RunQuery(project=call.project, pipelines=(definition.id,), top=_MOST_RUNS)
    return listed([pipeline_run_json(http, call, run) for run in http.lists.find(query)])


def _run_pipeline(http: DevopsHttp, call: Call) -> Reply:
    body = call.json()
    request = run_request(_definition(http, call), body, call)
    if flag_of(body, "previewRun"):
        return _previewed(http, call, request)
    return pipeline_run_json(http, call, kept_run(http, start(http.queueing, request)))


def _preview(http: DevopsHttp, call: Call) -> Reply:
    return _previewed(http, call, run_request(_definition(http, call), call.json(), call))


def run_request(definition: Definition, body: dict[str, Any], call: Call) -> RunRequest:
    """What `POST runs` asks for."""
    resources = table_of(body, "resources")
    for kind in _RESOURCES:
        if resources.get(kind):
            raise bad_request(f'"resources.{kind}" cannot be chosen for a run here; leave it out')
    repositories = table_of(resources, "repositories")
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
            for alias in repositories
            if alias != "self"
            for one in [table_of(repositories, alias)]
        },
        requested_by=requester(call),
        yaml=override,
        diagnostics=bool(body.get("enableDiagnostics")),
    )


def _previewed(http: DevopsHttp, call: Call, request: RunRequest) -> Reply:
    try:
        prepared: Prepared = http.preparing.prepare(request)
    except (SourceMissing, StageRefused) as error:
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


def _show_run(http: DevopsHttp, call: Call) -> Reply:
    return pipeline_run_json(http, call, run_of(http, call))


def _definition(http: DevopsHttp, call: Call) -> Definition:
    return definition_of(http, call, call.parameters["pipelineId"])
