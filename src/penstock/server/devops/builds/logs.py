"""Logs and artifacts of builds.

Source: Azure DevOps REST API reference 7.1, Build (Get Build Log, Artifacts) and Pipelines (Logs,
Artifacts).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from penstock.server.archives import PIECE, Member, zip_pieces
from penstock.server.devops.builds.timeline import LogPlace, make_timeline, record_id
from penstock.server.devops.context import (
    DevopsHttp,
    api,
    project_name,
    run_of,
)
from penstock.server.devops.errors import bad_request, devops_error, not_found
from penstock.server.devops.locations import Location
from penstock.server.devops.wire import moment
from penstock.server.routes import Call, Handler, Permission, Reply, Route
from penstock.store.agents import Attachment
from penstock.store.files import reading, walk
from penstock.store.runs import Run

if TYPE_CHECKING:
    from starlette.responses import Response

LOCATIONS = (
    Location(
        id="35a80daf-7f30-45fc-86e8-6b813d9c90df",
        area="build",
        resource="logs",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}/{logId}",
        version=2,
    ),
    Location(
        id="1db06c96-014e-44e1-ac91-90b2d4b3e984",
        area="build",
        resource="artifacts",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}",
        version=5,
    ),
    Location(
        id="fb1b6d27-3957-43d5-a14b-a2d70403e545",
        area="pipelines",
        resource="logs",
        template="{project}/_apis/{area}/{pipelineId}/runs/{runId}/{resource}/{logId}",
    ),
    Location(
        id="85023071-bd5e-4438-89b0-2a5bf362a19d",
        area="pipelines",
        resource="artifacts",
        template="{project}/_apis/{area}/{pipelineId}/runs/{runId}/{resource}",
    ),
)
_BUILD = "/{organization}/{project}/_apis/build/builds/{runId}"
_PIPELINE = "/{organization}/{project}/_apis/pipelines/{pipelineId}/runs/{runId}"
_AT_ONCE = 100_000
ARTIFACT = "artifact"


def build_log_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of logs and artifacts, of builds and of pipelines' runs."""

    def list_logs(call: Call) -> Reply | Response:
        run = run_of(http, call)
        places = log_places(http, run)
        if _wants(call, "application/zip"):
            http.shares.archives.take(call)
            return _zip_of_logs(http, run, places.values())
        name = project_name(http, run.project)
        value = [_log_json(http, call, run, place, name) for place in places.values()]
        return {"count": len(value), "value": value}

    def show_log(call: Call) -> Reply | Response:
        run = run_of(http, call)
        place = _place(http, call, run)
        if _wants(call, "text/plain"):
            return _plain_log(http, call, run, place)
        first, last = _range(http, call, run, place)
        lines = http.logs.read(str(run.id), place.node, place.step, first, last - first + 1)
        return {"count": len(lines), "value": lines}

    def list_pipeline_logs(call: Call) -> Reply:
        run = run_of(http, call)
        name = project_name(http, run.project)
        value = [
            _pipeline_log(http, call, run, one, name) for one in log_places(http, run).values()
        ]
        return {"logs": value, "url": call.base_url + call.path}

    def show_pipeline_log(call: Call) -> Reply:
        run = run_of(http, call)
        name = project_name(http, run.project)
        return _pipeline_log(http, call, run, _place(http, call, run), name)

    def list_artifacts(call: Call) -> Reply | Response:
        run = run_of(http, call)
        wanted = call.query("artifactName")
        if wanted:
            artifact = _artifact(http, run, wanted)
            if _wants(call, "application/zip") or call.query("$format").lower() == "zip":
                http.shares.archives.take(call)
                return _zip_of_artifact(artifact)
            if file := call.query("fileName"):
                return _file_of_artifact(artifact, file)
            return _artifact_json(http, call, run, artifact)
        value = [_artifact_json(http, call, run, one) for one in artifacts(http, run)]
        return {"count": len(value), "value": value}

    def pipeline_artifact(call: Call) -> Reply:
        run = run_of(http, call)
        artifact = _artifact(http, run, call.query("artifactName"))
        url = _download_url(http, call, run, artifact.name)
        return {
            "name": artifact.name,
            "url": call.base_url + call.path,
            "signedContent": {"url": url, "signatureExpires": moment(http.clock() + 3600)},
        }

    def route(path: str, handler: Handler) -> Route:
        return Route(
            method="GET",
            path=path,
            permission=Permission.RUN_READ,
            handler=handler,
            on_error=devops_error,
        )

    return (
        route(f"{_BUILD}/logs", list_logs),
        route(f"{_BUILD}/logs/{{logId}}", show_log),
        route(f"{_BUILD}/artifacts", list_artifacts),
        route(f"{_PIPELINE}/logs", list_pipeline_logs),
        route(f"{_PIPELINE}/logs/{{logId}}", show_pipeline_log),
        route(f"{_PIPELINE}/artifacts", pipeline_artifact),
    )


