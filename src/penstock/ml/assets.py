"""What a workspace keeps besides jobs: versioned assets, computes, datastores, and the workspaces.

Each is a JSON document in the service's own shape, as a client sent it; this file says how they are
found, numbered and listed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Protocol

from penstock.ml.fields import Json, table
from penstock.ml.references import Problem, Reference, Refused
from penstock.records import record

DEFAULT_VERSION = "azureml_default"
"""What azure-ai-ml asks for where a component's version is not named."""


@record
class Asset:
    """One kept document. `scope` is the workspace's (`Workspace.scope`), empty outside of any.

    `version` is empty for what has none (a compute, and the container of an asset's versions).
    `hash` is that of a code snapshot's content. Times are seconds since the epoch.
    """

    scope: str
    kind: str
    name: str
    version: str = ""
    document: Json
    hash: str = ""
    created_at: float
    updated_at: float

    @property
    def properties(self) -> dict[str, Any]:
        """The document's `properties`, or an empty object."""
        return table(self.document, "properties")

    @property
    def is_archived(self) -> bool:
        """Whether someone archived it, so that lists leave it out."""
        return bool(self.properties.get("isArchived"))


class AssetStore(Protocol):
    """Keeps documents. Every call is one transaction; calls may come from several threads."""

    def put(self, asset: Asset) -> tuple[Asset, bool]:
        """Keep it, replacing one of the same names; the first creation time stays.

        Returns what is kept now, and whether it is new.
        """

    def put_all(self, assets: Sequence[Asset]) -> None:
        """Keep all of them, or none."""

    def get(self, scope: str, kind: str, name: str, version: str = "") -> Asset | None:
        """The document of that name and version."""

    def list(self, scope: str, kind: str) -> Sequence[Asset]:
        """All documents of a kind that have no version, newest first."""

    def versions(self, scope: str, kind: str, name: str = "") -> Sequence[Asset]:
        """All versions of a name (of all names when empty), newest first."""

    def find_hash(self, scope: str, kind: str, hash: str) -> Asset | None:
        """The newest version with that content hash."""

    def delete(self, scope: str, kind: str, name: str, version: str = "") -> bool:
        """Forget the document; says whether there was one."""


def put_version(store: AssetStore, asset: Asset) -> tuple[Asset, bool]:
    """Keep a version of an asset. The same content again is no change; another path is refused.

    The words are those Azure's client looks for ("Asset paths cannot be updated.").
    """
    before = store.get(asset.scope, asset.kind, asset.name, asset.version)
    for name in ("dataUri", "modelUri", "codeUri"):
        old, new = before and before.properties.get(name), asset.properties.get(name)
        if old and new and _bare(old) != _bare(new):
            raise Refused(Problem(code="UserError", message="Asset paths cannot be updated."))
    return store.put(asset)


def _bare(uri: object) -> str:
    return str(uri).rstrip("/")


def latest(store: AssetStore, scope: str, kind: str, name: str) -> Asset | None:
    """The version created last that is not archived: what `@latest` means."""
    versions = store.versions(scope, kind, name)
    return next((version for version in versions if not version.is_archived), None)


def next_version(versions: Sequence[Asset]) -> str:
    """The number after the greatest whole number among the versions; `1` at first."""
    numbers = [int(version.version) for version in versions if version.version.isdecimal()]
    return str(max(numbers, default=0) + 1)


def container(store: AssetStore, scope: str, kind: str, name: str) -> Asset | None:
    """The container of a name's versions, as `GET ~/data/NAME` shows it; None when it has none."""
    versions = store.versions(scope, kind, name)
    return _container(store.get(scope, kind, name), versions) if versions else None


def containers(store: AssetStore, scope: str, kind: str) -> list[Asset]:
    """All containers of a kind but anonymous ones, the one with the newest version first."""
    by_name: dict[str, list[Asset]] = {}
    for version in store.versions(scope, kind):
        by_name.setdefault(version.name, []).append(version)
    kept = {asset.name: asset for asset in store.list(scope, kind)}
    return [
        _container(kept.get(name), versions)
        for name, versions in by_name.items()
        if not all(version.properties.get("isAnonymous") for version in versions)
    ]


def _container(kept: Asset | None, versions: Sequence[Asset]) -> Asset:
    """The container from what was said of it (its archived flag) and its versions, newest first."""
    newest = next((version for version in versions if not version.is_archived), versions[0])
    properties: dict[str, Any] = {
        "latestVersion": newest.version,
        "nextVersion": next_version(versions),
        "isArchived": False,
        **(kept.properties if kept else {}),
    }
    if "dataType" in newest.properties:
        properties["dataType"] = newest.properties["dataType"]
    return dataclasses.replace(
        newest,
        version="",
        document={"properties": properties},
        created_at=versions[-1].created_at,
        updated_at=versions[0].updated_at,
    )


def resolve(store: AssetStore, scope: str, reference: Reference) -> Asset | None:
    """The version that a reference means in a workspace; None when there is none."""
    owner = reference.workspace.scope if reference.workspace else scope
    if reference.version is not None:
        return find_version(store, owner, reference.kind, reference.name, reference.version)
    is_known = reference.label in (None, "latest") or (
        reference.label == "default" and reference.kind == "components"
    )
    return latest(store, owner, reference.kind, reference.name) if is_known else None


def find_version(store: AssetStore, scope: str, kind: str, name: str, version: str) -> Asset | None:
    """A version by its name; of a component also the default one, which is the latest here."""
    if kind == "components" and version == DEFAULT_VERSION:
        return latest(store, scope, kind, name)
    return store.get(scope, kind, name, version)
