"""Workspaces declared in the repository: `.penstock/workspaces/NAME/*.yml` is made on first use.

Only what is not there yet is made; nothing is ever changed. A hash of the files is kept as a tag of
the workspace, so that later commands ask once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penstock.cli.az.call import Call
from penstock.cli.az.failures import Refused
from penstock.cli.az.problems import report
from penstock.cli.az.registration import WireRegistrar
from penstock.ml.workspaces import Workspace
from penstock.ml.yaml import Family, Loaded, load
from penstock.ml.yaml.values import is_local, local_path, shown

TAG = "penstock.declared"
_ORDER = (
    Family.COMPUTE,
    Family.DATASTORE,
    Family.ENVIRONMENT,
    Family.DATA,
    Family.MODEL,
    Family.COMPONENT,
)
_PATH_FIELDS = ("conda_file", "path", "code", "component")


def make_declared(call: Call, workspace: Workspace) -> bool:
    """Make what is declared for the workspace and is not there; False where nothing is declared.

    One line on stderr for each thing made. Raises Failed for files that are wrong, before anything
    is made.
    """
    folder = declared_folder(workspace.name, call)
    if folder is None:
        return False
    files = sorted(path for path in folder.rglob("*.y*ml") if path.suffix in (".yml", ".yaml"))
    digest = _digest(folder, files)
    found = _find_workspace(call, workspace)
    if found is not None and (found.get("tags") or {}).get(TAG) == digest:
        return True
    documents = _declarations([_read(path) for path in files])
    _check(call, documents)
    if found is None:
        found = _make_workspace(call, workspace, folder, documents)
    registrar = WireRegistrar(call.wire, workspace)
    for family in _ORDER:
        for document in documents:
            if document.kind is not None and document.kind.family is family:
                _make(call, workspace, document, registrar)
    tags = {**(found.get("tags") or {}), TAG: digest}
    call.wire.send("PATCH", workspace.path, {"tags": tags})
    return True


def declared_folder(name: str, call: Call) -> Path | None:
    """The folder that declares a workspace, or None.

    It lies below this folder or one above it up to the repository's root, or below
    $BUILD_SOURCESDIRECTORY.
    """
    if not name or "/" in name or name.startswith("."):
        return None
    places = []
    for folder in (call.folder, *call.folder.parents):
        places.append(folder)
        if (folder / ".git").exists():
            break
    sources = call.environ.get("BUILD_SOURCESDIRECTORY")
    if sources:
        places.append(Path(sources))
    for place in places:
        found = place / ".penstock" / "workspaces" / name
        if found.is_dir():
            return found
    return None


def _digest(folder: Path, files: list[Path]) -> str:
    from hashlib import sha256

    digest = sha256()
    for path in files:
        text = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\n{len(text)}\n".encode() + text)
    return digest.hexdigest()[:32]


def _find_workspace(call: Call, workspace: Workspace) -> dict[str, Any] | None:
    try:
        return call.wire.get(workspace.path)
    except Refused as refused:
        if refused.status != 404:
            raise
        return None


def _read(path: Path) -> Loaded:
    return load(path, Family.WORKSPACE if path.stem == "workspace" else None)


def _declarations(documents: list[Loaded]) -> list[Loaded]:
    """The files that declare something: not those that another one names, such as a conda file."""
    named: set[Path] = set()
    for document in documents:
        named.update(_named_paths(document.value, document.folder))
    return [
        document
        for document in documents
        if named.isdisjoint((document.path.resolve(), *document.path.resolve().parents))
    ]


def _named_paths(value: Any, folder: Path) -> Iterator[Path]:
    """The local files and folders that a document names, but for folders it lies in."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in entries:
        if isinstance(item, dict | list):
            yield from _named_paths(item, folder)
        elif key in _PATH_FIELDS and isinstance(item, str) and is_local(item):
            path = local_path(item, folder).resolve()
            if not folder.resolve().is_relative_to(path):
                yield path


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


def _make(call: Call, workspace: Workspace, document: Loaded, registrar: WireRegistrar) -> None:
    """Make one declared thing, unless its name and version are taken."""
    from penstock.cli.az.bodies import body_of

    value = document.value
    name, version = str(value.get("name", "")), str(value.get("version", "1"))
    assert document.kind is not None
    path, title = _path(document.kind.family, name, version)
    if call.wire.find(f"{workspace.path}/{path}") is not None:
        return
    call.wire.send("PUT", f"{workspace.path}/{path}", body_of(document, registrar, workspace))
    call.say(f"created {title} (declared in {shown(document.path)})")


def _path(family: Family, name: str, version: str) -> tuple[str, str]:
    if family in (Family.COMPUTE, Family.DATASTORE):
        return f"{family.value}s/{name}", f"{family.value} {name}"
    plural = "data" if family is Family.DATA else f"{family.value}s"
    return f"{plural}/{name}/versions/{version}", f"{family.value} {name}:{version}"
