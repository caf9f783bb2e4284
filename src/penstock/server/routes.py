"""The table of routes: what a handler gets, what it answers, and who may ask.

A module of handlers offers `routes(stores ...) -> tuple[Route, ...]`; `app.py` serves such tables.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.records import record

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

BODY_LIMIT = 32 * 1024 * 1024


class Permission(StrEnum):
    """What a caller must hold. `PUBLIC` needs nothing; `SIGNED` a signed address or `READ`;
    `SIGNED_WRITE` a writable signed address or `WRITE`.

    `READ` and `WRITE` are of Azure ML and MLflow. Those of `IN_PROJECT` are of Azure DevOps, and
    hold in the project that the route names. Everyone who is known is `SIGNED_IN`;
    `ACCOUNT_MANAGE` is for one's own account and tokens, `SERVER_MANAGE` for all that is left.
    """

    PUBLIC = "public"
    SIGNED = "signed"
    SIGNED_WRITE = "signed write"
    READ = "read"
    WRITE = "write"
    SIGNED_IN = "sign in"
    ACCOUNT_MANAGE = "manage its account"
    PROJECT_READ = "read the project"
    PROJECT_MANAGE = "manage the project"
    CODE_READ = "read code"
    CODE_WRITE = "write code"
    RUN_READ = "read runs"
    RUN_QUEUE = "queue runs"
    PIPELINE_EDIT = "edit pipelines"
    LIBRARY_READ = "read the library"
    LIBRARY_MANAGE = "manage the library"
    SERVER_MANAGE = "manage the server"


IN_PROJECT = frozenset(
    {
        Permission.PROJECT_READ,
        Permission.PROJECT_MANAGE,
        Permission.CODE_READ,
        Permission.CODE_WRITE,
        Permission.RUN_READ,
        Permission.RUN_QUEUE,
        Permission.PIPELINE_EDIT,
        Permission.LIBRARY_READ,
        Permission.LIBRARY_MANAGE,
    }
)
"""Permissions that one holds in a project, or as an administrator of the server in all of them."""


@record
class Principal:
    """Who calls, and what they may do with the credential they showed.

    `id` is the account's GUID, `name` its sign-in name, `display_name` what people read.
    `permissions` hold everywhere, in every project too; `projects` has those of single projects, by
    their ids. `run` is the number of the run that a job token was made for; `expires` the end of
    the personal access token that was shown or signed in with.
    """

    name: str
    permissions: frozenset[Permission]
    id: str = ""
    display_name: str = ""
    projects: Mapping[str, frozenset[Permission]] = field(default_factory=dict)
    run: str = ""
    expires: float | None = None

    def may(self, permission: Permission, project: str = "") -> bool:
        """Whether the caller holds a permission, for those of `IN_PROJECT` in that project (id)."""
        if permission in self.permissions:
            return True
        return permission in IN_PROJECT and permission in self.projects.get(project, ())


@record
class Call:
    """One request as a handler sees it.

    `path` was percent-decoded once and holds no `.`, `..`, empty or odd segment. `parameters` are
    those of the route's path. `project` is the id of the project that the path names by id or name,
    empty where it names none. `body` is whole and within the route's limit; for a route that
    streams it is empty and `request.stream()` gives the chunks.

    `until_answered` is closed when the answer was sent or its reader left: what is entered there
    is held until then. `may_still()` asks anew whether the caller may do this, for answers that go
    on for long; it reads the store.
    """

    request: Request
    path: str
    parameters: Mapping[str, str]
    principal: Principal | None = None
    project: str = ""
    body: bytes = b""
    until_answered: ExitStack = field(default_factory=ExitStack)
    may_still: Callable[[], bool] = lambda: True

    @property
    def base_url(self) -> str:
        """The address the caller used, for the addresses in an answer: `http://127.0.0.1:8123`."""
        return f"{self.request.url.scheme}://{self.request.headers['host']}"

    def query(self, name: str, default: str = "") -> str:
        """A query parameter, its name compared without case as ARM does; the last one counts."""
        wanted = name.lower()
        found = [value for key, value in self.query_items() if key.lower() == wanted]
        return found[-1] if found else default

    def query_items(self) -> list[tuple[str, str]]:
        """Every query parameter, in order."""
        return self.request.query_params.multi_items()

    def header(self, name: str, default: str = "") -> str:
        """A request header."""
        value: str = self.request.headers.get(name, default)
        return value

    def json(self, *, finite: bool = True) -> dict[str, object]:
        """The body as a JSON object (empty body: empty object). Raises `BadBody`.

        What could be kept but never be sent again is refused: half a surrogate pair and, with
        `finite`, numbers that JSON cannot write.
        """
        if not self.body:
            return {}
        try:
            value = json.loads(self.body)
            if finite or b"\\u" in self.body:
                json.dumps(value, allow_nan=not finite, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise BadBody(f"the request content is not valid JSON: {error}") from error
        if not isinstance(value, dict):
            raise BadBody(f"the request content must be a JSON object, not {_kind(value)}")
        return value


class BadBody(Exception):
    """the request content is not a JSON object"""


@record
class Answer:
    """What a handler answers. `body` None sends nothing, bytes go as they are, all else as JSON."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


