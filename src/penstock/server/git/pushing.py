"""The REST of pushes: what was pushed, and commits made by a call (the portal's "Save")."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping

from penstock.server.devops.bodies import table_of, tables_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.queries import flag, moment_in, number_in, whole_number
from penstock.server.devops.wire import listed
from penstock.server.errors import Refused
from penstock.server.git.context import Found, GitHttp, pusher_of
from penstock.server.git.errors import missing_object, stale
from penstock.server.git.paths import git_route
from penstock.server.git.views import Json, commit_view, push_view, repository_view
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.git.names import ZERO, checked_ref, is_object_id
from penstock.store.git.records import ChangeKind, Commit, Signature
from penstock.store.git.repository import HEADS, LogQuery, NotFound
from penstock.store.git.writing import FileChange, NewCommit, commit_changes
from penstock.store.hosting.pushes import PushRecord, RefUpdate

COMMITS_LIMIT = 50
_SHOWN = 100


def push_routes(http: GitHttp, clock: Callable[[], float] = time.time) -> tuple[Route, ...]:
    """The routes of pushes."""
    rest = _Pushes(http, clock)
    read, write = Permission.CODE_READ, Permission.CODE_WRITE
    return (
        *git_route(http, "GET", "/pushes", read, rest.history),
        *git_route(http, "POST", "/pushes", write, rest.create),
        *git_route(http, "GET", "/pushes/{push}", read, rest.one),
    )


class _Pushes:
    def __init__(self, http: GitHttp, clock: Callable[[], float]) -> None:
        self._http = http
        self._clock = clock

    def history(self, call: Call) -> Reply:
        """The pushes to a repository, newest first."""
        found = self._http.found(call)
        pushes = self._http.pushes.history(
            found.repository,
            ref=call.query("searchCriteria.refName"),
            skip=whole_number(call, "$skip", 0, 10**9),
            top=whole_number(call, "$top", 100, 1000),
        )
        views = [push_view(found, push) for push in pushes]
        if not flag(call, "searchCriteria.includeRefUpdates"):
            for view in views:
                del view["refUpdates"]
        return listed(views)

    def one(self, call: Call) -> Reply:
        """One push, with its commits."""
        found, named = self._http.found(call), call.parameters["push"]
        number = number_in(named)
        push = None if number is None else self._http.pushes.get(number)
        if push is None or push.repository != found.repository.id:
            raise Refused(404, "GitPushNotFoundException", f'there is no push "{named[:50]}"')
        return self._whole(found, push, whole_number(call, "includeCommits", _SHOWN, 1000))

    def create(self, call: Call) -> Reply:
        """Make commits on a branch, or a branch of a commit, as one push."""
        found, body = self._http.found(call), call.json()
        updates = tables_of(body, "refUpdates")
        if len(updates) != 1:
            raise bad_request(f'"refUpdates" must hold one ref to update, not {len(updates)}')
        ref = checked_ref(text_of(updates[0], "name"))
        old = text_of(updates[0], "oldObjectId", ZERO)
        if not ref.startswith(HEADS):
            raise bad_request(f'"{ref}" is not a branch')
        self._check_old(found, ref, old)
        new = self._commits(found, tables_of(body, "commits"), old)
        if new is None:
            new = text_of(updates[0], "newObjectId")
            if not is_object_id(new) or found.git.kind(new) != "commit":
                raise missing_object(new[:100])
        update = RefUpdate(ref=ref, old=old, new=new)
        push = self._http.pushes.move(found.repository, pusher_of(call), [update])
        if push is None:
            raise bad_request(f'"{ref}" is at that commit already')
        self._http.pushes.announce(push)
        return Answer(status=201, body=self._whole(found, push, _SHOWN))

    def _check_old(self, found: Found, ref: str, old: str) -> None:
        if old != ZERO and (not is_object_id(old) or found.git.kind(old) != "commit"):
            raise missing_object(old[:100])
        if (found.git.ref(ref) or ZERO) != old:
            raise stale(ref)

    def _commits(self, found: Found, bodies: list[Mapping[str, object]], old: str) -> str | None:
        """Make the commits, one on top of the other; the last, or None where there are none."""
        if len(bodies) > COMMITS_LIMIT:
            raise bad_request(f"a push takes {COMMITS_LIMIT} commits, not {len(bodies)}")
        parent = None if old == ZERO else old
        made = None
        for body in bodies:
            given = body.get("parents")
            if isinstance(given, list) and given and made is None and parent is None:
                parent = self._given_parent(found, given)
            made = parent = self._commit(found, body, parent)
        return made

    def _given_parent(self, found: Found, given: list[object]) -> str:
        """Where a new branch starts, when the commit says so."""
        parent = given[0]
        if not isinstance(parent, str) or not is_object_id(parent):
            raise bad_request('"parents" must hold ids of commits')
        if found.git.kind(parent) != "commit":
            raise missing_object(parent)
        return parent

    def _commit(self, found: Found, body: Mapping[str, object], parent: str | None) -> str:
        who = pusher_of(found.call)
        now = Signature(name=who.name or "penstock", email=_email(who.name), at=self._clock())
        message = text_of(body, "comment")
        if not message.strip():
            raise bad_request("a commit needs a comment")
        new = NewCommit(
            parents=(parent,) if parent else (),
            message=message,
            author=_signature(body, "author", now),
            committer=_signature(body, "committer", now),
        )
        return commit_changes(found.git, new, [_change(one) for one in tables_of(body, "changes")])

    def _whole(self, found: Found, push: PushRecord, count: int) -> Json:
        commits = new_commits(found, push.updates, count)
        git = found.git
        return {
            **push_view(found, push),
            "commits": [commit_view(found, commit) for commit in commits],
            "repository": repository_view(
                found.address, found.project, found.repository, git.default_branch()
            ),
        }


def new_commits(found: Found, updates: tuple[RefUpdate, ...], count: int) -> list[Commit]:
    """The commits that updates brought to their branches, newest first."""
    commits: dict[str, Commit] = {}
    for update in updates:
        if update.deletes or len(commits) >= count:
            continue
        try:
            start = found.git.resolve(update.new, "commit")
            old = "" if update.old == ZERO else found.git.resolve(update.old, "commit")
        except NotFound:
            continue
        query = LogQuery(start=start, exclude=old, top=count - len(commits))
        commits.update({one.id: one for one in found.git.log(query)})
    return list(commits.values())


def _change(body: Mapping[str, object]) -> FileChange:
    words = {word.strip() for word in text_of(body, "changeType").lower().split(",")}
    kinds = {kind for kind in ChangeKind if str(kind) in words}
    unknown = words - {str(kind) for kind in ChangeKind}
    if unknown or not kinds:
        raise bad_request(f'"changeType" is add, edit, delete or rename, not "{", ".join(words)}"')
    kind = ChangeKind.RENAME if ChangeKind.RENAME in kinds else kinds.pop()
    path = text_of(table_of(body, "item"), "path")
    content = table_of(body, "newContent")
    return FileChange(
        kind=kind,
        path=path,
        content=_decoded(content) if content else None,
        old_path=text_of(body, "sourceServerItem"),
    )


def _decoded(content: Mapping[str, object]) -> bytes:
    text = text_of(content, "content")
    match str(content.get("contentType", "rawtext")).lower():
        case "rawtext" | "0":
            return text.encode()
        case "base64encoded" | "1":
            try:
                return base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError) as error:
                raise bad_request("the content is not base64") from error
    raise bad_request('"contentType" is rawtext or base64encoded')


def _signature(body: Mapping[str, object], role: str, default: Signature) -> Signature:
    given = table_of(body, role)
    at, zone = default.at, default.zone
    if text := text_of(given, "date"):
        date = moment_in(f"{role}.date", text)
        at = date.timestamp()
        offset = date.utcoffset()
        zone = int(offset.total_seconds() // 60) if offset else 0
    return Signature(
        name=text_of(given, "name") or default.name,
        email=text_of(given, "email") or default.email,
        at=at,
        zone=zone,
    )


def _email(name: str) -> str:
    return name if "@" in name else f"{name.replace(' ', '.').lower()}@penstock.local"
