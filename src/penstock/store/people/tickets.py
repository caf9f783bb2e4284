"""Tickets: what signs in one browser once, within a minute. They are part of an address that a
program on this machine opens, so they are of no use afterwards."""

from __future__ import annotations

from collections.abc import Callable

from penstock.store.database import Database
from penstock.store.people.accounts import Account, account_of
from penstock.store.people.credentials import TICKET, RandomBytes, hash_secret, new_secret

SECONDS = 60.0


class Tickets:
    """Keeps tickets. Every method may be called from any thread."""

    def __init__(
        self, database: Database, *, clock: Callable[[], float], random_bytes: RandomBytes
    ) -> None:
        self._database = database
        self._clock = clock
        self._random_bytes = random_bytes

    def issue(self, account: Account) -> str:
        """A new ticket for an account; it is not kept."""
        secret, now = new_secret(TICKET, self._random_bytes), self._clock()
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM tickets WHERE expires <= ?", (now,))
            connection.execute(
                "INSERT INTO tickets (hash, account, expires) VALUES (?, ?, ?)",
                (hash_secret(secret), account.id, now + SECONDS),
            )
        return secret

    def redeem(self, secret: str) -> Account | None:
        """Whose ticket this was; None where it is unknown, over, or was redeemed before."""
        with self._database.transaction() as connection:
            found = connection.execute(
                "DELETE FROM tickets WHERE hash = ? RETURNING account, expires",
                (hash_secret(secret),),
            ).fetchone()
            if found is None or found["expires"] <= self._clock():
                return None
            row = connection.execute(
                "SELECT * FROM accounts WHERE id = ? AND NOT is_disabled", (found["account"],)
            ).fetchone()
            return account_of(row) if row is not None else None
