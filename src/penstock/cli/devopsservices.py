"""The Azure DevOps half of a server: stores, services, and the routes over them.

Only `penstock up` has it; `penstock run` needs none of it.
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from penstock import __version__

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.responses import Response
    from starlette.types import ASGIApp

    from penstock.cli.host import Host
    from penstock.server.auth import Tokens
    from penstock.server.routes import Call, Handler, Reply, Route

ORGANIZATION = "penstock"


class DevopsServices:
    """Everything of Azure DevOps that one server needs. Methods may be called from any thread.

    `closing` is set when the server is about to stop: streams that never end end then.
    """

    def __init__(self, host: Host, tokens: Tokens) -> None:
        self._host = host
        self._tokens = tokens
        self.organization = os.environ.get("PENSTOCK_ORGANIZATION") or ORGANIZATION
        self.closing = threading.Event()

    def application(self) -> ASGIApp:
        """The whole server: Azure DevOps, Azure ML, MLflow."""
        from penstock.server.app import make_app

        ml_routes, signer = self._host.ml.routes()
        return make_app(
            (*ml_routes, *self.routes()),
            self._tokens,
            signer=signer,
            on_failure=self._host.on_failure,
        )

    def routes(self) -> tuple[Route, ...]:
        """The routes of Azure DevOps; those of another organization do not exist."""
        from penstock.server.devops import connection
        from penstock.server.devops.locations import location_routes

        locations = connection.LOCATIONS
        routes = (
            *location_routes(locations),
            *connection.connection_routes(self.organization, __version__),
        )
        return tuple(_of_organization(route, self.organization) for route in routes)

    def close(self) -> None:
        """End what streams."""
        self.closing.set()


def _of_organization(route: Route, organization: str) -> Route:
    if not route.path.startswith("/{organization}"):
        return route
    return replace(route, handler=_checked(route.handler, organization))


def _checked(handler: Handler, organization: str) -> Handler:
    import inspect

    from penstock.server.errors import Refused

    def check(call: Call) -> None:
        given = call.parameters["organization"]
        if given.lower() != organization.lower():
            message = f'there is no organization "{given}" here; this server has "{organization}"'
            raise Refused(404, "HostDoesNotExistException", message)

    # A coroutine function stays one: others run in a worker thread.
    if inspect.iscoroutinefunction(handler):

        async def checked_later(call: Call) -> Reply | Response:
            check(call)
            return await handler(call)  # type: ignore[no-any-return]

        return checked_later

    def checked(call: Call) -> Reply | Response | Awaitable[Reply | Response]:
        check(call)
        return handler(call)

    return checked
