"""Data, environments, components, models, code snapshots, datastores and computes over HTTP."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from penstock.ml.assets import Asset, container, containers, find_version, put_version
from penstock.ml.datastores import BLOB_STORE, DEFAULT_DATASTORES, StoredPath
from penstock.ml.fields import table
from penstock.ml.references import Problem, is_name
from penstock.ml.references import Refused as Rejected
from penstock.ml.resolver import LOCAL_COMPUTES
from penstock.ml.workspaces import Workspace
from penstock.server.errors import Refused
from penstock.server.ml.context import WORKSPACE, MlHttp, not_found, row, workspace_of
from penstock.server.ml.views import (
    asset_view,
    compute_view,
    datastore_view,
    listed,
    storage_account,
)
from penstock.server.routes import Answer, Call, Route

SAS_SECONDS = 24 * 3600.0
_CONTAINED = ("data", "environments", "components", "models")
_BARE_CONTEXT = re.compile(r"^https?://[^/]+/storage/([^/?#]+)/([^?#]+)")
_REQUIRED = {
    "data": "dataUri",
    "models": "modelUri",
    "codes": "codeUri",
    "components": "componentSpec",
}
_TEXTS = ("codeUri", "dataUri", "modelUri", "image", "condaFile")


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    rows = [row(ml, "GET", f"{WORKSPACE}/codes/{{name}}/versions", find_code, quick=True)]
    for kind in (*_CONTAINED, "codes"):
        one = f"{WORKSPACE}/{kind}/{{name}}/versions/{{version}}"
        rows += [
            row(ml, "GET", one, version, quick=True),
            row(ml, "PUT", one, put),
            row(ml, "DELETE", one, delete),
        ]
    for kind in _CONTAINED:
        name = f"{WORKSPACE}/{kind}/{{name}}"
        rows += [
            row(ml, "GET", f"{WORKSPACE}/{kind}", names, quick=True),
            row(ml, "GET", name, latest, quick=True),
            row(ml, "PUT", name, put_container),
            row(ml, "DELETE", name, delete_container),
            row(ml, "GET", f"{name}/versions", versions, quick=True),
        ]
    pending = f"{WORKSPACE}/codes/{{name}}/versions/{{version}}/startPendingUpload"
    datastore, compute = f"{WORKSPACE}/datastores/{{name}}", f"{WORKSPACE}/computes/{{name}}"
    return (
        *rows,
        row(ml, "POST", pending, start_upload),
        row(ml, "GET", f"{WORKSPACE}/datastores", datastores, quick=True),
        row(ml, "GET", datastore, get_datastore, quick=True),
        row(ml, "PUT", datastore, put_datastore),
        row(ml, "DELETE", datastore, delete_plain),
        row(ml, "POST", f"{datastore}/listSecrets", secrets, quick=True),
        row(ml, "GET", f"{WORKSPACE}/computes", computes, quick=True),
        row(ml, "GET", compute, get_compute, quick=True),
        row(ml, "PUT", compute, put_compute),
        row(ml, "DELETE", compute, delete_plain),
        *(
            row(ml, "POST", f"{compute}/{verb}", move_compute)
            for verb in ("start", "stop", "restart")
        ),
    )


def _kind(call: Call) -> str:
    """The plural in the path: `.../workspaces/NAME/data/...`."""
    return call.path.strip("/").split("/")[8].lower()


def _asked_name(call: Call) -> str:
    """The name of the asset in the path.

    azure-ai-ml looks up the latest of `azureml:NAME@latest` under `azureml:NAME` where a program,
    not a file, names it so.
    """
    return call.parameters["name"].removeprefix("azureml:")


# Versions and their containers


def version(ml: MlHttp, call: Call) -> dict[str, Any]:
    """One version of an asset."""
    workspace = workspace_of(ml, call)
    return asset_view(workspace, _version(ml, call, workspace), call.base_url)


def _version(ml: MlHttp, call: Call, workspace: Workspace) -> Asset:
    name, wanted = _asked_name(call), call.parameters["version"]
    asset = find_version(ml.assets, workspace.scope, _kind(call), name, wanted)
    if asset is None:
        raise not_found(f"{workspace.path}/{_kind(call)}/{name}/versions/{wanted}")
    return asset


def put(ml: MlHttp, call: Call) -> Answer:
    """Keep a version; the same again changes nothing."""
    workspace, kind = workspace_of(ml, call), _kind(call)
    _check_names(ml, call, workspace)
    properties = table(call.json(), "properties")
    missing = _REQUIRED.get(kind)
    if missing is not None and not properties.get(missing):
        message = f'"properties.{missing}" is required'
        raise Rejected(Problem(code="UserError", message=message, target=missing))
    for name in _TEXTS:
        if not isinstance(properties.get(name, ""), str | None):
            message = f'"properties.{name}" must be a text'
            raise Rejected(Problem(code="UserError", message=message, target=name))
    if kind == "environments":
        properties = _with_known_context(ml, workspace, properties)
    if kind == "components":
        properties = _with_own_name(call, properties)
    now = ml.now()
    asset = Asset(
        scope=workspace.scope,
        kind=kind,
        name=call.parameters["name"],
        version=call.parameters["version"],
        document={"properties": properties},
        hash=str(table(properties, "properties").get("hash_sha256", "")),
        created_at=now,
        updated_at=now,
    )
    kept, new = put_version(ml.assets, asset)
    body = asset_view(workspace, kept, call.base_url)
    return Answer(status=201 if new else 200, body=body)


def _check_names(ml: MlHttp, call: Call, workspace: Workspace) -> None:
    """Refuse new names that no reference could spell. MLflow names models more freely."""
    name, version = call.parameters["name"], call.parameters.get("version", "")
    if ml.assets.get(workspace.scope, _kind(call), name, version) is not None:
        return
    for what in ("name", "version"):
        given = call.parameters.get(what, "1")
        if not is_name(given):
            rule = "use letters, digits, underscores, hyphens and periods, a letter or digit first"
            message = f'"{given}" is no {what} for this: {rule}'
            raise Rejected(Problem(code="UserError", message=message, target=what))


def _with_own_name(call: Call, properties: dict[str, Any]) -> dict[str, Any]:
    """A component whose spec says its name and version, where Azure's client reads them; it leaves
    out a version that it did not choose."""
    spec = table(properties, "componentSpec")
    own = {name: call.parameters[name] for name in ("name", "version") if spec.get(name) is None}
    return {**properties, "componentSpec": {**spec, **own}}


def _with_known_context(
    ml: MlHttp, workspace: Workspace, properties: dict[str, Any]
) -> dict[str, Any]:
    """An environment whose build context can be found again.

    Azure's client loses the account of its address (`ArtifactStorageInfo.full_storage_path`) and
    sends `.../storage/DATASTORE/PATH`; it knows the datastore's name, as containers have it here.
    """
    build = table(properties, "build")
    match = _BARE_CONTEXT.match(str(build.get("contextUri", "")))
    if match is None or ml.assets.get(workspace.scope, "datastores", match[1]) is None:
        return properties
    place = StoredPath(workspace=workspace, datastore=match[1], path=unquote(match[2]))
    return {**properties, "build": {**build, "contextUri": place.uri}}


def delete(ml: MlHttp, call: Call) -> Answer:
    """Forget one version."""
    scope, name = workspace_of(ml, call).scope, call.parameters["name"]
    deleted = ml.assets.delete(scope, _kind(call), name, call.parameters["version"])
    return Answer(status=200 if deleted else 204)


def versions(ml: MlHttp, call: Call) -> dict[str, Any]:
    """The versions of a name, newest first; `$top` and `$skip` cut a page."""
    workspace = workspace_of(ml, call)
    found = ml.assets.versions(workspace.scope, _kind(call), _asked_name(call))
    shown = _page(call, [asset for asset in found if _is_asked(call, asset)])
    return listed([asset_view(workspace, asset, call.base_url) for asset in shown])


def names(ml: MlHttp, call: Call) -> dict[str, Any]:
    """The containers of a kind, newest first."""
    workspace = workspace_of(ml, call)
    found = containers(ml.assets, workspace.scope, _kind(call))
    shown = _page(call, [asset for asset in found if _is_asked(call, asset)])
    return listed([asset_view(workspace, asset, call.base_url) for asset in shown])


def latest(ml: MlHttp, call: Call) -> dict[str, Any]:
    """The container of a name: its latest version, and the number of the next."""
    workspace, name = workspace_of(ml, call), _asked_name(call)
    asset = container(ml.assets, workspace.scope, _kind(call), name)
    if asset is None:
        raise not_found(f"{workspace.path}/{_kind(call)}/{name}")
    return asset_view(workspace, asset, call.base_url)


def put_container(ml: MlHttp, call: Call) -> dict[str, Any]:
    """Archive or restore all versions of a name."""
    workspace, name, now = workspace_of(ml, call), call.parameters["name"], ml.now()
    given = table(call.json(), "properties")
    kept = {key: given[key] for key in ("isArchived", "description", "tags") if key in given}
    ml.assets.put(
        Asset(
            scope=workspace.scope,
            kind=_kind(call),
            name=name,
            document={"properties": kept},
            created_at=now,
            updated_at=now,
        )
    )
    return latest(ml, call)


def delete_container(ml: MlHttp, call: Call) -> Answer:
    """Forget a name with all its versions."""
    scope, kind, name = workspace_of(ml, call).scope, _kind(call), call.parameters["name"]
    found = ml.assets.versions(scope, kind, name)
    for asset in found:
        ml.assets.delete(scope, kind, name, asset.version)
    ml.assets.delete(scope, kind, name)
    return Answer(status=200 if found else 204)


def _is_asked(call: Call, asset: Asset) -> bool:
    """Whether the list asked for has it: active ones, archived ones, or all."""
    wanted = call.query("listViewType", "ActiveOnly")
    return wanted == "All" or asset.is_archived == (wanted == "ArchivedOnly")


def _page(call: Call, found: list[Asset]) -> list[Asset]:
    """The part of a list that `$skip` and `$top` ask for; `createdtime asc` turns it round."""
    if "asc" in call.query("$orderBy").lower().split():
        found = found[::-1]
    return found[_number(call, "$skip", 0) :][: _number(call, "$top", len(found))]


def _number(call: Call, name: str, default: int) -> int:
    given = call.query(name)
    if not given:
        return default
    if not given.isdecimal() or len(given) > 18:
        raise Refused(400, "InvalidQueryParameter", f'"{name}" must be a whole number')
    return int(given)


# Code snapshots


def find_code(ml: MlHttp, call: Call) -> dict[str, Any]:
    """Code with the hash asked for, under whatever name: clients ask with a name made up."""
    workspace, wanted = workspace_of(ml, call), call.query("hash")
    found = ml.assets.find_hash(workspace.scope, "codes", wanted) if wanted else None
    if wanted:
        return listed([asset_view(workspace, found, call.base_url)] if found else [])
    kept = _page(call, list(ml.assets.versions(workspace.scope, "codes", call.parameters["name"])))
    return listed([asset_view(workspace, asset, call.base_url) for asset in kept])


def start_upload(ml: MlHttp, call: Call) -> dict[str, Any]:
    """A fresh container for a code snapshot, and an address that may write into it."""
    from uuid import uuid4

    workspace, upload = workspace_of(ml, call), str(uuid4())
    path = f"/storage/{workspace.key}/{upload}"
    query = ml.signer.query(path, expires=ml.now() + SAS_SECONDS, write=True)
    blob_uri = f"{call.base_url}{path}"
    group = f"/subscriptions/{workspace.subscription}/resourceGroups/{workspace.resource_group}"
    return {
        "pendingUploadId": upload,
        "pendingUploadType": "TemporaryBlobReference",
        "blobReferenceForConsumption": {
            "blobUri": blob_uri,
            "storageAccountArmId": f"{group}/providers/Microsoft.Storage/storageAccounts/penstock",
            "credential": {"credentialType": "SAS", "sasUri": f"{blob_uri}?{query}"},
        },
    }


# Datastores


def datastores(ml: MlHttp, call: Call) -> dict[str, Any]:
    """All datastores, or the default one."""
    workspace = workspace_of(ml, call)
    found = reversed(ml.assets.list(workspace.scope, "datastores"))
    views = [datastore_view(workspace, asset, call.base_url) for asset in found]
    if call.query("isDefault").lower() == "true":
        views = [view for view in views if view["properties"]["isDefault"]]
    return listed(views)


def get_datastore(ml: MlHttp, call: Call) -> dict[str, Any]:
    """One datastore."""
    workspace = workspace_of(ml, call)
    return datastore_view(workspace, _plain(ml, call, workspace), call.base_url)


def put_datastore(ml: MlHttp, call: Call) -> Answer:
    """Keep a datastore: a folder of this storage stands for the account it names.

    Its secrets are not kept, since nothing here could use them.
    """
    workspace = workspace_of(ml, call)
    properties = table(call.json(), "properties")
    if not properties.get("datastoreType"):
        message = '"properties.datastoreType" is required'
        raise Rejected(Problem(code="UserError", message=message, target="type"))
    properties.pop("credentials", None)
    properties["isDefault"] = call.parameters["name"] == BLOB_STORE
    asset, new = _put_plain(ml, call, workspace, {"properties": properties})
    body = datastore_view(workspace, asset, call.base_url)
    return Answer(status=201 if new else 200, body=body)


def secrets(ml: MlHttp, call: Call) -> dict[str, Any]:
    """A key for a datastore's content: a signature for its address, good for a day."""
    workspace = workspace_of(ml, call)
    asset = _plain(ml, call, workspace)
    path = f"/storage/{storage_account(workspace)}/{asset.name}"
    query = ml.signer.query(path, expires=ml.now() + SAS_SECONDS, write=True)
    return {"secretsType": "Sas", "sasToken": query}


