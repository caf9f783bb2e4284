"""Who is connected to what: `connectionData`, and the (empty) list of resource areas.

A server of one's own has every area at one address, which it says by an empty list of areas
(azure-devops client 7.1.0b4, `Connection._get_url_for_client_instance`).
"""

from __future__ import annotations

from penstock.devops.plans.variables import stable_id
from penstock.server.devops.errors import devops_error
from penstock.server.devops.locations import Location
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


def connection_routes(organization: str, version: str) -> tuple[Route, ...]:
    """`organization` is the name of the one this server has; `version` that of the program."""

    def connection_data(call: Call) -> Reply:
        principal = call.principal
        name = principal.name if principal else "anonymous"
        shown = principal.display_name if principal else ""
        user = {
            "id": (principal.id if principal else "") or stable_id("user", name),
            "descriptor": f"Penstock.Account;{name}",
            "providerDisplayName": shown or name,
            "isActive": True,
            "properties": {"Account": {"$type": "System.String", "$value": name}},
        }
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

    def areas(call: Call) -> Reply:
        return {"count": 0, "value": []}

    def alive(call: Call) -> Reply:
        return {"name": "penstock", "version": version, "organization": organization}

    return (
        Route(
            method="GET",
            path="/_apis/penstock/status",
            permission=Permission.PUBLIC,
            handler=alive,
            quick=True,
        ),
        Route(
            method="GET",
            path="/{organization}/_apis/connectionData",
            permission=Permission.SIGNED_IN,
            handler=connection_data,
            quick=True,
            on_error=devops_error,
        ),
        Route(
            method="GET",
            path="/{organization}/_apis/ResourceAreas",
            permission=Permission.SIGNED_IN,
            handler=areas,
            quick=True,
            on_error=devops_error,
        ),
    )
