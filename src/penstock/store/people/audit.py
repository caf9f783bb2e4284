"""The audit log: who changed what, in a chain of hashes that shows a change made afterwards.

Each entry is hashed together with the hash of the one before. Whoever edits, removes or inserts an
entry must write every later hash anew, and then the newest hash is another one than was noted.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field

from penstock.records import record
from penstock.store.database import Database

_START = "0" * 64
_AT_ONCE = 1000


@record
class Actor:
    """Who made a change: the account's id and name, and the network address it came from."""

    id: str
    name: str
    address: str = ""


@record
class Entry:
    """One line of the log. `action` is like `token.create`, `subject` what it was done to.

    `project` is the id of a project, empty for what concerns the server. `hash` is that of the
    chain up to this entry.
    """

    id: int
    at: float
    actor: Actor
    action: str
    project: str = ""
    subject: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    hash: str


@record
class Chain:
    """What checking the log found: how many entries hold, and the hash of the last of them.

    `broken` is the id of the first entry that does not follow from those before it; `has_noted`
    whether the hash that was noted earlier was met on the way.
    """

    count: int
    head: str
    broken: int | None = None
    has_noted: bool = False


class Audit:
    """Keeps the log. Every method may be called from any thread."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def record(
        self,
        connection: sqlite3.Connection,
        action: str,
        by: Actor,
        *,
        project: str = "",
        subject: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Add an entry inside the transaction of the change itself. Never give it a secret."""
        last = connection.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
        number, before = (last["id"] + 1, last["hash"]) if last is not None else (1, _START)
        values = (
            number,
            float(self._clock()),
            by.id,
            by.name,
            by.address,
            action,
            project,
            subject,
            json.dumps(dict(details or {}), ensure_ascii=False, sort_keys=True),
        )
        connection.execute(
            "INSERT INTO audit (id, at, actor, actor_name, address, action, project, subject,"
            " details, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, _hash(before, values)),
        )

    def note(
        self,
        action: str,
        by: Actor,
        *,
        project: str = "",
        subject: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Add an entry for what has no transaction of its own."""
        with self._database.transaction() as connection:
            self.record(connection, action, by, project=project, subject=subject, details=details)

    def entries(
        self, *, before: int | None = None, limit: int = 100, project: str = ""
    ) -> list[Entry]:
        """The entries, newest first; `before` is the last id seen."""
        of_project = (" AND project = ?", project) if project else ("",)
        rows = self._database.query(
            f"SELECT * FROM audit WHERE id < ?{of_project[0]} ORDER BY id DESC LIMIT ?",
            before if before is not None else 2**62,
            *of_project[1:],
            limit,
        )
        return [_entry(row) for row in rows]

    def verify(self, noted: str = "") -> Chain:
        """Read the whole log and compute the chain anew. `noted` is a newest hash that was written
        down earlier: a log that does not hold it was cut off, or written anew."""
        count, head, has_noted = 0, _START, noted == _START
        for row in self._rows():
            values = tuple(row)
            if row["id"] != count + 1 or row["hash"] != _hash(head, values[:-1]):
                return Chain(count=count, head=head, broken=row["id"], has_noted=has_noted)
            count, head = row["id"], row["hash"]
            has_noted = has_noted or head == noted
        return Chain(count=count, head=head, has_noted=has_noted)

    def _rows(self) -> Iterator[sqlite3.Row]:
        seen = -(2**62)
        while True:
            rows = self._database.query(
                "SELECT id, at, actor, actor_name, address, action, project, subject, details, hash"
                " FROM audit WHERE id > ? ORDER BY id LIMIT ?",
                seen,
                _AT_ONCE,
            )
            yield from rows
            if len(rows) < _AT_ONCE:
                return
            seen = rows[-1]["id"]


def _hash(before: str, values: tuple[object, ...]) -> str:
    text = json.dumps([before, *values], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        id=row["id"],
        at=row["at"],
        actor=Actor(id=row["actor"], name=row["actor_name"], address=row["address"]),
        action=row["action"],
        project=row["project"],
        subject=row["subject"],
        details=json.loads(row["details"]),
        hash=row["hash"],
    )
