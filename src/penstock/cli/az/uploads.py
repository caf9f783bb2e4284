"""Content on its way to the service: code snapshots and local data, each sent once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from penstock.cli.az.wire import Wire
from penstock.ml.datastores import BLOB_STORE
from penstock.ml.workspaces import Workspace
from penstock.ml.yaml.snapshots import content_hash, snapshot_files, tree_hash

_HASH_VERSION = "202208"
_DONE = "x-ms-meta-upload_status"
Files = Sequence[tuple[Path, str]]


def register_code(
    wire: Wire, workspace: Workspace, path: Path | None, includes: tuple[Path, ...]
) -> str:
    """The id of the snapshot of some code; a snapshot with the same content is used again."""
    files = snapshot_files(path, includes)
    digest = content_hash(files)
    name = _guid()
    codes = f"{workspace.path}/codes/{name}/versions"
    known = wire.get(codes, hash=digest, hashVersion=_HASH_VERSION).get("value") or []
    if known:
        return str(known[0]["id"])
    place = wire.send("POST", f"{codes}/1/startPendingUpload", _TEMPORARY)
    target = place["blobReferenceForConsumption"]
    folder = _code_folder(path)
    _send(wire, target["credential"]["sasUri"], folder, files, name)
    properties = {
        "codeUri": f"{target['blobUri']}/{folder}",
        "isAnonymous": True,
        "properties": {"hash_sha256": digest, "hash_version": int(_HASH_VERSION)},
    }
    return str(wire.send("PUT", f"{codes}/1", {"properties": properties})["id"])


def _code_folder(path: Path | None) -> str:
    """What the folder of a snapshot is called."""
    if path is None:
        return "code"
    return path.stem if path.is_file() else path.resolve().name


_TEMPORARY = {"pendingUploadType": "TemporaryBlobReference"}


class DataStore:
    """The workspace's default datastore, as a place to put local data."""

    def __init__(self, wire: Wire, workspace: Workspace) -> None:
        self._wire = wire
        self._workspace = workspace
        self._address: tuple[str, str] | None = None

    def upload(self, path: Path) -> tuple[str, str]:
        """Copy a file or folder there, unless it is there: its datastore URI and its URL."""
        digest = tree_hash(path)
        name = path.resolve().name
        folder = f"LocalUpload/{digest}"
        if path.is_dir():
            files = [(file, f"{name}/{inner}") for file, inner in snapshot_files(path)]
        else:
            files = [(path, name)]
        base, query = self._container()
        if not self._has(base, query, folder, files):
            _send(self._wire, f"{base}?{query}", folder, files, name)
        end = "/" if path.is_dir() else ""
        uri = f"azureml://datastores/{BLOB_STORE}/paths/{folder}/{name}{end}"
        return uri, f"{base}/{quote(f'{folder}/{name}')}{end}"

    def _has(self, base: str, query: str, folder: str, files: Files) -> bool:
        """Whether an earlier upload of this content was completed: its first blob says so."""
        if not files:
            return True
        headers = self._wire.head(f"{base}/{quote(f'{folder}/{files[0][1]}')}?{query}")
        return headers is not None and headers.get(_DONE) == "completed"

    def _container(self) -> tuple[str, str]:
        """The address of the datastore's container and the signature that opens it."""
        if self._address is None:
            store = f"{self._workspace.path}/datastores/{BLOB_STORE}"
            facts = self._wire.get(store)["properties"]
            asked = {"expirableSecret": True, "expireAfterHours": 1}
            secrets = self._wire.send("POST", f"{store}/listSecrets", asked)
            self._address = (blob_container(facts), str(secrets["sasToken"]))
        return self._address


def blob_container(facts: dict[str, Any]) -> str:
    """The address of a datastore's container, as clients build it from its properties."""
    container = facts.get("containerName") or facts.get("fileShareName")
    host = f"{facts['accountName']}.blob.{facts['endpoint']}"
    return f"{facts.get('protocol') or 'https'}://{host}/{container}"


def _send(wire: Wire, container: str, folder: str, files: Files, name: str) -> None:
    """Upload files below a folder; the first blob is marked when all are there."""
    base, _, query = container.partition("?")
    addresses = [(file, f"{base}/{quote(f'{folder}/{inner}')}?{query}") for file, inner in files]
    for file, address in addresses:
        wire.put_file(address, file)
    if addresses:
        metadata = {_DONE: "completed", "x-ms-meta-name": quote(name), "x-ms-meta-version": "1"}
        wire.put_headers(f"{addresses[0][1]}&comp=metadata", metadata)


def _guid() -> str:
    """A random name in the form that clients use."""
    text = os.urandom(16).hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
