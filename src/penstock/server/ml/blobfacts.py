"""What is known of a blob besides its content: kept in a folder beside the container."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from stat import S_ISREG
from typing import Any

from penstock.records import record
from penstock.store.files import below, delete, reading, writing

_FOLDER = ".facts"
_TYPE = "application/octet-stream"


@record
class BlobFacts:
    """Size, time of the last change (seconds since 1970), type and metadata of a blob."""

    size: int
    modified: float
    etag: str
    content_type: str = _TYPE
    metadata: Mapping[str, str] = field(default_factory=dict)


def blob_facts(root: Path, name: str) -> BlobFacts | None:
    """The facts of a blob in a container's folder; None when there is no such file.

    Files that a job wrote have no kept facts, and are blobs like others.
    """
    try:
        found = below(root, name).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not S_ISREG(found.st_mode):
        return None
    kept = _kept(root, name)
    return BlobFacts(
        size=found.st_size,
        modified=found.st_mtime,
        etag=f'"0x{found.st_mtime_ns:X}"',
        content_type=kept.get("type", _TYPE),
        metadata=kept.get("metadata", {}),
    )


def keep_facts(root: Path, name: str, content_type: str, metadata: Mapping[str, str]) -> None:
    """Keep type and metadata of a blob; nothing is written when there is nothing to say."""
    if content_type == _TYPE and not metadata:
        forget_facts(root, name)
        return
    with writing(root.parent / _FOLDER, _place(root, name)) as file:
        file.write(json.dumps({"type": content_type, "metadata": dict(metadata)}).encode())


def forget_facts(root: Path, name: str) -> None:
    """Forget what was kept of a blob."""
    delete(root.parent / _FOLDER, _place(root, name))


def _kept(root: Path, name: str) -> dict[str, Any]:
    try:
        with reading(root.parent / _FOLDER, _place(root, name)) as file:
            found = json.loads(file.read())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _place(root: Path, name: str) -> str:
    """A file of its own for each blob, whatever its name."""
    from hashlib import sha256

    digest = sha256(f"{root.name}/{name}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digest[:2]}/{digest}.json"
