"""Who may do what in which project, and what a session's cookie is good for."""

from collections.abc import Iterator

import pytest
from loopback import Server, serving

from penstock.server.app import Places
from penstock.server.auth import EVERYTHING, SESSION_COOKIE, FixedTokens
from penstock.server.errors import arm_error
from penstock.server.routes import (
    IN_PROJECT,
    Answer,
    Call,
    Permission,
    Principal,
    Reply,
    Route,
    RouteTable,
    UnusableRoute,
)

READER = frozenset({Permission.PROJECT_READ, Permission.CODE_READ})
WRITER = READER | {Permission.CODE_WRITE}
PROJECTS = {"1": "1", "alpha": "1", "2": "2", "beta": "2"}
REPOSITORIES = {"r1": "1", "r2": "2"}
PLACES = Places(
    organization="Penstock", project=lambda named: PROJECTS.get(named.lower().removeprefix("id-"))
)
ANNA = Principal(
    name="anna",
    permissions=frozenset({Permission.SIGNED_IN}),
    projects={"1": WRITER},
)
BORIS = Principal(
    name="boris",
    permissions=frozenset({Permission.SIGNED_IN}),
    projects={"1": READER, "2": frozenset({Permission.CODE_READ})},
)
ADMINISTRATOR = Principal(name="root", permissions=EVERYTHING)
TOKENS = FixedTokens({"anna": ANNA, "boris": BORIS, "root": ADMINISTRATOR})


def echo(call: Call) -> Reply:
    return {"project": call.project, "who": call.principal.name if call.principal else ""}


def worded(error: Exception) -> Answer:
    return Answer(status=arm_error(error).status, body={"worded": True})


def route(method: str, path: str, permission: Permission, **more: object) -> Route:
    return Route(method=method, path=path, permission=permission, handler=echo, **more)  # type: ignore[arg-type]


