"""Who is asked for an opinion of a pull request, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from penstock.server.devops.bodies import body_tables, flag_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.wire import listed
from penstock.server.errors import Refused
from penstock.server.git.context import pusher_of
from penstock.server.git.pullrequests.asked import (
    PullRequestHttp,
    asked_for,
    pull_request_routes_of,
)
from penstock.server.git.pullrequests.views import reviewer_view
from penstock.server.routes import Answer, Call, Reply, Route
from penstock.store.pullrequests.records import Content, Reviewer

VOTES = frozenset((10, 5, 0, -5, -10))


def reviewer_routes(http: PullRequestHttp) -> tuple[Route, ...]:
    """The routes of reviewers."""
    base = "/{number}/reviewers"
    return pull_request_routes_of(
        http,
        ("GET", base, _list),
        ("POST", base, _add),
        ("PUT", f"{base}/{{reviewer}}", _review),
        ("DELETE", f"{base}/{{reviewer}}", _remove),
    )


def _list(http: PullRequestHttp, call: Call) -> Reply:
    """Who was asked, and what they say."""
    asked = asked_for(http, call)
    return listed([reviewer_view(asked.found, one) for one in asked.content.reviewers])


def _add(http: PullRequestHttp, call: Call) -> Reply:
    """Ask more people."""
    asked = asked_for(http, call)
    given = [reviewer_of(one) for one in body_tables(call)]
    put = [_put(http, asked.pull_request.id, one) for one in given]
    return listed([reviewer_view(asked.found, one) for one in put])


def _review(http: PullRequestHttp, call: Call) -> Reply:
    """Ask someone, or give one's own vote; nobody votes for others, or takes back their vote."""
    asked, body = asked_for(http, call), call.json()
    id = call.parameters["reviewer"].lower()
    me = pusher_of(call)
    vote = body.get("vote", 0)
    if not isinstance(vote, int) or isinstance(vote, bool) or vote not in VOTES:
        raise bad_request('"vote" is 10, 5, 0, -5 or -10')
    if vote and id != me.id:
        raise Refused(403, "GitPullRequestVoteException", "nobody votes for someone else")
    name = me.name if id == me.id else text_of(body, "displayName") or id
    reviewer = _put(
        http,
        asked.pull_request.id,
        Reviewer(id=id, name=name),
        vote=vote if id == me.id and "vote" in body else None,
        is_required=flag_of(body, "isRequired"),
    )
    return reviewer_view(asked.found, reviewer)


def _remove(http: PullRequestHttp, call: Call) -> Reply:
    """Ask someone no more."""
    asked, id = asked_for(http, call), call.parameters["reviewer"].lower()

    def without(content: Content) -> Content:
        return replace(content, reviewers=tuple(one for one in content.reviewers if one.id != id))

    http.kept.edit(asked.pull_request.id, without)
    return Answer(status=200)


def _put(
    http: PullRequestHttp,
    number: int,
    reviewer: Reviewer,
    *,
    vote: int | None = None,
    is_required: bool | None = None,
) -> Reviewer:
    """Add a reviewer, or change what is given of one that is there already."""

    def put(content: Content) -> Content:
        known = {one.id: one for one in content.reviewers}
        before = known.get(reviewer.id, reviewer)
        known[reviewer.id] = replace(
            before,
            vote=before.vote if vote is None else vote,
            is_required=before.is_required if is_required is None else is_required,
        )
        return replace(content, reviewers=tuple(known.values()))

    content = http.kept.edit(number, put).content
    return next(one for one in content.reviewers if one.id == reviewer.id)


def reviewer_of(body: Mapping[str, object]) -> Reviewer:
    """Someone whom a body asks for an opinion. Raises Refused."""
    id = text_of(body, "id").lower()
    if not id:
        raise bad_request("a reviewer needs an id")
    return Reviewer(
        id=id,
        name=text_of(body, "displayName") or id,
        is_required=bool(flag_of(body, "isRequired")),
    )
