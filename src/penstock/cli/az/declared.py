"""Workspaces declared in the repository: `.penstock/workspaces/NAME/*.yml` is made on first use.

Only what is not there yet is made; nothing is ever changed, and what differs from its declaration
is told. The state of the files is kept as a tag of the workspace, so that later commands ask once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penstock.cli.az.call import Call
from penstock.cli.az.declarations import declarations, declared_folder, state_of
from penstock.cli.az.failures import Refused
from penstock.cli.az.problems import report
from penstock.cli.az.registration import WireRegistrar
from penstock.ml.workspaces import Workspace
from penstock.ml.yaml import Family, Loaded
from penstock.ml.yaml.paths import shown

TAG = "penstock.declared"
_ORDER = (
    Family.COMPUTE,
    Family.DATASTORE,
    Family.ENVIRONMENT,
    Family.DATA,
    Family.MODEL,
    Family.COMPONENT,
)
_UNVERSIONED = (Family.COMPUTE, Family.DATASTORE)
_CONTENT = ("image", "condaFile", "build", "dataUri", "modelUri", "componentSpec")
"""What makes a version what it is; the rest may be changed later, as in Azure."""


def make_declared(call: Call, workspace: Workspace) -> bool:
    """Make what is declared for the workspace and is not there; False where nothing is declared.

    One line on stderr for each thing made, and for each that is there and differs. Raises Failed
    for files that are wrong, before anything is made.
    """
    folder = declared_folder(workspace.name, call)
    if folder is None:
        return False
    state = state_of(folder)
    found = _find_workspace(call, workspace)
    if found is not None and (found.get("tags") or {}).get(TAG) == state:
        return True
    documents = declarations(folder)
    _check(call, documents)
    if found is None:
        found = _make_workspace(call, workspace, folder, documents)
    registrar = WireRegistrar(call.wire, workspace)
    as_declared = True
    for family in _ORDER:
        for document in documents:
            if document.kind is not None and document.kind.family is family:
                as_declared &= _make(call, workspace, document, registrar)
    if as_declared:
        tags = {**(found.get("tags") or {}), TAG: state}
        call.wire.send("PATCH", workspace.path, {"tags": tags})
    return True


def _find_workspace(call: Call, workspace: Workspace) -> dict[str, Any] | None:
    try:
        return call.wire.get(workspace.path)
    except Refused as refused:
        if refused.status != 404:
            raise
        return None


def _check(call: Call, documents: list[Loaded]) -> None:
    found = [diagnostic for document in documents for diagnostic in document.diagnostics]
    report(call, found, "what is declared for the workspace is not right; nothing was created")


def _make_workspace(
    call: Call, workspace: Workspace, folder: Path, documents: list[Loaded]
) -> dict[str, Any]:
    from penstock.cli.az.resources import deploy_workspace

    given: dict[str, Any] = {}
    for document in documents:
        if document.kind is not None and document.kind.family is Family.WORKSPACE:
            given = dict(document.value)
    made = deploy_workspace(call, workspace, {**given, "name": workspace.name})
    call.say(f"created workspace {workspace.name} (declared in {shown(folder)})")
    return made


def _make(call: Call, workspace: Workspace, document: Loaded, registrar: WireRegistrar) -> bool:
    """Make one declared thing, unless it is there; whether it now is as declared.

    One without a version gets the next version whenever its content changes.
    """
    from penstock.cli.az.bodies import body_of

    assert document.kind is not None
    family, name = document.kind.family, str(document.value.get("name", ""))
    if family in _UNVERSIONED:
        path = f"{workspace.path}/{family.value}s/{name}"
        if call.wire.find(path) is None:
            _put(call, path, body_of(document, registrar, workspace), document, name)
        return True
    base = f"{workspace.path}/{'data' if family is Family.DATA else f'{family.value}s'}/{name}"
    given = document.value.get("version")
    latest, following = ("1", "1") if given is not None else _versions(call, base)
    version = str(given) if given is not None else latest
    body = body_of(document, registrar, workspace)
    there = call.wire.find(f"{base}/versions/{version}")
    if there is not None and _is_made_of(there.get("properties") or {}, body["properties"]):
        return True
    if there is not None and given is not None:
        call.say(
            f"note: {family.value} {name}:{version} was made before {shown(document.path)} said "
            "what it says now, and stays as it is; give it a new version to use the change"
        )
        return False
    version = version if there is None else following
    if "componentSpec" in body["properties"]:
        body["properties"]["componentSpec"]["version"] = version
    _put(call, f"{base}/versions/{version}", body, document, f"{name}:{version}")
    return True


def _versions(call: Call, base: str) -> tuple[str, str]:
    """The latest version of a name, and the one that comes after it."""
    properties = (call.wire.find(base) or {}).get("properties", {})
    return str(properties.get("latestVersion") or "1"), str(properties.get("nextVersion") or "1")


def _is_made_of(there: dict[str, Any], declared: dict[str, Any]) -> bool:
    """Whether a version holds the content that is declared for it."""
    return all(_same(there.get(field), declared.get(field)) for field in _CONTENT)


def _same(there: Any, declared: Any) -> bool:
    """The service may have added to what it was given."""
    if isinstance(declared, dict) and isinstance(there, dict):
        return all(
            _same(there.get(key), value) for key, value in declared.items() if key != "version"
        )
    return bool(there == declared)


def _put(call: Call, path: str, body: dict[str, Any], document: Loaded, title: str) -> None:
    call.wire.send("PUT", path, body)
    assert document.kind is not None
    where = shown(document.path)
    call.say(f"created {document.kind.family.value} {title} (declared in {where})")
