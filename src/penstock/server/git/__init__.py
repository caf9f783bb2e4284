"""Git over HTTP: the smart protocol of real clients, and the REST of projects and repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.server.devops.locations import Location
    from penstock.server.git.context import GitHttp
    from penstock.server.routes import Route
    from penstock.store.pullrequests.lifecycle import PullRequests


def git_routes(http: GitHttp, pull_requests: PullRequests) -> tuple[Route, ...]:
    """Every route of this room."""
    from penstock.server.git.commits import commit_routes
    from penstock.server.git.items import item_routes
    from penstock.server.git.projects import project_routes
    from penstock.server.git.pullrequests.routes import pull_request_routes
    from penstock.server.git.pushing import push_routes
    from penstock.server.git.repositories import repository_routes
    from penstock.server.git.smart import smart_routes

    return (
        *smart_routes(http),
        *project_routes(http),
        *repository_routes(http),
        *commit_routes(http),
        *item_routes(http),
        *push_routes(http),
        *pull_request_routes(http, pull_requests),
    )


def git_locations() -> tuple[Location, ...]:
    """The rows of this room in the location table."""
    from penstock.server.git import locations, projects

    return (*projects.LOCATIONS, *locations.LOCATIONS)
