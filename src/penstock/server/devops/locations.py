"""The location table: where each resource of the API lives, by ids that clients have built in.

Source: the location ids and route values of the `azure-devops` client 7.1.0b4. Each module of
handlers has its rows in a constant `LOCATIONS` beside its routes.
"""

from __future__ import annotations

from collections.abc import Iterable

from penstock.records import record
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed
from penstock.server.routes import Call, Permission, Reply, Route


@record
class Location:
    """One row: `template` is the path below the organization, optional segments left out by the
    client; `version` is the newest of the resource in API 7.1 (`-preview.N`)."""

    id: str
    area: str
    resource: str
    template: str
    version: int = 1


def table(locations: Iterable[Location]) -> list[dict[str, object]]:
    """The rows as the wire has them."""
    return [
        {
            "id": row.id,
            "area": row.area,
            "resourceName": row.resource,
            "routeTemplate": row.template,
            "resourceVersion": row.version,
            "minVersion": "1.0",
            "maxVersion": "7.1",
            "releasedVersion": "7.1",
        }
        for row in locations
    ]


def location_routes(locations: Iterable[Location]) -> tuple[Route, ...]:
    """`OPTIONS` of the whole API and of one area."""
    base = "/{organization}/_apis"
    return routes_of(
        table(locations),
        ("OPTIONS", base, Permission.PUBLIC, _everything),
        ("OPTIONS", f"{base}/{{area}}", Permission.PUBLIC, _of_area),
        quick=True,
    )


def _everything(rows: list[dict[str, object]], call: Call) -> Reply:
    return listed(rows)


def _of_area(rows: list[dict[str, object]], call: Call) -> Reply:
    wanted = call.parameters["area"].lower()
    return listed([row for row in rows if str(row["area"]).lower() == wanted])
