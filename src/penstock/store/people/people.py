"""Everything that is kept about people, put together on one database."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from penstock.records import record
from penstock.store.database import Database
from penstock.store.people.accounts import Account, AccountRefused, Accounts
from penstock.store.people.audit import Actor, Audit
from penstock.store.people.credentials import RandomBytes, new_secret
from penstock.store.people.jobtokens import JobTokens
from penstock.store.people.members import Members
from penstock.store.people.passwords import Cost
from penstock.store.people.sessions import Sessions
from penstock.store.people.tickets import Tickets
from penstock.store.people.tokens import Tokens

FULL_ACCESS = "app_token"
"""The scope of a token that may do all that its account may, in the words of Azure DevOps."""
FIRST_TOKEN_SECONDS = 90 * 24 * 3600.0


@record
class FirstAccount:
    """The administrator of a new server, with the secrets that are shown once and not kept."""

    account: Account
    password: str
    token: str


class People:
    """Everything that is kept about people, on one database."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] | None = None,
        random_bytes: RandomBytes = os.urandom,
        cost: Cost | None = None,
    ) -> None:
        """Everything by one clock and one source of randomness. A lower `cost` is for tests."""
        make_id = new_id or (lambda: _guid(random_bytes))
        self.clock = clock
        self.random_bytes = random_bytes
        self.audit = Audit(database, clock)
        self.accounts = Accounts(
            database,
            self.audit,
            clock=clock,
            new_id=make_id,
            random_bytes=random_bytes,
            cost=cost or Cost(),
        )
        self.members = Members(database, self.audit)
        self.sessions = Sessions(database, self.audit, clock=clock, random_bytes=random_bytes)
        self.tokens = Tokens(
            database, self.audit, clock=clock, new_id=make_id, random_bytes=random_bytes
        )
        self.tickets = Tickets(database, clock=clock, random_bytes=random_bytes)
        self.job_tokens = JobTokens(database, clock=clock, random_bytes=random_bytes)

    def make_first_account(self, name: str, *, display_name: str = "") -> FirstAccount | None:
        """The server's administrator with a password and a token, both made up here.

        None where there are accounts already, also when another process made one just now.
        """
        if self.accounts.all():
            return None
        password = new_password(self.random_bytes)
        try:
            account = self.accounts.add(
                name,
                password=password,
                by=None,
                display_name=display_name,
                is_administrator=True,
                is_first=True,
            )
        except AccountRefused:
            if self.accounts.all():
                return None
            raise
        _, token = self.tokens.create(
            account,
            name="first token",
            scope=FULL_ACCESS,
            expires=self.clock() + FIRST_TOKEN_SECONDS,
            by=Actor(id=account.id, name=account.name),
        )
        return FirstAccount(account=account, password=password, token=token)


def new_password(random_bytes: RandomBytes) -> str:
    """A password that nobody guesses and everybody can type: five groups of five."""
    text = new_secret("", random_bytes).lower()
    return "-".join(text[start : start + 5] for start in range(0, 25, 5))


def _guid(random_bytes: RandomBytes) -> str:
    import uuid

    return str(uuid.UUID(bytes=random_bytes(16), version=4))
