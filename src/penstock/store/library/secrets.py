"""Secret values, encrypted at rest with a key that is not in the database.

Each row names the key it was sealed with, and a value opens only at its own place, so rows can
neither be exchanged nor moved. The cipher is imported when the first secret is touched.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from penstock.records import record
from penstock.store.database import Database

if TYPE_CHECKING:
    from penstock.store.library.keys import KeyFile, KeyRing


@record
class SecretName:
    """A secret without its value. `owner` is what it belongs to: `variablegroup:12`, or "" for
    one that stands alone; names ignore case."""

    project: str
    owner: str
    name: str
    updated: float


class Secrets:
    """Keeps values by project, owner and name. Every method may be called from any thread.

    Raises `KeyUnusable` where the key file is missing, not the right one, or open to others, and
    `SecretDamaged` for a row that was changed by someone else. Neither says a value.
    """

    def __init__(
        self, database: Database, keys: KeyFile, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    def set(self, project: str, owner: str, values: Mapping[str, str]) -> None:
        """Keep values by name, over what is there."""
        with self._database.transaction() as connection:
            self.write(connection, project, owner, values)

    def write(
        self,
        connection: sqlite3.Connection,
        project: str,
        owner: str,
        values: Mapping[str, str | bytes],
    ) -> None:
        """`set` as part of a larger change, inside its transaction."""
        if not values:
            return
        ring = self._writing_ring(connection)
        for name, value in values.items():
            data = value.encode() if isinstance(value, str) else value
            sealed = ring.seal(data, _place(project, owner, name))
            connection.execute(
                "INSERT INTO secrets (project, owner, name, key, sealed, updated)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (project, owner, name) DO UPDATE SET"
                " key = excluded.key, sealed = excluded.sealed, updated = excluded.updated",
                (project, owner, name, ring.active, sealed, self._clock()),
            )

    def values(self, project: str, owner: str) -> dict[str, str]:
        """All values of an owner, by name."""
        rows = self._opened(project, owner)
        return {name: data.decode() for name, data in rows.items()}

    def content(self, project: str, owner: str, name: str) -> bytes | None:
        """One value as bytes, None where there is none."""
        return next(iter(self._opened(project, owner, name).values()), None)

    def names(self, project: str, owner: str | None = None) -> list[SecretName]:
        """The secrets of an owner, or of the project, without their values; needs no key."""
        rows = self._database.query(
            "SELECT project, owner, name, updated FROM secrets WHERE project = ?"
            " AND (? IS NULL OR owner = ?) ORDER BY owner, name",
            project,
            owner,
            owner,
        )
        return [SecretName(**dict(row)) for row in rows]

    def delete(self, project: str, owner: str, name: str | None = None) -> int:
        """Forget one secret, or all of an owner; how many there were."""
        with self._database.transaction() as connection:
            return self.erase(connection, project, owner, name)

    def erase(
        self, connection: sqlite3.Connection, project: str, owner: str, name: str | None = None
    ) -> int:
        """`delete` as part of a larger change, inside its transaction."""
        done = connection.execute(
            "DELETE FROM secrets WHERE project = ? AND owner = ? AND (? IS NULL OR name = ?)",
            (project, owner, name, name),
        )
        return done.rowcount

    def rotate(self) -> int:
        """Seal everything with a new key and forget the old ones; how many secrets there are.

        A crash at any point leaves both keys in the file, so nothing is lost; rotate again then.
        """
        with self._database.transaction() as connection:
            old = self._writing_ring(connection)
            new = self._keys.add(old)
            rows = connection.execute("SELECT rowid, * FROM secrets").fetchall()
            for row in rows:
                place = _place(row["project"], row["owner"], row["name"])
                sealed = new.seal(new.open(row["key"], row["sealed"], place), place)
                connection.execute(
                    "UPDATE secrets SET key = ?, sealed = ? WHERE rowid = ?",
                    (new.active, sealed, row["rowid"]),
                )
        with self._database.transaction() as connection:
            self._keys.keep_only(_used_keys(connection) | {self._keys.read().active})
        return len(rows)

    def check(self) -> None:
        """Raise `KeyUnusable` when a kept secret could not be opened with the key file."""
        with self._database.transaction() as connection:
            if _used_keys(connection):
                self._writing_ring(connection)

    def _writing_ring(self, connection: sqlite3.Connection) -> KeyRing:
        """The keys, read inside the transaction: so another process can rotate them meanwhile.

        A missing file is made only where nothing is sealed yet; keys that do not fit what is
        there are refused, for a second key beside a lost one would hide the loss.
        """
        used = _used_keys(connection)
        ring = self._keys.read() if used else self._keys.read_or_make()
        ring.require(used)
        return ring

    def _opened(self, project: str, owner: str, name: str | None = None) -> dict[str, bytes]:
        rows = self._rows(project, owner, name)
        if not rows:
            return {}
        ring = self._keys.read()
        if not ring.has(row["key"] for row in rows):
            # Another process may have rotated the keys between the two reads.
            rows, ring = self._rows(project, owner, name), self._keys.read()
            ring.require({row["key"] for row in rows})
        return {
            row["name"]: ring.open(row["key"], row["sealed"], _place(project, owner, row["name"]))
            for row in rows
        }

    def _rows(self, project: str, owner: str, name: str | None) -> list[sqlite3.Row]:
        return self._database.query(
            "SELECT name, key, sealed FROM secrets WHERE project = ? AND owner = ?"
            " AND (? IS NULL OR name = ?) ORDER BY name",
            project,
            owner,
            name,
            name,
        )


def _used_keys(connection: sqlite3.Connection) -> set[str]:
    return {row["key"] for row in connection.execute("SELECT DISTINCT key FROM secrets")}


def _place(project: str, owner: str, name: str) -> bytes:
    return "\0".join((project, owner, name.casefold())).encode()
