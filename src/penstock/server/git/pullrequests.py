"""The REST of pull requests: proposing, reviewing, completing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from penstock.server.devops.bodies import table_of, tables_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.queries import whole_number
from penstock.server.devops.wire import listed
from penstock.server.errors import Refused
from penstock.server.git.commits import changes_of_range
from penstock.server.git.context import Found, GitHttp, pusher_of
from penstock.server.git.errors import git_error
from penstock.server.git.paths import git_route
from penstock.server.git.reviewviews import (
    iteration_view,
    pull_request_view,
    reviewer_view,
    thread_view,
)
from penstock.server.git.views import Json, change_view, commit_view
from penstock.server.routes import Answer, Call, Handler, Permission, Reply, Route
from penstock.store.git.merging import Strategy
from penstock.store.git.repository import LogQuery
from penstock.store.pullrequests import (
    Comment,
    Completion,
    Content,
    Iteration,
    Proposal,
    PullRequest,
    PullRequests,
    Reviewer,
    State,
    Thread,
)

VOTES = frozenset((10, 5, 0, -5, -10))
LONGEST_COMMENT = 150_000
_COMMITS = 500
_STATUSES = frozenset(("active", "fixed", "wontFix", "closed", "byDesign", "pending", "unknown"))


def pull_request_routes(http: GitHttp, pull_requests: PullRequests) -> tuple[Route, ...]:
    """The routes of pull requests."""
    rest = _PullRequests(http, pull_requests)
    read, write = Permission.CODE_READ, Permission.CODE_WRITE
    one = "/pullrequests/{number}"
    below = "/{organization}/{project}/_apis/git/pullrequests"

    def in_project(path: str, handler: Handler) -> Route:
        return Route(method="GET", path=path, permission=read, handler=handler, on_error=git_error)

    def project_of(parameters: Mapping[str, str]) -> str | None:
        return rest.project_of(parameters.get("number", ""))

    def by_number(method: str, path: str, permission: Permission, handler: Handler) -> Route:
        return Route(
            method=method,
            path=path,
            permission=permission,
            handler=handler,
            on_error=git_error,
            project=project_of,
        )

    def route(method: str, path: str, handler: Handler) -> tuple[Route, ...]:
        permission = read if method == "GET" else write
        return git_route(http, method, path, permission, handler)

    return (
        in_project(below, rest.of_project),
        in_project(f"{below}/{{number}}", rest.one),
        by_number("GET", "/{organization}/_apis/git/pullrequests/{number}", read, rest.one),
        *route("GET", "/pullrequests", rest.of_repository),
        *route("POST", "/pullrequests", rest.create),
        *route("GET", one, rest.one),
        *route("PATCH", one, rest.change),
        *route("GET", f"{one}/commits", rest.commits),
        *route("GET", f"{one}/iterations", rest.iterations),
        *route("GET", f"{one}/iterations/{{iteration}}", rest.iteration),
        *route("GET", f"{one}/iterations/{{iteration}}/changes", rest.iteration_changes),
        *route("GET", f"{one}/iterations/{{iteration}}/commits", rest.iteration_commits),
        *route("GET", f"{one}/reviewers", rest.reviewers),
        *route("POST", f"{one}/reviewers", rest.add_reviewers),
        *route("PUT", f"{one}/reviewers/{{reviewer}}", rest.review),
        *route("DELETE", f"{one}/reviewers/{{reviewer}}", rest.remove_reviewer),
        *route("GET", f"{one}/threads", rest.threads),
        *route("POST", f"{one}/threads", rest.add_thread),
        *route("GET", f"{one}/threads/{{thread}}", rest.thread),
        *route("PATCH", f"{one}/threads/{{thread}}", rest.change_thread),
        *route("POST", f"{one}/threads/{{thread}}/comments", rest.add_comment),
        *route("PATCH", f"{one}/threads/{{thread}}/comments/{{comment}}", rest.edit_comment),
        *route("DELETE", f"{one}/threads/{{thread}}/comments/{{comment}}", rest.delete_comment),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The pull request that a call is about, in its repository."""

    found: Found
    pull_request: PullRequest

    @property
    def content(self) -> Content:
        return self.pull_request.content

    def view(self) -> Json:
        return pull_request_view(self.found, self.pull_request)


