"""The caller's own profile, as clients of Azure DevOps ask for it.

https://learn.microsoft.com/rest/api/azure/devops/profile/profiles/get
"""

from __future__ import annotations

from penstock.server.actors import account_of
from penstock.server.devops.errors import not_found
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import moment
from penstock.server.people.house import House
from penstock.server.routes import Call, Permission, Reply, Route

PATHS = ("/_apis/profile/profiles/{who}", "/{organization}/_apis/profile/profiles/{who}")


def profile_routes(house: House) -> tuple[Route, ...]:
    """One's own profile, by `me` or by one's id; there is none of others."""
    return routes_of(house, *(("GET", path, Permission.SIGNED_IN, _show) for path in PATHS))


def _show(house: House, call: Call) -> Reply:
    account = account_of(call, house.people.accounts)
    who = call.parameters["who"]
    if who.lower() not in ("me", account.id):
        raise not_found("ProfileDoesNotExistException", f'there is no profile "{who}"')
    return {
        "id": account.id,
        "displayName": account.display_name,
        "publicAlias": account.id,
        "emailAddress": account.name,
        "coreRevision": 1,
        "revision": 1,
        "timeStamp": moment(account.created),
    }
