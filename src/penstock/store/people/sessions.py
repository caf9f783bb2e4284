"""Sessions: signed-in browsers. The cookie's value is a secret, kept hashed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from penstock.records import record
from penstock.store.database import Database
from penstock.store.people.accounts import Account, account_of
from penstock.store.people.audit import Actor, Audit
from penstock.store.people.credentials import SESSION, RandomBytes, hash_secret, new_secret
from penstock.store.people.members import ROLES_OF_ACCOUNT, Role, roles_of

IDLE_SECONDS = 12 * 3600.0
LONGEST_SECONDS = 7 * 24 * 3600.0


@record
class Identity:
    """Who a credential stands for. `scope` None: it may do all that the account may.

    `expires` is the end of the personal access token behind it, None without one. `credential` is
    what `note_use` takes, `noted` when it was last told (0: never).
    """

    account: Account
    roles: Mapping[str, Role] = field(default_factory=dict)
    scope: str | None = None
    expires: float | None = None
    credential: str
    noted: float


class Sessions:
    """Keeps sessions. Every method may be called from any thread."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        *,
        clock: Callable[[], float],
        random_bytes: RandomBytes,
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._random_bytes = random_bytes

    def start(self, account: Account, *, by: Actor, token: str | None = None) -> str:
        """Begin a session; returns the cookie's value, which is not kept.

        One that was begun with a personal access token (its id) has its scope, and ends with it.
        """
        secret, now = new_secret(SESSION, self._random_bytes), self._clock()
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM sessions WHERE expires < ? OR seen < ?", (now, now - IDLE_SECONDS)
            )
            connection.execute(
                "INSERT INTO sessions (hash, account, token, created, seen, expires)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (hash_secret(secret), account.id, token, now, now, now + LONGEST_SECONDS),
            )
            self._audit.record(connection, "session.start", by, subject=account.name)
        return secret

    def find(self, secret: str) -> Identity | None:
        """Who signed in, while the session, its account and its token last."""
        now = self._clock()
        rows = self._database.query(
            f"SELECT accounts.*, {ROLES_OF_ACCOUNT} AS roles, sessions.hash, sessions.seen,"
            " tokens.scope, tokens.expires FROM sessions"
            " JOIN accounts ON accounts.id = sessions.account"
            " LEFT JOIN tokens ON tokens.id = sessions.token"
            " WHERE sessions.hash = ? AND sessions.expires > ? AND sessions.seen > ?"
            " AND NOT accounts.is_disabled AND (sessions.token IS NULL OR"
            " (tokens.revoked IS NULL AND tokens.expires > ?))",
            hash_secret(secret),
            now,
            now - IDLE_SECONDS,
            now,
        )
        if not rows:
            return None
        return Identity(
            account=account_of(rows[0]),
            roles=roles_of(rows[0]["roles"]),
            scope=rows[0]["scope"],
            expires=rows[0]["expires"],
            credential=rows[0]["hash"],
            noted=rows[0]["seen"],
        )

    def note_use(self, credential: str, at: float) -> None:
        """Keep that a session was used, so that it does not end for being idle."""
        with self._database.transaction(durable=False) as connection:
            connection.execute(
                "UPDATE sessions SET seen = ? WHERE hash = ? AND seen < ?", (at, credential, at)
            )

    def end(self, secret: str, *, by: Actor) -> None:
        """End a session; one that has ended is left."""
        with self._database.transaction() as connection:
            gone = connection.execute("DELETE FROM sessions WHERE hash = ?", (hash_secret(secret),))
            if gone.rowcount:
                self._audit.record(connection, "session.end", by, subject=by.name)
