"""Git's smart HTTP protocol: clone, fetch and push of real clients, streamed both ways."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from penstock.server.errors import Refused
from penstock.server.git.exchange import BODY_LIMIT, Exchange, ProcessResponse, start_process
from penstock.server.git.receiving import Desk, Receiving
from penstock.server.routes import Answer, Call, Permission, Route
from penstock.store.git.making import PACK_LIMIT
from penstock.store.git.transport import (
    RECEIVE,
    SERVICES,
    UPLOAD,
    advertise,
    receive_pack,
    upload_pack,
    uses_version_2,
)
from penstock.store.projects import Project, Projects
from penstock.store.pushes import Pusher, Pushes, PushRecord
from penstock.store.repositories import Repositories, Repository

AT_ONCE = 16
DISK_RESERVE = 256 * 1024 * 1024
"""A push is refused when the disk has less free than this."""
_NO_CACHE = {
    "cache-control": "no-cache, max-age=0, must-revalidate",
    "pragma": "no-cache",
    "expires": "Fri, 01 Jan 1980 00:00:00 GMT",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHttp:
    """What the handlers need. `hooks` is the folder that `write_hooks` filled."""

    projects: Projects
    repositories: Repositories
    pushes: Pushes
    hooks: Path
    on_failure: Callable[[str, Exception], None]
    pack_limit: int = PACK_LIMIT


def smart_routes(http: GitHttp) -> tuple[Route, ...]:
    """The routes of the smart protocol, under both addresses that a repository has."""
    smart = _Smart(http)
    # Where the repository has its project's name, that is left out of the address.
    places = ("/{organization}/{project}/_git/{repository}", "/{organization}/_git/{project}")
    return tuple(
        Route(
            method=method,
            path=f"{place}/{path}",
            permission=permission,
            handler=handler,
            streams=True,
            on_error=plain_error,
        )
        for place in places
        for method, path, permission, handler in (
            ("GET", "info/refs", Permission.CODE_READ, smart.refs),
            ("POST", UPLOAD, Permission.CODE_READ, smart.upload),
            ("POST", RECEIVE, Permission.CODE_WRITE, smart.receive),
        )
    )


class _Smart:
    def __init__(self, http: GitHttp) -> None:
        self._http = http
        self._places = asyncio.Semaphore(AT_ONCE)
        self._desk = Desk(
            repositories=http.repositories,
            pushes=http.pushes,
            threads=ThreadPoolExecutor(4, thread_name_prefix="push"),
            on_failure=http.on_failure,
        )

    async def refs(self, call: Call) -> ProcessResponse:
        """What a repository has, for a client that is about to fetch or push."""
        service = call.query("service")
        if service not in SERVICES:
            raise Refused(403, "DumbHttp", "this server speaks the smart Git protocol only")
        if service == RECEIVE:
            _may_write(call)
        _, repository = await self._found(call)
        protocol = call.header("git-protocol")
        folder = self._http.repositories.folder(repository.id)
        line = f"# service={service}\n"
        prefix = f"{len(line) + 4:04x}{line}0000".encode()
        process = await start_process(advertise(service, folder, protocol))
        headers = {**_NO_CACHE, "content-type": f"application/x-{service}-advertisement"}
        return ProcessResponse(
            Exchange(
                process=process,
                request=call.request,
                headers=headers,
                prefix=b"" if uses_version_2(service, protocol) else prefix,
            )
        )

    async def upload(self, call: Call) -> ProcessResponse:
        """Send the objects that a client asks for."""
        _check_content_type(call, UPLOAD)
        _, repository = await self._found(call)
        folder = self._http.repositories.folder(repository.id)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._places)
            process = await start_process(upload_pack(folder, call.header("git-protocol")))
            stack.pop_all()
        return ProcessResponse(
            Exchange(
                process=process,
                request=call.request,
                headers=_result_headers(UPLOAD),
                finished=self._places.release,
            )
        )

    async def receive(self, call: Call) -> ProcessResponse:
        """Take a push."""
        _check_content_type(call, RECEIVE)
        project, repository = await self._found(call)
        folder = self._http.repositories.folder(repository.id)
        _check_disk(folder)
        say = partial(_links, call.base_url, call.parameters["organization"], project, repository)
        receiving = Receiving(self._desk, repository, pusher_of(call), say)
        async with AsyncExitStack() as stack:
            stack.callback(receiving.abandon)
            await stack.enter_async_context(self._places)
            process = await start_process(
                receive_pack(
                    folder,
                    call.header("git-protocol"),
                    hooks=self._http.hooks,
                    descriptor=receiving.descriptor,
                    pack_limit=self._http.pack_limit,
                )
            )
            stack.pop_all()
        return ProcessResponse(
            Exchange(
                process=process,
                request=call.request,
                headers=_result_headers(RECEIVE),
                body_limit=self._http.pack_limit + BODY_LIMIT,
                beside=receiving.conversation,
                may_end=lambda: not receiving.holds_turn,
                finished=self._places.release,
            )
        )

    async def _found(self, call: Call) -> tuple[Project, Repository]:
        """The repository that the address names. Raises Refused."""
        named = call.parameters["project"]
        name = call.parameters.get("repository", named)
        project = self._http.projects.find(named)
        repository = project and self._http.repositories.find(name, project.id)
        if not project or not repository:
            raise Refused(
                404,
                "GitRepositoryNotFoundException",
                f"TF401019: The Git repository with name or identifier {name} does not exist or you"
                " do not have permissions for the operation you are attempting.",
            )
        return project, repository


def pusher_of(call: Call) -> Pusher:
    """Who calls, as a push remembers them."""
    principal = call.principal
    if principal is None:
        return Pusher()
    return Pusher(id=principal.id, name=principal.display_name or principal.name)


def plain_error(error: Exception) -> Answer:
    """The answer to a failed request in plain text, which git clients show as `remote: ...`."""
    status, text, headers = 500, "the server failed; its log says why", dict[str, str]()
    if isinstance(error, Refused):
        status, text, headers = error.status, error.message, error.headers
    headers = {**headers, "content-type": "text/plain; charset=utf-8"}
    return Answer(status=status, body=f"{text}\n".encode(), headers=headers)


def web_address(base: str, organization: str, project: str, repository: str) -> str:
    """Where people see a repository, which is also what they clone."""
    return f"{base}/{quote(organization)}/{quote(project)}/_git/{quote(repository)}"


def _links(
    base: str, organization: str, project: Project, repository: Repository, push: PushRecord
) -> Sequence[str]:
    address = web_address(base, organization, project.name, repository.name)
    branches = [one.ref for one in push.updates if not one.deletes]
    branch = branches[0].removeprefix("refs/heads/") if branches else ""
    query = f"?version=GB{quote(branch)}" if branch and not branch.startswith("refs/") else ""
    return [f"See it at {address}{query}"]


def _may_write(call: Call) -> None:
    principal = call.principal
    if principal is None or not principal.may(Permission.CODE_WRITE, call.project):
        name = principal.name if principal else "anonymous"
        raise Refused(403, "GitNeedsPermission", f'"{name}" may not push to this repository')


def _check_content_type(call: Call, service: str) -> None:
    if call.header("content-type") != f"application/x-{service}-request":
        raise Refused(415, "UnsupportedMediaType", f"this is no request of {service}")


def _check_disk(folder: Path) -> None:
    if shutil.disk_usage(folder).free < DISK_RESERVE:
        raise Refused(507, "InsufficientStorage", "the server's disk is full; nothing was pushed")


def _result_headers(service: str) -> dict[str, str]:
    return {**_NO_CACHE, "content-type": f"application/x-{service}-result"}
