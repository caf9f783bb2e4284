"""Data, models, computes, datastores and workspaces as JSON (recorded: data_create_*,
models_create, compute_begin_create_*, datastores_create, workspaces_begin_create)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penstock.ml.datastores import parse_uri
from penstock.ml.workspaces import Workspace
from penstock.ml.yaml.paths import is_local, local_path
from penstock.ml.yaml.registrar import Registrar
from penstock.ml.yaml.words import Json, camel, duration, truth

_COMPUTES = {
    "amlcompute": "AmlCompute",
    "computeinstance": "ComputeInstance",
    "kubernetes": "Kubernetes",
    "virtualmachine": "VirtualMachine",
    "synapsespark": "SynapseSpark",
}
_DATASTORES = {
    "azure_blob": "AzureBlob",
    "azure_file": "AzureFile",
    "azure_data_lake_gen1": "AzureDataLakeGen1",
    "azure_data_lake_gen2": "AzureDataLakeGen2",
    "one_lake": "OneLake",
}
_CREDENTIALS = {
    "account_key": ("AccountKey", "account_key", "key"),
    "sas_token": ("Sas", "sas_token", "sasToken"),
    "client_secret": ("ServicePrincipal", "client_secret", "clientSecret"),
    "thumbprint": ("Certificate", "certificate", "certificate"),
}
"""By the field that tells them: the type, the field that is secret, and the word for it."""
_STORE_FIELDS = (
    "account_name",
    "container_name",
    "file_share_name",
    "store_name",
    "filesystem",
    "one_lake_workspace_name",
    "endpoint",
    "protocol",
)
_DEFAULT_SIZE = "STANDARD_DS3_V2"


def data_properties(value: Mapping[str, Any], folder: Path, registrar: Registrar) -> Json:
    """The `properties` of a data asset's version; local content is uploaded on the way."""
    path = str(value["path"])
    type = str(value.get("type") or "uri_folder").lower()
    uri = registrar.data(local_path(path, folder), "path") if is_local(path) else path
    body = {**_described(value), "dataUri": uri.rstrip("/") if is_local(path) else uri}
    if type == "mltable" and is_local(path):
        body["referencedUris"] = _referenced(local_path(path, folder))
    return {**body, "dataType": type, "isAnonymous": False, "isArchived": False}


def model_properties(
    value: Mapping[str, Any], folder: Path, registrar: Registrar, workspace: Workspace
) -> Json:
    """The `properties` of a model's version; local content is uploaded on the way."""
    path = uri = str(value["path"])
    if is_local(path):
        uri = registrar.data(local_path(path, folder), "path").rstrip("/")
        uri = parsed.uri if (parsed := parse_uri(uri, workspace)) else uri
    body = {**_described(value), "modelUri": uri, "modelType": value.get("type") or "custom_model"}
    for field in ("stage", "flavors"):
        if value.get(field):
            body[field] = value[field]
    return {**body, "isAnonymous": False, "isArchived": False}


def compute_body(value: Mapping[str, Any], location: str) -> Json:
    """The body of a compute."""
    type = str(value["type"]).lower()
    inner = _COMPUTE_DETAILS.get(type, _no_details)(value)
    properties: Json = {"computeType": _COMPUTES[type], "properties": inner}
    if value.get("description"):
        properties["description"] = value["description"]
    if value.get("resource_id"):
        properties["resourceId"] = value["resource_id"]
    if type in ("amlcompute", "computeinstance"):
        properties["disableLocalAuth"] = not truth(value.get("ssh_public_access_enabled"), False)
    body: Json = {"location": value.get("location") or location, "properties": properties}
    if value.get("tags"):
        body["tags"] = value["tags"]
    return body