# Computes


def computes(ml: MlHttp, call: Call) -> dict[str, Any]:
    """All named computes."""
    workspace = workspace_of(ml, call)
    found = ml.assets.list(workspace.scope, "computes")
    return listed([compute_view(workspace, asset) for asset in found])


def get_compute(ml: MlHttp, call: Call) -> dict[str, Any]:
    """One compute."""
    workspace = workspace_of(ml, call)
    return compute_view(workspace, _plain(ml, call, workspace))


def put_compute(ml: MlHttp, call: Call) -> Answer:
    """Keep a compute. It is ready at once: this machine does its work."""
    workspace, body = workspace_of(ml, call), call.json()
    if call.parameters["name"].lower() in LOCAL_COMPUTES:
        message = f'"{call.parameters["name"]}" is the name of a compute that is always there'
        raise Rejected(Problem(code="UserError", message=message, target="name"))
    properties = table(body, "properties")
    if not properties.get("computeType"):
        message = '"properties.computeType" is required'
        raise Rejected(Problem(code="UserError", message=message, target="type"))
    kept = {name: body[name] for name in ("location", "tags", "identity") if body.get(name)}
    asset, new = _put_plain(ml, call, workspace, {**kept, "properties": properties})
    return Answer(status=201 if new else 200, body=compute_view(workspace, asset))


