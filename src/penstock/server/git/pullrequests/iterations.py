"""What a pull request would bring: its commits and changes, by the states that were pushed."""

from __future__ import annotations

from penstock.server.devops.queries import whole_number
from penstock.server.devops.wire import listed
from penstock.server.git.commits import changes_of_range
from penstock.server.git.pullrequests.asked import (
    Asked,
    PullRequestHttp,
    asked_for,
    place_in,
    pull_request_routes_of,
)
from penstock.server.git.pullrequests.views import iteration_view
from penstock.server.git.views import change_view, commit_view
from penstock.server.routes import Call, Reply, Route
from penstock.store.git.repository import LogQuery
from penstock.store.pullrequests.records import Iteration

_COMMITS = 500


def iteration_routes(http: PullRequestHttp) -> tuple[Route, ...]:
    """The routes of commits and iterations."""
    one = "/{number}/iterations/{iteration}"
    return pull_request_routes_of(
        http,
        ("GET", "/{number}/commits", _list_commits),
        ("GET", "/{number}/iterations", _list),
        ("GET", one, _show),
        ("GET", f"{one}/changes", _list_changes),
        ("GET", f"{one}/commits", _list_commits_of_one),
    )


def _list_commits(http: PullRequestHttp, call: Call) -> Reply:
    """The commits that the source has and the target has not, newest first."""
    asked = asked_for(http, call)
    last = asked.content.iterations[-1] if asked.content.iterations else None
    return _commits_of(asked, last, whole_number(call, "$top", _COMMITS, _COMMITS))


def _commits_of(asked: Asked, iteration: Iteration | None, top: int) -> Reply:
    if iteration is None:
        return listed([])
    query = LogQuery(start=iteration.source, exclude=iteration.base, top=top)
    commits = asked.found.git.log(query)
    return listed([commit_view(asked.found, commit) for commit in commits])


def _list(http: PullRequestHttp, call: Call) -> Reply:
    """The states of the source branch that were pushed, oldest first."""
    asked = asked_for(http, call)
    numbered = enumerate(asked.content.iterations, start=1)
    return listed([iteration_view(asked.found, asked.pull_request, *one) for one in numbered])


def _show(http: PullRequestHttp, call: Call) -> Reply:
    """One state of the source branch."""
    asked = asked_for(http, call)
    number, iteration = _iteration(asked)
    return iteration_view(asked.found, asked.pull_request, number, iteration)


def _list_commits_of_one(http: PullRequestHttp, call: Call) -> Reply:
    """The commits of one state of the source branch."""
    asked = asked_for(http, call)
    _, iteration = _iteration(asked)
    return _commits_of(asked, iteration, whole_number(call, "top", _COMMITS, _COMMITS))


def _list_changes(http: PullRequestHttp, call: Call) -> Reply:
    """The files that one state of the source branch changes; `$compareTo` an earlier one."""
    asked = asked_for(http, call)
    _, iteration = _iteration(asked)
    base = iteration.base
    earlier = whole_number(call, "$compareTo", 0, 10**6)
    if 0 < earlier <= len(asked.content.iterations):
        base = asked.content.iterations[earlier - 1].source
    changes = changes_of_range(asked.found, base, iteration.source)
    skip, top = whole_number(call, "$skip", 0, 10**6), whole_number(call, "$top", 100, 2000)
    entries = [
        {**change_view(asked.found, change, iteration.source), "changeTrackingId": place}
        for place, change in enumerate(changes, start=1)
    ]
    more = skip + top < len(entries)
    return {
        "changeEntries": entries[skip : skip + top],
        "nextSkip": skip + top if more else 0,
        "nextTop": top if more else 0,
    }


def _iteration(asked: Asked) -> tuple[int, Iteration]:
    number = place_in(asked.found.call, "iteration", len(asked.content.iterations))
    return number, asked.content.iterations[number - 1]
