"""Azure Resource Manager: subscriptions, resource groups, workspaces, and how clients make them."""

from __future__ import annotations

from typing import Any

from penstock.ml.assets import Asset
from penstock.ml.catalog import (
    as_made,
    create_workspace,
    delete_workspace,
    find_group,
    list_groups,
    list_workspaces,
    put_group,
)
from penstock.ml.datastores import BLOB_SUFFIX
from penstock.ml.fields import table
from penstock.ml.workspaces import DEFAULT_SUBSCRIPTION, PROVIDER, SUBSCRIPTION_NAME, Workspace
from penstock.server.errors import Refused
from penstock.server.ml.context import (
    GROUP,
    WORKSPACE,
    WORKSPACES,
    MlHttp,
    asked_workspace,
    row,
    workspace_asset,
)
from penstock.server.ml.views import listed, moment, workspace_view
from penstock.server.routes import Answer, Call, Permission, Route

_TENANT = "00000000-0000-0000-0000-000000000000"
_DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/{{deployment}}"


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    everywhere = f"/subscriptions/{{subscription}}/providers/{PROVIDER}/workspaces"
    return (
        row(ml, "GET", "/subscriptions", subscriptions, quick=True),
        row(ml, "GET", "/subscriptions/{subscription}", subscription, quick=True),
        row(ml, "GET", "/subscriptions/{subscription}/resourceGroups", groups, quick=True),
        row(ml, "GET", GROUP, group, quick=True),
        row(ml, "PUT", GROUP, make_group),
        row(ml, "PUT", _DEPLOYMENT, deploy),
        row(ml, "GET", _DEPLOYMENT, deployment, quick=True),
        row(ml, "GET", f"{GROUP}/deployments/{{deployment}}/operations", operations, quick=True),
        row(ml, "GET", everywhere, workspaces, quick=True),
        row(ml, "GET", WORKSPACES, workspaces, quick=True),
        row(ml, "GET", WORKSPACE, workspace, quick=True),
        row(ml, "PUT", WORKSPACE, make_workspace),
        row(ml, "PATCH", WORKSPACE, change_workspace),
        row(ml, "DELETE", WORKSPACE, forget_workspace),
        row(ml, "POST", f"{WORKSPACE}/listKeys", keys, quick=True),
        row(ml, "GET", "/discovery", discovery, permission=Permission.PUBLIC, quick=True),
        row(ml, "GET", "/metadata/endpoints", clouds, permission=Permission.PUBLIC, quick=True),
    )


def subscriptions(ml: MlHttp, call: Call) -> dict[str, Any]:
    """The one subscription there is, and those that workspaces were made in."""
    return listed([_subscription_view(DEFAULT_SUBSCRIPTION)])


def subscription(ml: MlHttp, call: Call) -> dict[str, Any]:
    """A subscription; any id is one, since nothing is billed here."""
    return _subscription_view(call.parameters["subscription"])


def _subscription_view(id: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{id}",
        "subscriptionId": id,
        "tenantId": _TENANT,
        "displayName": SUBSCRIPTION_NAME,
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    }


def groups(ml: MlHttp, call: Call) -> dict[str, Any]:
    """The resource groups of a subscription."""
    found = list_groups(ml.assets, call.parameters["subscription"])
    return listed([_group_view(group) for group in found])


def group(ml: MlHttp, call: Call) -> dict[str, Any]:
    """One resource group."""
    name = call.parameters["group"]
    found = find_group(ml.assets, call.parameters["subscription"], name)
    if found is None:
        raise Refused(
            404,
            "ResourceGroupNotFound",
            f"Resource group '{name}' could not be found; create it:"
            f" az group create --name {name} --location local",
        )
    return _group_view(found)


def make_group(ml: MlHttp, call: Call) -> Answer:
    """Make a resource group, or change its tags."""
    asset, new = put_group(
        ml.assets,
        call.parameters["subscription"],
        call.parameters["group"],
        call.json(),
        ml.now(),
    )
    return Answer(status=201 if new else 200, body=_group_view(asset))


def _group_view(asset: Asset) -> dict[str, Any]:
    subscription, name = asset.document["names"]
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{name}",
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": asset.document.get("location", "local"),
        "tags": asset.document.get("tags") or {},
        "managedBy": None,
        "properties": {"provisioningState": "Succeeded"},
    }


