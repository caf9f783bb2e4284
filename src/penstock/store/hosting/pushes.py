"""Pushes: the outbox of accepted changes of refs. None is lost, whenever the server dies.

A push is noted when it begins, and its changes are written in one transaction with the last known
state of the refs. What git changed and nobody wrote is found by comparing refs, at the next start
or the next push (docs/decisions/0008-no-push-is-lost.md).
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from penstock.records import record
from penstock.store.database import Database
from penstock.store.git.names import ZERO
from penstock.store.git.repository import HEADS, TAGS
from penstock.store.git.writing import move_refs
from penstock.store.hosting.repositories import Repositories, Repository

TRACKED = (HEADS, TAGS)


@record
class RefUpdate:
    """A ref that changed. The id of 40 zeros stands for "not there"."""

    ref: str
    old: str
    new: str

    @property
    def deletes(self) -> bool:
        """Whether the ref is gone now."""
        return self.new == ZERO


@record
class Pusher:
    """Who pushes: an account's id and what people call it. Both are empty where nobody knows."""

    id: str = ""
    name: str = ""


@record
class PushRecord:
    """An accepted push. `repository` and `project` are ids; `at` is seconds since 1970."""

    id: int
    repository: str
    project: str
    pusher: Pusher
    at: float
    updates: tuple[RefUpdate, ...]
    is_handled: bool = False


Listener = Callable[[PushRecord], Iterable[str]]
"""Told of a push once it is kept; answers lines for the pusher (links of what it started)."""

RepositoryFailed = Callable[[Repository, Exception], None]
"""Told of a repository that could not be read at the start, and why."""


