"""Who is connected to what: `connectionData`, and the (empty) list of resource areas.

A server of one's own has every area at one address, which it says by an empty list of areas
(azure-devops client 7.1.0b4, `Connection._get_url_for_client_instance`).
"""

from __future__ import annotations

from penstock.devops.plans.variables import stable_id
from penstock.records import record
from penstock.server.devops.locations import Location
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed
from penstock.server.routes import Call, Permission, Reply, Route

LOCATIONS = (
    Location(
        id="00d9565f-ed9c-4a06-9a50-00e7896ccab4",
        area="Location",
        resource="ConnectionData",
        template="_apis/{resource}",
    ),
    Location(
        id="e81700f7-3be2-46de-8624-2eb35882fcaa",
        area="Location",
        resource="ResourceAreas",
        template="_apis/{resource}/{areaId}",
    ),
)


@record(kw_only=False)
class _Server:
    organization: str
    version: str


def connection_routes(organization: str, version: str) -> tuple[Route, ...]:
    """`organization` is the name of the one this server has; `version` that of the program."""
    base = "/{organization}/_apis"
    return routes_of(
        _Server(organization, version),
        ("GET", "/_apis/penstock/status", Permission.PUBLIC, _status),
        ("GET", f"{base}/connectionData", Permission.SIGNED_IN, _connection_data),
        ("GET", f"{base}/ResourceAreas", Permission.SIGNED_IN, _areas),
        quick=True,
    )


def _status(server: _Server, call: Call) -> Reply:
    return {"name": "penstock", "version": server.version, "organization": server.organization}


def _connection_data(server: _Server, call: Call) -> Reply:
    organization = server.organization
    user = _user(call)
    return {
        "authenticatedUser": user,
        "authorizedUser": user,
        "instanceId": stable_id("collection", organization),
        "deploymentId": stable_id("deployment", organization),
        "deploymentType": "onPremises",
        "locationServiceData": {
            "serviceOwner": stable_id("deployment", organization),
            "defaultAccessMappingMoniker": "PublicAccessMapping",
            "lastChangeId": 1,
            "lastChangeId64": 1,
            "clientCacheTimeToLive": 3600,
        },
    }


def _user(call: Call) -> dict[str, object]:
    principal = call.principal
    name = principal.name if principal else "anonymous"
    return {
        "id": (principal.id if principal else "") or stable_id("user", name),
        "descriptor": f"Penstock.Account;{name}",
        "providerDisplayName": (principal.display_name if principal else "") or name,
        "isActive": True,
        "properties": {"Account": {"$type": "System.String", "$value": name}},
    }


def _areas(server: _Server, call: Call) -> Reply:
    return listed([])
