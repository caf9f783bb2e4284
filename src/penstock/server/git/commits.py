"""The REST of commits: history, what each changed, and differences between versions."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.server.devops.bodies import tables_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.queries import flag, from_moment, number_in, whole_number
from penstock.server.devops.wire import listed
from penstock.server.git.context import Found, GitHttp
from penstock.server.git.errors import missing_object
from penstock.server.git.paths import git_route
from penstock.server.git.pushing import new_commits
from penstock.server.git.versions import resolved, version_of
from penstock.server.git.views import (
    Json,
    change_counts,
    change_view,
    commit_view,
    moment,
    person_view,
)
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.git.records import Block, Change, Commit
from penstock.store.git.repository import LogQuery, NotFound

_PAGE, _MOST = 100, 1000
_FILES_LIMIT = 10
_CRITERIA = "searchCriteria."


def commit_routes(http: GitHttp) -> tuple[Route, ...]:
    """The routes of commits and differences."""
    rest, read = _Commits(http), Permission.CODE_READ
    return (
        *git_route(http, "GET", "/commits", read, rest.history),
        *git_route(http, "GET", "/commits/{commit}", read, rest.one),
        *git_route(http, "GET", "/commits/{commit}/changes", read, rest.changes),
        *git_route(http, "GET", "/commits/{commit}/mergebases", read, rest.merge_bases),
        *git_route(http, "GET", "/diffs/commits", read, rest.differences),
        *git_route(http, "POST", "/filediffs", read, rest.file_differences),
    )


class _Commits:
    def __init__(self, http: GitHttp) -> None:
        self._http = http

    def history(self, call: Call) -> Reply:
        """The commits of a branch, by path, author and time; newest first."""
        found = self._http.found(call)
        ids = [
            one
            for name, value in call.query_items()
            if name.lower() == "searchcriteria.ids"
            for one in value.split(",")
        ]
        if ids:
            commits = [found.git.commit(resolved(found, id, "commit")) for id in ids[:_MOST]]
        elif push := call.query("pushId"):
            commits = self._of_push(found, push)
        else:
            try:
                commits = found.git.log(self._query(found))
            except EmptyHistory:
                commits = []
        views = [commit_view(found, commit) for commit in commits]
        if flag(call, f"{_CRITERIA}includePushData"):
            self._add_pushes(found, views)
        return listed(views)

    def _query(self, found: Found) -> LogQuery:
        call = found.call
        until = call.query(f"{_CRITERIA}toCommitId")
        if until:
            start = resolved(found, until, "commit")
        else:
            _check_not_empty(found)
            start = version_of(found, f"{_CRITERIA}itemVersion.", f"{_CRITERIA}")
        exclude = call.query(f"{_CRITERIA}fromCommitId")
        if call.query(f"{_CRITERIA}compareVersion.version"):
            # The item version is what is compared with: commits that only the other one has.
            exclude, start = start, version_of(found, f"{_CRITERIA}compareVersion.")
        elif exclude:
            exclude = resolved(found, exclude, "commit")
        return LogQuery(
            start=start,
            exclude=exclude,
            path=call.query(f"{_CRITERIA}itemPath"),
            author=call.query(f"{_CRITERIA}author") or call.query(f"{_CRITERIA}user"),
            after=_date(call, f"{_CRITERIA}fromDate"),
            before=_date(call, f"{_CRITERIA}toDate"),
            skip=_either(call, "$skip", 0, 10**6),
            top=_either(call, "$top", _PAGE, _MOST),
            first_parent=call.query(f"{_CRITERIA}historyMode").lower() == "firstparent",
        )

    def _of_push(self, found: Found, push: str) -> list[Commit]:
        number = number_in(push)
        record = None if number is None else self._http.pushes.get(number)
        if record is None or record.repository != found.repository.id:
            raise NotFound(f'there is no push "{push[:50]}"')
        return new_commits(found, record.updates, _MOST)

    def _add_pushes(self, found: Found, views: list[Json]) -> None:
        """To each commit that was the end of a push, who pushed it."""
        pushes = {
            update.new: push
            for push in self._http.pushes.history(found.repository, top=_MOST)
            for update in push.updates
        }
        for view in views:
            if push := pushes.get(str(view["commitId"])):
                view["push"] = {
                    "pushId": push.id,
                    "date": moment(push.at),
                    "pushedBy": person_view(found.address, push.pusher),
                }

    def one(self, call: Call) -> Reply:
        """One commit, with some of its changes where asked for."""
        found = self._http.found(call)
        commit = _commit(found, call.parameters["commit"])
        view = commit_view(found, commit, whole=True)
        if count := whole_number(call, "changeCount", 0, _MOST):
            changes = changes_of(found, commit)
            view["changes"] = [change_view(found, one, commit.id) for one in changes[:count]]
            view["changeCounts"] = change_counts(changes)
        views = [view]
        self._add_pushes(found, views)
        return views[0]

    def changes(self, call: Call) -> Reply:
        """What a commit changed, against its first parent."""
        found = self._http.found(call)
        commit = _commit(found, call.parameters["commit"])
        changes = changes_of(found, commit)
        skip, top = whole_number(call, "skip", 0, 10**6), whole_number(call, "top", _MOST, 10_000)
        return {
            "changeCounts": change_counts(changes),
            "changes": [change_view(found, one, commit.id) for one in changes[skip : skip + top]],
        }

    def merge_bases(self, call: Call) -> Reply:
        """The best common ancestor of two commits."""
        found = self._http.found(call)
        one = _commit(found, call.parameters["commit"])
        other = _commit(found, call.query("otherCommitId"))
        base = found.git.merge_base(one.id, other.id)
        return listed([commit_view(found, found.git.commit(base))] if base else [])

    def file_differences(self, call: Call) -> Reply:
        """Which lines of files differ between two commits. Files on one side only are not asked."""
        found, body = self._http.found(call), call.json()
        base = _commit(found, text_of(body, "baseVersionCommit")).id
        target = _commit(found, text_of(body, "targetVersionCommit")).id
        asked = tables_of(body, "fileDiffParams")
        if len(asked) > _FILES_LIMIT:
            raise bad_request(f"at most {_FILES_LIMIT} files are compared at a time")
        return listed([_file_difference(found, base, target, one) for one in asked])

    def differences(self, call: Call) -> Reply:
        """What differs between two versions: from what both have in common, unless told not to."""
        found = self._http.found(call)
        base = _side(found, "base")
        target = _side(found, "target")
        common = found.git.merge_base(base, target)
        start = common if common and flag(call, "diffCommonCommit", True) else base
        changes = found.git.changes(start, target)
        skip, top = whole_number(call, "$skip", 0, 10**6), whole_number(call, "$top", _PAGE, 10_000)
        ahead, behind = found.git.ahead_behind(target, base)
        return {
            "allChangesIncluded": skip + top >= len(changes),
            "changeCounts": change_counts(changes),
            "changes": [change_view(found, one, target) for one in changes[skip : skip + top]],
            "commonCommit": common,
            "baseCommit": base,
            "targetCommit": target,
            "aheadCount": ahead,
            "behindCount": behind,
        }


def changes_of_range(found: Found, base: str, commit: str) -> list[Change]:
    """What differs between two commits; an empty base stands for nothing."""
    return found.git.changes(base or None, commit)


class EmptyHistory(Exception):
    """the repository has no commit yet"""


def _file_difference(found: Found, base: str, target: str, asked: Mapping[str, object]) -> Json:
    """A `FileDiff`: the lines of one file that differ."""
    path = text_of(asked, "path")
    original = text_of(asked, "originalPath") or path
    old, new = found.git.entry(base, original), found.git.entry(target, path)
    blocks = found.git.line_changes(old.id, new.id)
    return {
        "path": path,
        "originalPath": original,
        "lineDiffBlocks": [
            {
                "changeType": _block_kind(block),
                "originalLineNumberStart": block.old_start,
                "originalLinesCount": block.old_count,
                "modifiedLineNumberStart": block.new_start,
                "modifiedLinesCount": block.new_count,
            }
            for block in blocks
        ],
    }


def _block_kind(block: Block) -> str:
    if not block.old_count:
        return "add"
    return "edit" if block.new_count else "delete"


def changes_of(found: Found, commit: Commit) -> list[Change]:
    """What a commit changed, against its first parent."""
    return found.git.changes(commit.parents[0] if commit.parents else None, commit.id)


def _check_not_empty(found: Found) -> None:
    names = [name.lower() for name, _ in found.call.query_items()]
    is_named = any(name.endswith("itemversion.version") for name in names)
    if not is_named and found.git.ref(found.git.default_branch()) is None:
        raise EmptyHistory


def _commit(found: Found, id: str) -> Commit:
    try:
        return found.git.commit(found.git.resolve(id, "commit"))
    except NotFound as error:
        raise missing_object(id[:100]) from error


def _side(found: Found, side: str) -> str:
    """A version of `diffs/commits`, whose descriptors come in two spellings."""
    call = found.call
    version = call.query(f"{side}Version") or call.query(f"{side}VersionDescriptor.{side}Version")
    kind = call.query(f"{side}VersionType") or call.query(
        f"{side}VersionDescriptor.{side}VersionType", "branch"
    )
    return resolved(found, version, kind)


def _either(call: Call, name: str, default: int, most: int) -> int:
    return whole_number(call, f"{_CRITERIA}{name}", whole_number(call, name, default, most), most)


def _date(call: Call, name: str) -> str:
    """A time of the query as git takes it without guessing: seconds since 1970."""
    at = from_moment(name, call.query(name).replace(" ", "+"))
    return "" if at is None else f"@{int(at)}"
