"""The REST of repositories and their refs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.server.devops.bodies import body_tables, flag_of, table_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.queries import flag, whole_number
from penstock.server.devops.wire import listed
from penstock.server.errors import Refused
from penstock.server.git.context import Address, Found, GitHttp, pusher_of
from penstock.server.git.errors import git_error
from penstock.server.git.paths import git_route
from penstock.server.git.versions import resolved, version_of
from penstock.server.git.views import Json, commit_view, ref_view, repository_view
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.git.names import ZERO, BadRef, checked_ref, is_object_id
from penstock.store.git.records import Ref
from penstock.store.git.repository import HEADS
from penstock.store.git.writing import RefMoved
from penstock.store.hosting.pushes import RefUpdate
from penstock.store.hosting.repositories import Repository
from penstock.store.projects import Project

_REFS_LIMIT = 1000
_ALLOWED = (HEADS, "refs/tags/")


def repository_routes(http: GitHttp) -> tuple[Route, ...]:
    """The routes of repositories, refs and branch statistics."""
    rest = _Repositories(http)
    read, write = Permission.CODE_READ, Permission.CODE_WRITE
    all_of_project = "/{organization}/{project}/_apis/git/repositories"

    def route(method: str, path: str, permission: Permission) -> Route:
        handler = rest.all if method == "GET" else rest.create
        return Route(
            method=method, path=path, permission=permission, handler=handler, on_error=git_error
        )

    return (
        route("GET", all_of_project, read),
        route("GET", "/{organization}/_apis/git/repositories", Permission.SIGNED_IN),
        route("POST", all_of_project, Permission.PROJECT_MANAGE),
        route("POST", "/{organization}/_apis/git/repositories", Permission.SIGNED_IN),
        *git_route(http, "GET", "", read, rest.one),
        *git_route(http, "PATCH", "", Permission.PROJECT_MANAGE, rest.change),
        *git_route(http, "DELETE", "", Permission.PROJECT_MANAGE, rest.delete),
        *git_route(http, "GET", "/refs", read, rest.refs),
        *git_route(http, "GET", "/refs/{filter:path}", read, rest.refs),
        *git_route(http, "POST", "/refs", write, rest.update_refs),
        *git_route(http, "GET", "/stats/branches", read, rest.branches),
        *git_route(http, "GET", "/stats/branches/{branch:path}", read, rest.branch),
    )


class _Repositories:
    def __init__(self, http: GitHttp) -> None:
        self._http = http

    # Repositories

    def all(self, call: Call) -> Reply:
        """The repositories of a project, or all that the caller may read."""
        address = Address.of(call)
        projects = {one.id: one for one in self._http.projects.list()}
        wanted = self._http.projects.get(call.parameters["project"]).id if call.project else ""
        return listed(
            [
                self._view(address, projects[one.project], one)
                for one in self._http.repositories.list(wanted)
                if one.project in projects and _may(call, Permission.CODE_READ, one.project)
            ]
        )

    def one(self, call: Call) -> Reply:
        """One repository."""
        found = self._http.found(call)
        view = self._view(found.address, found.project, found.repository)
        return {**view, "size": found.git.size()}

    def create(self, call: Call) -> Reply:
        """Make an empty repository."""
        body = call.json()
        named = call.parameters.get("project") or text_of(table_of(body, "project"), "id")
        project = self._http.projects.find(named)
        if project is None or not _may(call, Permission.PROJECT_MANAGE, project.id):
            raise Refused(
                404,
                "ProjectDoesNotExistException",
                f"TF200016: The following project does not exist: {named}.",
            )
        if "parentRepository" in body:
            raise bad_request("forks are not supported")
        made = self._http.repositories.create(project, text_of(body, "name"))
        return Answer(status=201, body=self._view(Address.of(call), project, made))

    def change(self, call: Call) -> Reply:
        """Rename a repository, or let another branch be the default one."""
        found, body = self._http.found(call), call.json()
        repository = found.repository
        branch, name = text_of(body, "defaultBranch"), text_of(body, "name")
        if flag_of(body, "isDisabled"):
            raise bad_request("a repository cannot be disabled here")
        if branch and (found.git.ref(branch) is None or not branch.startswith(HEADS)):
            raise bad_request(f'there is no branch "{branch}"', "GitRefNotFoundException")
        if name:
            repository = self._http.repositories.rename(repository, name)
        if branch:
            self._http.repositories.set_default_branch(repository, branch)
        return self._view(found.address, found.project, repository)

    def delete(self, call: Call) -> Reply:
        """Remove a repository."""
        self._http.repositories.delete(self._http.found(call).repository)
        return Answer(status=204)

    def _view(self, address: Address, project: Project, repository: Repository) -> Json:
        git = self._http.repositories.git(repository)
        branch = git.default_branch()
        there = git.ref(branch) is not None
        return repository_view(address, project, repository, branch if there else "")

    # Refs

    def refs(self, call: Call) -> Reply:
        """Branches, tags and others, by the beginning of their names after `refs/`."""
        found = self._http.found(call)
        start = call.parameters.get("filter") or call.query("filter")
        inside = call.query("filterContains")
        skip = whole_number(call, "continuationToken", 0, 10**9)
        top = whole_number(call, "$top", _REFS_LIMIT * 100, _REFS_LIMIT * 100)
        refs = [
            ref
            for ref in found.git.refs()
            if ref.name.startswith(f"refs/{start}") and inside.lower() in ref.name.lower()
        ]
        page = refs[skip : skip + top]
        peel = flag(call, "peelTags")
        headers = {}
        if skip + top < len(refs):
            headers["x-ms-continuationtoken"] = str(skip + top)
        return Answer(body=listed([ref_view(found, ref, peel) for ref in page]), headers=headers)

    def update_refs(self, call: Call) -> Reply:
        """Make, move and delete branches and tags; each is answered for itself."""
        found = self._http.found(call)
        return listed([self._update(found, body) for body in body_tables(call)])

    def _update(self, found: Found, body: Mapping[str, Any]) -> Json:
        update = RefUpdate(
            ref=text_of(body, "name"),
            old=text_of(body, "oldObjectId", ZERO),
            new=text_of(body, "newObjectId", ZERO),
        )
        status = _objection(found, update) or self._move(found, update)
        return {
            "repositoryId": found.repository.id,
            "name": update.ref,
            "oldObjectId": update.old,
            "newObjectId": update.new,
            "isLocked": False,
            "updateStatus": status,
            "success": status == "succeeded",
        }

    def _move(self, found: Found, update: RefUpdate) -> str:
        try:
            push = self._http.pushes.move(found.repository, pusher_of(found.call), [update])
        except RefMoved:
            return "staleOldObjectId"
        if push is not None:
            self._http.pushes.announce(push)
        return "succeeded"

    # Branches

    def branches(self, call: Call) -> Reply:
        """How far each branch is from the default one, or from another; `name` asks for one."""
        found = self._http.found(call)
        base = version_of(found, "baseVersionDescriptor.")
        if name := call.query("name"):
            return self._statistics(found, self._branch(found, name), base)
        branches = found.git.refs(HEADS)[:_REFS_LIMIT]
        return listed([self._statistics(found, ref, base) for ref in branches])

    def branch(self, call: Call) -> Reply:
        """How far one branch is from the default one."""
        found = self._http.found(call)
        base = version_of(found, "baseVersionDescriptor.")
        ref = self._branch(found, call.parameters["branch"])
        return self._statistics(found, ref, base)

    def _branch(self, found: Found, name: str) -> Ref:
        commit = resolved(found, name, "branch")
        full = name if name.startswith("refs/") else f"{HEADS}{name}"
        return Ref(name=full, object=commit, commit=commit)

    def _statistics(self, found: Found, ref: Ref, base: str) -> Json:
        ahead, behind = found.git.ahead_behind(ref.commit, base)
        return {
            "commit": commit_view(found, found.git.commit(ref.commit)),
            "name": ref.short_name,
            "aheadCount": ahead,
            "behindCount": behind,
            "isBaseVersion": ref.commit == base and ref.name == found.git.default_branch(),
        }


def _objection(found: Found, update: RefUpdate) -> str:
    """Why a ref may not move so, in the service's word; empty where it may."""
    try:
        checked_ref(update.ref)
    except BadRef:
        return "invalidRefName"
    if not update.ref.startswith(_ALLOWED):
        return "invalidRefName"
    if not is_object_id(update.old) or not is_object_id(update.new):
        return "unresolvableToCommit"
    if update.deletes:
        if update.ref == found.git.default_branch():
            return "rejectedByPolicy"
        return "" if found.git.ref(update.ref) else "nonExistentRef"
    kind = found.git.kind(update.new)
    if kind is None or (update.ref.startswith(HEADS) and kind != "commit"):
        return "unresolvableToCommit"
    return ""


def _may(call: Call, permission: Permission, project: str) -> bool:
    return call.principal is not None and call.principal.may(permission, project)
