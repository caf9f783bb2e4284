"""Copies of a whole store in one tar file, made while it is in use, and stores made of them.

The databases are copied first, each as of one moment; then the files, which are written before a
database speaks of them. So a copy is the store as it was at that moment, with perhaps more files.
The last entry is the manifest: what is in the copy, each file with its SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penstock.records import record
from penstock.store.database import METRICS, STATE, Schema
from penstock.store.failurelog import KEPT

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES: Mapping[str, Schema] = {"state.db": STATE, "metrics.db": METRICS}
FOLDERS = ("logs", "artifacts", "storage", "repositories")
KEYS = ("secrets.key", "signing.key")
"""Only where asked for: whoever has them and the copy can read every secret."""
LEFT_OUT = (
    "bin",
    "cache",
    "failures.log",
    *(f"failures.log.{n}" for n in range(1, KEPT + 1)),
    "hooks",
    "owners",
    "server.log",
    "service.json",
    "service.lock",
    "service.log",
    "tls",
    "tools",
    "work",
)
"""What belongs to the processes of a store, or can be made again."""


def strangers(root: Path) -> list[str]:
    """What lies in the folder of a store and is no part of one, nor of its backup."""
    known = {*FOLDERS, *KEYS, *LEFT_OUT}
    known |= {f"{name}{end}" for name in DATABASES for end in ("", "-wal", "-shm")}
    return sorted(p.name for p in root.iterdir() if p.name not in known and p.name[0] != ".")


class BackupFailed(Exception):
    """the backup cannot be made, or is damaged"""


class RestoreRefused(Exception):
    """a backup is not put over what is there"""


@record
class Backup:
    """What a backup holds. `digest` is the SHA-256 of its manifest, and so of everything in it."""

    version: str
    made: float
    files: int
    bytes: int
    has_keys: bool
    digest: str


def described(manifest: Mapping[str, Any], text: bytes) -> Backup:
    """What a manifest, and its text, say of a backup."""
    return Backup(
        version=str(manifest["version"]),
        made=float(manifest["made"]),
        files=len(manifest["files"]),
        bytes=sum(int(entry[1]) for entry in manifest["files"]),
        has_keys=bool(manifest["keys"]),
        digest=hashlib.sha256(text).hexdigest(),
    )
