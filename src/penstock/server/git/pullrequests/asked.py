"""The pull request that a call is about, and what the handlers of pull requests share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from penstock.records import record
from penstock.server.devops.errors import not_found
from penstock.server.devops.queries import number_in
from penstock.server.errors import Refused
from penstock.server.git.context import Found, GitHttp
from penstock.server.git.paths import git_route
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.pullrequests.lifecycle import PullRequests
from penstock.store.pullrequests.records import Content, PullRequest, PullRequestMissing


@record
class PullRequestHttp:
    """The stores behind the routes: those of repositories, and the pull requests."""

    git: GitHttp
    kept: PullRequests

    def found(self, call: Call, pull_request: PullRequest) -> Found:
        """The repository of a pull request."""
        repository = self.git.repositories.get(pull_request.repository)
        return Found(
            call=call,
            project=self.git.projects.get(repository.project),
            repository=repository,
            git=self.git.repositories.git(repository),
        )

    def project_of(self, parameters: Mapping[str, str]) -> str | None:
        """The project of a pull request, for addresses that name only its number."""
        found = self.numbered(parameters.get("number", ""))
        return None if found is None else self.git.repositories.get(found.repository).project

    def numbered(self, text: str) -> PullRequest | None:
        """The pull request of that number, in whatever project."""
        number = number_in(text)
        try:
            return None if number is None else self.kept.get(number)
        except PullRequestMissing:
            return None


@record
class Asked:
    """The pull request that a call is about, in its repository."""

    found: Found
    pull_request: PullRequest

    @property
    def content(self) -> Content:
        """All that lists are not made by."""
        return self.pull_request.content


Row = tuple[str, str, Callable[[PullRequestHttp, Call], Reply]]
"""Method, the path below `pullrequests`, and the function that answers."""


def pull_request_routes_of(http: PullRequestHttp, *rows: Row) -> tuple[Route, ...]:
    """The routes of a table, each with its two addresses: reading needs to read code, all else to
    write it."""
    return tuple(
        route
        for method, path, answer in rows
        for route in git_route(
            http.git,
            method,
            f"/pullrequests{path}",
            Permission.CODE_READ if method == "GET" else Permission.CODE_WRITE,
            partial(answer, http),
        )
    )


def asked_for(http: PullRequestHttp, call: Call) -> Asked:
    """The pull request of the path, of the path's repository or project. Raises Refused (404)."""
    # Whose repository the path names is answered first: else the number would tell of others.
    repository = http.git.found(call).repository if "repository" in call.parameters else None
    named = call.parameters["number"]
    pull_request = http.numbered(named)
    if pull_request is None or (
        repository is not None and repository.id != pull_request.repository
    ):
        raise _missing(named)
    found = http.found(call, pull_request)
    if found.project.id != http.git.projects.get(call.project).id:
        raise _missing(named)
    return Asked(found=found, pull_request=pull_request)


def place_in(call: Call, name: str, count: int) -> int:
    """The number that the path has for `name`, from 1 to `count`. Raises Refused."""
    text = call.parameters[name]
    number = number_in(text)
    if number is None or not 1 <= number <= count:
        raise not_found("NotFoundException", f'there is no {name} "{text[:50]}"')
    return number


def _missing(number: str) -> Refused:
    return Refused(
        404,
        "GitPullRequestNotFoundException",
        f"TF401180: The requested pull request was not found: {number[:50]}",
    )
