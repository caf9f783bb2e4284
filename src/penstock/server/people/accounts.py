"""Accounts over HTTP: administrators of the server make them, everyone changes their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

from penstock.records import record
from penstock.server.actors import account_of, actor_of
from penstock.server.devops.bodies import flag_of
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed
from penstock.server.errors import Refused
from penstock.server.people.bodies import body_of, text
from penstock.server.people.house import House
from penstock.server.people.signin import SignIn, session_cookie
from penstock.server.people.views import account_view
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.people.accounts import Account, AccountRefused, UnknownAccount
from penstock.store.people.passwords import WeakPassword
from penstock.store.people.people import new_password

PATH = "/{organization}/_apis/penstock/accounts"
_FOR_ADMINISTRATORS = ("isAdministrator", "isDisabled")
_FIELDS = ("displayName", "password", "currentPassword", *_FOR_ADMINISTRATORS)


@record(kw_only=False)
class _Desk:
    house: House
    sign_in: SignIn


def account_routes(house: House, sign_in: SignIn) -> tuple[Route, ...]:
    """List, make, show, change and close accounts."""
    one = f"{PATH}/{{account}}"
    return routes_of(
        _Desk(house, sign_in),
        ("GET", PATH, Permission.SERVER_MANAGE, _list),
        ("POST", PATH, Permission.SERVER_MANAGE, _add),
        ("GET", one, Permission.ACCOUNT_MANAGE, _show),
        ("PATCH", one, Permission.ACCOUNT_MANAGE, _change),
        ("DELETE", one, Permission.SERVER_MANAGE, _close),
    )


def _list(desk: _Desk, call: Call) -> Reply:
    return listed([account_view(account) for account in desk.house.people.accounts.all()])


def _add(desk: _Desk, call: Call) -> Answer:
    """With a password made up here, shown this once, where none is given."""
    people = desk.house.people
    body = body_of(call, ("userName", "displayName", "password", "isAdministrator"))
    password = text(body, "password", new_password(people.random_bytes))
    with worded():
        account = people.accounts.add(
            text(body, "userName"),
            password=password,
            display_name=text(body, "displayName", ""),
            is_administrator=flag_of(body, "isAdministrator") or False,
            by=actor_of(call),
        )
    shown = {} if "password" in body else {"password": password}
    return Answer(status=201, body={**account_view(account), **shown})


def _show(desk: _Desk, call: Call) -> Reply:
    return account_view(_named(desk.house, call))


async def _change(desk: _Desk, call: Call) -> Answer:
    house, sign_in = desk.house, desk.sign_in
    account = await run_in_threadpool(_named, house, call)
    body = body_of(call, _FIELDS)
    is_own = call.principal is not None and account.id == call.principal.id
    _check_may_change(call, body)
    if "password" in body and is_own:
        await sign_in.check_own_password(call, account, text(body, "currentPassword"))
    await run_in_threadpool(_apply, house, call, account, body)
    account = await run_in_threadpool(house.people.accounts.get, account.id)
    headers = {}
    if "password" in body and is_own:
        # The old sessions are over, this browser's among them.
        headers["set-cookie"] = session_cookie(call, await sign_in.start(call, account))
    return Answer(body=account_view(account), headers=headers)


def _close(desk: _Desk, call: Call) -> Answer:
    """Closed is disabled: what the account did keeps its name."""
    with worded():
        account = _named(desk.house, call)
        desk.house.people.accounts.disable(account.id, by=actor_of(call))
    return Answer(status=204)


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


def _apply(house: House, call: Call, account: Account, body: Mapping[str, object]) -> None:
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
