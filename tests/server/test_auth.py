import base64
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from loopback import Response, Server, serving

from penstock.server.auth import FixedTokens, Signer, one_token
from penstock.server.errors import Detail, Refused
from penstock.server.routes import (
    Answer,
    Call,
    Permission,
    Principal,
    Reply,
    Route,
    RouteTable,
    UnusableRoute,
)

READER = Principal(name="reader", permissions=frozenset({Permission.READ, Permission.SIGNED}))
SIGNER = Signer(b"key")


def echo(call: Call) -> Reply:
    return {
        "path": call.path,
        "parameters": dict(call.parameters),
        "body": call.body.decode(),
        "base": call.base_url,
        "who": call.principal.name if call.principal else "",
    }


async def echo_later(call: Call) -> Reply:
    return echo(call)


def fail(call: Call) -> Reply:
    raise RuntimeError("the secret of the house")


def refuse(call: Call) -> Reply:
    raise Refused(
        400,
        "UserError",
        "two faults",
        target="jobs.train",
        details=[Detail(code="Missing", message="no compute", target="jobs.train.compute")],
    )


def read_json(call: Call) -> Reply:
    return call.json()


def route(method: str, path: str, permission: Permission, handler=echo, **more) -> Route:  # type: ignore[no-untyped-def]
    return Route(method=method, path=path, permission=permission, handler=handler, **more)