def log_places(http: DevopsHttp, run: Run) -> dict[int, LogPlace]:
    """The logs of a run by their numbers."""
    id = str(run.id)
    return http.scheduler.read(
        id, lambda state: make_timeline(id, state, lambda n, s: http.logs.line_count(id, n, s)).logs
    )


def artifacts(http: DevopsHttp, run: Run) -> list[Attachment]:
    """What the jobs of a run published, the newest of a name."""
    found: dict[str, Attachment] = {}
    for one in http.attachments(str(run.id)):
        if one.kind == ARTIFACT:
            found[one.name.casefold()] = one
    return list(found.values())


def artifact_size(artifact: Attachment) -> tuple[int, int]:
    """How many bytes and files an artifact has."""
    if artifact.path.is_file():
        return artifact.path.stat().st_size, 1
    sizes = [entry.size for entry in walk(artifact.path) if not entry.is_folder]
    return sum(sizes), len(sizes)


def _wants(call: Call, kind: str) -> bool:
    return call.header("accept").lower().startswith(kind)


def _place(http: DevopsHttp, call: Call, run: Run) -> LogPlace:
    text = call.parameters["logId"]
    places = log_places(http, run)
    found = places.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 12 else None
    if found is None:
        raise not_found("BuildLogNotFoundException", f'the run has no log "{text[:40]}"')
    return found


def _range(http: DevopsHttp, call: Call, run: Run, place: LogPlace) -> tuple[int, int]:
    """The lines asked for: `startLine` and `endLine` count from 1; 0 and none are the ends."""
    count = http.logs.line_count(str(run.id), place.node, place.step)
    first, last = _line(call, "startLine") or 1, _line(call, "endLine") or count
    return first, min(last, count, first + _AT_ONCE - 1)


