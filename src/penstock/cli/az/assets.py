"""`az ml data`, `environment`, `model`, `component`: versioned things of a workspace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from penstock.cli.az import views
from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed, Misused
from penstock.cli.az.values import number
from penstock.cli.az.workspaces import in_workspace
from penstock.ml.workspaces import Workspace

if TYPE_CHECKING:
    from penstock.ml.yaml import Loaded

Json = dict[str, Any]
_PLURALS = {"data": "data", "environment": "environments", "model": "models"}
_VIEWS: dict[str, Callable[[Json], Json]] = {
    "data": views.data,
    "environment": views.environment,
    "model": views.model,
    "component": views.component,
}


def create(call: Call) -> Json | None:
    """Make a version; the next one where none is named."""
    from penstock.cli.az.bodies import body_of
    from penstock.cli.az.documents import read_document
    from penstock.cli.az.problems import report
    from penstock.cli.az.registration import WireRegistrar
    from penstock.ml.yaml import Family
    from penstock.ml.yaml.loading import check_registered_name

    _no_registry(call)
    group, plural = _kind(call)
    loaded = read_document(call, Family(group))
    undone = f"the {group} was not created"
    named = check_registered_name(loaded) if group == "component" else _unnamed(loaded, group)
    report(call, (*loaded.diagnostics, *named), undone)
    name = str(loaded.value["name"])

    def put(workspace: Workspace) -> Json:
        base = f"{workspace.path}/{plural}/{name}"
        version = loaded.value.get("version")
        given = version if version is not None else _next_version(call, base)
        body = body_of(loaded, WireRegistrar(call.wire, workspace), workspace)
        spec = body["properties"].get("componentSpec")
        if spec is not None:
            spec["version"] = str(given)
        return call.wire.send("PUT", f"{base}/versions/{given}", body)

    made = in_workspace(call, put)
    return None if call.flag("--no-wait") else _VIEWS[group](made)


def _unnamed(loaded: Loaded, group: str) -> tuple[Any, ...]:
    """Azure's client makes up a name for data without one; here a name is asked for."""
    if loaded.document is None or loaded.value.get("name"):
        return ()
    from penstock.ml.yaml.complaints import missing_field

    at = loaded.document.entries[0].key.span if loaded.document.entries else loaded.document.span
    owner = "data asset" if group == "data" else group
    return (missing_field("name", owner, at, "give it in the file, or with --name"),)


def _next_version(call: Call, base: str) -> str:
    found = call.wire.find(base)
    return str((found or {}).get("properties", {}).get("nextVersion") or "1")


def show(call: Call) -> Json:
    """One version: by number, by label, or the latest."""
    _no_registry(call)
    group, plural = _kind(call)
    name = call.text("--name")
    version, label = call.text("--version"), call.text("--label")
    if version and label:
        raise Failed("Cannot specify both version and label.")
    if not version and not label:
        raise Misused("the following arguments are required: --version/-v or --label/-l")

    def get(workspace: Workspace) -> Json:
        base = f"{workspace.path}/{plural}/{name}"
        return call.wire.get(f"{base}/versions/{version or _labelled(call, base, label or '')}")

    return _VIEWS[group](in_workspace(call, get))


def _labelled(call: Call, base: str, label: str) -> str:
    """The version behind a label: `latest`, of a component also `default`, is the one made last."""
    if label != "latest" and not (label == "default" and base.split("/")[-2] == "components"):
        raise Failed(f"the label '{label}' is not known: only 'latest' is kept here")
    container = call.wire.get(base)
    return str(container["properties"]["latestVersion"])


def list_assets(call: Call) -> list[Json]:
    """The versions of a name, or the names with their latest version."""
    _no_registry(call)
    group, plural = _kind(call)
    name = call.text("--name")
    query = {"listViewType": _listed(call)}
    limit = number(call, "--max-results")

    def get(workspace: Workspace) -> Json:
        base = f"{workspace.path}/{plural}"
        return call.wire.get(f"{base}/{name}/versions" if name else base, **query)

    found = in_workspace(call, get)["value"]
    return [_VIEWS[group](item) for item in found[:limit]]


def archive(call: Call) -> None:
    """Leave a version, or all of a name, out of lists."""
    _set_archived(call, True)


def restore(call: Call) -> None:
    """Put a version, or all of a name, back into lists."""
    _set_archived(call, False)


def _set_archived(call: Call, archived: bool) -> None:
    _no_registry(call)
    _, plural = _kind(call)
    name, version, label = call.text("--name"), call.text("--version"), call.text("--label")

    def change(workspace: Workspace) -> None:
        base = f"{workspace.path}/{plural}/{name}"
        if version or label:
            base = f"{base}/versions/{version or _labelled(call, base, label or '')}"
        found = call.wire.get(base)
        properties = {**found.get("properties", {}), "isArchived": archived}
        call.wire.send("PUT", base, {"properties": properties})

    in_workspace(call, change)


def _listed(call: Call) -> str:
    if call.flag("--archived-only"):
        return "ArchivedOnly"
    return "All" if call.flag("--include-archived") else "ActiveOnly"


def _kind(call: Call) -> tuple[str, str]:
    """The group of the command and the plural in REST paths."""
    group = call.words.split()[1]
    return group, _PLURALS.get(group, f"{group}s")


def _no_registry(call: Call) -> None:
    if call.text("--registry-name"):
        raise Failed("--registry-name is not supported here yet: use a workspace")
    if not call.text("--resource-group") or not call.text("--workspace-name"):
        raise Misused(
            "the following arguments are required: --resource-group/-g, --workspace-name/-w"
        )
