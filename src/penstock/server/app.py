"""The ASGI application over a table of routes: who calls, what body, which error on the wire.

The order is: host, origin, path, caller, route, permission, body, handler. Nothing here knows what
routes do.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from penstock.records import record
from penstock.server.auth import (
    LOOPBACK,
    SESSION_COOKIE,
    Signer,
    Tokens,
    is_known_host,
    is_own_origin,
    may,
    may_use_session,
    presented_token,
)
from penstock.server.errors import Refused, arm_error, named_failure
from penstock.server.routes import (
    IN_PROJECT,
    Answer,
    BadBody,
    Call,
    Match,
    Permission,
    Principal,
    Route,
    RouteTable,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_NOT_IN_PATHS = frozenset([*(chr(code) for code in range(32)), "\x7f", "\\", "�"])


@record
class Places:
    """What the `{organization}` and `{project}` of a path may be.

    `project` answers the id of a project by its id or name (without case), or None.
    """

    organization: str
    project: Callable[[str], str | None]


def make_app(
    routes: Iterable[Route],
    tokens: Tokens,
    *,
    sessions: Tokens | None = None,
    places: Places | None = None,
    signer: Signer | None = None,
    hosts: frozenset[str] = LOOPBACK,
    now: Callable[[], float] = time.time,
    on_failure: Callable[[str, Exception], None] | None = None,
) -> ASGIApp:
    """The application. Raises `UnusableRoute` for a row without a permission, or two rows alike.

    `sessions` knows the cookies of signed-in browsers. Without `places` every organization is this
    one, and a project's name is its id. `on_failure(request line, error)` is told of our own
    failures, which the caller sees as 500.
    """
    callers = _Callers(tokens=tokens, sessions=sessions, signer=signer, now=now)
    return _Application(RouteTable(routes), callers, places, hosts, on_failure)


@record
class _Callers:
    """Who calls, and by which address: what the permissions of a request come from."""

    tokens: Tokens
    sessions: Tokens | None
    signer: Signer | None
    now: Callable[[], float]

    def of(self, request: Request, path: str) -> _Caller:
        """The caller of a request for a path."""
        return _Caller(self._principal(request), self._signed(request, path))

    def _principal(self, request: Request) -> Principal | None:
        """By the `Authorization` header where there is one, else by the session's cookie."""
        authorization = request.headers.get("authorization", "")
        if authorization or self.sessions is None:
            token = presented_token(authorization)
            return None if token is None else self.tokens.principal(token)
        cookie = request.cookies.get(SESSION_COOKIE)
        trusted = may_use_session(
            is_changing=request.method in CHANGING,
            origin=request.headers.get("origin", ""),
            fetch_site=request.headers.get("sec-fetch-site", ""),
        )
        return self.sessions.principal(cookie) if cookie and trusted else None

    def _signed(self, request: Request, path: str) -> frozenset[Permission]:
        if self.signer is None or "sig" not in request.query_params:
            return frozenset()
        return self.signer.permissions(path, request.query_params, self.now())


@record(kw_only=False)
class _Caller:
    """Whoever is not known has no `principal`; `signed` is what a signed address allows."""

    principal: Principal | None
    signed: frozenset[Permission]


class _Application:
    def __init__(
        self,
        table: RouteTable,
        callers: _Callers,
        places: Places | None,
        hosts: frozenset[str],
        on_failure: Callable[[str, Exception], None] | None,
    ) -> None:
        self._table = table
        self._callers = callers
        self._places = places
        self._hosts = hosts
        self._on_failure = on_failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        with ExitStack() as until_answered:
            try:
                response = await self._answer(request, until_answered)
            except ClientDisconnect:
                return
            try:
                await response(scope, receive, send)
            except Exception as error:
                # The answer has begun, so all that can be done is to break it off.
                if not isinstance(error, OSError):
                    self._tell(request, error)
                raise

    async def _answer(self, request: Request, until_answered: ExitStack) -> Response:
        route = None
        try:
            _check_browser(request, self._hosts)
            path = normal_path(request.scope["path"])
            caller = self._callers.of(request, path)
            match = self._table.match(request.method, path)
            if caller.principal is None and not _is_open(match, caller.signed):
                raise _unauthenticated(request)
            route, parameters = _known(match, path, self._places)
            project = self._permitted(route, parameters, path, caller)
            body = b"" if route.streams else await _read(request, route.body_limit)
            call = Call(
                request=request,
                path=path,
                parameters=parameters,
                principal=caller.principal,
                project=project or "",
                body=body,
                until_answered=until_answered,
                may_still=partial(self._may_still, request, path, route, parameters),
            )
            return _response(await _run(route, call))
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001
            return self._failure(request, route, error)

    def _permitted(
        self, route: Route, parameters: Mapping[str, str], path: str, caller: _Caller
    ) -> str | None:
        """The id of the project that a route is about. Raises `Refused` unless the caller may."""
        project = _project(route, parameters, self._places)
        _check_permission(route, path, caller, project)
        return project

    def _may_still(
        self, request: Request, path: str, route: Route, parameters: Mapping[str, str]
    ) -> bool:
        try:
            self._permitted(route, parameters, path, self._callers.of(request, path))
        except Refused:
            return False
        return True

    def _failure(self, request: Request, route: Route | None, error: Exception) -> Response:
        told = named_failure(error)
        if isinstance(error, BadBody):
            told = Refused(400, "InvalidRequestContent", str(error))
        on_error = arm_error if route is None or route.on_error is None else route.on_error
        answer = on_error(told)
        if answer.status >= 500 and answer.status != 501:
            self._tell(request, error)
        return _response(answer)

    def _tell(self, request: Request, error: Exception) -> None:
        if self._on_failure is not None:
            self._on_failure(f"{request.method} {request.url.path}", error)


