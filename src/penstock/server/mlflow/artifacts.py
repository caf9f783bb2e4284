"""Artifacts of runs, logged models and registered versions: lists, downloads, uploads.

An address is an experiment, a run or model that is there, and a path below its folder; nothing is
ever read into objects here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.ml.datastores import parse_uri, storage_path
from penstock.ml.tracking_artifacts import (
    ArtifactPlace,
    artifact_place,
    registered_version,
    run_uri,
)
from penstock.ml.tracking_values import Code, TrackingError
from penstock.ml.workspaces import Workspace
from penstock.server.mlflow.operations import Ask, Mlflow, Reply, plain_rows, rows
from penstock.server.routes import Answer, Call, Route
from penstock.store.files import FileEntry, delete, listing, reading, segments, writing

if TYPE_CHECKING:
    from starlette.responses import Response

_SMALL = 1024 * 1024
_CHUNK = 256 * 1024
_CONTENT = {
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
    "content-disposition": "attachment",
}


def routes(mlflow: Mlflow) -> tuple[Route, ...]:
    """The rows of this file."""
    artifacts = Artifacts(mlflow)
    path = "mlflow-artifacts/artifacts/{path:path}"
    found = [
        *rows(mlflow, "GET", "artifacts/list", list_of_run, quick=False),
        *plain_rows("GET", "mlflow-artifacts/artifacts", artifacts.list, reads=True, quick=False),
        *plain_rows("GET", path, artifacts.get, reads=True),
        *plain_rows("PUT", path, artifacts.put, reads=False, streams=True),
        *plain_rows("DELETE", path, artifacts.delete, reads=False, quick=False),
    ]
    for step in ("create", "complete", "abort"):
        address = f"mlflow-artifacts/mpu/{step}/{{path:path}}"
        found += plain_rows("POST", address, refuse_parts, reads=False)
    found += plain_rows("GET", "mlflow-artifacts/presigned/{path:path}", refuse_parts, reads=True)
    return tuple(found)


def list_of_run(mlflow: Mlflow, ask: Ask) -> Reply:
    """The artifacts of a run in one folder; paths are relative to the run's."""
    run = mlflow.tracking.run_header(ask.workspace, ask.text("run_id", "run_uuid"))
    address = f"{run.experiment_id}/{run.run_id}/artifacts"
    path = ask.optional_text("path").strip("/")
    place = artifact_place(mlflow.tracking, ask.workspace, f"{address}/{path}")
    root = storage_path(mlflow.storage, place.folder)
    files = [] if _is_file(root, path) else listing(root, path)
    return {"root_uri": run_uri(run), "files": [_entry(entry, entry.path) for entry in files]}


def refuse_parts(call: Call) -> Reply:
    """Uploads in parts, and downloads elsewhere, are for object stores; clients then do without.

    Clients look for these words.
    """
    raise TrackingError(
        Code.NOT_IMPLEMENTED,
        "Multipart upload is not supported for the current artifact repository",
    )


class Artifacts:
    """The handlers of the artifact addresses (`mlflow-artifacts:/...`)."""

    def __init__(self, mlflow: Mlflow) -> None:
        self._mlflow = mlflow

    def list(self, call: Call) -> Reply:
        """What a folder holds; names are relative to it. A file holds nothing."""
        place, root = self._place(call, call.query("path"))
        if _is_file(root, place.path):
            return {"files": []}
        if _lists_models_apart(call) and _is_in_model(place):
            return {"files": []}
        files = [
            _entry(entry, entry.path.rpartition("/")[2]) for entry in listing(root, place.path)
        ]
        return {"files": files}

    def get(self, call: Call) -> Answer | Response:
        """The content of a file."""
        place, root = self._place(call, call.parameters["path"])
        stack = ExitStack()
        try:
            file = stack.enter_context(reading(root, place.path))
        except FileNotFoundError as error:
            raise TrackingError(Code.RESOURCE_DOES_NOT_EXIST, str(error)) from error
        size = file.seek(0, 2)
        file.seek(0)
        if size <= _SMALL:
            with stack:
                return Answer(body=file.read(), headers=_CONTENT)
        from starlette.responses import StreamingResponse

        async def chunks() -> AsyncIterator[bytes]:
            with stack:
                while chunk := file.read(_CHUNK):
                    yield chunk

        return StreamingResponse(chunks(), headers={**_CONTENT, "content-length": str(size)})

    async def put(self, call: Call) -> Reply:
        """Write a file; it is there once all of it came."""
        place, root = self._place(call, call.parameters["path"], writes=True)
        with writing(root, place.path) as file:
            async for chunk in call.request.stream():
                file.write(chunk)
        return {}

    def delete(self, call: Call) -> Reply:
        """Remove a file or a folder; nothing there is nothing to do."""
        place, root = self._place(call, call.parameters["path"], writes=True)
        if segments(place.path):
            delete(root, place.path)
        return {}

    def _place(self, call: Call, path: str, *, writes: bool = False) -> tuple[ArtifactPlace, Path]:
        """The place of an address, and its folder on disk."""
        workspace = self._mlflow.workspace(call)
        segments(path)
        registered = registered_version(path)
        if registered is None:
            place = artifact_place(self._mlflow.tracking, workspace, path)
        elif writes:
            raise TrackingError(
                Code.PERMISSION_DENIED, "The files of a registered version do not change."
            )
        else:
            place = self._registered(workspace, *registered)
        return place, storage_path(self._mlflow.storage, place.folder)

    def _registered(self, workspace: Workspace, name: str, number: str, path: str) -> ArtifactPlace:
        version = self._mlflow.registry.version(workspace, name, number)
        folder = parse_uri(version.uri, workspace)
        if folder is None or folder.workspace.scope != workspace.scope:
            raise TrackingError(
                Code.RESOURCE_DOES_NOT_EXIST,
                f"The files of '{name}' version {number} are not in this workspace: {version.uri}",
            )
        return ArtifactPlace(folder=folder, path=path)


def _lists_models_apart(call: Call) -> bool:
    """Whether the client adds a logged model's files to its run's by itself, as 3.x does."""
    name, _, version = call.header("user-agent").partition("/")
    return name == "mlflow-python-client" and not version.startswith(("1.", "2."))


def _is_in_model(place: ArtifactPlace) -> bool:
    inside = f"{place.folder.path.strip('/')}/{place.path}/"
    return any(
        model.status == "LOGGED_MODEL_READY" and inside.startswith(f"{model.folder}/")
        for model in place.models
    )


def _is_file(root: Path, path: str) -> bool:
    try:
        with reading(root, path):
            return True
    except FileNotFoundError:
        return False


def _entry(entry: FileEntry, path: str) -> dict[str, object]:
    if entry.is_folder:
        return {"path": path, "is_dir": True}
    return {"path": path, "is_dir": False, "file_size": entry.size}