class _PullRequests:
    def __init__(self, http: GitHttp, pull_requests: PullRequests) -> None:
        self._http = http
        self._kept = pull_requests

    # Lists and single ones

    def of_repository(self, call: Call) -> Reply:
        """The pull requests of a repository, newest first."""
        found = self._http.found(call)
        return self._list(call, [found.repository.id])

    def of_project(self, call: Call) -> Reply:
        """The pull requests of a project, newest first."""
        project = self._http.projects.get(call.parameters["project"])
        wanted = call.query("searchCriteria.repositoryId").lower()
        ids = [one.id for one in self._http.repositories.list(project.id)]
        return self._list(call, [id for id in ids if wanted in ("", id)])

    def one(self, call: Call) -> Reply:
        """One pull request."""
        return self._asked(call).view()

    def project_of(self, number: str) -> str | None:
        """The project of a pull request, for addresses that name only its number."""
        if not _is_number(number):
            return None
        repository = self._kept.get(int(number)).repository
        return self._http.repositories.get(repository).project

    def _list(self, call: Call, repositories: list[str]) -> Reply:
        state = call.query("searchCriteria.status", "active")
        if state not in ("active", "completed", "abandoned", "all", "notSet"):
            raise bad_request(f'there is no status "{state[:50]}" of pull requests')
        pull_requests = self._kept.find(
            repositories,
            state="active" if state == "notSet" else state,
            source=call.query("searchCriteria.sourceRefName"),
            target=call.query("searchCriteria.targetRefName"),
            author=call.query("searchCriteria.creatorId").lower(),
            skip=whole_number(call, "$skip", 0, 10**9),
            top=whole_number(call, "$top", 100, 1000),
        )
        reviewer = call.query("searchCriteria.reviewerId").lower()
        return listed(
            [
                pull_request_view(self._found(call, one), one)
                for one in pull_requests
                if not reviewer or reviewer in {r.id for r in one.content.reviewers}
            ]
        )

    def _found(self, call: Call, pull_request: PullRequest) -> Found:
        repository = self._http.repositories.get(pull_request.repository)
        return Found(
            call=call,
            project=self._http.projects.get(repository.project),
            repository=repository,
            git=self._http.repositories.git(repository),
        )

    def _asked(self, call: Call) -> _Asked:
        """The pull request of the path, which must be of the path's repository or project."""
        number = call.parameters["number"]
        if not _is_number(number):
            raise _missing(number)
        pull_request = self._kept.get(int(number))
        found = self._found(call, pull_request)
        if "repository" in call.parameters:
            here = self._http.found(call).repository.id == pull_request.repository
        else:
            here = found.project.id == self._http.projects.get(call.project).id
        if not here:
            raise _missing(number)
        return _Asked(found=found, pull_request=pull_request)

    # Making and changing

    def create(self, call: Call) -> Reply:
        """Propose to bring one branch into another."""
        found, body = self._http.found(call), call.json()
        if "forkSource" in body:
            raise bad_request("pull requests from forks are not supported")
        proposal = Proposal(
            source=text_of(body, "sourceRefName"),
            target=text_of(body, "targetRefName"),
            title=text_of(body, "title"),
            description=text_of(body, "description"),
            is_draft=body.get("isDraft") is True,
            reviewers=tuple(_reviewer(one) for one in tables_of(body, "reviewers")),
        )
        made = self._kept.create(found.repository, proposal, pusher_of(call))
        return Answer(status=201, body=pull_request_view(found, made))

    def change(self, call: Call) -> Reply:
        """Change what a pull request says; complete it, abandon it, or open it again."""
        asked, body = self._asked(call), call.json()
        number = asked.pull_request.id
        if body.get("autoCompleteSetBy"):
            raise Refused(501, "NotSupportedException", "auto-complete is not supported")
        state = text_of(body, "status")
        match state:
            case "completed":
                changed = self._kept.complete(number, _completion(call, body))
            case "abandoned":
                changed = self._kept.abandon(number, pusher_of(call))
            case "active" if asked.pull_request.state is not State.ACTIVE:
                changed = self._kept.reactivate(number)
            case "" | "active":
                changed = self._changed(number, body)
            case _:
                raise bad_request(f'a pull request cannot become "{state[:50]}"')
        return pull_request_view(asked.found, changed)

    def _changed(self, number: int, body: Mapping[str, object]) -> PullRequest:
        draft = body.get("isDraft")
        if draft is not None and not isinstance(draft, bool):
            raise bad_request('"isDraft" is true or false')
        return self._kept.change(
            number,
            title=text_of(body, "title") if "title" in body else None,
            description=text_of(body, "description") if "description" in body else None,
            is_draft=draft,
            target=text_of(body, "targetRefName") or None,
        )

    # What it would bring

    def commits(self, call: Call) -> Reply:
        """The commits that the source has and the target has not, newest first."""
        asked = self._asked(call)
        last = asked.content.iterations[-1] if asked.content.iterations else None
        return self._commits_of(asked, last, whole_number(call, "$top", _COMMITS, _COMMITS))

    def _commits_of(self, asked: _Asked, iteration: Iteration | None, top: int) -> Reply:
        if iteration is None:
            return listed([])
        query = LogQuery(start=iteration.source, exclude=iteration.base, top=top)
        commits = asked.found.git.log(query)
        return listed([commit_view(asked.found, commit) for commit in commits])

    def iterations(self, call: Call) -> Reply:
        """The states of the source branch that were pushed, oldest first."""
        asked = self._asked(call)
        numbered = enumerate(asked.content.iterations, start=1)
        return listed([iteration_view(asked.found, asked.pull_request, *one) for one in numbered])

    def iteration(self, call: Call) -> Reply:
        """One state of the source branch."""
        asked = self._asked(call)
        number, iteration = self._iteration(asked)
        return iteration_view(asked.found, asked.pull_request, number, iteration)

    def iteration_commits(self, call: Call) -> Reply:
        """The commits of one state of the source branch."""
        asked = self._asked(call)
        _, iteration = self._iteration(asked)
        return self._commits_of(asked, iteration, whole_number(call, "top", _COMMITS, _COMMITS))

    def iteration_changes(self, call: Call) -> Reply:
        """The files that one state of the source branch changes; `$compareTo` an earlier one."""
        asked = self._asked(call)
        _, iteration = self._iteration(asked)
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

    def _iteration(self, asked: _Asked) -> tuple[int, Iteration]:
        number = _place(asked.found.call, "iteration", len(asked.content.iterations))
        return number, asked.content.iterations[number - 1]

    # Reviewers

    def reviewers(self, call: Call) -> Reply:
        """Who was asked, and what they say."""
        asked = self._asked(call)
        return listed([reviewer_view(asked.found, one) for one in asked.content.reviewers])

    def add_reviewers(self, call: Call) -> Reply:
        """Ask more people."""
        asked = self._asked(call)
        given = [_reviewer(one) for one in _list_body(call)]
        for one in given:
            self._put_reviewer(asked.pull_request.id, replace(one, vote=0))
        return listed([reviewer_view(asked.found, one) for one in given])

    def review(self, call: Call) -> Reply:
        """Ask someone, or give one's own vote; nobody votes for others."""
        asked, body = self._asked(call), call.json()
        id = call.parameters["reviewer"].lower()
        me = pusher_of(call)
        vote = body.get("vote", 0)
        if not isinstance(vote, int) or isinstance(vote, bool) or vote not in VOTES:
            raise bad_request('"vote" is 10, 5, 0, -5 or -10')
        if vote and id != me.id:
            raise Refused(403, "GitPullRequestVoteException", "nobody votes for someone else")
        name = me.name if id == me.id else text_of(body, "displayName") or id
        required = body.get("isRequired") is True
        reviewer = Reviewer(id=id, name=name, vote=vote, is_required=required)
        self._put_reviewer(asked.pull_request.id, reviewer)
        return reviewer_view(asked.found, reviewer)

    def remove_reviewer(self, call: Call) -> Reply:
        """Ask someone no more."""
        asked, id = self._asked(call), call.parameters["reviewer"].lower()

        def without(content: Content) -> Content:
            return replace(
                content, reviewers=tuple(one for one in content.reviewers if one.id != id)
            )

        self._kept.edit(asked.pull_request.id, without)
        return Answer(status=200)

    def _put_reviewer(self, number: int, reviewer: Reviewer) -> None:
        def put(content: Content) -> Content:
            others = tuple(one for one in content.reviewers if one.id != reviewer.id)
            return replace(content, reviewers=(*others, reviewer))

        self._kept.edit(number, put)

    # Threads of comments

    def threads(self, call: Call) -> Reply:
        """What was said."""
        asked = self._asked(call)
        numbered = enumerate(asked.content.threads, start=1)
        return listed([thread_view(asked.found, *one) for one in numbered])

    def thread(self, call: Call) -> Reply:
        """One thread."""
        asked = self._asked(call)
        return self._thread_view(asked.found, asked.content)

    def add_thread(self, call: Call) -> Reply:
        """Say something, about a place in a file or the whole."""
        asked, body = self._asked(call), call.json()
        place = table_of(body, "threadContext")
        start = table_of(place, "rightFileStart") or table_of(place, "leftFileStart")
        line = start.get("line", 0)
        thread = Thread(
            comments=tuple(self._comment(call, one) for one in tables_of(body, "comments")),
            at=self._kept.now(),
            status=_checked_status(text_of(body, "status", "active")),
            path=text_of(place, "filePath"),
            line=line if isinstance(line, int) and not isinstance(line, bool) else 0,
        )
        if not thread.comments:
            raise bad_request("a thread begins with a comment")
        changed = self._kept.edit(
            asked.pull_request.id,
            lambda content: replace(content, threads=(*content.threads, thread)),
        )
        return thread_view(asked.found, len(changed.content.threads), thread)

    def change_thread(self, call: Call) -> Reply:
        """Resolve a thread, or open it again."""
        status = _checked_status(text_of(call.json(), "status"))
        return self._edited(call, lambda thread: replace(thread, status=status))

    def add_comment(self, call: Call) -> Reply:
        """Answer in a thread."""
        comment = self._comment(call, call.json())
        self._edited(call, lambda thread: replace(thread, comments=(*thread.comments, comment)))
        asked = self._asked(call)
        number = _place(call, "thread", len(asked.content.threads))
        comments = thread_view(asked.found, number, asked.content.threads[number - 1])["comments"]
        assert isinstance(comments, list)
        found: Json = comments[-1]
        return found

    def edit_comment(self, call: Call) -> Reply:
        """Say it better."""
        text = _checked_comment(text_of(call.json(), "content"))
        return self._comment_edited(call, lambda comment: replace(comment, content=text))

    def delete_comment(self, call: Call) -> Reply:
        """Take it back."""
        self._comment_edited(call, lambda comment: replace(comment, content="", is_deleted=True))
        return Answer(status=200)

    def _comment(self, call: Call, body: Mapping[str, object]) -> Comment:
        parent = body.get("parentCommentId", 0)
        return Comment(
            author=pusher_of(call),
            content=_checked_comment(text_of(body, "content")),
            at=self._kept.now(),
            parent=parent if isinstance(parent, int) and not isinstance(parent, bool) else 0,
        )

    def _comment_edited(self, call: Call, edit: Callable[[Comment], Comment]) -> Json:
        me = pusher_of(call)
        number = 0

        def edited(thread: Thread) -> Thread:
            nonlocal number
            number = _place(call, "comment", len(thread.comments))
            comments = list(thread.comments)
            if comments[number - 1].author.id != me.id:
                raise Refused(403, "CommentNotAuthoredException", "the comment is of someone else")
            comments[number - 1] = edit(comments[number - 1])
            return replace(thread, comments=tuple(comments))

        view = self._edited(call, edited)
        comments = view["comments"]
        assert isinstance(comments, list)
        found: Json = comments[number - 1]
        return found

    def _edited(self, call: Call, edit: Callable[[Thread], Thread]) -> Json:
        asked = self._asked(call)

        def edited(content: Content) -> Content:
            number = _place(call, "thread", len(content.threads))
            threads = list(content.threads)
            threads[number - 1] = edit(threads[number - 1])
            return replace(content, threads=tuple(threads))

        changed = self._kept.edit(asked.pull_request.id, edited)
        return self._thread_view(asked.found, changed.content)

    def _thread_view(self, found: Found, content: Content) -> Json:
        number = _place(found.call, "thread", len(content.threads))
        return thread_view(found, number, content.threads[number - 1])