# A handler answers an `Answer`, a mapping or list (200, JSON), None (200, no content), or a
# Starlette response of its own (a file, a stream).
Reply = Answer | Mapping[str, object] | list[object] | None
Handler = Callable[[Call], "Reply | Response | Awaitable[Reply | Response]"]


@record
class Route:
    """One row of the table.

    `path` is a template: fixed words (compared without case, as ARM does), `{name}` for one
    segment, `{name:path}` at the end for the rest. A plain function runs in a worker thread, or in
    the server's own loop when `quick` (it then must never wait for long); a coroutine runs in the
    loop. `on_error` words what the handler raises; None means as ARM does.

    A permission of `IN_PROJECT` is asked for in the project of the path's `{project}`. A path
    without one needs `project`, which finds the project's id by the path's parameters (by a
    repository's id, say); where it finds none the answer is 404.
    """

    method: str
    path: str
    permission: Permission
    handler: Handler
    quick: bool = False
    streams: bool = False
    body_limit: int = BODY_LIMIT
    on_error: Callable[[Exception], Answer] | None = None
    project: Callable[[Mapping[str, str]], str | None] | None = None


class UnusableRoute(Exception):
    """a row of the route table cannot be served"""


@record(kw_only=False, frozen=False)
class _Branch:
    words: dict[str, _Branch] = field(default_factory=dict)
    parameter: _Branch | None = None
    methods: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)
    rest: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


@record(kw_only=False)
class Match:
    """Which route a request meets. `route` None: the path is known for `allowed` methods only."""

    route: Route | None
    parameters: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()


class RouteTable:
    """Routes as a tree of segments: a fixed word wins over a parameter, that over a rest."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._root = _Branch()
        for route in self.routes:
            self._add(route)

    def match(self, method: str, path: str) -> Match | None:
        """The route for a normalised path, or None when no route has it."""
        segments = path.strip("/").split("/")
        allowed: set[str] = set()
        found = _search(self._root, segments, 0, (), method, allowed)
        if found is not None:
            (route, names), values = found
            return Match(route, dict(zip(names, values, strict=True)))
        return Match(None, allowed=tuple(sorted(allowed))) if allowed else None

    def _add(self, route: Route) -> None:
        if not isinstance(route.permission, Permission):
            raise UnusableRoute(f'the route "{route.method} {route.path}" has no permission')
        names_project = "/{project}" in f"/{route.path}" or route.project is not None
        if route.permission in IN_PROJECT and not names_project:
            raise UnusableRoute(
                f'the route "{route.method} {route.path}" asks for a permission in a project and '
                "names no project"
            )
        branch, names, segments = self._root, [], route.path.strip("/").split("/")
        for segment in segments:
            if segment.startswith("{") and segment.endswith(":path}"):
                names.append(segment[1:-6])
                self._put(branch.rest, route, tuple(names))
                return
            if segment.startswith("{"):
                names.append(segment[1:-1])
                branch.parameter = branch.parameter or _Branch()
                branch = branch.parameter
            else:
                branch = branch.words.setdefault(segment.lower(), _Branch())
        self._put(branch.methods, route, tuple(names))

    @staticmethod
    def _put(
        methods: dict[str, tuple[Route, tuple[str, ...]]], route: Route, names: tuple[str, ...]
    ) -> None:
        if route.method in methods:
            raise UnusableRoute(f'two routes answer "{route.method} {route.path}"')
        methods[route.method] = (route, names)


_Found = tuple[tuple[Route, tuple[str, ...]], tuple[str, ...]]


def _search(
    branch: _Branch,
    segments: list[str],
    index: int,
    values: tuple[str, ...],
    method: str,
    allowed: set[str],
) -> _Found | None:
    if index == len(segments):
        return _chosen(branch.methods, method, values, allowed)
    segment = segments[index]
    word = branch.words.get(segment.lower())
    if word and (found := _search(word, segments, index + 1, values, method, allowed)):
        return found
    if branch.parameter is not None and segment:
        below = (*values, segment)
        if found := _search(branch.parameter, segments, index + 1, below, method, allowed):
            return found
    if branch.rest:
        rest = "/".join(segments[index:])
        return _chosen(branch.rest, method, (*values, rest), allowed)
    return None


def _chosen(
    methods: dict[str, tuple[Route, tuple[str, ...]]],
    method: str,
    values: tuple[str, ...],
    allowed: set[str],
) -> _Found | None:
    if entry := methods.get(method):
        return entry, values
    allowed.update(methods)
    return None


def _kind(value: object) -> str:
    match value:
        case list():
            return "a list"
        case str():
            return "a text"
        case None:
            return "null"
    return "a number"
