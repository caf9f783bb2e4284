"""Workspaces and resource groups: made, found, listed. A new workspace has Azure's datastores."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.ml.assets import Asset, AssetStore
from penstock.ml.datastores import default_documents
from penstock.ml.fields import Json
from penstock.ml.references import Problem, Refused
from penstock.ml.workspaces import Workspace, check_names

NOWHERE = ""
"""The scope of what is in no workspace."""

_WORKSPACES = "workspaces"
_GROUPS = "resourcegroups"


def find_workspace(store: AssetStore, workspace: Workspace) -> Asset | None:
    """The kept workspace, whatever the case of the names asked with."""
    return store.get(NOWHERE, _WORKSPACES, workspace.scope)


def as_made(asset: Asset) -> Workspace:
    """The workspace with its names as they were spelled when it was made."""
    subscription, group, name = asset.document["names"]
    return Workspace(subscription=subscription, resource_group=group, name=name)


def create_workspace(
    store: AssetStore, workspace: Workspace, document: Json, now: float
) -> tuple[Asset, bool]:
    """Keep a workspace, with its datastores and its resource group when they are new.

    `document` is what the client said (`location`, `tags`, `properties` ...). Returns what is kept,
    and whether it is new; a workspace that is there keeps what the document does not name. Raises
    `Refused` for names that Azure would refuse.
    """
    before = find_workspace(store, workspace)
    if before is not None:
        workspace = as_made(before)
    elif wrong := [Problem(code="UserError", message=said) for said in check_names(workspace)]:
        raise Refused(*wrong)
    merged = {**(before.document if before else {}), **document}
    merged["properties"] = {**(before.properties if before else {}), **document["properties"]}
    merged["names"] = [workspace.subscription, workspace.resource_group, workspace.name]
    asset = _asset(NOWHERE, _WORKSPACES, workspace.scope, merged, now)
    added = [asset]
    if before is None:
        added += [
            _asset(workspace.scope, "datastores", name, datastore, now)
            for name, datastore in default_documents().items()
        ]
    if find_group(store, workspace.subscription, workspace.resource_group) is None:
        location = {"location": merged.get("location", "local")}
        added.append(_group(workspace.subscription, workspace.resource_group, location, now))
    store.put_all(added)
    return find_workspace(store, workspace) or asset, before is None


def list_workspaces(store: AssetStore, subscription: str, group: str = "") -> Sequence[Asset]:
    """The workspaces of a subscription, or of one resource group in it, by name."""
    found = [
        asset
        for asset in store.list(NOWHERE, _WORKSPACES)
        if as_made(asset).subscription.lower() == subscription.lower()
        and (not group or as_made(asset).resource_group.lower() == group.lower())
    ]
    return sorted(found, key=lambda asset: as_made(asset).name)


def delete_workspace(store: AssetStore, workspace: Workspace) -> bool:
    """Forget a workspace; what was in it stays on disk and comes back when it is made again."""
    return store.delete(NOWHERE, _WORKSPACES, workspace.scope)


def find_group(store: AssetStore, subscription: str, group: str) -> Asset | None:
    """The kept resource group."""
    return store.get(NOWHERE, _GROUPS, f"{subscription}/{group}".lower())


def put_group(
    store: AssetStore, subscription: str, group: str, document: Json, now: float
) -> tuple[Asset, bool]:
    """Keep a resource group; says whether it is new."""
    return store.put(_group(subscription, group, document, now))


def list_groups(store: AssetStore, subscription: str) -> Sequence[Asset]:
    """The resource groups of a subscription, by name."""
    prefix = f"{subscription}/".lower()
    groups = [group for group in store.list(NOWHERE, _GROUPS) if group.name.startswith(prefix)]
    return sorted(groups, key=lambda group: group.name)


def _group(subscription: str, group: str, document: Json, now: float) -> Asset:
    kept = {**document, "names": [subscription, group]}
    return _asset(NOWHERE, _GROUPS, f"{subscription}/{group}".lower(), kept, now)


def _asset(scope: str, kind: str, name: str, document: Json, now: float) -> Asset:
    return Asset(
        scope=scope, kind=kind, name=name, document=document, created_at=now, updated_at=now
    )