ROUTES = [
    route("GET", "/open", Permission.PUBLIC),
    route("GET", "/subscriptions/{sub}/resourceGroups/{group}", Permission.READ),
    route("PUT", "/subscriptions/{sub}/resourceGroups/{group}", Permission.WRITE),
    route("POST", "/things", Permission.WRITE, read_json, quick=True),
    route("POST", "/later", Permission.WRITE, echo_later),
    route("POST", "/small", Permission.WRITE, body_limit=10),
    route("GET", "/fail", Permission.READ, fail),
    route("GET", "/refuse", Permission.READ, refuse),
    route("GET", "/files/{path:path}", Permission.SIGNED),
    route("PUT", "/files/{path:path}", Permission.SIGNED_WRITE),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    everyone = Principal(name="local", permissions=frozenset(Permission))
    tokens = FixedTokens({"all-of-it": everyone, "only-read": READER})
    with serving(ROUTES, tokens, signer=SIGNER) as server:
        yield server


def ask(
    server: Server, method: str, path: str, body: bytes | None = None, **headers: str
) -> Response:
    return server.request(method, path, body, Authorization="Bearer all-of-it", **headers)


# The table


def test_a_route_without_a_permission_does_not_start() -> None:
    with pytest.raises(UnusableRoute, match='the route "GET /x" has no permission'):
        RouteTable([route("GET", "/x", None)])  # type: ignore[arg-type]


def test_two_routes_for_one_request_do_not_start() -> None:
    with pytest.raises(UnusableRoute, match=r'two routes answer "GET /X/\{b\}"'):
        RouteTable(
            [route("GET", "/x/{a}", Permission.READ), route("GET", "/X/{b}", Permission.READ)]
        )


def test_fixed_words_win_and_ignore_case_while_parameters_keep_theirs() -> None:
    table = RouteTable(
        [
            route("GET", "/a/{name}", Permission.READ),
            route("GET", "/a/fixed/{x}", Permission.READ),
            route("GET", "/a/{name}/versions/{version}", Permission.READ),
            route("GET", "/a/{rest:path}", Permission.WRITE),
        ]
    )

    def found(path: str) -> tuple[str, dict[str, str]]:
        match = table.match("GET", path)
        assert match is not None
        assert match.route is not None
        return match.route.path, dict(match.parameters)

    assert found("/A/Name") == ("/a/{name}", {"name": "Name"})
    assert found("/a/FIXED/Y") == ("/a/fixed/{x}", {"x": "Y"})
    assert found("/a/fixed/VERSIONS/2") == (
        "/a/{name}/versions/{version}",
        {"name": "fixed", "version": "2"},
    )
    assert found("/a/x/y/Z") == ("/a/{rest:path}", {"rest": "x/y/Z"})
    assert table.match("GET", "/b") is None
    match = table.match("PUT", "/a/x")
    assert match is not None
    assert (match.route, match.allowed) == (None, ("GET",))


# Who calls

ANONYMOUS = [
    {},
    {"Authorization": "Bearer wrong"},
    {"Authorization": "Bearer all-of-i"},
    {"Authorization": "Bearer all-of-it-"},
    {"Authorization": "Bearer"},
    {"Authorization": "all-of-it"},
    {"Authorization": "Digest all-of-it"},
    {"Authorization": "Basic !!!"},
    {"Authorization": "Basic " + base64.b64encode(b"all-of-it").decode()},
    {"Authorization": "Basic " + base64.b64encode(b"user:wrong").decode()},
    {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
]


@pytest.mark.parametrize("headers", ANONYMOUS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/subscriptions/s/resourceGroups/g"),
        ("PUT", "/subscriptions/s/resourceGroups/g"),
        ("POST", "/things"),
        ("GET", "/files/a"),
        ("GET", "/not/there"),
        ("DELETE", "/open"),
    ],
)
def test_without_a_right_token_nobody_learns_what_is_there(
    server: Server, headers: dict[str, str], method: str, path: str
) -> None:
    answer = server.request(method, path, **headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer, Basic realm="penstock"'
    assert answer.json == {
        "error": {
            "code": "AuthenticationFailed",
            "message": "authentication failed: no 'Authorization' header,"
            " or its token is not valid",
            "details": [],
        }
    }


@pytest.mark.parametrize(
    "value",
    [
        "Bearer all-of-it",
        "bearer all-of-it",
        "Basic " + base64.b64encode(b":all-of-it").decode(),
        "Basic " + base64.b64encode(b"anyone:all-of-it").decode(),
    ],
)
def test_a_token_comes_as_bearer_or_as_the_password(server: Server, value: str) -> None:
    answer = server.request("GET", "/subscriptions/s/resourceGroups/g", Authorization=value)
    assert answer.status == 200
    assert answer.json["who"] == "local"


def test_a_public_route_needs_no_token(server: Server) -> None:
    assert server.request("GET", "/open").json["who"] == ""


def test_a_reader_cannot_write(server: Server) -> None:
    path = "/subscriptions/s/resourceGroups/g"
    reader = {"Authorization": "Bearer only-read"}
    assert server.request("GET", path, **reader).status == 200
    assert server.request("GET", "/files/a", **reader).status == 200
    for method, refused in (("PUT", path), ("PUT", "/files/a")):
        answer = server.request(method, refused, **reader)
        assert answer.status == 403
        assert answer.json["error"]["code"] == "AuthorizationFailed"


def test_one_token_may_do_everything() -> None:
    principal = one_token("t").principal("t")
    assert principal is not None
    assert principal.permissions == frozenset(Permission)
    assert one_token("t").principal("") is None


# Signed addresses


def signed(path: str, *, seconds: float = 60, write: bool = False) -> str:
    return SIGNER.query(path, expires=time.time() + seconds, write=write)


def test_a_signed_address_opens_what_is_below_its_path(server: Server) -> None:
    query = signed("/files/container")
    for path in ("/files/container", "/files/container/a", "/files/container/a/ü"):
        assert server.request("GET", f"{quote(path)}?comp=list&{query}").status == 200
    assert server.request("GET", f"/files/container/a?{signed('/files/container/')}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/files",
        "/files/container2",
        "/files/containe",
        "/files/other",
        "/subscriptions/s/resourceGroups/g",
    ],
)
def test_a_signed_address_opens_nothing_else(server: Server, path: str) -> None:
    assert server.request("GET", f"{path}?{signed('/files/container')}").status == 401


@pytest.mark.parametrize(
    "query",
    [
        signed("/files/container", seconds=-1),
        signed("/files/container").replace("sp=r", "sp=rw"),
        signed("/files/container").replace("se=", "se=9"),
        signed("/files/container").replace("spr=%2Ffiles%2Fcontainer", "spr=%2Ffiles"),
        signed("/files/container")[:-1],
        signed("/files/container") + "0",
        "sig=",
        "sig=x&se=never&sp=r&spr=/files",
        Signer(b"other").query("/files/container", expires=time.time() + 60),
    ],
)
def test_a_changed_or_old_signature_opens_nothing(server: Server, query: str) -> None:
    assert server.request("GET", f"/files/container/a?{query}").status == 401


def test_only_an_address_signed_for_writing_writes(server: Server) -> None:
    path = "/files/container/a"
    assert server.request("PUT", f"{path}?{signed('/files/container')}", b"x").status == 401
    assert (
        server.request("PUT", f"{path}?{signed('/files/container', write=True)}", b"x").status
        == 200
    )
    assert server.request("GET", f"{path}?{signed('/files/container', write=True)}").status == 200


# Browsers


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8123",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "",
        "[::2]",
        "[",
        "10.0.0.1",
    ],
)
def test_a_name_that_was_rebound_to_loopback_is_refused(server: Server, host: str) -> None:
    answer = ask(server, "GET", "/open", Host=host)
    assert answer.status == 403 or (host == "" and answer.status == 400)
    assert b"hello" not in answer.body


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:1", "localhost:80", "LOCALHOST", "[::1]:5"]
)
def test_loopback_names_are_known(server: Server, host: str) -> None:
    assert ask(server, "GET", "/open", Host=host).status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "file://", "http://["]
)
def test_a_page_of_another_site_changes_nothing(server: Server, origin: str) -> None:
    form = {"Origin": origin, "Content_Type": "text/plain"}
    answer = ask(server, "POST", "/things", b'{"a": 1}', **form)
    assert (answer.status, answer.json["error"]["code"]) == (403, "OriginNotAllowed")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_the_browser_says_where_a_request_comes_from(server: Server, site: str) -> None:
    assert ask(server, "POST", "/things", b"{}", Sec_Fetch_Site=site).status == 403
    assert ask(server, "GET", "/open", Sec_Fetch_Site=site).status == 200