def _cluster_details(value: Mapping[str, Any]) -> Json:
    idle = value.get("idle_time_before_scale_down")
    scale = {
        "maxNodeCount": _number(value.get("max_instances"), 4),
        "minNodeCount": _number(value.get("min_instances"), 0),
        "nodeIdleTimeBeforeScaleDown": duration(_number(idle, 120)),
    }
    body: Json = {
        "vmSize": value.get("size") or _DEFAULT_SIZE,
        "scaleSettings": scale,
        "remoteLoginPortPublicAccess": "NotSpecified",
        "enableNodePublicIp": truth(value.get("enable_node_public_ip"), True),
        "osType": "Linux",
    }
    if value.get("tier"):
        low = str(value["tier"]).lower() == "low_priority"
        body["vmPriority"] = "LowPriority" if low else "Dedicated"
    return body


def _instance_details(value: Mapping[str, Any]) -> Json:
    return {
        "vmSize": value.get("size") or _DEFAULT_SIZE,
        "enableNodePublicIp": truth(value.get("enable_node_public_ip"), True),
        "enableSSO": truth(value.get("enable_sso"), True),
        "enableRootAccess": truth(value.get("enable_root_access"), True),
        "releaseQuotaOnStop": truth(value.get("release_quota_on_stop"), False),
        "enableOSPatching": truth(value.get("enable_os_patching"), False),
        "applicationSharingPolicy": "Shared",
        "computeInstanceAuthorizationType": "personal",
    }


def _kubernetes_details(value: Mapping[str, Any]) -> Json:
    return {**(value.get("properties") or {}), "namespace": value.get("namespace") or "default"}


def _no_details(value: Mapping[str, Any]) -> Json:
    return {}


_COMPUTE_DETAILS = {
    "amlcompute": _cluster_details,
    "computeinstance": _instance_details,
    "kubernetes": _kubernetes_details,
}


def datastore_body(value: Mapping[str, Any]) -> Json:
    """The body of a datastore."""
    properties: Json = {"datastoreType": _DATASTORES[str(value["type"]).lower()]}
    for field in _STORE_FIELDS:
        if value.get(field):
            properties[camel(field)] = value[field]
    if value.get("artifact"):
        name = value["artifact"]["name"]
        properties["artifact"] = {"artifactName": name, "artifactType": "LakeHouse"}
    if value.get("description"):
        properties["description"] = value["description"]
    properties["tags"] = value.get("tags") or {}
    properties["credentials"] = _credentials(value.get("credentials") or {})
    return {"properties": properties}


def _credentials(value: Mapping[str, Any]) -> Json:
    for field, (type, secret, name) in _CREDENTIALS.items():
        if value.get(field):
            secrets = {name: value.get(secret), "secretsType": type}
            rest = {camel(key): item for key, item in value.items() if key != secret}
            return {**rest, "secrets": secrets, "credentialsType": type}
    return {"credentialsType": "None"}


def workspace_parameters(value: Mapping[str, Any], resource_group: str) -> Json:
    """The parameters of the deployment that makes a workspace; the service ignores the template."""
    name = str(value["name"])
    given = {
        "workspaceName": name,
        "resourceGroupName": resource_group,
        "location": value.get("location") or "local",
        "kind": "default",
        "friendlyName": value.get("display_name") or name,
        "description": value.get("description") or name,
        "tagValues": value.get("tags") or {},
        "storageAccountOption": "new",
    }
    return {key: {"value": item} for key, item in given.items()}


def _described(value: Mapping[str, Any]) -> Json:
    body: Json = {"tags": value.get("tags") or {}, "properties": value.get("properties") or {}}
    if value.get("description"):
        body["description"] = value["description"]
    return body


def _referenced(folder: Path) -> list[str]:
    """The files that an MLTable file speaks of, as it spells them."""
    import yaml

    table = yaml.safe_load((folder / "MLTable").read_text(encoding="utf-8")) or {}
    paths = table.get("paths") if isinstance(table, dict) else None
    entries = [entry for entry in paths or () if isinstance(entry, dict)]
    return [str(item) for entry in entries for item in entry.values()]


def _number(value: object, default: int) -> int:
    return default if value is None else int(float(str(value)))
