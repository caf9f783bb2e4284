"""Artifacts of builds and of pipelines' runs: what their jobs published.

Source: Azure DevOps REST API reference 7.1, Build (Artifacts) and Pipelines (Artifacts).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.ml.datastores import UnsafePath
from penstock.server.archives import PIECE, Member
from penstock.server.devops.builds.downloads import as_file, wanted_format, zipped
from penstock.server.devops.builds.timeline import record_id
from penstock.server.devops.context import DevopsHttp, api, project_name, run_of
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.locations import Location
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.server.streams import streamed
from penstock.store.agents import Attachment, artifact_size, artifacts_in
from penstock.store.files import reading, walk
from penstock.store.runs import Run

if TYPE_CHECKING:
    from starlette.responses import Response

LOCATIONS = (
    Location(
        id="1db06c96-014e-44e1-ac91-90b2d4b3e984",
        area="build",
        resource="artifacts",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}",
        version=5,
    ),
    Location(
        id="85023071-bd5e-4438-89b0-2a5bf362a19d",
        area="pipelines",
        resource="artifacts",
        template="{project}/_apis/{area}/{pipelineId}/runs/{runId}/{resource}",
    ),
)


def artifact_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of artifacts."""
    build = "/{organization}/{project}/_apis/build/builds/{runId}/artifacts"
    pipeline = "/{organization}/{project}/_apis/pipelines/{pipelineId}/runs/{runId}/artifacts"
    return routes_of(
        http,
        ("GET", build, Permission.RUN_READ, _list),
        ("GET", pipeline, Permission.RUN_READ, _of_pipeline),
    )


def _list(http: DevopsHttp, call: Call) -> Reply | Response:
    run = run_of(http, call)
    wanted = call.query("artifactName")
    if wanted:
        artifact = _artifact(http, run, wanted)
        if file := call.query("fileName"):
            return _file_of_artifact(call, artifact, file)
        if wanted_format(call) == "zip":
            http.shares.archives.take(call)
            return _zip_of_artifact(call, artifact)
        return _artifact_json(http, call, run, artifact)
    return listed([_artifact_json(http, call, run, one) for one in artifacts(http, run)])


def _of_pipeline(http: DevopsHttp, call: Call) -> Reply:
    run = run_of(http, call)
    name = call.query("artifactName")
    if not name:
        raise bad_request("artifactName says which artifact of the run is wanted")
    artifact = _artifact(http, run, name)
    url = _download_url(http, call, run, artifact.name)
    return {
        "name": artifact.name,
        "url": call.base_url + call.path,
        "signedContent": {"url": url, "signatureExpires": moment(http.clock() + 3600)},
    }


def artifacts(http: DevopsHttp, run: Run) -> list[Attachment]:
    """What the jobs of a run published, the newest of a name."""
    return artifacts_in(http.attachments(str(run.id)))


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


def _file_of_artifact(call: Call, artifact: Attachment, file: str) -> Response:
    """One file, as it is. It is never shown as a page: job code wrote it."""
    root, relative = artifact.path, file.strip("/")
    if root.is_file():
        root, relative = root.parent, root.name
    try:
        opened = call.until_answered.enter_context(reading(root, relative))
    except (OSError, UnsafePath) as error:
        message = f'the artifact has no file "{file[:200]}"'
        raise not_found("ArtifactNotFoundException", message) from error
    pieces = iter(partial(opened.read, PIECE), b"")
    headers = as_file(Path(relative).name)
    return streamed(call, pieces, media_type="application/octet-stream", headers=headers)


def _zip_of_artifact(call: Call, artifact: Attachment) -> Response:
    def members() -> Iterator[Member]:
        if artifact.path.is_file():
            yield artifact.name, artifact.path.parent, artifact.path.name
            return
        for entry in walk(artifact.path):
            if not entry.is_folder:
                yield f"{artifact.name}/{entry.path}", artifact.path, entry.path

    return zipped(call, members(), artifact.name)
