"""Accounts: who may sign in. None is ever removed, so that what it did keeps its name."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from penstock.records import record
from penstock.store.database import Database
from penstock.store.people.audit import Actor, Audit
from penstock.store.people.credentials import RandomBytes
from penstock.store.people.passwords import (
    Cost,
    check_password,
    hash_password,
    is_older,
    is_password,
    no_password,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_COLUMNS = "id, name, display_name, is_administrator, is_disabled, created"
_LONGEST_DISPLAY_NAME = 200


@record
class Account:
    """Someone who may sign in. `name` is what they type, compared without case.

    An administrator is one of the whole server.
    """

    id: str
    name: str
    display_name: str
    is_administrator: bool = False
    is_disabled: bool = False
    created: float


class AccountRefused(Exception):
    """the change of an account is not accepted"""


class UnknownAccount(Exception):
    """there is no such account"""


class Accounts:
    """Keeps accounts. Every method may be called from any thread."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        random_bytes: RandomBytes,
        cost: Cost,
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._random_bytes = random_bytes
        self._cost = cost

    def add(
        self,
        name: str,
        *,
        password: str,
        by: Actor | None,
        display_name: str = "",
        is_administrator: bool = False,
        is_first: bool = False,
    ) -> Account:
        """Make an account; `by` None means that it made itself.

        Raises WeakPassword, or AccountRefused for a name that is taken or cannot be one, and for
        one that `is_first` where there are accounts already.
        """
        if not _NAME.fullmatch(name):
            raise AccountRefused(
                f'"{name}" cannot be the name of an account: it has 1 to 100 letters, digits and '
                "any of . _ - @ +, and begins with a letter or digit"
            )
        check_password(password)
        account = Account(
            id=self._new_id(),
            name=name,
            display_name=_display_name(display_name or name),
            is_administrator=is_administrator,
            created=self._clock(),
        )
        kept = hash_password(password, self._random_bytes(16), self._cost)
        actor = by or Actor(id=account.id, name=account.name)
        with self._database.transaction() as connection:
            if is_first and connection.execute("SELECT 1 FROM accounts LIMIT 1").fetchone():
                raise AccountRefused("the first account was made already")
            self._insert(connection, account, kept)
            self._audit.record(
                connection,
                "account.add",
                actor,
                subject=name,
                details={"administrator": "yes" if is_administrator else "no"},
            )
        return account

    def get(self, account: str) -> Account:
        """The account of that id. Raises UnknownAccount."""
        return _one(
            self._database.query(f"SELECT {_COLUMNS} FROM accounts WHERE id = ?", account), account
        )

    def named(self, name: str) -> Account:
        """The account of that name. Raises UnknownAccount."""
        return _one(
            self._database.query(f"SELECT {_COLUMNS} FROM accounts WHERE name = ?", name), name
        )

    def find(self, named: str) -> Account:
        """The account of that id or name. Raises UnknownAccount."""
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM accounts WHERE id = lower(?) OR name = ?", named, named
        )
        return _one(rows, named)

    def all(self) -> list[Account]:
        """Every account, by name."""
        return [
            account_of(row)
            for row in self._database.query(f"SELECT {_COLUMNS} FROM accounts ORDER BY name")
        ]

    def check(self, name: str, password: str) -> Account | None:
        """The account that signs in by this name and password.

        None for a wrong one, an unknown or a disabled account alike, after the same time.
        """
        rows = self._database.query("SELECT * FROM accounts WHERE name = ?", name)
        kept = rows[0]["password"] if rows else no_password(self._cost)
        if not is_password(password, kept) or not rows or rows[0]["is_disabled"]:
            return None
        if is_older(kept, self._cost):
            self._keep_anew(rows[0]["id"], kept, password)
        return account_of(rows[0])

    def has_password(self, account: str, password: str) -> bool:
        """Whether it is the password of the account of that id."""
        rows = self._database.query("SELECT password FROM accounts WHERE id = ?", account)
        kept = rows[0]["password"] if rows else no_password(self._cost)
        return is_password(password, kept) and bool(rows)

    def set_password(self, account: str, password: str, *, by: Actor) -> None:
        """Give the account a new password, and end its sessions.

        Raises WeakPassword and UnknownAccount.
        """
        check_password(password)
        kept = hash_password(password, self._random_bytes(16), self._cost)
        with self._database.transaction() as connection:
            name = _name_of(connection, account)
            connection.execute("UPDATE accounts SET password = ? WHERE id = ?", (kept, account))
            connection.execute("DELETE FROM sessions WHERE account = ?", (account,))
            self._audit.record(connection, "account.password", by, subject=name)

    def rename(self, account: str, display_name: str, *, by: Actor) -> None:
        """Change what people read. Raises AccountRefused and UnknownAccount."""
        shown = _display_name(display_name)
        with self._database.transaction() as connection:
            name = _name_of(connection, account)
            connection.execute(
                "UPDATE accounts SET display_name = ? WHERE id = ?", (shown, account)
            )
            details = {"displayName": shown}
            self._audit.record(connection, "account.rename", by, subject=name, details=details)

    def set_administrator(self, account: str, is_administrator: bool, *, by: Actor) -> None:
        """Make the account an administrator of the server, or no more.

        Raises UnknownAccount, and AccountRefused for the last administrator.
        """
        with self._database.transaction() as connection:
            name = _name_of(connection, account)
            with _keeping_an_administrator(connection):
                connection.execute(
                    "UPDATE accounts SET is_administrator = ? WHERE id = ?",
                    (int(is_administrator), account),
                )
            details = {"administrator": "yes" if is_administrator else "no"}
            self._audit.record(
                connection, "account.administrator", by, subject=name, details=details
            )

    def disable(self, account: str, *, by: Actor) -> None:
        """Let the account sign in no more: its sessions end and its tokens are revoked.

        Raises UnknownAccount, and AccountRefused for the last administrator.
        """
        with self._database.transaction() as connection:
            name = _name_of(connection, account)
            with _keeping_an_administrator(connection):
                connection.execute("UPDATE accounts SET is_disabled = 1 WHERE id = ?", (account,))
            connection.execute("DELETE FROM sessions WHERE account = ?", (account,))
            connection.execute(
                "UPDATE tokens SET revoked = ? WHERE account = ? AND revoked IS NULL",
                (self._clock(), account),
            )
            self._audit.record(connection, "account.disable", by, subject=name)

    def enable(self, account: str, *, by: Actor) -> None:
        """Let the account sign in again, with the password it had. Raises UnknownAccount."""
        with self._database.transaction() as connection:
            name = _name_of(connection, account)
            connection.execute("UPDATE accounts SET is_disabled = 0 WHERE id = ?", (account,))
            self._audit.record(connection, "account.enable", by, subject=name)

    def _keep_anew(self, account: str, before: str, password: str) -> None:
        """Keep the same password at the cost of now, unless there is another one by now."""
        kept = hash_password(password, self._random_bytes(16), self._cost)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE accounts SET password = ? WHERE id = ? AND password = ?",
                (kept, account, before),
            )

    @staticmethod
    def _insert(connection: sqlite3.Connection, account: Account, kept: str) -> None:
        try:
            connection.execute(
                f"INSERT INTO accounts ({_COLUMNS}, password) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    account.id,
                    account.name,
                    account.display_name,
                    int(account.is_administrator),
                    int(account.is_disabled),
                    account.created,
                    kept,
                ),
            )
        except sqlite3.IntegrityError as error:
            raise AccountRefused(f'there is an account "{account.name}" already') from error


