"""The JSON that Azure's clients expect of workspaces, assets and jobs.

Which fields a client cannot do without was found by leaving out each one of every recorded answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from penstock.ml.assets import Asset
from penstock.ml.catalog import as_made
from penstock.ml.datastores import BLOB_SUFFIX, parse_uri
from penstock.ml.fields import table
from penstock.ml.workspaces import PROVIDER, Workspace

Document = dict[str, Any]


def moment(at: float | None) -> str | None:
    """A time as ARM writes it."""
    if at is None:
        return None
    # Lists have thousands of them, and `strftime` is slow.
    return f"{datetime.fromtimestamp(at, UTC).isoformat(timespec='microseconds')[:-6]}Z"


def system_data(created: float, updated: float, user: str = "local") -> Document:
    """Who made a resource and when."""
    return {
        "createdAt": moment(created),
        "createdBy": user,
        "createdByType": "User",
        "lastModifiedAt": moment(updated),
        "lastModifiedBy": user,
        "lastModifiedByType": "User",
    }


def listed(documents: Sequence[Document]) -> Document:
    """A page that holds everything."""
    return {"value": list(documents), "nextLink": None}


def workspace_view(asset: Asset, base_url: str) -> Document:
    """A workspace. Its own addresses are those of the server that was asked."""
    workspace = as_made(asset)
    group = f"/subscriptions/{workspace.subscription}/resourceGroups/{workspace.resource_group}"
    given = asset.document
    host = urlsplit(base_url).netloc
    return {
        "id": workspace.path,
        "name": workspace.name,
        "type": f"{PROVIDER}/workspaces",
        "location": given.get("location", "local"),
        "kind": given.get("kind") or "Default",
        "tags": given.get("tags") or {},
        "identity": {"type": "SystemAssigned"},
        "sku": {"name": "Basic", "tier": "Basic"},
        "systemData": system_data(asset.created_at, asset.updated_at),
        "properties": {
            "friendlyName": workspace.name,
            "description": "",
            "storageAccount": f"{group}/providers/Microsoft.Storage/storageAccounts/penstock",
            "keyVault": f"{group}/providers/Microsoft.KeyVault/vaults/penstock",
            "applicationInsights": f"{group}/providers/Microsoft.insights/components/penstock",
            "hbiWorkspace": False,
            "publicNetworkAccess": "Enabled",
            "v1LegacyMode": False,
            **{key: value for key, value in asset.properties.items() if value is not None},
            "provisioningState": "Succeeded",
            "workspaceId": workspace_guid(workspace),
            "discoveryUrl": f"{base_url}/discovery",
            "mlFlowTrackingUri": f"azureml://{host}/mlflow/v1.0{workspace.path}",
        },
    }


def workspace_guid(workspace: Workspace) -> str:
    """The id that Azure gives a workspace besides its name; here it follows from the names."""
    from uuid import NAMESPACE_URL, uuid5

    return str(uuid5(NAMESPACE_URL, workspace.scope))


def asset_view(workspace: Workspace, asset: Asset, base_url: str) -> Document:
    """An asset's version, or its container when it has no version."""
    path = f"{workspace.path}/{asset.kind}/{asset.name}"
    document = dict(asset.document)
    properties = {"isArchived": False, **asset.properties}
    if asset.kind == "models" and asset.version:
        properties.setdefault("flavors", {})
    if "codeUri" in properties:
        properties["codeUri"] = own_url(properties["codeUri"], workspace, base_url)
    document["properties"] = properties
    return {
        **document,
        "id": f"{path}/versions/{asset.version}" if asset.version else path,
        "name": asset.version or asset.name,
        "type": f"{PROVIDER}/workspaces/{asset.kind}",
        "systemData": system_data(asset.created_at, asset.updated_at),
    }


def own_url(uri: str, workspace: Workspace, base_url: str) -> str:
    """A storage address of this service as the caller reaches it now; others stay as they are."""
    place = parse_uri(uri, workspace)
    if place is None or not uri.startswith("http"):
        return uri
    from urllib.parse import quote

    return f"{base_url}/storage/{place.workspace.key}/{place.datastore}/{quote(place.path)}"


def compute_view(workspace: Workspace, asset: Asset) -> Document:
    """A compute: what was asked for, and a cluster that is always ready."""
    given = asset.properties
    idle = {
        "allocationState": "Steady",
        "currentNodeCount": 0,
        "targetNodeCount": 0,
        "nodeStateCounts": {
            "idleNodeCount": 0,
            "runningNodeCount": 0,
            "preparingNodeCount": 0,
            "unusableNodeCount": 0,
            "leavingNodeCount": 0,
            "preemptedNodeCount": 0,
        },
    }
    location = asset.document.get("location", "local")
    return {
        "location": location,
        "tags": asset.document.get("tags") or {},
        "properties": {
            "disableLocalAuth": True,
            **given,
            "properties": {**table(given, "properties"), **idle},
            "provisioningState": "Succeeded",
            "computeLocation": location,
        },
        "id": f"{workspace.path}/computes/{asset.name}",
        "name": asset.name,
        "type": f"{PROVIDER}/workspaces/computes",
        "systemData": system_data(asset.created_at, asset.updated_at),
    }


def datastore_view(workspace: Workspace, asset: Asset, base_url: str) -> Document:
    """A datastore. Whatever cloud account it was made for, its content lies in this storage.

    The account's name carries the path of our storage, because clients build the address of a blob
    from it (`https://{account}.blob.{endpoint}/{container}`).
    """
    parts = urlsplit(base_url)
    given = asset.properties
    local = {
        "accountName": f"{parts.netloc}/storage/{workspace.key}",
        "endpoint": BLOB_SUFFIX,
        "protocol": parts.scheme,
    }
    container = "fileShareName" if given.get("datastoreType") == "AzureFile" else "containerName"
    kept = {name: given[name] for name in (*local, container) if given.get(name)}
    return {
        "id": f"{workspace.path}/datastores/{asset.name}",
        "name": asset.name,
        "type": f"{PROVIDER}/workspaces/datastores",
        "systemData": system_data(asset.created_at, asset.updated_at),
        "properties": {
            "isDefault": False,
            "serviceDataAccessAuthIdentity": "None",
            "tags": {},
            **given,
            **local,
            container: asset.name,
            "credentials": {"credentialsType": "AccountKey"},
            "properties": {
                **table(given, "properties"),
                **{f"penstock.{name}": value for name, value in kept.items()},
            },
        },
    }


def storage_account(workspace: Workspace) -> str:
    """The first segment below `/storage/` for clients that build addresses from account names."""
    return f"{workspace.key}.blob.{BLOB_SUFFIX}"


def error_body(code: str, message: str) -> Mapping[str, Any]:
    """An error as run history words it."""
    return {"error": {"code": code, "message": message, "messageParameters": {}, "details": []}}
