"""Who makes a change, as the audit log names them, and from which account."""

from __future__ import annotations

from penstock.server.errors import Refused
from penstock.server.routes import Call
from penstock.store.people.accounts import Account, Accounts, UnknownAccount
from penstock.store.people.audit import Actor


def address_of(call: Call) -> str:
    """The network address a request came from."""
    client = call.request.client
    return client.host if client is not None else ""


def actor_of(call: Call) -> Actor:
    """Who makes the change that a request asks for."""
    principal = call.principal
    if principal is None:
        return Actor(id="", name="", address=address_of(call))
    return Actor(id=principal.id, name=principal.name, address=address_of(call))


def account_of(call: Call, accounts: Accounts) -> Account:
    """The caller's own account. Raises `Refused` for tokens that no account has."""
    principal = call.principal
    try:
        return accounts.get(principal.id if principal is not None else "")
    except UnknownAccount as error:
        text = "this token is of a process of the server, and not of an account"
        raise Refused(403, "AccountRequired", text) from error
