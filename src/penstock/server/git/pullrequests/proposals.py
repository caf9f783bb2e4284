"""Pull requests themselves: lists, single ones, making, changing, completing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from penstock.server.devops.bodies import flag_of, table_of, tables_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.queries import refuse_unsupported, whole_number
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed
from penstock.server.errors import Refused
from penstock.server.git.context import pusher_of
from penstock.server.git.errors import git_error
from penstock.server.git.pullrequests.asked import (
    PullRequestHttp,
    asked_for,
    pull_request_routes_of,
)
from penstock.server.git.pullrequests.reviewers import reviewer_of
from penstock.server.git.pullrequests.views import pull_request_view
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.git.merging import Strategy
from penstock.store.pullrequests.records import Completion, Proposal, PullRequest, Search, State

_ALL = 100_000
_EDITED = ("title", "description", "isDraft", "targetRefName")
_UNSUPPORTED_FIELDS = ("forkSource", "labels", "workItemRefs", "autoCompleteSetBy")
_UNSUPPORTED_CRITERIA = ("minTime", "maxTime", "title", "sourceRepositoryId")


def proposal_routes(http: PullRequestHttp) -> tuple[Route, ...]:
    """The routes of pull requests themselves, those by project and by number alone among them."""
    in_project = "/{organization}/{project}/_apis/git/pullrequests"
    by_number = Route(
        method="GET",
        path="/{organization}/_apis/git/pullrequests/{number}",
        permission=Permission.CODE_READ,
        handler=partial(_show, http),
        on_error=git_error,
        project=http.project_of,
    )
    return (
        by_number,
        *routes_of(
            http,
            ("GET", in_project, Permission.CODE_READ, _list_of_project),
            ("GET", f"{in_project}/{{number}}", Permission.CODE_READ, _show),
            on_error=git_error,
        ),
        *pull_request_routes_of(
            http,
            ("GET", "", _list_of_repository),
            ("POST", "", _create),
            ("GET", "/{number}", _show),
            ("PATCH", "/{number}", _change),
        ),
    )


def _list_of_repository(http: PullRequestHttp, call: Call) -> Reply:
    """The pull requests of a repository, newest first."""
    found = http.git.found(call)
    return _list(http, call, [found.repository.id])


def _list_of_project(http: PullRequestHttp, call: Call) -> Reply:
    """The pull requests of a project, newest first."""
    project = http.git.projects.get(call.parameters["project"])
    wanted = call.query("searchCriteria.repositoryId").lower()
    ids = [one.id for one in http.git.repositories.list(project.id)]
    return _list(http, call, [id for id in ids if wanted in ("", id)])


def _show(http: PullRequestHttp, call: Call) -> Reply:
    """One pull request."""
    asked = asked_for(http, call)
    return pull_request_view(asked.found, asked.pull_request)


def _list(http: PullRequestHttp, call: Call, repositories: list[str]) -> Reply:
    state = call.query("searchCriteria.status", "active")
    if state not in ("active", "completed", "abandoned", "all", "notSet"):
        raise bad_request(f'there is no status "{state[:50]}" of pull requests')
    refuse_unsupported(call, *(f"searchCriteria.{name}" for name in _UNSUPPORTED_CRITERIA))
    skip, top = whole_number(call, "$skip", 0, 10**9), whole_number(call, "$top", 100, 1000)
    search = Search(
        repositories=repositories,
        state="active" if state == "notSet" else state,
        source=call.query("searchCriteria.sourceRefName"),
        target=call.query("searchCriteria.targetRefName"),
        author=call.query("searchCriteria.creatorId").lower(),
        skip=skip,
        top=top,
    )
    if reviewer := call.query("searchCriteria.reviewerId").lower():
        everything = http.kept.find(replace(search, skip=0, top=_ALL))
        asked = [one for one in everything if reviewer in {r.id for r in one.content.reviewers}]
        found = asked[skip : skip + top]
    else:
        found = http.kept.find(search)
    return listed([pull_request_view(http.found(call, one), one) for one in found])


def _create(http: PullRequestHttp, call: Call) -> Reply:
    """Propose to bring one branch into another."""
    found, body = http.git.found(call), call.json()
    for name in _UNSUPPORTED_FIELDS:
        if body.get(name):
            raise bad_request(f'"{name}" of a pull request is not supported here; leave it out')
    proposal = Proposal(
        source=text_of(body, "sourceRefName"),
        target=text_of(body, "targetRefName"),
        title=text_of(body, "title"),
        description=text_of(body, "description"),
        is_draft=bool(flag_of(body, "isDraft")),
        reviewers=tuple(reviewer_of(one) for one in tables_of(body, "reviewers")),
    )
    made = http.kept.create(found.repository, proposal, pusher_of(call))
    return Answer(status=201, body=pull_request_view(found, made))


def _change(http: PullRequestHttp, call: Call) -> Reply:
    """Change what a pull request says; complete it, abandon it, or open it again."""
    asked, body = asked_for(http, call), call.json()
    number = asked.pull_request.id
    if body.get("autoCompleteSetBy"):
        raise Refused(501, "NotSupportedException", "auto-complete is not supported")
    state = text_of(body, "status")
    if state not in ("", "active", "completed", "abandoned"):
        raise bad_request(f'a pull request cannot become "{state[:50]}"')
    changed = asked.pull_request
    if state == "active" and changed.state is not State.ACTIVE:
        changed = http.kept.reactivate(number)
    if any(body.get(name) is not None for name in _EDITED):
        changed = _edited(http, number, body)
    if state == "completed":
        changed = http.kept.complete(number, _completion(call, body))
    if state == "abandoned":
        changed = http.kept.abandon(number, pusher_of(call))
    return pull_request_view(asked.found, changed)


def _edited(http: PullRequestHttp, number: int, body: Mapping[str, object]) -> PullRequest:
    return http.kept.change(
        number,
        title=_text_or_none(body, "title"),
        description=_text_or_none(body, "description"),
        is_draft=flag_of(body, "isDraft"),
        target=text_of(body, "targetRefName") or None,
    )


def _text_or_none(body: Mapping[str, object], name: str) -> str | None:
    return text_of(body, name) if body.get(name) is not None else None


def _completion(call: Call, body: Mapping[str, object]) -> Completion:
    options = table_of(body, "completionOptions")
    wanted = text_of(options, "mergeStrategy")
    if not wanted:
        wanted = "squash" if flag_of(options, "squashMerge") else "noFastForward"
    if wanted not in set(Strategy):
        raise bad_request(f'"mergeStrategy" is {", ".join(Strategy)}, not "{wanted[:50]}"')
    return Completion(
        by=pusher_of(call),
        strategy=Strategy(wanted),
        message=text_of(options, "mergeCommitMessage"),
        delete_source=bool(flag_of(options, "deleteSourceBranch")),
        source=text_of(table_of(body, "lastMergeSourceCommit"), "commitId"),
    )