def test_our_own_page_may_change_things(server: Server) -> None:
    own = {"Origin": server.listener.url, "Sec_Fetch_Site": "same-origin"}
    assert ask(server, "POST", "/things", b"{}", **own).status == 200


# Paths

TRICKS = [
    "/../open",
    "/files/../open",
    "/files/./a",
    "/files/a/..",
    "/files/%2e%2e/%2e%2e/etc/passwd",
    "/files/%2E%2E%2Fopen",
    "/files/%252e%252e/a",
    "/files/%25252e%25252e/a",
    "/files/..%2f..%2fetc",
    "/files/..%5c..%5cetc",
    "/files/a%5c..%5cb",
    "/files/a\\b",
    "//files/a",
    "/files//a",
    "/files/a%00",
    "/files/a%0a",
    "/files/%c0%ae%c0%ae/a",
    "/files/%ff",
    "files/a",
    "*",
]


@pytest.mark.parametrize("path", TRICKS)
def test_a_path_with_two_meanings_is_refused(server: Server, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer all-of-it"}):
        answer = server.request("GET", path, **headers)
        assert answer.status == 400, answer.body
        if answer.body.startswith(b"{"):
            assert answer.json["error"]["code"] == "InvalidUri"


def test_a_whole_address_as_path_is_refused(server: Server) -> None:
    path = "http://127.0.0.1/files/a"
    assert server.request("GET", path, Host="127.0.0.1").status == 400


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/files/a%20b", "a b"),
        ("/files/%E6%97%A5", "日"),
        ("/files/100%25", "100%"),
        ("/files/a%2520b", "a%20b"),
        ("/files/a;b", "a;b"),
        ("/files/a+b", "a+b"),
        ("/files/...", "..."),
        ("/files/a.", "a."),
        ("/files/a%2Fb", "a/b"),
    ],
)
def test_a_path_is_decoded_once(server: Server, path: str, seen: str) -> None:
    assert ask(server, "GET", path).json["parameters"] == {"path": seen}


