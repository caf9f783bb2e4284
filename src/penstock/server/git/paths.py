"""The two addresses of everything in the REST area `git`: with its project, or by id alone."""

from __future__ import annotations

from penstock.server.git.context import GitHttp
from penstock.server.git.errors import git_error
from penstock.server.routes import Handler, Permission, Route


def git_route(
    http: GitHttp, method: str, path: str, permission: Permission, handler: Handler
) -> tuple[Route, ...]:
    """The routes of one resource below `_apis/git/repositories/{repository}`."""
    below = f"_apis/git/repositories/{{repository}}{path}"
    return (
        Route(
            method=method,
            path=f"/{{organization}}/{{project}}/{below}",
            permission=permission,
            handler=handler,
            on_error=git_error,
        ),
        Route(
            method=method,
            path=f"/{{organization}}/{below}",
            permission=permission,
            handler=handler,
            on_error=git_error,
            project=http.project_of,
        ),
    )
