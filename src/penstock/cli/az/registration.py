"""Registers the parts of a job in a workspace, over HTTP, each once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penstock.cli.az.uploads import DataStore, register_code
from penstock.cli.az.wire import Wire
from penstock.ml.references import parse_reference
from penstock.ml.workspaces import Workspace

_UNVERSIONED = ("computes", "datastores")


class WireRegistrar:
    """`Registrar` of `penstock.ml.yaml` against a service. What it keeps is named by content, so a
    job that fails later leaves nothing half-written."""

    def __init__(self, wire: Wire, workspace: Workspace) -> None:
        self._wire = wire
        self._workspace = workspace
        self._store = DataStore(wire, workspace)
        self._codes: dict[tuple[Path | None, ...], str] = {}
        self._uploads: dict[Path, tuple[str, str]] = {}
        self._sent: set[str] = set()

    def named(self, reference: str, kind: str, place: str) -> str:
        """The id of a compute, datastore or version; labels are left to the service, which says of
        all that is missing at once."""
        found = parse_reference(reference, kind)
        if found is None or found.registry or found.is_curated_environment:
            return reference
        path = (found.workspace or self._workspace).path
        if kind in _UNVERSIONED:
            return f"{path}/{kind}/{found.name}"
        if found.version is None:
            return reference if reference.startswith(("azureml:", "/")) else f"azureml:{reference}"
        return f"{path}/{kind}/{found.name}/versions/{found.version}"

    def code(self, path: Path | None, includes: tuple[Path, ...], place: str) -> str:
        """The id of the snapshot of a local folder or file, and of what is laid beside it."""
        key = (path, *includes)
        if key not in self._codes:
            self._codes[key] = register_code(self._wire, self._workspace, path, includes)
        return self._codes[key]

    def data(self, path: Path, place: str) -> str:
        """The URI of the copy of local data."""
        return self._upload(path)[0]

    def context(self, path: Path, place: str) -> str:
        """The URL of the copy of a build context."""
        return self._upload(path)[1]

    def environment(self, version: str, properties: dict[str, Any], place: str) -> str:
        """The id of an environment without a name."""
        return self._put(f"environments/CliV2AnonymousEnvironment/versions/{version}", properties)

    def component(self, version: str, properties: dict[str, Any], place: str) -> str:
        """The id of a component without a name."""
        return self._put(f"components/azureml_anonymous/versions/{version}", properties)

    def _upload(self, path: Path) -> tuple[str, str]:
        if path not in self._uploads:
            self._uploads[path] = self._store.upload(path)
        return self._uploads[path]

    def _put(self, path: str, properties: dict[str, Any]) -> str:
        id = f"{self._workspace.path}/{path}"
        if id not in self._sent:
            self._wire.send("PUT", id, {"properties": properties})
            self._sent.add(id)
        return id
