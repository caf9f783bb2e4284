"""`az ml workspace`, `az ml compute`, `az ml datastore`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from penstock.cli.az import views
from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed, Misused, Refused
from penstock.cli.az.values import SURE, confirm, number, refuse
from penstock.cli.az.workspaces import in_workspace, missing
from penstock.ml.workspaces import Workspace

if TYPE_CHECKING:
    from penstock.ml.yaml import Loaded

Json = dict[str, Any]


def create_workspace(call: Call) -> Json | None:
    """Make a workspace from a file or options; the same again changes its tags only."""
    loaded = _read(call, "workspace")
    value = dict(loaded.value)
    name = str(value.get("name"))
    group = call.text("--resource-group") or ""
    workspace = Workspace(subscription=call.subscription, resource_group=group, name=name)
    made = deploy_workspace(call, workspace, value)
    return None if call.flag("--no-wait") else views.workspace(made)


def deploy_workspace(call: Call, workspace: Workspace, value: Mapping[str, Any]) -> Json:
    """Make a workspace as Azure's client does, by a deployment, and return it.

    One that is there keeps what it has; its tags are added to.
    """
    from penstock.ml.yaml.asset_bodies import workspace_parameters

    said = str(value.get("resource_group") or workspace.resource_group)
    if said.lower() != workspace.resource_group.lower():
        group = workspace.resource_group
        call.warn(f"the file says resource_group: {said}; the workspace is in {group}, as -g says")
    found = call.wire.find(workspace.path) if _exists(call, workspace) else None
    if found is not None:
        tags = {**(found.get("tags") or {}), **(value.get("tags") or {})}
        return call.wire.send("PATCH", workspace.path, {"tags": tags})
    group = f"/subscriptions/{workspace.subscription}/resourcegroups/{workspace.resource_group}"
    deployment = f"{workspace.name}-{int.from_bytes(os.urandom(3), 'big')}"
    path = f"{group}/providers/Microsoft.Resources/deployments/{deployment}"
    parameters = workspace_parameters(value, workspace.resource_group)
    body = {"properties": {"mode": "incremental", "template": {}, "parameters": parameters}}
    call.wire.send("PUT", path, body)
    return call.wire.get(workspace.path)


def _exists(call: Call, workspace: Workspace) -> bool:
    try:
        call.wire.get(workspace.path)
    except Refused as refused:
        if refused.status != 404:
            raise
        return False
    return True


def show_workspace(call: Call) -> Json:
    """One workspace; one that is only declared is made."""
    return views.workspace(in_workspace(call, lambda workspace: call.wire.get(workspace.path)))


def list_workspaces(call: Call) -> list[Json]:
    """The workspaces of a resource group, or of the subscription."""
    group, limit = call.text("--resource-group"), number(call, "--max-results")
    base = f"/subscriptions/{call.subscription}"
    if group:
        base = f"{base}/resourceGroups/{group}"
    path = f"{base}/providers/Microsoft.MachineLearningServices/workspaces"
    return [views.workspace(item) for item in call.wire.get(path)["value"][:limit]]


def update_workspace(call: Call) -> Json:
    """Change tags, display name and description."""
    for option in ("--add", "--remove", "--file"):
        refuse(call, option, "az ml workspace update takes --set and its other options")
    workspace = call.workspace
    found = call.wire.find(workspace.path) if _exists(call, workspace) else None
    if found is None:
        raise missing(workspace, call)
    tags = dict(found.get("tags") or {})
    properties: Json = {}
    for name, value in _changes(call):
        if name.startswith("tags."):
            tags[name.removeprefix("tags.")] = value
        elif name in ("display_name", "description"):
            properties["friendlyName" if name == "display_name" else name] = value
        else:
            raise Failed(
                f"az ml workspace update changes tags, display_name, description, not {name}"
            )
    body = {"tags": tags, "properties": properties}
    return views.workspace(call.wire.send("PATCH", workspace.path, body))


def _changes(call: Call) -> list[tuple[str, str]]:
    changes = [
        (name, value)
        for option, name in (("--display-name", "display_name"), ("--description", "description"))
        if (value := call.text(option)) is not None
    ]
    for tag in call.texts("--tags"):
        changes.append((f"tags.{tag.partition('=')[0]}", tag.partition("=")[2]))
    for setting in call.texts("--set"):
        name, equals, value = setting.partition("=")
        if not equals:
            raise Misused(f"argument --set: '{setting}' is not of the form NAME=VALUE")
        changes.append((name, value))
    return changes


def delete_workspace(call: Call) -> None:
    """Forget a workspace, after a question."""
    confirm(call, SURE)
    call.wire.send("DELETE", call.workspace.path)


def list_keys(call: Call) -> Json:
    """The keys of what lies behind a workspace."""
    return call.wire.send("POST", f"{call.workspace.path}/listKeys")


def create_compute(call: Call) -> Json | None:
    """Make a compute from a file or options."""
    return _create(call, "compute", views.compute)


def show_compute(call: Call) -> Json:
    """One compute."""
    return _show(call, "computes", views.compute)


def list_computes(call: Call) -> list[Json]:
    """The computes of a workspace."""
    wanted = (call.text("--type") or "").lower()
    found = _list(call, "computes", views.compute)
    return [item for item in found if not wanted or item.get("type") == wanted]


def delete_compute(call: Call) -> None:
    """Forget a compute, after a question."""
    confirm(call, SURE)
    _delete(call, "computes")


def start_compute(call: Call) -> None:
    """Start a compute."""
    _move(call, "start")


def stop_compute(call: Call) -> None:
    """Stop a compute."""
    _move(call, "stop")


def restart_compute(call: Call) -> None:
    """Restart a compute."""
    _move(call, "restart")


def _move(call: Call, verb: str) -> None:
    name = call.text("--name")
    in_workspace(
        call,
        lambda workspace: call.wire.send("POST", f"{workspace.path}/computes/{name}/{verb}"),
    )


def create_datastore(call: Call) -> Json | None:
    """Make a datastore from a file."""
    return _create(call, "datastore", views.datastore)


def show_datastore(call: Call) -> Json:
    """One datastore."""
    return _show(call, "datastores", views.datastore)


def list_datastores(call: Call) -> list[Json]:
    """The datastores of a workspace."""
    return _list(call, "datastores", views.datastore)


def delete_datastore(call: Call) -> None:
    """Forget a datastore."""
    _delete(call, "datastores")


def _create(call: Call, family: str, view: Callable[[Json], Json]) -> Json | None:
    from penstock.cli.az.bodies import body_of
    from penstock.cli.az.registration import WireRegistrar

    loaded = _read(call, family)
    name = str(loaded.value.get("name"))

    def put(workspace: Workspace) -> Json:
        body = body_of(loaded, WireRegistrar(call.wire, workspace), workspace)
        return call.wire.send("PUT", f"{workspace.path}/{family}s/{name}", body)

    made = in_workspace(call, put)
    return None if call.flag("--no-wait") else view(made)


def _show(call: Call, plural: str, view: Callable[[Json], Json]) -> Json:
    name = call.text("--name")
    return view(
        in_workspace(call, lambda workspace: call.wire.get(f"{workspace.path}/{plural}/{name}"))
    )


def _list(call: Call, plural: str, view: Callable[[Json], Json]) -> list[Json]:
    limit = number(call, "--max-results")
    found = in_workspace(call, lambda workspace: call.wire.get(f"{workspace.path}/{plural}"))
    return [view(item) for item in found["value"][:limit]]


def _delete(call: Call, plural: str) -> None:
    name = call.text("--name")
    in_workspace(
        call, lambda workspace: call.wire.send("DELETE", f"{workspace.path}/{plural}/{name}")
    )


def _read(call: Call, family: str) -> Loaded:
    from penstock.cli.az.documents import read_document
    from penstock.cli.az.problems import report
    from penstock.ml.yaml import Family

    loaded = read_document(call, Family(family))
    report(call, loaded.diagnostics, f"the {family} was not created")
    return loaded
