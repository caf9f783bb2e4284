"""Accounts and tokens as JSON."""

from __future__ import annotations

from penstock.server.devops.wire import moment
from penstock.store.people.accounts import Account
from penstock.store.people.tokens import Token


def account_view(account: Account) -> dict[str, object]:
    """An account, in our own words."""
    return {
        "id": account.id,
        "userName": account.name,
        "displayName": account.display_name,
        "isAdministrator": account.is_administrator,
        "isDisabled": account.is_disabled,
        "created": moment(account.created),
    }


def token_view(token: Token, organization_id: str, secret: str | None = None) -> dict[str, object]:
    """A token as the PAT lifecycle API of Azure DevOps has it (`PatToken`); the secret once.

    `lastUsed` is ours.
    """
    return {
        "displayName": token.name,
        "validFrom": moment(token.created),
        "validTo": moment(token.expires),
        "scope": token.scope,
        "targetAccounts": [organization_id],
        "authorizationId": token.id,
        "token": secret,
        "lastUsed": moment(token.used),
    }
