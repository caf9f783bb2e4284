"""Personal access tokens over HTTP, in the shape of Azure DevOps' PAT lifecycle API.

https://learn.microsoft.com/rest/api/azure/devops/tokens/pats
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from penstock.devops.plans.variables import stable_id
from penstock.server.actors import account_of, actor_of
from penstock.server.devops.errors import bad_request, devops_error, not_found
from penstock.server.devops.queries import moment_in
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
    tokens, accounts = house.people.tokens, house.people.accounts
    organization = stable_id("collection", house.organization)

    def show(call: Call) -> Reply:
        account = account_of(call, accounts)
        if wanted := call.query("authorizationId"):
            with _worded():
                return _result(token_view(tokens.get(account.id, wanted), organization))
        return _page(call, house, tokens.of_account(account.id), organization)

    def create(call: Call) -> Reply:
        account = account_of(call, accounts)
        body = body_of(call, _FIELDS)
        now = house.people.clock()
        expires = (
            moment_in("validTo", text(body, "validTo")).timestamp()
            if body.get("validTo") is not None
            else min(now + DEFAULT_SECONDS, _end(call))
        )
        with _worded():
            _check_end(call, expires)
            token, secret = tokens.create(
                account,
                name=text(body, "displayName"),
                scope=_scope(text(body, "scope")),
                expires=expires,
                by=actor_of(call),
            )
        return _result(token_view(token, organization, secret))

    def change(call: Call) -> Reply:
        account = account_of(call, accounts)
        body = body_of(call, ("authorizationId", *_FIELDS))
        wanted = text(body, "authorizationId")
        with _worded():
            old = tokens.get(account.id, wanted)
            expires = old.expires
            if body.get("validTo") is not None:
                expires = moment_in("validTo", text(body, "validTo")).timestamp()
                _check_end(call, expires)
            token = tokens.change(
                account.id,
                wanted,
                name=text(body, "displayName", old.name),
                scope=_scope(text(body, "scope", old.scope)),
                expires=expires,
                by=actor_of(call),
            )
        return _result(token_view(token, organization))

    def revoke(call: Call) -> Answer:
        account = account_of(call, accounts)
        with _worded():
            tokens.revoke(account.id, call.query("authorizationId"), by=actor_of(call))
        return Answer(status=204)

    rows = (("GET", show), ("POST", create), ("PUT", change), ("DELETE", revoke))
    return tuple(
        Route(
            method=method,
            path=PATH,
            permission=Permission.ACCOUNT_MANAGE,
            handler=handler,
            on_error=devops_error,
        )
        for method, handler in rows
    )


def _page(call: Call, house: House, tokens: list[Token], organization: str) -> Reply:
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
        "patTokens": [token_view(token, organization) for token in page],
    }


def _state(token: Token, now: float) -> str:
    if token.revoked is not None:
        return "revoked"
    return "active" if token.expires > now else "expired"


def _result(view: dict[str, object]) -> Reply:
    return {"patToken": view, "patTokenError": "none"}


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
    # So a token that leaked cannot outlive itself by making others.
    if expires > _end(call):
        text = "a token that is made with a token ends no later than it"
        raise TokenRefused("invalidValidTo", text)


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except TokenRefused as error:
        raise bad_request(str(error), error.code) from error
    except UnknownToken as error:
        raise not_found("authorizationNotFound", str(error)) from error