def account_of(row: sqlite3.Row) -> Account:
    """The account in a row with the columns of `accounts`."""
    return Account(
        id=row["id"],
        name=row["name"],
        display_name=row["display_name"],
        is_administrator=bool(row["is_administrator"]),
        is_disabled=bool(row["is_disabled"]),
        created=row["created"],
    )


def _one(rows: list[sqlite3.Row], named: str) -> Account:
    if not rows:
        raise UnknownAccount(f'there is no account "{named}"')
    return account_of(rows[0])


def _name_of(connection: sqlite3.Connection, account: str) -> str:
    row = connection.execute("SELECT name FROM accounts WHERE id = ?", (account,)).fetchone()
    if row is None:
        raise UnknownAccount(f'there is no account "{account}"')
    return str(row["name"])


@contextmanager
def _keeping_an_administrator(connection: sqlite3.Connection) -> Iterator[None]:
    """Raise AccountRefused where the change inside takes away the last administrator."""
    had = _has_administrator(connection)
    yield
    if had and not _has_administrator(connection):
        raise AccountRefused("the server keeps one administrator: make another one first")


def _has_administrator(connection: sqlite3.Connection) -> bool:
    found = connection.execute(
        "SELECT 1 FROM accounts WHERE is_administrator AND NOT is_disabled LIMIT 1"
    ).fetchone()
    return found is not None


def _display_name(text: str) -> str:
    shown = " ".join(text.split())
    if not shown.isprintable() or not 1 <= len(shown) <= _LONGEST_DISPLAY_NAME:
        raise AccountRefused(
            f"a display name has 1 to {_LONGEST_DISPLAY_NAME} printable characters"
        )
    return shown
