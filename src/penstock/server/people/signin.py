"""Signing in and out: `/_apis/penstock/session`, as the portal uses it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from penstock.records import record
from penstock.server.actors import account_of, actor_of, address_of
from penstock.server.auth import SESSION_COOKIE
from penstock.server.devops.errors import bad_request
from penstock.server.devops.routing import routes_of
from penstock.server.errors import Refused
from penstock.server.people.attempts import Attempts
from penstock.server.people.bodies import body_of, text
from penstock.server.people.house import House
from penstock.server.people.views import account_view
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.people.accounts import Account, UnknownAccount
from penstock.store.people.audit import Actor
from penstock.store.people.members import Role
from penstock.store.people.people import People
from penstock.store.people.sessions import LONGEST_SECONDS

PATH = "/_apis/penstock/session"
_BODY_LIMIT = 8 * 1024
_AT_ONCE = 2
_T = TypeVar("_T")


class SignIn:
    """Checks who signs in, a few at a time, since each check takes memory and time on purpose."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._attempts = Attempts(people.clock)
        self._workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")

    async def by_password(self, call: Call, name: str, password: str) -> Account:
        """The account of a name and password. Raises `Refused`, in the same words and after the
        same time for a wrong password, an unknown and a disabled account."""
        address = self._count(call, name)
        account = await self._run(partial(self._people.accounts.check, name, password))
        if account is None:
            await self._run(partial(self._note_refusal, name, address))
            raise _wrong()
        self._attempts.succeeded(name, address)
        return account

    async def by_token(self, call: Call, token: str) -> tuple[Account, str]:
        """The account of a personal access token, and the token's id. Raises `Refused`."""
        address = self._count(call, "")
        found = await self._run(partial(self._people.tokens.find, token))
        if found is None:
            await self._run(partial(self._note_refusal, "", address))
            raise _wrong()
        self._attempts.succeeded("", address)
        return found.account, found.credential

    async def by_ticket(self, ticket: str) -> Account | None:
        """The account of a ticket, which is used up by this."""
        return await self._run(partial(self._people.tickets.redeem, ticket))

    async def start(self, call: Call, account: Account, token: str | None = None) -> str:
        """Begin a session, and end the one whose cookie came with the request, if any: an address
        that someone else knew before is of no use after. Returns the new cookie's value."""
        actor = Actor(id=account.id, name=account.name, address=address_of(call))
        old = call.request.cookies.get(SESSION_COOKIE)
        if old:
            await self._run(partial(self._people.sessions.end, old, by=actor))
        begin = partial(self._people.sessions.start, account, by=actor, token=token)
        return await self._run(begin)

    def close(self) -> None:
        """Wait for the checks that are going on."""
        self._workers.shutdown()

    async def check_own_password(self, call: Call, account: Account, password: str) -> None:
        """Raise `Refused` unless it is the password of the caller's own account."""
        address = self._count(call, account.name)
        has_password = partial(self._people.accounts.has_password, account.id, password)
        if not await self._run(has_password):
            raise Refused(403, "WrongPassword", "the current password is not right")
        self._attempts.succeeded(account.name, address)

    def _count(self, call: Call, name: str) -> str:
        address = address_of(call)
        if wait := self._attempts.begin(name, address):
            seconds = math.ceil(wait)
            text = f"too many attempts to sign in; try again in {seconds} s"
            headers = {"retry-after": str(seconds)}
            raise Refused(429, "TooManyAttempts", text, headers=headers)
        return address

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)

    def _note_refusal(self, name: str, address: str) -> None:
        # What is no account's name may be a password that was typed in the wrong field.
        try:
            known = self._people.accounts.named(name).name
        except UnknownAccount:
            known = ""
        actor = Actor(id="", name="", address=address)
        self._people.audit.note("session.refused", actor, subject=known)


@record(kw_only=False)
class _Door:
    house: House
    sign_in: SignIn


def session_routes(house: House, sign_in: SignIn) -> tuple[Route, ...]:
    """Sign in, see who is signed in, sign out."""
    return routes_of(
        _Door(house, sign_in),
        ("POST", PATH, Permission.PUBLIC, _begin),
        ("GET", f"{PATH}/{{ticket}}", Permission.PUBLIC, _begin_by_ticket),
        ("GET", PATH, Permission.SIGNED_IN, _show),
        ("DELETE", PATH, Permission.SIGNED_IN, _end),
        body_limit=_BODY_LIMIT,
    )


async def _begin(door: _Door, call: Call) -> Answer:
    sign_in = door.sign_in
    body = body_of(call, ("userName", "password", "token"))
    if "token" in body and len(body) > 1:
        raise bad_request('sign in by "userName" and "password", or by "token"')
    if "token" in body:
        account, token = await sign_in.by_token(call, text(body, "token"))
        cookie = await sign_in.start(call, account, token)
    else:
        name, password = text(body, "userName"), text(body, "password")
        account = await sign_in.by_password(call, name, password)
        cookie = await sign_in.start(call, account)
    headers = {"set-cookie": session_cookie(call, cookie), "cache-control": "no-store"}
    return Answer(body=_session(door.house, account), headers=headers)


async def _begin_by_ticket(door: _Door, call: Call) -> Answer:
    """Sign in the browser that a program of this machine opened, and show it the portal.

    A page that sends a browser here, with a ticket of its own, gets nothing done.
    """
    headers = {"location": f"/{door.house.organization}", "cache-control": "no-store"}
    if call.header("sec-fetch-site", "none") == "none":
        account = await door.sign_in.by_ticket(call.parameters["ticket"])
        if account is not None:
            cookie = await door.sign_in.start(call, account)
            headers["set-cookie"] = session_cookie(call, cookie)
    return Answer(status=303, headers=headers)


def _show(door: _Door, call: Call) -> Answer:
    account = account_of(call, door.house.people.accounts)
    return Answer(body=_session(door.house, account), headers={"cache-control": "no-store"})


def _end(door: _Door, call: Call) -> Answer:
    if cookie := call.request.cookies.get(SESSION_COOKIE):
        door.house.people.sessions.end(cookie, by=actor_of(call))
    return Answer(status=204, headers={"set-cookie": session_cookie(call, "")})


def session_cookie(call: Call, value: str) -> str:
    """The header that gives a browser its session, or with an empty value takes it away."""
    age = int(LONGEST_SECONDS) if value else 0
    secure = "; Secure" if call.request.url.scheme == "https" else ""
    return f"{SESSION_COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"


def _session(house: House, account: Account) -> Reply:
    roles = house.people.members.of_account(account.id)
    if account.is_administrator:
        roles = dict.fromkeys(house.projects(), Role.ADMINISTRATOR)
    return {
        "account": account_view(account),
        "organization": house.organization,
        "projects": [
            {"id": project, "name": name, "role": roles[project]}
            for project, name in house.projects().items()
            if project in roles
        ],
    }


def _wrong() -> Refused:
    text = "the name, the password or the token is not right"
    return Refused(401, "AuthenticationFailed", text)
