"""Memberships: which role an account has in a project. They go with the project."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from enum import StrEnum

from penstock.records import record
from penstock.store.database import Database
from penstock.store.people.accounts import Account, UnknownAccount, account_of
from penstock.store.people.audit import Actor, Audit

ROLES_OF_ACCOUNT = (
    "(SELECT json_group_object(project, role) FROM members WHERE members.account = accounts.id)"
)
"""SQL: the roles of `accounts` by project, as JSON; `roles_of` reads it."""


class Role(StrEnum):
    """What a member is in a project. Each may do all that the ones before it may."""

    READER = "reader"
    CONTRIBUTOR = "contributor"
    ADMINISTRATOR = "administrator"


@record
class Member:
    """An account and its role in one project."""

    account: Account
    role: Role


class Members:
    """Keeps memberships. Projects are named by their ids. Any thread may call every method."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def of_project(self, project: str) -> list[Member]:
        """Who has a role in the project, by name."""
        rows = self._database.query(
            "SELECT accounts.*, members.role FROM members JOIN accounts"
            " ON accounts.id = members.account WHERE members.project = ? ORDER BY accounts.name",
            project,
        )
        return [Member(account=account_of(row), role=Role(row["role"])) for row in rows]

    def of_account(self, account: str) -> Mapping[str, Role]:
        """The roles of an account, by project."""
        rows = self._database.query("SELECT project, role FROM members WHERE account = ?", account)
        return {row["project"]: Role(row["role"]) for row in rows}

    def set_role(self, project: str, account: Account, role: Role, *, by: Actor) -> None:
        """Give an account a role in the project, not the one it had. Raises UnknownAccount."""
        with self._database.transaction() as connection:
            try:
                connection.execute(
                    "INSERT INTO members (project, account, role) VALUES (?, ?, ?)"
                    " ON CONFLICT (project, account) DO UPDATE SET role = excluded.role",
                    (project, account.id, role),
                )
            except sqlite3.IntegrityError as error:
                raise UnknownAccount(
                    f'there is no such project or account: "{account.name}"'
                ) from error
            self._audit.record(
                connection,
                "member.role",
                by,
                project=project,
                subject=account.name,
                details={"role": role},
            )

    def remove(self, project: str, account: Account, *, by: Actor) -> bool:
        """Take an account out of the project; False when it was not in it."""
        with self._database.transaction() as connection:
            gone = connection.execute(
                "DELETE FROM members WHERE project = ? AND account = ?", (project, account.id)
            )
            if gone.rowcount == 0:
                return False
            self._audit.record(
                connection, "member.remove", by, project=project, subject=account.name
            )
        return True


def roles_of(text: str) -> Mapping[str, Role]:
    """The roles by project, of what `ROLES_OF_ACCOUNT` selected."""
    return {project: Role(role) for project, role in json.loads(text).items()}
