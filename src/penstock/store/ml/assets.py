"""Azure ML's documents (data, environments, components, models ...) in the state database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from penstock.ml.assets import Asset
from penstock.store.database import Database

_ASSET = "scope, kind, name, version, document, hash, created, updated"


class SqlAssets:
    """Implements `ml.assets.AssetStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, asset: Asset) -> tuple[Asset, bool]:
        """Keep it, replacing one of the same names; says whether it is new."""
        with self._database.transaction() as connection:
            before = _find(connection, asset)
            _put(connection, asset)
            kept = _find(connection, asset)
        assert kept is not None
        return kept, before is None

    def put_all(self, assets: Sequence[Asset]) -> None:
        """Keep all of them, or none."""
        with self._database.transaction() as connection:
            for asset in assets:
                _put(connection, asset)

    def get(self, scope: str, kind: str, name: str, version: str = "") -> Asset | None:
        """The document of that name and version."""
        rows = self._database.query(
            f"SELECT {_ASSET} FROM ml_assets"
            " WHERE scope = ? AND kind = ? AND name = ? AND version = ?",
            scope,
            kind,
            name,
            version,
        )
        return _asset(rows[0]) if rows else None

    def list(self, scope: str, kind: str) -> Sequence[Asset]:
        """All documents of a kind that have no version, newest first."""
        return self._select("scope = ? AND kind = ? AND version = ''", scope, kind)

    def versions(self, scope: str, kind: str, name: str = "") -> Sequence[Asset]:
        """All versions of a name (of all names when empty), newest first."""
        where = "scope = ? AND kind = ? AND version <> ''"
        if name:
            return self._select(f"{where} AND name = ?", scope, kind, name)
        return self._select(where, scope, kind)

    def find_hash(self, scope: str, kind: str, hash: str) -> Asset | None:
        """The newest version with that content hash."""
        found = self._select(
            "scope = ? AND kind = ? AND hash = ? AND hash <> ''", scope, kind, hash
        )
        return found[0] if found else None

    def delete(self, scope: str, kind: str, name: str, version: str = "") -> bool:
        """Forget the document; says whether there was one."""
        with self._database.transaction() as connection:
            done = connection.execute(
                "DELETE FROM ml_assets WHERE scope = ? AND kind = ? AND name = ? AND version = ?",
                (scope, kind, name, version),
            )
            return done.rowcount > 0

    def _select(self, where: str, *parameters: object) -> Sequence[Asset]:
        rows = self._database.query(
            f"SELECT {_ASSET} FROM ml_assets WHERE {where} ORDER BY id DESC", *parameters
        )
        return [_asset(row) for row in rows]


def _find(connection: sqlite3.Connection, asset: Asset) -> Asset | None:
    row = connection.execute(
        f"SELECT {_ASSET} FROM ml_assets WHERE scope = ? AND kind = ? AND name = ? AND version = ?",
        (asset.scope, asset.kind, asset.name, asset.version),
    ).fetchone()
    return None if row is None else _asset(row)


def _put(connection: sqlite3.Connection, asset: Asset) -> None:
    connection.execute(
        f"INSERT INTO ml_assets ({_ASSET}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (scope, kind, name, version) DO UPDATE SET"
        " document = excluded.document, hash = excluded.hash, updated = excluded.updated",
        (
            asset.scope,
            asset.kind,
            asset.name,
            asset.version,
            json.dumps(asset.document),
            asset.hash,
            asset.created_at,
            asset.updated_at,
        ),
    )


def _asset(row: sqlite3.Row) -> Asset:
    return Asset(
        scope=row["scope"],
        kind=row["kind"],
        name=row["name"],
        version=row["version"],
        document=json.loads(row["document"]),
        hash=row["hash"],
        created_at=row["created"],
        updated_at=row["updated"],
    )
