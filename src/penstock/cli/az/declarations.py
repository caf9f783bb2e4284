"""The files below `.penstock/workspaces/NAME/`: which of them declare something, and their state.

Nothing here asks the service.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penstock.cli.az.call import Call
from penstock.ml.yaml import Family, Loaded, load
from penstock.ml.yaml.paths import is_local, local_path

_PATH_FIELDS = ("conda_file", "path", "code", "component")
_NAMED = re.compile(
    rf"""^[\s-]*(?:{"|".join(_PATH_FIELDS)})\s*:\s*["']?([^"'#\n]+)""", re.MULTILINE
)


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


def state_of(folder: Path) -> str:
    """A short text that changes when a file of the folder, or one that such a file names, does.

    It is asked for by each submission, so files are not parsed and named ones not read.
    """
    from hashlib import sha256

    digest = sha256()
    for path in _files(folder):
        text = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\n{len(text)}\n".encode() + text)
        for named in _NAMED.findall(text.decode("utf-8", "replace")):
            for fact in _facts(local_path(named.strip(), path.parent)):
                digest.update(fact.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def declarations(folder: Path) -> list[Loaded]:
    """What is declared: not the files that another one names, such as a conda file."""
    documents = [
        load(path, Family.WORKSPACE if path.stem == "workspace" else None)
        for path in _files(folder)
    ]
    named: set[Path] = set()
    for document in documents:
        named.update(_named_paths(document.value, document.folder))
    return [
        document
        for document in documents
        if named.isdisjoint((document.path.resolve(), *document.path.resolve().parents))
    ]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.y*ml") if path.suffix in (".yml", ".yaml"))


def _facts(path: Path) -> Iterator[str]:
    """Name, size and time of a file, or of all files below a folder."""
    if path.is_file():
        found = path.stat()
        yield f"{path.name}\n{found.st_size}\n{found.st_mtime_ns}\n"
        return
    for root, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            found = Path(root, name).lstat()
            yield f"{os.path.relpath(root, path)}/{name}\n{found.st_size}\n{found.st_mtime_ns}\n"


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