def move_compute(ml: MlHttp, call: Call) -> Answer:
    """Start, stop or restart a compute: nothing changes, it is always there."""
    _plain(ml, call, workspace_of(ml, call))
    return Answer(status=202)


def delete_plain(ml: MlHttp, call: Call) -> Answer:
    """Forget a datastore or a compute; content of a datastore stays on disk."""
    workspace = workspace_of(ml, call)
    if call.parameters["name"] in DEFAULT_DATASTORES:
        message = f'"{call.parameters["name"]}" belongs to the workspace and cannot be deleted'
        raise Rejected(Problem(code="UserError", message=message, target="name"))
    deleted = ml.assets.delete(workspace.scope, _kind(call), call.parameters["name"])
    return Answer(status=200 if deleted else 204)


def _plain(ml: MlHttp, call: Call, workspace: Workspace) -> Asset:
    name = call.parameters["name"]
    asset = ml.assets.get(workspace.scope, _kind(call), name)
    if asset is None:
        raise not_found(f"{workspace.path}/{_kind(call)}/{name}")
    return asset


def _put_plain(
    ml: MlHttp, call: Call, workspace: Workspace, document: dict[str, Any]
) -> tuple[Asset, bool]:
    _check_names(ml, call, workspace)
    now = ml.now()
    asset = Asset(
        scope=workspace.scope,
        kind=_kind(call),
        name=call.parameters["name"],
        document=document,
        created_at=now,
        updated_at=now,
    )
    return ml.assets.put(asset)
