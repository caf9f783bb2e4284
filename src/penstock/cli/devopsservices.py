"""The Azure DevOps half of a server: stores, services, and the routes over them.

Only `penstock up` has it; `penstock run` needs none of it.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from penstock import __version__

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from penstock.cli.host import Host
    from penstock.server.routes import Route

ORGANIZATION = "penstock"


class DevopsServices:
    """Everything of Azure DevOps that one server needs. Methods may be called from any thread.

    `closing` is set when the server is about to stop: streams that never end end then.
    """

    def __init__(self, host: Host) -> None:
        from penstock.server.auth import one_token
        from penstock.server.people.access import Access
        from penstock.server.people.house import House
        from penstock.server.people.signin import SignIn
        from penstock.store.people import People
        from penstock.store.projects import Projects

        self._host = host
        self.organization = os.environ.get("PENSTOCK_ORGANIZATION") or ORGANIZATION
        self.closing = threading.Event()
        self.projects = Projects(host.database, new_guid)
        self.people = People(host.database)
        self._access = Access(
            self.people,
            organization=self.organization,
            process_tokens=one_token(host.access.token),
        )
        self._house = House(
            people=self.people,
            organization=self.organization,
            projects=lambda: {project.id: project.name for project in self.projects.list()},
        )
        self._sign_in = SignIn(self.people)

    def application(self) -> ASGIApp:
        """The whole server: Azure DevOps, Azure ML, MLflow."""
        from penstock.server.app import Places, make_app

        ml_routes, signer = self._host.ml.routes()
        return make_app(
            (*ml_routes, *self.routes()),
            self._access,
            sessions=self._access.sessions,
            places=Places(organization=self.organization, project=self._project),
            signer=signer,
            on_failure=self._host.on_failure,
        )

    def routes(self) -> tuple[Route, ...]:
        """The routes of Azure DevOps."""
        from penstock.server.devops import connection
        from penstock.server.devops.locations import location_routes
        from penstock.server.people import people_routes

        locations = connection.LOCATIONS
        return (
            *location_routes(locations),
            *connection.connection_routes(self.organization, __version__),
            *people_routes(self._house, self._sign_in),
        )

    def close(self) -> None:
        """End what streams, so that the last requests end."""
        self.closing.set()

    def finish(self) -> None:
        """Wait for what is being written, when no request comes any more."""
        self._sign_in.close()
        self._access.close()

    def _project(self, named: str) -> str | None:
        found = self.projects.find(named)
        return None if found is None else found.id


def new_guid() -> str:
    """An id that nothing else has."""
    import uuid

    return str(uuid.uuid4())
