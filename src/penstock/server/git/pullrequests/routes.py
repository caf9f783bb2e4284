"""All routes of pull requests."""

from __future__ import annotations

from penstock.server.git.context import GitHttp
from penstock.server.git.pullrequests.asked import PullRequestHttp
from penstock.server.git.pullrequests.iterations import iteration_routes
from penstock.server.git.pullrequests.proposals import proposal_routes
from penstock.server.git.pullrequests.reviewers import reviewer_routes
from penstock.server.git.pullrequests.threads import thread_routes
from penstock.server.routes import Route
from penstock.store.pullrequests.lifecycle import PullRequests


def pull_request_routes(git: GitHttp, pull_requests: PullRequests) -> tuple[Route, ...]:
    """The routes."""
    http = PullRequestHttp(git=git, kept=pull_requests)
    return (
        *proposal_routes(http),
        *iteration_routes(http),
        *reviewer_routes(http),
        *thread_routes(http),
    )