@pytest.mark.parametrize(
    "path",
    ["/files/a;.jsp", "/open/../files/a", "/open;/../files/a", "/open%2f..%2ffiles/a", "/OPEN/x"],
)
def test_no_other_way_to_write_a_path_goes_past_the_token(server: Server, path: str) -> None:
    assert server.request("GET", path).status in (400, 401)


# Bodies and errors


def test_a_body_over_the_limit_is_refused(server: Server) -> None:
    assert ask(server, "POST", "/small", b"0123456789").json["body"] == "0123456789"
    answer = ask(server, "POST", "/small", b"0123456789a")
    assert answer.status == 413
    assert answer.json["error"] == {
        "code": "RequestEntityTooLarge",
        "message": "the request content is larger than 10 bytes",
        "details": [],
    }


def test_a_body_of_unknown_length_over_the_limit_is_refused(server: Server) -> None:
    chunked = b"b\r\n0123456789a\r\n0\r\n\r\n"
    answer = ask(server, "POST", "/small", chunked, Transfer_Encoding="chunked")
    assert answer.status == 413


def test_a_body_said_to_be_huge_is_refused_before_it_comes(server: Server) -> None:
    answer = ask(server, "POST", "/small", None, Content_Length="99999999999")
    assert answer.status == 413


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[1]", "the request content must be a JSON object, not a list"),
        (b"null", "the request content must be a JSON object, not null"),
        (b'"a"', "the request content must be a JSON object, not a text"),
        (b"1", "the request content must be a JSON object, not a number"),
    ],
)
def test_a_body_must_be_a_json_object(server: Server, body: bytes, message: str) -> None:
    answer = ask(server, "POST", "/things", body)
    assert answer.status == 400
    assert answer.json["error"] == {
        "code": "InvalidRequestContent",
        "message": message,
        "details": [],
    }


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a": }',
        b'{"a": NaN}',
        b'{"a": [-Infinity]}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
    ],
)
def test_a_body_that_is_not_json_is_refused(server: Server, body: bytes) -> None:
    answer = ask(server, "POST", "/things", body)
    assert answer.status == 400
    assert answer.json["error"]["message"].startswith("the request content is not valid JSON: ")


def test_a_coroutine_handles_as_a_function_does(server: Server) -> None:
    assert ask(server, "POST", "/later", b"x").json["body"] == "x"


def test_what_is_not_there_is_named(server: Server) -> None:
    answer = ask(server, "GET", "/not/there")
    assert answer.status == 404
    assert answer.json["error"]["message"] == 'there is nothing at "/not/there"'


def test_another_method_is_told_which_there_are(server: Server) -> None:
    answer = ask(server, "DELETE", "/subscriptions/s/resourceGroups/g")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, PUT")


def test_a_refusal_carries_all_its_details(server: Server) -> None:
    answer = ask(server, "GET", "/refuse")
    assert answer.status == 400
    assert answer.json == {
        "error": {
            "code": "UserError",
            "message": "two faults",
            "target": "jobs.train",
            "details": [
                {"code": "Missing", "message": "no compute", "target": "jobs.train.compute"}
            ],
        }
    }


def test_our_own_failure_says_nothing_outside_and_all_inside(server: Server) -> None:
    answer = ask(server, "GET", "/fail")
    assert answer.status == 500
    assert answer.json["error"] == {
        "code": "InternalServerError",
        "message": "the server failed; its log says why",
        "details": [],
    }
    line, error = server.failures.pop()
    assert (line, str(error)) == ("GET /fail", "the secret of the house")


def test_an_answer_keeps_its_status_and_headers() -> None:
    made = route(
        "GET",
        "/x",
        Permission.PUBLIC,
        lambda call: Answer(status=201, body=["a"], headers={"Retry-After": "0"}),
    )
    with serving([made], one_token("t")) as server:
        answer = server.request("GET", "/x")
        assert (answer.status, answer.json, answer.headers["retry-after"]) == (201, ["a"], "0")