class Pushes:
    """Keeps pushes. Every method may be called from any thread.

    Whoever changes branches or tags holds the repository's `turn` meanwhile, and calls `begin`
    before and `accept` after.
    """

    def __init__(
        self,
        database: Database,
        repositories: Repositories,
        clock: Callable[[], float] = time.time,
        on_failure: Callable[[PushRecord, Exception], None] | None = None,
    ) -> None:
        self._database = database
        self._repositories = repositories
        self._clock = clock
        self._on_failure = on_failure
        self._listeners: list[Listener] = []
        self._turns: dict[str, threading.Lock] = {}

    # Writing

    def turn(self, repository: Repository) -> threading.Lock:
        """The lock under which the refs of a repository change."""
        return self._turns.setdefault(repository.id, threading.Lock())

    def begin(self, repository: Repository, pusher: Pusher) -> int:
        """Note that refs are about to change, so that a lost push still has its pusher."""
        with self._database.transaction(durable=False) as connection:
            return _insert(connection, repository.id, pusher, self._clock(), "begun")

    def accept(
        self, push: int, repository: Repository, updates: Sequence[RefUpdate]
    ) -> PushRecord | None:
        """Write what a begun push changed; None, and no trace of it, where that is nothing.

        Where a ref was not as it was last known to be, that change is written too, as a push of
        its own by nobody known.
        """
        tracked = [one for one in updates if one.ref.startswith(TRACKED) and one.old != one.new]
        with self._database.transaction() as connection:
            if not tracked:
                connection.execute("DELETE FROM pushes WHERE id = ?", (push,))
                return None
            lost = _unknown(connection, repository.id, tracked)
            if lost:
                self._write_lost(connection, repository.id, lost)
            connection.execute("UPDATE pushes SET state = 'accepted' WHERE id = ?", (push,))
            _write(connection, push, repository.id, tracked)
        return self.get(push)

    def move(
        self, repository: Repository, pusher: Pusher, updates: Sequence[RefUpdate]
    ) -> PushRecord | None:
        """Move refs as a push does, all or none, and write it down; listeners are not told yet.

        Raises RefMoved where a ref is not at its old place, and BadRef.
        """
        git = self._repositories.git(repository)
        with self.turn(repository):
            push = self.begin(repository, pusher)
            try:
                move_refs(git, [(one.ref, one.old, one.new) for one in updates])
            except BaseException:
                self.accept(push, repository, ())
                raise
            created = [one.ref for one in updates if not one.deletes]
            for ref in created[:1]:
                self._repositories.adopt_first_branch(repository, ref)
            return self.accept(push, repository, updates)

    def announce(self, push: PushRecord) -> list[str]:
        """Tell the listeners; what they answer, for the pusher. A listener that fails leaves the
        push in the outbox."""
        lines: list[str] = []
        for listener in self._listeners:
            try:
                lines += listener(push)
            except Exception as error:
                if self._on_failure is None:
                    raise
                self._on_failure(push, error)
        return lines

    def subscribe(self, listener: Listener) -> None:
        """From now on, call the listener for each accepted push, before the pusher's answer ends.

        It runs in the thread of the push. It says `handled` itself when it is done.
        """
        self._listeners.append(listener)

    def handled(self, push: PushRecord) -> None:
        """Take a push out of the outbox."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE pushes SET state = 'handled' WHERE id = ?", (push.id,))

    def recover(self, failed: RepositoryFailed | None = None) -> list[PushRecord]:
        """At the start of a server: write the pushes that a killed one did not; they are answered,
        and in the outbox as all others. A repository that cannot be read is told to `failed` and
        keeps no server from starting; without `failed` its fault is raised."""
        found = []
        for repository in self._repositories.list():
            try:
                with self.turn(repository):
                    if push := self._recover(repository):
                        found.append(push)
            except Exception as error:
                if failed is None:
                    raise
                failed(repository, error)
        return found

    # Reading

    def get(self, push: int) -> PushRecord | None:
        """The push of that number."""
        found = self._records("pushes.id = ?", push)
        return found[0] if found else None

    def unhandled(self) -> list[PushRecord]:
        """The outbox, oldest first."""
        return self._records("pushes.state = 'accepted' ORDER BY pushes.id")

    def history(
        self, repository: Repository, *, ref: str = "", skip: int = 0, top: int = 100
    ) -> list[PushRecord]:
        """The pushes to a repository (to one ref of it), newest first."""
        return self._records(
            "pushes.repository = ? AND pushes.state <> 'begun' AND (? = '' OR EXISTS (SELECT 1"
            " FROM push_updates WHERE push = pushes.id AND ref = ?))"
            " ORDER BY pushes.id DESC LIMIT ? OFFSET ?",
            repository.id,
            ref,
            ref,
            top,
            skip,
        )

    def _records(self, condition: str, *parameters: object) -> list[PushRecord]:
        rows = self._database.query(
            "SELECT pushes.*, repositories.project FROM pushes JOIN repositories"
            f" ON repositories.id = pushes.repository WHERE {condition}",
            *parameters,
        )
        updates = self._updates([row["id"] for row in rows])
        return [
            PushRecord(
                id=row["id"],
                repository=row["repository"],
                project=row["project"],
                pusher=Pusher(id=row["pusher"], name=row["pusher_name"]),
                at=row["at"],
                updates=tuple(updates.get(row["id"], ())),
                is_handled=row["state"] == "handled",
            )
            for row in rows
        ]

    def _updates(self, pushes: Sequence[int]) -> Mapping[int, Sequence[RefUpdate]]:
        found: dict[int, list[RefUpdate]] = defaultdict(list)
        for start in range(0, len(pushes), 500):
            some = pushes[start : start + 500]
            places = ", ".join("?" * len(some))
            for row in self._database.query(
                f"SELECT * FROM push_updates WHERE push IN ({places}) ORDER BY push, ref", *some
            ):
                found[row["push"]].append(RefUpdate(ref=row["ref"], old=row["old"], new=row["new"]))
        return found

    def unwritten(self, repository: Repository, refs: Sequence[str]) -> tuple[RefUpdate, ...]:
        """Of these refs: how they changed since they were last written down."""
        actual = self._repositories.git(repository).ref_objects(*refs)
        rows = self._database.query(
            "SELECT ref, object FROM repository_refs WHERE repository = ?", repository.id
        )
        known = {row["ref"]: row["object"] for row in rows}
        return _differences(known, actual, set(refs))

    # What was lost

    def _recover(self, repository: Repository) -> PushRecord | None:
        actual = self._repositories.git(repository).ref_objects(*TRACKED)
        with self._database.transaction() as connection:
            known = _known(connection, repository.id)
            changed = _differences(known, actual, known.keys() | actual.keys())
            begun = connection.execute(
                "SELECT * FROM pushes WHERE repository = ? AND state = 'begun'", (repository.id,)
            ).fetchall()
            connection.execute(
                "DELETE FROM pushes WHERE repository = ? AND state = 'begun'", (repository.id,)
            )
            if not changed:
                return None
            # Of several pushes that had begun nobody knows which one got through.
            who = {Pusher(id=row["pusher"], name=row["pusher_name"]) for row in begun}
            pusher = who.pop() if len(who) == 1 else Pusher()
            at = begun[-1]["at"] if begun else self._clock()
            push = _insert(connection, repository.id, pusher, at, "accepted")
            _write(connection, push, repository.id, changed)
        return self.get(push)

    def _write_lost(
        self, connection: sqlite3.Connection, repository: str, lost: Sequence[RefUpdate]
    ) -> None:
        push = _insert(connection, repository, Pusher(), self._clock(), "accepted")
        _write(connection, push, repository, lost)


def _insert(
    connection: sqlite3.Connection, repository: str, pusher: Pusher, at: float, state: str
) -> int:
    row = connection.execute(
        "INSERT INTO pushes (repository, pusher, pusher_name, at, state) VALUES (?, ?, ?, ?, ?)"
        " RETURNING id",
        (repository, pusher.id, pusher.name, at, state),
    ).fetchone()
    return int(row[0])


def _write(
    connection: sqlite3.Connection, push: int, repository: str, updates: Sequence[RefUpdate]
) -> None:
    """The changes of a push, and with them what the refs are known to be."""
    connection.executemany(
        "INSERT INTO push_updates (push, ref, old, new) VALUES (?, ?, ?, ?)",
        [(push, one.ref, one.old, one.new) for one in updates],
    )
    connection.executemany(
        "DELETE FROM repository_refs WHERE repository = ? AND ref = ?",
        [(repository, one.ref) for one in updates if one.deletes],
    )
    connection.executemany(
        "INSERT INTO repository_refs (repository, ref, object) VALUES (?, ?, ?)"
        " ON CONFLICT (repository, ref) DO UPDATE SET object = excluded.object",
        [(repository, one.ref, one.new) for one in updates if not one.deletes],
    )


def _differences(
    known: Mapping[str, str], actual: Mapping[str, str], refs: Collection[str]
) -> tuple[RefUpdate, ...]:
    return tuple(
        RefUpdate(ref=ref, old=known.get(ref, ZERO), new=actual.get(ref, ZERO))
        for ref in sorted(refs)
        if known.get(ref) != actual.get(ref)
    )


def _known(connection: sqlite3.Connection, repository: str) -> dict[str, str]:
    rows = connection.execute(
        "SELECT ref, object FROM repository_refs WHERE repository = ?", (repository,)
    )
    return {row["ref"]: row["object"] for row in rows}


def _unknown(
    connection: sqlite3.Connection, repository: str, updates: Sequence[RefUpdate]
) -> list[RefUpdate]:
    """Of the refs that change: how each came from its last known state to where it started."""
    found = []
    for one in updates:
        row = connection.execute(
            "SELECT object FROM repository_refs WHERE repository = ? AND ref = ?",
            (repository, one.ref),
        ).fetchone()
        known = row["object"] if row is not None else ZERO
        if known != one.old:
            found.append(RefUpdate(ref=one.ref, old=known, new=one.old))
    return found
