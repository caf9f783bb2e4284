"""Personal access tokens over HTTP, in the shape of Azure DevOps' PAT lifecycle API.

https://learn.microsoft.com/rest/api/azure/devops/tokens/pats
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from penstock.devops.plans.variables import stable_id
from penstock.server.actors import account_of, actor_of
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.queries import moment_in
from penstock.server.devops.routing import routes_of
from penstock.server.people.bodies import body_of, number, text
from penstock.server.people.house import House
from penstock.server.people.rights import unknown_scopes
from penstock.server.people.views import token_view
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.people.tokens import Token, TokenRefused, UnknownToken

PATH = "/{organization}/_apis/tokens/pats"
DEFAULT_SECONDS = 30 * 24 * 3600.0
_FIELDS = ("displayName", "scope", "validTo", "allOrgs")
_FILTERS = ("active", "revoked", "expired", "all")


def token_routes(house: House) -> tuple[Route, ...]:
    """List, show, make, change and revoke the caller's own tokens."""
    return routes_of(
        house,
        ("GET", PATH, Permission.ACCOUNT_MANAGE, _show),
        ("POST", PATH, Permission.ACCOUNT_MANAGE, _create),
        ("PUT", PATH, Permission.ACCOUNT_MANAGE, _change),
        ("DELETE", PATH, Permission.ACCOUNT_MANAGE, _revoke),
    )


def _show(house: House, call: Call) -> Reply:
    tokens, account = house.people.tokens, account_of(call, house.people.accounts)
    if wanted := call.query("authorizationId"):
        with _worded():
            return _result(house, tokens.get(account.id, wanted))
    return _page(call, house, tokens.of_account(account.id))


def _create(house: House, call: Call) -> Reply:
    account = account_of(call, house.people.accounts)
    body = body_of(call, _FIELDS)
    expires = _valid_to(body)
    if expires is None:
        expires = min(house.people.clock() + DEFAULT_SECONDS, _end(call))
    with _worded():
        _check_end(call, expires)
        token, secret = house.people.tokens.create(
            account,
            name=text(body, "displayName"),
            scope=_scope(text(body, "scope")),
            expires=expires,
            by=actor_of(call),
        )
    return _result(house, token, secret)


def _change(house: House, call: Call) -> Reply:
    tokens, account = house.people.tokens, account_of(call, house.people.accounts)
    body = body_of(call, ("authorizationId", *_FIELDS))
    wanted, expires = text(body, "authorizationId"), _valid_to(body)
    with _worded():
        old = tokens.get(account.id, wanted)
        expires = old.expires if expires is None else expires
        scope = _scope(text(body, "scope", old.scope))
        if (expires, scope) != (old.expires, old.scope):
            _check_end(call, expires)
        token = tokens.change(
            account.id,
            wanted,
            name=text(body, "displayName", old.name),
            scope=scope,
            expires=expires,
            by=actor_of(call),
        )
    return _result(house, token)


def _revoke(house: House, call: Call) -> Answer:
    account = account_of(call, house.people.accounts)
    with _worded():
        house.people.tokens.revoke(account.id, call.query("authorizationId"), by=actor_of(call))
    return Answer(status=204)


def _valid_to(body: Mapping[str, object]) -> float | None:
    """When a token is to end; None where the body does not say it."""
    if body.get("validTo") is None:
        return None
    return moment_in("validTo", text(body, "validTo")).timestamp()


def _page(call: Call, house: House, tokens: list[Token]) -> Reply:
    wanted = call.query("displayFilterOption", "active")
    if wanted not in _FILTERS:
        raise bad_request(f'"displayFilterOption" is one of {", ".join(_FILTERS)}')
    start = number(call.query("continuationToken"), "continuationToken", default=0, most=2**31)
    top = number(call.query("$top"), "$top", default=100, most=1000)
    now = house.people.clock()
    shown = [token for token in tokens if wanted in ("all", _state(token, now))]
    page = shown[start : start + top]
    following = str(start + top) if len(shown) > start + top else ""
    return {
        "continuationToken": following,
        "patTokens": [token_view(token, _organization(house)) for token in page],
    }


def _state(token: Token, now: float) -> str:
    if token.revoked is not None:
        return "revoked"
    return "active" if token.expires > now else "expired"


def _result(house: House, token: Token, secret: str | None = None) -> Reply:
    view = token_view(token, _organization(house), secret)
    return {"patToken": view, "patTokenError": "none"}


def _organization(house: House) -> str:
    return stable_id("collection", house.organization)


def _scope(scope: str) -> str:
    words = " ".join(scope.split())
    if unknown := unknown_scopes(words):
        text = f'the scope "{unknown[0]}" opens nothing here' if unknown[0] else "no scope is given"
        raise TokenRefused("invalidScope", text)
    return words


def _end(call: Call) -> float:
    """Until when a token may be valid that is made with the credential of this request."""
    expires = call.principal.expires if call.principal is not None else None
    return expires if expires is not None else float("inf")


def _check_end(call: Call, expires: float) -> None:
    # So a token that leaked cannot outlive itself by making others, or more of others.
    if expires > _end(call):
        text = "a token that is made or given rights with a token ends no later than it"
        raise TokenRefused("invalidValidTo", text)


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except TokenRefused as error:
        raise bad_request(str(error), error.code) from error
    except UnknownToken as error:
        raise not_found("authorizationNotFound", str(error)) from error
