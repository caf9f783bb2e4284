"""One call for wizard and editor: diagnostics, final YAML with origins, parameters, the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from penstock.devops.definitions import Definition
from penstock.devops.queueing.preparing import Prepared
from penstock.devops.queueing.requests import RunRequest
from penstock.devops.sources import SourceMissing
from penstock.language import yaml
from penstock.language.canonical import Line, dump_lines
from penstock.language.casing import fold_case
from penstock.language.compiler import Compiled
from penstock.language.diagnostics import render, to_json
from penstock.language.origins import Frame
from penstock.language.pipeline import UNNAMED_STAGE, Parameter, Pipeline
from penstock.language.source import Diagnostic, Span
from penstock.server.devops.bodies import table_of, text_of
from penstock.server.devops.builds.views import variable_reason
from penstock.server.devops.context import DevopsHttp, definition_of, requester
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.requests import full_branch, parameters_of, variables_of
from penstock.server.devops.routing import routes_of
from penstock.server.routes import Call, Permission, Reply, Route


def preview_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The route of the preview."""
    path = "/{organization}/{project}/_apis/penstock/preview"
    return routes_of(http, ("POST", path, Permission.RUN_READ, _preview))


def _preview(http: DevopsHttp, call: Call) -> Reply:
    body = call.json()
    try:
        prepared = http.preparing.prepare(_request(http, call, body))
    except SourceMissing as error:
        raise not_found("InvalidSourceVersionException", str(error)) from error
    assumed = {name: str(result) for name, result in table_of(body, "assume").items()}
    return preview_json(http, prepared, assumed)


def preview_json(http: DevopsHttp, prepared: Prepared, assumed: dict[str, str]) -> dict[str, Any]:
    """What is known of the pipeline before a run."""
    compiled = prepared.compiled
    lines = dump_lines(compiled.tree) if compiled.tree is not None and compiled.pipeline else []
    pipeline = compiled.partial
    settings = prepared.request.definition.settings
    return {
        "diagnostics": [_diagnostic(one) for one in prepared.diagnostics],
        "finalYaml": "\n".join(line.text for line in lines) + "\n" if lines else None,
        "origins": _origins(compiled, lines),
        "parameters": [_parameter(one) for one in pipeline.parameters] if pipeline else [],
        "variables": [
            {"name": one.name, "value": one.value, "allowOverride": one.settable}
            for one in settings.variables
        ],
        "stages": _stages(pipeline) if pipeline else [],
        "plan": _plan(http.foresee(prepared, assumed), compiled.pipeline)
        if prepared.planned
        else None,
        "branch": prepared.ref,
        "commit": prepared.commit.id,
        "repositories": {
            alias: {"project": one.project_name, "name": one.name, "commit": commit}
            for alias, (one, commit) in prepared.resources.items()
        },
    }


def _plan(foreseen: Mapping[str, Any], pipeline: Pipeline | None) -> dict[str, Any]:
    """The plan by stage: a verdict and why, where it is written, and the same of its jobs."""
    told = foreseen["explanations"]
    places = _places(pipeline) if pipeline else {}

    def part(node: Mapping[str, Any]) -> dict[str, Any]:
        return {**_verdict(node, told), "place": places.get(fold_case(node["path"]))}

    return {
        "stages": [{**part(stage), "jobs": _jobs(stage, part)} for stage in foreseen["stages"]],
        "missing": [one["message"] for one in foreseen["missing"]],
        "result": foreseen["result"],
        "unknown": foreseen["unknown"],
    }