def deploy(ml: MlHttp, call: Call) -> Answer:
    """How the SDK makes a workspace: by a template of which only the parameters count."""
    parameters = table(table(call.json(), "properties"), "parameters")

    def given(name: str) -> Any:
        return table(parameters, name).get("value")

    name = given("workspaceName")
    if not name:
        message = "only deployments that make an Azure ML workspace are supported"
        raise Refused(400, "DeploymentNotSupported", message)
    made = Workspace(
        subscription=call.parameters["subscription"],
        resource_group=call.parameters["group"],
        name=str(name),
    )
    document = {
        "location": given("location") or "local",
        "kind": str(given("kind") or "Default").capitalize(),
        "tags": given("tagValues") or {},
        "properties": {
            "friendlyName": given("friendlyName") or made.name,
            "description": given("description") or "",
        },
    }
    create_workspace(ml.assets, made, document, ml.now())
    return Answer(status=201, body=_deployment_view(ml, call))


def deployment(ml: MlHttp, call: Call) -> dict[str, Any]:
    """A deployment: each has succeeded by the time anyone can ask."""
    return _deployment_view(ml, call)


def _deployment_view(ml: MlHttp, call: Call) -> dict[str, Any]:
    name = call.parameters["deployment"]
    return {
        "id": call.path,
        "name": name,
        "type": "Microsoft.Resources/deployments",
        "properties": {
            "provisioningState": "Succeeded",
            "correlationId": name,
            "timestamp": moment(ml.now()),
            "duration": "PT1S",
            "mode": "Incremental",
            "outputs": {},
        },
    }


def operations(ml: MlHttp, call: Call) -> dict[str, Any]:
    """The steps of a deployment; there are none to show."""
    return {"value": []}


def workspaces(ml: MlHttp, call: Call) -> dict[str, Any]:
    """The workspaces of a resource group, or of a subscription."""
    parameters = call.parameters
    found = list_workspaces(ml.assets, parameters["subscription"], parameters.get("group", ""))
    return listed([workspace_view(asset, call.base_url) for asset in found])


def workspace(ml: MlHttp, call: Call) -> dict[str, Any]:
    """One workspace."""
    return workspace_view(workspace_asset(ml, call), call.base_url)


def make_workspace(ml: MlHttp, call: Call) -> Answer:
    """Make a workspace with a single request."""
    body = call.json()
    kept = {name: body[name] for name in ("location", "kind", "tags") if body.get(name)}
    document = {**kept, "properties": table(body, "properties")}
    asset, new = create_workspace(ml.assets, asked_workspace(call), document, ml.now())
    return Answer(status=201 if new else 200, body=workspace_view(asset, call.base_url))


def change_workspace(ml: MlHttp, call: Call) -> dict[str, Any]:
    """Change tags and properties of a workspace."""
    found, body = workspace_asset(ml, call), call.json()
    document: dict[str, Any] = {"properties": table(body, "properties")}
    if isinstance(body.get("tags"), dict):
        document["tags"] = body["tags"]
    asset, _ = create_workspace(ml.assets, as_made(found), document, ml.now())
    return workspace_view(asset, call.base_url)


def forget_workspace(ml: MlHttp, call: Call) -> Answer:
    """Forget a workspace."""
    deleted = delete_workspace(ml.assets, asked_workspace(call))
    return Answer(status=200 if deleted else 204)


def keys(ml: MlHttp, call: Call) -> dict[str, Any]:
    """The keys of the accounts behind a workspace: there are none."""
    workspace_asset(ml, call)
    return {"userStorageKey": None, "userStorageResourceId": None}


def discovery(ml: MlHttp, call: Call) -> dict[str, Any]:
    """Where the other services are: all at the same address."""
    names = ("api", "catalog", "experimentation", "gallery", "history", "hyperdrive", "labeling")
    more = ("modelmanagement", "pipelines", "notebooks", "studio")
    return dict.fromkeys((*names, *more), call.base_url)


def clouds(ml: MlHttp, call: Call) -> list[object] | dict[str, Any]:
    """The cloud that this server is, for clients that look it up (`ARM_CLOUD_METADATA_URL`).

    The ML client takes a list, `az cloud register` (api-version 2022-09-01) one object.
    """
    url = call.base_url
    cloud = {
        "name": "Penstock",
        "portal": url,
        "authentication": {
            "loginEndpoint": f"{url}/",
            "audiences": [url],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": f"{url}/",
        "graph": f"{url}/",
        "graphAudience": f"{url}/",
        "gallery": f"{url}/",
        "batch": f"{url}/",
        "media": url,
        "sqlManagement": f"{url}/",
        "activeDirectoryDataLake": f"{url}/",
        "suffixes": {"storage": BLOB_SUFFIX, "keyVaultDns": f"vault.{BLOB_SUFFIX}"},
    }
    return cloud if call.query("api-version") >= "2022" else [cloud]
