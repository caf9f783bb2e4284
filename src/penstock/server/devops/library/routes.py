"""All routes of libraries, permissions, checks and approvals, and their places."""

from __future__ import annotations

from penstock.server.devops.library import (
    approvals,
    checks,
    endpoints,
    environments,
    permissions,
    securefiles,
    variablegroups,
)
from penstock.server.devops.library.context import LibraryHttp
from penstock.server.routes import Route

LOCATIONS = (
    *variablegroups.LOCATIONS,
    *endpoints.LOCATIONS,
    *securefiles.LOCATIONS,
    *environments.LOCATIONS,
    *permissions.LOCATIONS,
    *checks.LOCATIONS,
    *approvals.LOCATIONS,
)


def library_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes."""
    return (
        *variablegroups.variable_group_routes(http),
        *endpoints.endpoint_routes(http),
        *securefiles.secure_file_routes(http),
        *environments.environment_routes(http),
        *permissions.permission_routes(http),
        *checks.check_routes(http),
        *approvals.approval_routes(http),
    )
