"""Git's smart HTTP protocol: clone, fetch and push of real clients, streamed both ways."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import quote

from penstock.server.errors import Refused
from penstock.server.git.context import Found, GitHttp, pusher_of
from penstock.server.git.exchange import BODY_LIMIT, Exchange, ProcessResponse, start_process
from penstock.server.git.receiving import Desk, Receiving
from penstock.server.routes import Answer, Call, Permission, Route
from penstock.store.git.repository import HEADS
from penstock.store.git.transport import (
    RECEIVE,
    SERVICES,
    UPLOAD,
    advertise,
    receive_pack,
    upload_pack,
    uses_version_2,
)
from penstock.store.hosting.pushes import PushRecord
from penstock.store.hosting.repositories import Repository

AT_ONCE = 16
TIDY_EACH = 20
DISK_RESERVE = 256 * 1024 * 1024
"""A push is refused when the disk has less free than this."""
_NO_CACHE = {
    "cache-control": "no-cache, max-age=0, must-revalidate",
    "pragma": "no-cache",
    "expires": "Fri, 01 Jan 1980 00:00:00 GMT",
}


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
        self._tidying = ThreadPoolExecutor(1, thread_name_prefix="tidy")
        self._pushed: Counter[str] = Counter()

    async def refs(self, call: Call) -> ProcessResponse:
        """What a repository has, for a client that is about to fetch or push."""
        service = call.query("service")
        if service not in SERVICES:
            raise Refused(403, "DumbHttp", "this server speaks the smart Git protocol only")
        if service == RECEIVE:
            _may_write(call)
        repository = self._http.found(call).repository
        protocol = call.header("git-protocol")
        folder = self._http.repositories.folder(repository.id)
        line = f"# service={service}\n"
        prefix = f"{len(line) + 4:04x}{line}0000".encode()
        await self._http.shares.exchanges.take(call)
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
        repository = self._http.found(call).repository
        folder = self._http.repositories.folder(repository.id)
        await self._take_place(call)
        process = await start_process(upload_pack(folder, call.header("git-protocol")))
        return ProcessResponse(
            Exchange(process=process, request=call.request, headers=_result_headers(UPLOAD))
        )

    async def receive(self, call: Call) -> ProcessResponse:
        """Take a push."""
        _check_content_type(call, RECEIVE)
        found = self._http.found(call)
        repository = found.repository
        folder = self._http.repositories.folder(repository.id)
        _check_disk(folder)
        await self._take_place(call)
        receiving = Receiving(self._desk, repository, pusher_of(call), partial(_links, found))
        start = receive_pack(
            folder,
            call.header("git-protocol"),
            hooks=self._http.hooks,
            descriptor=receiving.descriptor,
            pack_limit=self._http.pack_limit,
        )
        try:
            process = await start_process(start)
        except BaseException:
            receiving.abandon()
            raise
        call.until_answered.callback(self._received, repository)
        return ProcessResponse(
            Exchange(
                process=process,
                request=call.request,
                headers=_result_headers(RECEIVE),
                body_limit=self._http.pack_limit + BODY_LIMIT,
                beside=receiving.conversation,
                may_end=lambda: not receiving.holds_turn,
            )
        )

    async def _take_place(self, call: Call) -> None:
        """One of the caller's places, and one of all, until the call is answered."""
        await self._http.shares.exchanges.take(call)
        await self._places.acquire()
        call.until_answered.callback(self._places.release)

    def _received(self, repository: Repository) -> None:
        """After a push: every so often, look whether packs and loose objects should be gathered."""
        self._pushed[repository.id] += 1
        if self._pushed[repository.id] % TIDY_EACH == 0:
            self._tidying.submit(self._tidy, repository)

    def _tidy(self, repository: Repository) -> None:
        try:
            self._http.repositories.tidy(repository)
        except Exception as error:  # noqa: BLE001 - the top of a thread: recorded
            self._http.on_failure(f"tidying {repository.name}", error)


def plain_error(error: Exception) -> Answer:
    """The answer to a failed request in plain text, which git clients show as `remote: ...`."""
    status, text, headers = 500, "the server failed; its log says why", dict[str, str]()
    if isinstance(error, Refused):
        status, text, headers = error.status, error.message, error.headers
    headers = {**headers, "content-type": "text/plain; charset=utf-8"}
    return Answer(status=status, body=f"{text}\n".encode(), headers=headers)


def _links(found: Found, push: PushRecord) -> Sequence[str]:
    """What the pusher is told: where to see what was pushed."""
    address = found.address.web(found.project, found.repository)
    branches = [one.ref for one in push.updates if not one.deletes and one.ref.startswith(HEADS)]
    query = f"?version=GB{quote(branches[0].removeprefix(HEADS))}" if branches else ""
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
