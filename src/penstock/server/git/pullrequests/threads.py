"""What is said about a pull request: threads of comments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from penstock.server.devops.bodies import number_of, table_of, tables_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.wire import listed
from penstock.server.errors import Refused
from penstock.server.git.context import Found, pusher_of
from penstock.server.git.pullrequests.asked import (
    PullRequestHttp,
    asked_for,
    place_in,
    pull_request_routes_of,
)
from penstock.server.git.pullrequests.views import thread_view
from penstock.server.git.views import Json
from penstock.server.routes import Answer, Call, Reply, Route
from penstock.store.pullrequests.records import Comment, Content, Thread

LONGEST_COMMENT = 150_000
_STATUSES = frozenset(("active", "fixed", "wontFix", "closed", "byDesign", "pending", "unknown"))


def thread_routes(http: PullRequestHttp) -> tuple[Route, ...]:
    """The routes of threads and comments."""
    base = "/{number}/threads"
    comments = f"{base}/{{thread}}/comments"
    return pull_request_routes_of(
        http,
        ("GET", base, _list),
        ("POST", base, _add),
        ("GET", f"{base}/{{thread}}", _show),
        ("PATCH", f"{base}/{{thread}}", _change),
        ("POST", comments, _add_comment),
        ("PATCH", f"{comments}/{{comment}}", _change_comment),
        ("DELETE", f"{comments}/{{comment}}", _delete_comment),
    )


def _list(http: PullRequestHttp, call: Call) -> Reply:
    """What was said."""
    asked = asked_for(http, call)
    numbered = enumerate(asked.content.threads, start=1)
    return listed([thread_view(asked.found, *one) for one in numbered])


def _show(http: PullRequestHttp, call: Call) -> Reply:
    """One thread."""
    asked = asked_for(http, call)
    return _thread_view(asked.found, asked.content)


def _add(http: PullRequestHttp, call: Call) -> Reply:
    """Say something, about a place in a file or the whole."""
    asked, body = asked_for(http, call), call.json()
    place = table_of(body, "threadContext")
    start = table_of(place, "rightFileStart")
    if table_of(place, "leftFileStart"):
        raise bad_request('comments are about lines of the source ("rightFileStart") here')
    thread = Thread(
        comments=tuple(_comment(http, call, one) for one in tables_of(body, "comments")),
        at=http.kept.now(),
        status=_checked_status(text_of(body, "status", "active")),
        path=text_of(place, "filePath"),
        line=number_of(start, "line"),
    )
    if not thread.comments:
        raise bad_request("a thread begins with a comment")
    changed = http.kept.edit(
        asked.pull_request.id,
        lambda content: replace(content, threads=(*content.threads, thread)),
    )
    return thread_view(asked.found, len(changed.content.threads), thread)


def _change(http: PullRequestHttp, call: Call) -> Reply:
    """Resolve a thread, or open it again."""
    status = _checked_status(text_of(call.json(), "status"))
    return _edited(http, call, lambda thread: replace(thread, status=status))


def _add_comment(http: PullRequestHttp, call: Call) -> Reply:
    """Answer in a thread."""
    comment = _comment(http, call, call.json())
    view = _edited(http, call, lambda thread: replace(thread, comments=(*thread.comments, comment)))
    return _comment_view(view, -1)


def _change_comment(http: PullRequestHttp, call: Call) -> Reply:
    """Say it better."""
    text = _checked_comment(text_of(call.json(), "content"))
    return _comment_edited(http, call, lambda comment: replace(comment, content=text))


def _delete_comment(http: PullRequestHttp, call: Call) -> Reply:
    """Take it back."""
    _comment_edited(http, call, lambda comment: replace(comment, content="", is_deleted=True))
    return Answer(status=200)


def _comment(http: PullRequestHttp, call: Call, body: Mapping[str, object]) -> Comment:
    return Comment(
        author=pusher_of(call),
        content=_checked_comment(text_of(body, "content")),
        at=http.kept.now(),
        parent=number_of(body, "parentCommentId"),
    )


def _comment_edited(http: PullRequestHttp, call: Call, edit: Callable[[Comment], Comment]) -> Json:
    me = pusher_of(call)
    number = 0

    def edited(thread: Thread) -> Thread:
        nonlocal number
        number = place_in(call, "comment", len(thread.comments))
        comments = list(thread.comments)
        if comments[number - 1].author.id != me.id:
            raise Refused(403, "CommentNotAuthoredException", "the comment is of someone else")
        comments[number - 1] = edit(comments[number - 1])
        return replace(thread, comments=tuple(comments))

    view = _edited(http, call, edited)
    return _comment_view(view, number - 1)


def _comment_view(thread: Json, place: int) -> Json:
    comments = thread["comments"]
    assert isinstance(comments, list)
    found: Json = comments[place]
    return found


def _edited(http: PullRequestHttp, call: Call, edit: Callable[[Thread], Thread]) -> Json:
    asked = asked_for(http, call)

    def edited(content: Content) -> Content:
        number = place_in(call, "thread", len(content.threads))
        threads = list(content.threads)
        threads[number - 1] = edit(threads[number - 1])
        return replace(content, threads=tuple(threads))

    changed = http.kept.edit(asked.pull_request.id, edited)
    return _thread_view(asked.found, changed.content)


def _thread_view(found: Found, content: Content) -> Json:
    number = place_in(found.call, "thread", len(content.threads))
    return thread_view(found, number, content.threads[number - 1])


def _checked_comment(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_COMMENT:
        raise bad_request(f"a comment has 1 to {LONGEST_COMMENT} characters")
    return text


def _checked_status(status: str) -> str:
    if status not in _STATUSES:
        raise bad_request(f'a thread is {", ".join(sorted(_STATUSES))}, not "{status[:50]}"')
    return status
