"""Accounts over HTTP: administrators of the server make them, everyone changes their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

from penstock.server.actors import account_of, actor_of
from penstock.server.devops.bodies import flag_of
from penstock.server.devops.errors import bad_request, devops_error, not_found
from penstock.server.errors import Refused
from penstock.server.people.bodies import body_of, text
from penstock.server.people.house import House
from penstock.server.people.signin import SignIn, session_cookie
from penstock.server.people.views import account_view
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.people import new_password
from penstock.store.people.accounts import Account, AccountRefused, UnknownAccount
from penstock.store.people.passwords import WeakPassword

PATH = "/{organization}/_apis/penstock/accounts"
_FOR_ADMINISTRATORS = ("isAdministrator", "isDisabled")
_FIELDS = ("displayName", "password", "currentPassword", *_FOR_ADMINISTRATORS)


def account_routes(house: House, sign_in: SignIn) -> tuple[Route, ...]:
    """List, make, show, change and close accounts."""
    accounts = house.people.accounts

    def list_all(call: Call) -> Reply:
        views = [account_view(account) for account in accounts.all()]
        return {"count": len(views), "value": views}

    def add(call: Call) -> Answer:
        """With a password made up here, shown this once, where none is given."""
        body = body_of(call, ("userName", "displayName", "password", "isAdministrator"))
        password = text(body, "password", new_password(house.people.random_bytes))
        with worded():
            account = accounts.add(
                text(body, "userName"),
                password=password,
                display_name=text(body, "displayName", ""),
                is_administrator=flag_of(body, "isAdministrator") or False,
                by=actor_of(call),
            )
        shown = {} if "password" in body else {"password": password}
        return Answer(status=201, body={**account_view(account), **shown})

    def show(call: Call) -> Reply:
        return account_view(_named(house, call))

    async def change(call: Call) -> Answer:
        account = await run_in_threadpool(_named, house, call)
        body = body_of(call, _FIELDS)
        is_own = call.principal is not None and account.id == call.principal.id
        _check_may_change(call, body)
        if "password" in body and is_own:
            await sign_in.check_own_password(call, account, text(body, "currentPassword"))
        await run_in_threadpool(_change, house, call, account, body)
        account = await run_in_threadpool(accounts.get, account.id)
        headers = {}
        if "password" in body and is_own:
            # The old sessions are over, this browser's among them.
            headers["set-cookie"] = session_cookie(call, await sign_in.start(call, account))
        return Answer(body=account_view(account), headers=headers)

    def close(call: Call) -> Answer:
        """Closed is disabled: what the account did keeps its name."""
        with worded():
            accounts.disable(_named(house, call).id, by=actor_of(call))
        return Answer(status=204)

    rows = (
        ("GET", PATH, Permission.SERVER_MANAGE, list_all),
        ("POST", PATH, Permission.SERVER_MANAGE, add),
        ("GET", f"{PATH}/{{account}}", Permission.ACCOUNT_MANAGE, show),
        ("PATCH", f"{PATH}/{{account}}", Permission.ACCOUNT_MANAGE, change),
        ("DELETE", f"{PATH}/{{account}}", Permission.SERVER_MANAGE, close),
    )
    return tuple(
        Route(method=method, path=path, permission=right, handler=handler, on_error=devops_error)
        for method, path, right, handler in rows
    )


@contextmanager
def worded() -> Iterator[None]:
    """What the store does not accept, as a refusal."""
    try:
        yield
    except (AccountRefused, WeakPassword) as error:
        raise bad_request(str(error), "InvalidAccount") from error
    except UnknownAccount as error:
        raise not_found("IdentityNotFoundException", str(error)) from error


def _named(house: House, call: Call) -> Account:
    """The account of the path: `me`, or one's own; administrators of the server see all."""
    named = call.parameters["account"]
    if named == "me":
        return account_of(call, house.people.accounts)
    with worded():
        account = house.people.accounts.find(named)
    principal = call.principal
    if principal is None or not (
        account.id == principal.id or principal.may(Permission.SERVER_MANAGE)
    ):
        raise not_found("IdentityNotFoundException", f'there is no account "{named}"')
    return account


def _check_may_change(call: Call, body: Mapping[str, object]) -> None:
    if call.principal is not None and call.principal.may(Permission.SERVER_MANAGE):
        return
    for name in _FOR_ADMINISTRATORS:
        if name in body:
            text = f'only administrators of the server change "{name}"'
            raise Refused(403, "AuthorizationFailed", text)


def _change(house: House, call: Call, account: Account, body: Mapping[str, object]) -> None:
    accounts, actor = house.people.accounts, actor_of(call)
    is_administrator, is_disabled = flag_of(body, "isAdministrator"), flag_of(body, "isDisabled")
    with worded():
        if "displayName" in body:
            accounts.rename(account.id, text(body, "displayName"), by=actor)
        if is_administrator is not None:
            accounts.set_administrator(account.id, is_administrator, by=actor)
        if is_disabled is not None:
            set_state = accounts.disable if is_disabled else accounts.enable
            set_state(account.id, by=actor)
        if "password" in body:
            accounts.set_password(account.id, text(body, "password"), by=actor)
