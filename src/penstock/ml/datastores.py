"""Datastores: how content is addressed, where it lies on disk, and their documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from penstock.ml.workspaces import Workspace, from_key
from penstock.records import record

BLOB_STORE = "workspaceblobstore"
ARTIFACT_STORE = "workspaceartifactstore"
DEFAULT_DATASTORES = (
    BLOB_STORE,
    ARTIFACT_STORE,
    "workspaceworkingdirectory",
    "workspacefilestore",
)
BLOB_SUFFIX = "penstock.local"
_STORAGE_URL = re.compile(
    r"^https?://(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?/storage/([^/?#]+)/([^/?#]+)(?:/([^?#]*))?"
)
_SHORT = re.compile(r"^azureml://datastores/([^/]+)/paths/(.*)\Z")
_FULL = re.compile(
    r"^azureml://subscriptions/([^/]+)/resourcegroups/([^/]+)"
    r"(?:/providers/microsoft\.machinelearningservices)?/workspaces/([^/]+)"
    r"/datastores/([^/]+)/paths/(.*)\Z",
    re.IGNORECASE,
)


class UnsafePath(Exception):
    """a path leads outside its datastore"""


@record
class StoredPath:
    """A place in a datastore. `path` has no leading slash; that of a folder may end in one."""

    workspace: Workspace
    datastore: str
    path: str

    @property
    def uri(self) -> str:
        """The full address, which any workspace understands."""
        workspace = self.workspace
        return (
            f"azureml://subscriptions/{workspace.subscription}/resourcegroups/"
            f"{workspace.resource_group}/workspaces/{workspace.name}"
            f"/datastores/{self.datastore}/paths/{self.path}"
        )


def parse_uri(uri: str, workspace: Workspace) -> StoredPath | None:
    """The place a URI names, or None when it is not one of ours (`https://elsewhere`, `wasbs://`).

    Understood: both `azureml://` forms of datastore paths, and this service's own storage URLs
    on loopback, whatever port they were made with, so that stored addresses outlive a restart.
    """
    if match := _SHORT.match(uri):
        return StoredPath(workspace=workspace, datastore=match[1], path=match[2])
    if match := _FULL.match(uri):
        other = Workspace(subscription=match[1], resource_group=match[2], name=match[3])
        return StoredPath(workspace=other, datastore=match[4], path=match[5])
    if match := _STORAGE_URL.match(uri):
        from urllib.parse import unquote

        owner = from_key(match[1].removesuffix(f".blob.{BLOB_SUFFIX}"))
        if owner is not None:
            path = unquote(match[3] or "")
            return StoredPath(workspace=owner, datastore=unquote(match[2]), path=path)
    return None


def storage_path(storage: Path, place: StoredPath) -> Path:
    """The file or folder of a place in the storage folder. Raises `UnsafePath`."""
    return storage / path_in_storage(place)


def path_in_storage(place: StoredPath) -> str:
    """Where a place lies below the storage folder: `<workspace key>/<datastore>/<path>`.

    Raises `UnsafePath` when a part of it would leave the datastore's folder.
    """
    segments = [segment for segment in place.path.split("/") if segment]
    for segment in (place.workspace.key, place.datastore, *segments):
        if segment in ("", ".", "..") or "\\" in segment or "/" in segment or "\0" in segment:
            raise UnsafePath(f'"{place.path}" leads outside the datastore "{place.datastore}"')
    return "/".join((place.workspace.key, place.datastore, *segments))


def artifacts_path(workspace: Workspace, job: str) -> StoredPath:
    """Where a job's own artifacts (`outputs/`, `logs/`, what MLflow logs) are kept, as in Azure."""
    path = f"ExperimentRun/dcid.{job}/"
    return StoredPath(workspace=workspace, datastore=ARTIFACT_STORE, path=path)


def default_documents() -> Mapping[str, Mapping[str, object]]:
    """The datastores that every workspace has, by name, as the service keeps them."""
    return {name: _document(name) for name in DEFAULT_DATASTORES}


def _document(name: str) -> dict[str, object]:
    kind = (
        "AzureFile" if name in ("workspaceworkingdirectory", "workspacefilestore") else "AzureBlob"
    )
    return {
        "properties": {
            "datastoreType": kind,
            "isDefault": name == BLOB_STORE,
            "credentials": {"credentialsType": "AccountKey"},
            "serviceDataAccessAuthIdentity": "None",
            "description": None,
            "tags": {},
            "properties": {},
        }
    }