def _completion(call: Call, body: Mapping[str, object]) -> Completion:
    options = table_of(body, "completionOptions")
    wanted = text_of(options, "mergeStrategy")
    if not wanted:
        wanted = "squash" if options.get("squashMerge") is True else "noFastForward"
    if wanted not in set(Strategy):
        raise bad_request(f'"mergeStrategy" is {", ".join(Strategy)}, not "{wanted[:50]}"')
    return Completion(
        by=pusher_of(call),
        strategy=Strategy(wanted),
        message=text_of(options, "mergeCommitMessage"),
        delete_source=options.get("deleteSourceBranch") is True,
        source=text_of(table_of(body, "lastMergeSourceCommit"), "commitId"),
    )


def _reviewer(body: Mapping[str, object]) -> Reviewer:
    id = text_of(body, "id").lower()
    if not id:
        raise bad_request("a reviewer needs an id")
    return Reviewer(
        id=id,
        name=text_of(body, "displayName") or id,
        is_required=body.get("isRequired") is True,
    )


def _list_body(call: Call) -> list[Mapping[str, object]]:
    import json

    try:
        value = json.loads(call.body)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"the request content is not valid JSON: {error}") from error
    return tables_of({"reviewers": value}, "reviewers")


def _checked_comment(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_COMMENT:
        raise bad_request(f"a comment has 1 to {LONGEST_COMMENT} characters")
    return text


def _checked_status(status: str) -> str:
    if status not in _STATUSES:
        raise bad_request(f'a thread is {", ".join(sorted(_STATUSES))}, not "{status[:50]}"')
    return status


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12


def _place(call: Call, name: str, count: int) -> int:
    """The number in the path, from 1 to `count`. Raises Refused."""
    text = call.parameters[name]
    if not _is_number(text) or not 1 <= int(text) <= count:
        raise Refused(404, "NotFoundException", f'there is no {name} "{text[:50]}"')
    return int(text)


def _missing(number: str) -> Refused:
    return Refused(
        404,
        "GitPullRequestNotFoundException",
        f"TF401180: The requested pull request was not found: {number[:50]}",
    )
