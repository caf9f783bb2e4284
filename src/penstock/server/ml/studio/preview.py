"""The beginning of a data asset: rows of a table, lines of a text, names of a folder's files."""

from __future__ import annotations

import csv
import io
from itertools import islice
from pathlib import Path

from penstock.ml.datastores import parse_uri, storage_path
from penstock.server.ml.context import WORKSPACE, MlHttp, not_found, row, workspace_of
from penstock.server.ml.views import Document
from penstock.server.routes import Call, Route
from penstock.store.files import FileEntry, reading, walk

ROWS = 100
FILES = 20
_LOOK = 256 * 1024
_MOST_COUNTED = 10_000
_TABLES = {"csv": ",", "tsv": "\t"}


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    path = f"{WORKSPACE}/penstock/data/{{name}}/versions/{{version}}/preview"
    return (row(ml, "GET", path, preview),)


def preview(ml: MlHttp, call: Call) -> Document:
    """What a version of a data asset holds, as `{kind, ...}`.

    `table` has `columns` and at most 100 `rows`, `text` at most 100 `lines`, `folder` the first 20
    `files` of `count`; `none` has a `reason`.
    """
    workspace = workspace_of(ml, call)
    name, version = call.parameters["name"], call.parameters["version"]
    asset = ml.assets.get(workspace.scope, "data", name, version)
    if asset is None:
        raise not_found(f"{name}:{version}")
    place = parse_uri(str(asset.properties.get("dataUri", "")), workspace)
    if place is None:
        return _none("it lies elsewhere, and is read only when a job needs it")
    path = storage_path(ml.storage, place)
    if path.is_file():
        return file_preview(path.parent, path.name)
    files = list(islice(walk(path), _MOST_COUNTED))
    if not files:
        return _none("there is nothing at its address")
    return _folder(files)


def file_preview(root: Path, name: str) -> Document:
    """The beginning of a file below `root`."""
    with reading(root, name) as file:
        data = file.read(_LOOK)
        is_whole = not file.read(1)
    if b"\0" in data:
        return _none("it is not a text")
    text = data.decode("utf-8", "replace")
    if not is_whole:
        text = text[: text.rfind("\n") + 1] or text
    delimiter = _TABLES.get(name.rpartition(".")[2].lower())
    if delimiter is None:
        lines = text.splitlines()
        return {
            "kind": "text",
            "lines": lines[:ROWS],
            "isWhole": is_whole and len(lines) <= ROWS,
        }
    try:
        table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = list(islice(table, ROWS + 2))
    except csv.Error as error:
        return _none(f"it cannot be read as a table: {error}")
    return {
        "kind": "table",
        "columns": rows[0] if rows else [],
        "rows": rows[1 : ROWS + 1],
        "isWhole": is_whole and len(rows) <= ROWS + 1,
    }


def _folder(files: list[FileEntry]) -> Document:
    return {
        "kind": "folder",
        "files": [{"path": entry.path, "size": entry.size} for entry in files[:FILES]],
        "count": len(files),
        "isWhole": len(files) < _MOST_COUNTED,
    }


def _none(reason: str) -> Document:
    return {"kind": "none", "reason": reason}