def normal_path(path: str) -> str:
    """The path, decoded once, when it is one that means the same to everyone.

    A path with `.`, `..`, an empty segment inside, a backslash or a control character is refused:
    so is one that would be such a path if it were decoded again. A slash at the end is kept.
    """
    from urllib.parse import unquote

    seen = path
    for _ in range(4):
        segments = seen[1:].split("/")
        inner = segments[:-1] if segments[-1] == "" else segments
        if not seen.startswith("/") or any(part in ("", ".", "..") for part in inner):
            break
        if not _NOT_IN_PATHS.isdisjoint(seen):
            break
        decoded = unquote(seen)
        if decoded == seen:
            return path
        seen = decoded
    raise Refused(400, "InvalidUri", "the path of the request is not valid")


def _check_browser(request: Request, hosts: frozenset[str]) -> None:
    host = request.headers.get("host", "")
    if not is_known_host(host, hosts):
        raise Refused(403, "HostNotAllowed", f'this server is not reached as "{host[:255]}"')
    if request.method in CHANGING:
        origin = request.headers.get("origin", "")
        fetch_site = request.headers.get("sec-fetch-site", "")
        if not is_own_origin(origin, fetch_site, host):
            raise Refused(403, "OriginNotAllowed", "a page of another site may not change anything")


def _is_open(match: Match | None, signed: frozenset[Permission]) -> bool:
    """Whether a request may go on though nobody is known to make it."""
    if match is None or match.route is None:
        return False
    return match.route.permission is Permission.PUBLIC or match.route.permission in signed


def _unauthenticated(request: Request) -> Refused:
    """The refusal of a caller who is not known; it says nothing of what exists.

    git and other tools ask for a name and password when told of `Basic`. So would a browser, over
    the page that has a form for it, and is not told.
    """
    is_browser = request.headers.get("user-agent", "").startswith("Mozilla/")
    challenge = "Bearer" if is_browser else 'Bearer, Basic realm="penstock"'
    return Refused(
        401,
        "AuthenticationFailed",
        "authentication failed: no 'Authorization' header, or its token is not valid",
        headers={"www-authenticate": challenge},
    )


def _known(
    match: Match | None, path: str, places: Places | None
) -> tuple[Route, Mapping[str, str]]:
    """The route and its parameters, where there is one for this organization."""
    if match is None or not _is_here(match.parameters, places):
        raise Refused(404, "NotFound", f'there is nothing at "{path}"')
    if match.route is None:
        allowed = ", ".join(match.allowed)
        raise Refused(
            405, "MethodNotAllowed", f'"{path}" answers {allowed}', headers={"allow": allowed}
        )
    return match.route, match.parameters


def _is_here(parameters: Mapping[str, str], places: Places | None) -> bool:
    named = parameters.get("organization")
    return named is None or places is None or named.lower() == places.organization.lower()


def _project(route: Route, parameters: Mapping[str, str], places: Places | None) -> str | None:
    """The id of the project that the request is about; None where there is no such project."""
    if route.project is not None:
        return route.project(parameters)
    named = parameters.get("project")
    if named is None or places is None:
        return named
    return places.project(named)


def _check_permission(route: Route, path: str, caller: _Caller, project: str | None) -> None:
    """Raise `Refused` unless the caller may. A project that one may not see is not there."""
    wanted, project = route.permission, project or ""
    principal, signed = caller.principal, caller.signed
    sees = project and may(principal, signed, Permission.PROJECT_READ, project)
    if wanted in IN_PROJECT and not sees:
        raise Refused(404, "NotFound", f'there is nothing at "{path}"')
    if not may(principal, signed, wanted, project):
        who = principal.name if principal is not None else "nobody"
        raise Refused(403, "AuthorizationFailed", f'"{who}" may not {wanted} at "{path}"')


async def _read(request: Request, limit: int) -> bytes:
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > limit:
        raise _too_large(limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> Refused:
    # The rest of the body is not read, so the connection cannot serve another request.
    return Refused(
        413,
        "RequestEntityTooLarge",
        f"the request content is larger than {limit} bytes",
        headers={"connection": "close"},
    )


async def _run(route: Route, call: Call) -> object:
    if inspect.iscoroutinefunction(route.handler):
        return await route.handler(call)
    if route.quick:
        return route.handler(call)
    return await run_in_threadpool(route.handler, call)


def _response(reply: object) -> Response:
    match reply:
        case Response():
            return reply
        case Answer():
            answer = reply
        case _:
            answer = Answer(body=reply)
    if answer.body is None:
        return Response(status_code=answer.status, headers=dict(answer.headers))
    if isinstance(answer.body, bytes):
        return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))
    text = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(
        text.encode("utf-8", "replace"),
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type="application/json",
    )