def _line(call: Call, name: str) -> int:
    text = call.query(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise bad_request(f'{name}: "{text[:40]}" is not a line number')
    return int(text)


def _plain_log(http: DevopsHttp, call: Call, run: Run, place: LogPlace) -> Response:
    from starlette.responses import StreamingResponse

    first, last = _line(call, "startLine") or 1, _line(call, "endLine") or 2**62
    id = str(run.id)

    def pieces() -> Iterator[str]:
        at = first
        while at <= last:
            lines = http.logs.read(id, place.node, place.step, at, min(5000, last - at + 1))
            if not lines:
                return
            at += len(lines)
            yield "\n".join(lines) + "\n"

    headers = {"x-content-type-options": "nosniff"}
    return StreamingResponse(pieces(), media_type="text/plain; charset=utf-8", headers=headers)


def _log_json(
    http: DevopsHttp, call: Call, run: Run, place: LogPlace, project: str
) -> dict[str, object]:
    return {
        "id": place.id,
        "type": "Container",
        "lineCount": http.logs.line_count(str(run.id), place.node, place.step),
        "createdOn": moment(run.started),
        "lastChangedOn": moment(run.finished or http.clock()),
        "url": api(http, call, project, "build", "builds", str(run.id), "logs", str(place.id)),
    }


def _pipeline_log(
    http: DevopsHttp, call: Call, run: Run, place: LogPlace, project: str
) -> dict[str, object]:
    shown = _log_json(http, call, run, place, project)
    return {
        "id": shown["id"],
        "lineCount": shown["lineCount"],
        "createdOn": shown["createdOn"],
        "lastChangedOn": shown["lastChangedOn"],
        "url": shown["url"],
        "signedContent": {"url": shown["url"], "signatureExpires": moment(http.clock() + 3600)},
    }


def _artifact(http: DevopsHttp, run: Run, name: str) -> Attachment:
    for one in artifacts(http, run):
        if one.name.casefold() == name.casefold():
            return one
    message = f'the run has no artifact "{name[:200]}"'
    raise not_found("ArtifactNotFoundException", message)


def _artifact_json(
    http: DevopsHttp, call: Call, run: Run, artifact: Attachment
) -> dict[str, object]:
    size, _ = artifact_size(artifact)
    project = project_name(http, run.project)
    url = api(http, call, project, "build", "builds", str(run.id), "artifacts")
    return {
        "id": run.id,
        "name": artifact.name,
        "source": record_id(str(run.id), "Job", artifact.node),
        "resource": {
            "type": "PipelineArtifact",
            "data": artifact.name,
            "properties": {"artifactsize": str(size)},
            "url": f"{url}?artifactName={quote(artifact.name, safe='')}&api-version=7.1",
            "downloadUrl": _download_url(http, call, run, artifact.name),
        },
    }


def _download_url(http: DevopsHttp, call: Call, run: Run, name: str) -> str:
    project = project_name(http, run.project)
    url = api(http, call, project, "build", "builds", str(run.id), "artifacts")
    return f"{url}?artifactName={quote(name, safe='')}&%24format=zip&api-version=7.1"


def _file_of_artifact(artifact: Attachment, file: str) -> Response:
    """One file, as it is. It is never shown as a page: job code wrote it."""
    from starlette.responses import StreamingResponse

    from penstock.ml.datastores import UnsafePath

    root, relative = artifact.path, file.strip("/")
    if root.is_file():
        root, relative = root.parent, root.name
    context = reading(root, relative)
    try:
        opened = context.__enter__()
    except (OSError, UnsafePath) as error:
        message = f'the artifact has no file "{file[:200]}"'
        raise not_found("ArtifactNotFoundException", message) from error

    def pieces() -> Iterator[bytes]:
        try:
            while piece := opened.read(PIECE):
                yield piece
        finally:
            context.__exit__(None, None, None)

    return StreamingResponse(
        pieces(), media_type="application/octet-stream", headers=_attachment(Path(relative).name)
    )


def _zip_of_artifact(artifact: Attachment) -> Response:
    def members() -> Iterator[Member]:
        if artifact.path.is_file():
            yield artifact.name, artifact.path.parent, artifact.path.name
            return
        for entry in walk(artifact.path):
            if not entry.is_folder:
                yield f"{artifact.name}/{entry.path}", artifact.path, entry.path

    return _zip(members(), artifact.name)


def _zip_of_logs(http: DevopsHttp, run: Run, places: Any) -> Response:
    def members() -> Iterator[Member]:
        for place in places:
            folder = http.logs.folder(str(run.id), place.node)
            name = f"{place.node.replace('/', '_')}/{place.id}_{_plain_name(place.name)}.txt"
            yield name, folder, place.step

    return _zip(members(), f"logs_{run.id}")


def _plain_name(text: str) -> str:
    return "".join(c if c.isalnum() or c in " ._-" else "_" for c in text)[:80]


def _zip(members: Iterator[Member], name: str) -> Response:
    from starlette.responses import StreamingResponse

    return StreamingResponse(
        zip_pieces(members), media_type="application/zip", headers=_attachment(f"{name}.zip")
    )


def _attachment(name: str) -> dict[str, str]:
    encoded = quote(name, safe="")
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{encoded}",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }
