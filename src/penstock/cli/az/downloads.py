"""Downloads what a job made: its own files into `artifacts/`, outputs into `named-outputs/`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed
from penstock.cli.az.uploads import blob_container
from penstock.ml.datastores import artifacts_path, parse_uri
from penstock.ml.workspaces import Workspace

_TERMINAL = ("Completed", "Failed", "Canceled", "NotResponding", "Paused")
_NAME = re.compile(r"<Name( Encoded=\"true\")?>([^<]*)</Name>")
_MARKER = re.compile(r"<NextMarker>([^<]+)</NextMarker>")


def download_job(call: Call, workspace: Workspace) -> None:
    """Download the job's own files, an output (`--output-name`), or everything (`--all`)."""
    name = call.text("--name") or ""
    status = _status(call, workspace, name)
    if status not in _TERMINAL:
        states = list(_TERMINAL)
        raise Failed(f"This job is in state {status}. Download is allowed only in states {states}")
    target = Path(call.text("--download-path") or ".")
    wanted = call.text("--output-name")
    outputs = _outputs(call, workspace, name)
    if wanted and wanted not in outputs and wanted != "default":
        known = ", ".join(sorted(outputs)) or "none"
        raise Failed(f"the job '{name}' has no output '{wanted}' (it has: {known})")
    for output, uri in outputs.items():
        if call.flag("--all") or output == wanted:
            _download(call, workspace, uri, target / "named-outputs" / output)
    if not wanted or wanted == "default":
        own = artifacts_path(workspace, name).uri
        _download(call, workspace, own, target / "artifacts")


def _status(call: Call, workspace: Workspace, name: str) -> str:
    document = call.wire.get(f"{workspace.path}/jobs/{name}")
    if "properties" in document:
        return str(document["properties"].get("status"))
    return str(call.wire.get(f"/history/v1.0{workspace.path}/runs/{name}").get("status"))


def _outputs(call: Call, workspace: Workspace, name: str) -> dict[str, str]:
    """The URI of each named output."""
    asked = {
        "runId": name,
        "selectRunMetadata": True,
        "selectRunDefinition": True,
        "selectJobSpecification": True,
    }
    run = call.wire.send("POST", f"/history/v1.0{workspace.path}/rundata", asked)
    outputs = (run.get("runMetadata") or {}).get("outputs") or {}
    ids = {output: item["assetId"] for output, item in outputs.items()}
    if not ids:
        return {}
    path = f"/data/v1.0{workspace.path}/dataversion/batchGetResolvedUris"
    found = call.wire.send("POST", path, {"values": list(ids.values())})["values"]
    return {output: found[id]["uri"] for output, id in ids.items() if id in found}


def _download(call: Call, workspace: Workspace, uri: str, target: Path) -> None:
    """Everything at or below a datastore URI, into a folder."""
    place = parse_uri(uri, workspace)
    if place is None:
        raise Failed(f"'{uri}' lies outside of the workspace's datastores and is not downloaded")
    store = f"{place.workspace.path}/datastores/{place.datastore}"
    facts: dict[str, Any] = call.wire.get(store)["properties"]
    asked = {"expirableSecret": True, "expireAfterHours": 1}
    signature = str(call.wire.send("POST", f"{store}/listSecrets", asked)["sasToken"])
    container = blob_container(facts)
    call.say(f"Downloading artifact {place.uri} to {target}")
    names = _blobs(call, container, signature, place.path)
    for name in names:
        inner = name[len(place.path.rstrip("/")) :].lstrip("/") or name.rpartition("/")[2]
        path = _safe(target, inner)
        call.wire.fetch(f"{container}/{quote(name)}?{signature}", path)


def _blobs(call: Call, container: str, signature: str, path: str) -> list[str]:
    """The blobs at a path: the blob itself, or those below it."""
    from html import unescape

    found: list[str] = []
    marker = ""
    while True:
        query = {"restype": "container", "comp": "list", "prefix": path, "marker": marker}
        text = call.wire.text(f"{container}?{urlencode(query)}&{signature}")
        found += [
            unquote(name) if is_encoded else unescape(name)
            for is_encoded, name in _NAME.findall(text)
        ]
        match = _MARKER.search(text)
        if match is None:
            break
        marker = unescape(match[1])
    folder = path.rstrip("/") + "/"
    return [name for name in found if name == path or name.startswith(folder)]


def _safe(target: Path, inner: str) -> Path:
    """Where a blob's content goes; never outside of the target, whatever the blob is called."""
    parts = inner.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise Failed(f"the artifact '{inner}' has a name that is not kept")
    return target.joinpath(*parts)