ROUTES = [
    route("GET", "/{organization}/_apis/me", Permission.SIGNED_IN),
    route("GET", "/{organization}/_apis/accounts", Permission.SERVER_MANAGE),
    route("GET", "/{organization}/{project}/_apis/code", Permission.CODE_READ),
    route("PUT", "/{organization}/{project}/_apis/code", Permission.CODE_WRITE, on_error=worded),
    route(
        "GET",
        "/{organization}/_apis/repositories/{repository}",
        Permission.CODE_READ,
        project=lambda parameters: REPOSITORIES.get(parameters["repository"]),
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(ROUTES, TOKENS, sessions=FixedTokens({"c": ANNA}), places=PLACES) as server:
        yield server


def status(server: Server, who: str, method: str, path: str) -> int:
    return server.request(method, path, Authorization=f"Bearer {who}").status


@pytest.mark.parametrize(
    ("who", "method", "path", "expected"),
    [
        ("anna", "GET", "/penstock/alpha/_apis/code", 200),
        ("anna", "PUT", "/penstock/alpha/_apis/code", 200),
        ("boris", "GET", "/penstock/alpha/_apis/code", 200),
        ("boris", "PUT", "/penstock/alpha/_apis/code", 403),
        ("root", "PUT", "/penstock/alpha/_apis/code", 200),
        # A project that one may not see is as one that is not there.
        ("anna", "GET", "/penstock/beta/_apis/code", 404),
        ("anna", "GET", "/penstock/gamma/_apis/code", 404),
        ("boris", "GET", "/penstock/beta/_apis/code", 404),
        ("root", "GET", "/penstock/gamma/_apis/code", 404),
        ("root", "GET", "/penstock/beta/_apis/code", 200),
        # The organization is this server's, whatever its case.
        ("anna", "GET", "/PENSTOCK/alpha/_apis/code", 200),
        ("root", "GET", "/other/alpha/_apis/code", 404),
        ("root", "GET", "/other/_apis/me", 404),
        # What has no project in its path is found by what it has.
        ("anna", "GET", "/penstock/_apis/repositories/r1", 200),
        ("anna", "GET", "/penstock/_apis/repositories/r2", 404),
        ("root", "GET", "/penstock/_apis/repositories/r2", 200),
        ("root", "GET", "/penstock/_apis/repositories/r3", 404),
        # Of the server.
        ("anna", "GET", "/penstock/_apis/me", 200),
        ("anna", "GET", "/penstock/_apis/accounts", 403),
        ("root", "GET", "/penstock/_apis/accounts", 200),
    ],
)
def test_what_one_may_do_depends_on_the_project(
    server: Server, who: str, method: str, path: str, expected: int
) -> None:
    assert status(server, who, method, path) == expected


@pytest.mark.parametrize("named", ["alpha", "ALPHA", "1"])
def test_a_project_is_named_by_id_or_name(server: Server, named: str) -> None:
    answer = server.request("GET", f"/penstock/{named}/_apis/code", Authorization="Bearer anna")
    assert answer.json == {"project": "1", "who": "anna"}


def test_a_hidden_and_a_missing_project_are_answered_alike(server: Server) -> None:
    def said(project: str) -> str:
        path = f"/penstock/{project}/_apis/code"
        answer = server.request("GET", path, Authorization="Bearer anna")
        return answer.body.decode().replace(project, "?")

    assert said("beta") == said("gamma")


def test_a_refusal_is_worded_by_the_route_but_for_those_who_are_unknown(server: Server) -> None:
    path = "/penstock/alpha/_apis/code"
    assert server.request("PUT", path, Authorization="Bearer boris").json == {"worded": True}
    anonymous = server.request("PUT", path)
    assert (anonymous.status, list(anonymous.json)) == (401, ["error"])


@pytest.mark.parametrize("permission", sorted(IN_PROJECT))
def test_a_route_that_names_no_project_asks_for_no_permission_in_one(
    permission: Permission,
) -> None:
    with pytest.raises(UnusableRoute, match="names no project"):
        RouteTable([route("GET", "/{organization}/_apis/x", permission)])


def test_a_permission_in_a_project_is_of_no_use_elsewhere() -> None:
    everywhere = Principal(
        name="x",
        permissions=frozenset(),
        projects={"1": frozenset(Permission), "": frozenset(Permission)},
    )
    assert everywhere.may(Permission.CODE_WRITE, "1")
    assert not everywhere.may(Permission.CODE_WRITE, "2")
    assert not everywhere.may(Permission.SERVER_MANAGE, "1")
    assert not everywhere.may(Permission.WRITE)


# Browsers


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", {}, 200),
        ("GET", {"Sec_Fetch_Site": "same-origin"}, 200),
        ("GET", {"Sec_Fetch_Site": "none"}, 200),
        ("GET", {"Sec_Fetch_Site": "same-site"}, 401),
        ("GET", {"Sec_Fetch_Site": "cross-site"}, 401),
        ("PUT", {"Sec_Fetch_Site": "same-origin"}, 200),
        ("PUT", {"Origin": "OWN"}, 200),
        ("PUT", {}, 401),
        ("PUT", {"Sec_Fetch_Site": "none"}, 401),
        ("PUT", {"Sec_Fetch_Site": "same-site"}, 403),
        ("PUT", {"Origin": "http://127.0.0.1:1"}, 403),
    ],
)
def test_a_cookie_counts_only_where_our_own_page_or_the_user_asks(
    server: Server, method: str, headers: dict[str, str], expected: int
) -> None:
    sent = {name: server.listener.url if v == "OWN" else v for name, v in headers.items()}
    sent["Cookie"] = f"other=1; {SESSION_COOKIE}=c"
    assert server.request(method, "/penstock/alpha/_apis/code", **sent).status == expected


def test_a_wrong_token_is_not_helped_by_a_cookie(server: Server) -> None:
    cookie = {"Cookie": f"{SESSION_COOKIE}=c"}
    path = "/penstock/_apis/me"
    assert server.request("GET", path, Authorization="Bearer wrong", **cookie).status == 401
    assert server.request("GET", path, Cookie=f"{SESSION_COOKIE}=wrong").status == 401
    assert server.request("GET", path, Authorization="Bearer c").status == 401


def test_only_tools_are_asked_for_a_name_and_a_password(server: Server) -> None:
    def challenge(agent: str) -> str:
        answer = server.request("GET", "/penstock/_apis/me", User_Agent=agent)
        return answer.headers["www-authenticate"]

    assert challenge("git/2.39.5") == 'Bearer, Basic realm="penstock"'
    assert challenge("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0") == "Bearer"