def _jobs(
    stage: Mapping[str, Any], part: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> list[dict[str, Any]]:
    return [
        {**part(job), "waitsFor": job["waitsFor"]}
        for job in stage["children"]
        if job["kind"] in ("job", "deployment")
    ]


def _places(pipeline: Pipeline) -> dict[str, dict[str, object]]:
    """Where each stage and job is written, by its path in lower case."""
    found = {}
    for stage in pipeline.stages:
        name = fold_case(stage.id.value)
        found[name] = _place(stage.span)
        lead = "" if stage.id.value == UNNAMED_STAGE else f"{name}/"
        for job in stage.jobs:
            found[lead + fold_case(job.id.value)] = _place(job.span)
    return found


def _place(span: Span) -> dict[str, object]:
    return {"file": span.source.label, "line": span.line}


def _verdict(node: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, Any]:
    words = {"succeeded": "runs", "skipped": "skipped"}
    return {
        "id": node["path"],
        "displayName": node["displayName"],
        "verdict": words.get(node["result"], node["result"]),
        "assumed": node["assumed"],
        "why": node["why"],
        "explanation": told.get(node["path"]),
    }


def _request(http: DevopsHttp, call: Call, body: dict[str, Any]) -> RunRequest:
    edited = body.get("yaml")
    if edited is not None and not isinstance(edited, str):
        raise bad_request('"yaml" must be a text')
    if body.get("definitionId") is not None:
        definition = definition_of(http, call, str(body["definitionId"]))
        if path := text_of(body, "path"):
            definition = replace(definition, path="/" + path.lstrip("/"))
    else:
        definition = _unsaved(http, call, body)
    files, run = full_branch(text_of(body, "branch")), full_branch(text_of(body, "runBranch"))
    return RunRequest(
        definition=definition,
        ref=run or files,
        commit=text_of(body, "commit") or (files if run else ""),
        parameters=parameters_of(body),
        variables=variables_of(body),
        reason=variable_reason(text_of(body, "reason", "manual")),
        requested_by=requester(call),
        yaml=edited,
    )


def _unsaved(http: DevopsHttp, call: Call, body: dict[str, Any]) -> Definition:
    repository, path = text_of(body, "repositoryId"), text_of(body, "path")
    if not repository or not path.strip("/"):
        raise bad_request("name a pipeline (definitionId), or a repositoryId and a path")
    try:
        source = http.sources.repository(repository, call.project)
    except SourceMissing as error:
        raise not_found("RepositoryNotFoundException", str(error)) from error
    return Definition(
        id=0,
        project=call.project,
        name=PurePosixPath(path).stem,
        repository=source.id,
        path="/" + path.lstrip("/"),
    )


def _diagnostic(diagnostic: Diagnostic) -> dict[str, object]:
    return {**to_json([diagnostic])[0], "text": render([diagnostic])}


def _origins(compiled: Compiled, lines: Sequence[Line]) -> dict[str, object]:
    """Where each line of the final YAML came from: `lines` has the file, the line in it, and the
    way through templates, the first and the last by their numbers among `files` and `chains`."""
    files: dict[str, int] = {}
    chains: dict[tuple[Frame, ...], int] = {}
    places = []
    for line in lines:
        span = line.begins.span
        frames = compiled.origins.innermost(line.within)
        file = files.setdefault(span.source.label, len(files))
        places.append([file, span.line, chains.setdefault(frames, len(chains))])
    return {
        "files": list(files),
        "chains": [[_frame(frame) for frame in frames] for frames in chains],
        "lines": places,
    }


def _frame(frame: Frame) -> dict[str, object]:
    return {"kind": frame.kind, "detail": frame.detail, **_place(frame.span)}


def _parameter(parameter: Parameter) -> dict[str, object]:
    default = parameter.default
    return {
        "name": parameter.name.value,
        "displayName": parameter.display_name.value if parameter.display_name else None,
        "type": parameter.type,
        "default": yaml.to_texts(default) if default is not None else None,
        "values": [value.value for value in parameter.values],
    }


def _stages(pipeline: Pipeline) -> list[dict[str, object]]:
    shown: list[dict[str, object]] = []
    before: str | None = None
    for stage in pipeline.stages:
        depends = [before] if before else []
        if stage.depends_on is not None:
            depends = [text.value for text in stage.depends_on]
        shown.append(
            {
                "name": stage.id.value,
                "displayName": stage.display_name.value if stage.display_name else stage.id.value,
                "dependsOn": depends,
                "skippable": stage.is_skippable is not False,
            }
        )
        before = stage.id.value
    return shown
