"""Personal access tokens: secrets that scripts and git use in the name of an account."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from penstock.records import record
from penstock.store.database import Database
from penstock.store.people.accounts import Account, account_of
from penstock.store.people.audit import Actor, Audit
from penstock.store.people.credentials import PERSONAL, RandomBytes, hash_secret, new_secret
from penstock.store.people.members import ROLES_OF_ACCOUNT, roles_of
from penstock.store.people.sessions import Identity

LONGEST_SECONDS = 366 * 24 * 3600.0
_LONGEST_NAME = 200
_COLUMNS = "id, account, name, scope, created, expires, revoked, used"


@record
class Token:
    """What is known of a token. `scope` is words with spaces between, as Azure DevOps has them."""

    id: str
    account: str
    name: str
    scope: str
    created: float
    expires: float
    revoked: float | None = None
    used: float | None = None

    def is_valid(self, now: float) -> bool:
        """Whether it opens anything at that time."""
        return self.revoked is None and self.expires > now


class TokenRefused(Exception):
    """the token that was asked for is not made; `code` is Azure's own word for why"""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnknownToken(Exception):
    """there is no such token of this account"""


class Tokens:
    """Keeps personal access tokens. Every method may be called from any thread."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        random_bytes: RandomBytes,
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._random_bytes = random_bytes

    def create(
        self, account: Account, *, name: str, scope: str, expires: float, by: Actor
    ) -> tuple[Token, str]:
        """A new token, and its secret, which is not kept and so is shown once.

        Raises TokenRefused for a name that cannot be one, and for a time that is over or more than
        a year away. Whether the scope has a meaning is the caller's to check.
        """
        secret = new_secret(PERSONAL, self._random_bytes)
        token = Token(
            id=self._new_id(),
            account=account.id,
            name=_name(name),
            scope=scope,
            created=self._clock(),
            expires=self._checked(expires),
        )
        with self._database.transaction() as connection:
            connection.execute(
                f"INSERT INTO tokens ({_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    token.id,
                    token.account,
                    token.name,
                    token.scope,
                    token.created,
                    token.expires,
                    None,
                    None,
                    hash_secret(secret),
                ),
            )
            self._record(connection, "token.create", token, by)
        return token, secret

    def change(
        self, account: str, token: str, *, name: str, scope: str, expires: float, by: Actor
    ) -> Token:
        """Give a token another name, scope and end. Raises as `create`, and UnknownToken for one
        that is revoked too."""
        name, expires = _name(name), self._checked(expires)
        with self._database.transaction() as connection:
            changed = connection.execute(
                "UPDATE tokens SET name = ?, scope = ?, expires = ?"
                f" WHERE id = ? AND account = ? AND revoked IS NULL RETURNING {_COLUMNS}",
                (name, scope, expires, token, account),
            ).fetchone()
            found = _token(changed, token)
            self._record(connection, "token.change", found, by)
        return found

    def revoke(self, account: str, token: str, *, by: Actor) -> None:
        """Let a token open nothing more. Raises UnknownToken."""
        with self._database.transaction() as connection:
            changed = connection.execute(
                "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ? AND account = ?"
                f" RETURNING {_COLUMNS}",
                (self._clock(), token, account),
            ).fetchone()
            self._record(connection, "token.revoke", _token(changed, token), by)

    def get(self, account: str, token: str) -> Token:
        """A token of an account. Raises UnknownToken."""
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM tokens WHERE id = ? AND account = ?", token, account
        )
        return _token(rows[0] if rows else None, token)

    def of_account(self, account: str) -> list[Token]:
        """Every token that an account has or had, newest first."""
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM tokens WHERE account = ? ORDER BY created DESC, id", account
        )
        return [_token(row, "") for row in rows]

    def find(self, secret: str) -> Identity | None:
        """Whose token this is, while it, and its account, are valid."""
        return self._identity("hash", hash_secret(secret))

    def behind(self, credential: str) -> Identity | None:
        """As `find`, by the token's id: for what was made from it."""
        return self._identity("id", credential)

    def _identity(self, column: str, value: str) -> Identity | None:
        rows = self._database.query(
            f"SELECT accounts.*, {ROLES_OF_ACCOUNT} AS roles, tokens.id AS token, tokens.scope,"
            " tokens.expires, tokens.used FROM tokens JOIN accounts ON accounts.id = tokens.account"
            f" WHERE tokens.{column} = ? AND tokens.expires > ? AND tokens.revoked IS NULL"
            " AND NOT accounts.is_disabled",
            value,
            self._clock(),
        )
        if not rows:
            return None
        return Identity(
            account=account_of(rows[0]),
            roles=roles_of(rows[0]["roles"]),
            scope=rows[0]["scope"],
            expires=rows[0]["expires"],
            credential=rows[0]["token"],
            noted=rows[0]["used"] or 0.0,
        )

    def note_use(self, credential: str, at: float) -> None:
        """Keep when a token was last used."""
        with self._database.transaction(durable=False) as connection:
            connection.execute("UPDATE tokens SET used = ? WHERE id = ?", (at, credential))

    def _checked(self, expires: float) -> float:
        now = self._clock()
        if not now < expires <= now + LONGEST_SECONDS:
            raise TokenRefused("invalidValidTo", "a token is valid for a year at most")
        return expires

    def _record(self, connection: sqlite3.Connection, action: str, token: Token, by: Actor) -> None:
        details = {"name": token.name, "scope": token.scope, "expires": str(int(token.expires))}
        self._audit.record(connection, action, by, subject=token.id, details=details)


def _token(row: sqlite3.Row | None, named: str) -> Token:
    if row is None:
        raise UnknownToken(f'there is no token "{named}" of this account')
    return Token(**dict(row))


def _name(name: str) -> str:
    shown = " ".join(name.split())
    if not shown:
        raise TokenRefused("displayNameRequired", "a token has a name")
    if not shown.isprintable() or len(shown) > _LONGEST_NAME:
        text = f"the name of a token has at most {_LONGEST_NAME} printable characters"
        raise TokenRefused("invalidDisplayName", text)
    return shown
