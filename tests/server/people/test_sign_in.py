"""Signing in: sessions, how often one may try, and what a browser gets."""

import pytest
from peopleserver import ALPHA, API, PASSWORD, PROCESS, PeopleServer, basic

from penstock.server.people.attempts import PER_ACCOUNT, PER_ADDRESS, Attempts
from penstock.server.people.signin import session_cookie
from penstock.server.routes import Call
from penstock.store.people.sessions import IDLE_SECONDS

SESSION = "/_apis/penstock/session"


def test_who_signs_in_learns_who_they_are_and_where(server: PeopleServer) -> None:
    anna = server.add("anna", alpha="contributor")
    answer = server.sign_in("Anna")
    assert answer.status == 200
    assert answer.json == {
        "account": {
            "id": anna.id,
            "userName": "anna",
            "displayName": "anna",
            "isAdministrator": False,
            "isDisabled": False,
            "created": "2027-01-15T08:00:00.000000Z",
        },
        "organization": "penstock",
        "projects": [{"id": ALPHA, "name": "alpha", "role": "contributor"}],
    }
    again = server.ask("GET", SESSION, cookie=answer.headers["set-cookie"].partition(";")[0])
    assert again.json == answer.json
    assert again.headers["cache-control"] == "no-store"


def test_an_administrator_of_the_server_is_one_of_every_project(server: PeopleServer) -> None:
    server.add("root", administrator=True)
    projects = server.sign_in("root").json["projects"]
    assert [(project["name"], project["role"]) for project in projects] == [
        ("alpha", "administrator"),
        ("beta", "administrator"),
    ]


def test_the_cookie_is_for_this_server_and_no_script(server: PeopleServer) -> None:
    server.add("anna")
    cookie = server.sign_in("anna").headers["set-cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith("penstock_session=penstock_session_")
    assert attributes == ["Path=/", "Max-Age=604800", "HttpOnly", "SameSite=Strict"]


@pytest.mark.parametrize(("scheme", "is_secure"), [("https", True), ("http", False)])
def test_over_tls_the_cookie_is_for_tls_only(scheme: str, is_secure: bool) -> None:
    from starlette.requests import Request

    scope = {
        "type": "http",
        "scheme": scheme,
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    call = Call(request=Request(scope), path="/", parameters={})
    assert session_cookie(call, "x").endswith("; Secure") is is_secure


def test_wrong_unknown_and_disabled_are_answered_alike(server: PeopleServer) -> None:
    server.add("root", administrator=True)
    server.add("anna")
    boris = server.add("boris")
    server.people.accounts.disable(boris.id, by=server.people.audit.entries()[0].actor)
    answers = [
        server.sign_in("anna", "wrong password"),
        server.sign_in("nobody", PASSWORD),
        server.sign_in("boris", PASSWORD),
        server.sign_in("", ""),
        server.ask("POST", SESSION, {"token": "penstock_pat_x"}),
        server.ask("POST", SESSION, {"token": PROCESS}),
    ]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert all("set-cookie" not in answer.headers for answer in answers)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"userName": "anna"},
        {"userName": "anna", "password": 1},
        {"userName": ["anna"], "password": PASSWORD},
        {"token": "x", "userName": "anna"},
        {"userName": "anna", "password": PASSWORD, "organization": "x"},
    ],
)
def test_a_sign_in_of_another_shape_is_refused_by_name(
    server: PeopleServer, body: dict[str, object]
) -> None:
    server.add("anna")
    assert server.ask("POST", SESSION, body).status == 400


def test_a_large_sign_in_is_refused(server: PeopleServer) -> None:
    assert server.sign_in("anna", "x" * 10_000).status == 413


# How often


def test_after_ten_wrong_tries_in_a_minute_nobody_may_try(server: PeopleServer) -> None:
    server.add("anna")
    server.add("boris")
    for _ in range(PER_ACCOUNT):
        assert server.sign_in("anna", "wrong password").status == 401
    refused = server.sign_in("Anna", PASSWORD)
    assert (refused.status, refused.headers["retry-after"]) == (429, "60")
    assert refused.json["typeKey"] == "TooManyAttempts"
    # Others at the same address go on, and so does she a minute later.
    assert server.sign_in("boris").status == 200
    server.now[0] += 60
    assert server.sign_in("anna").status == 200


def test_unknown_names_are_counted_as_known_ones(server: PeopleServer) -> None:
    for _ in range(PER_ACCOUNT):
        assert server.sign_in("nobody").status == 401
    assert server.sign_in("nobody").status == 429


def test_those_who_know_their_password_are_not_counted(server: PeopleServer) -> None:
    server.add("anna")
    for _ in range(PER_ACCOUNT + 5):
        assert server.sign_in("anna").status == 200


def test_many_names_from_one_address_are_counted_together() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for number in range(PER_ADDRESS):
        now[0] += 0.5
        assert attempts.begin(f"name{number}", "10.0.0.1") == 0
    assert attempts.begin("another", "10.0.0.1") == pytest.approx(30.5)
    assert attempts.begin("another", "10.0.0.2") == 0
    now[0] += 31
    assert attempts.begin("another", "10.0.0.1") == 0


def test_tries_by_token_are_counted_once_and_apart_from_those_by_name(
    server: PeopleServer,
) -> None:
    anna = server.add("anna")
    good = {"token": server.token(anna)}

    def by_token(body: dict[str, str]) -> int:
        return server.ask("POST", "/_apis/penstock/session", body).status

    for number in range(PER_ACCOUNT):
        assert server.sign_in(f"name{number}", "wrong password").status == 401
    assert by_token(good) == 200
    for _ in range(PER_ACCOUNT):
        assert by_token({"token": "penstock_pat_wrong"}) == 401
    assert by_token(good) == 429
    assert server.sign_in("anna").status == 200


def test_tries_count_from_their_beginning_and_success_takes_one_back() -> None:
    attempts = Attempts(lambda: 0.0)
    for _ in range(PER_ACCOUNT):
        assert attempts.begin("anna", "a") == 0
    assert attempts.begin("anna", "a") == 60
    attempts.succeeded("anna", "a")
    assert attempts.begin("anna", "a") == 0
    assert attempts.begin("anna", "a") == 60


def test_old_tries_take_no_room() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for number in range(5000):
        now[0] += 2
        attempts.begin(f"name{number}", f"address{number}")
    assert len(attempts._tries) < 1100


def test_refused_tries_are_in_the_log_without_what_was_typed(server: PeopleServer) -> None:
    server.add("anna")
    server.sign_in("anna", "wrong password")
    server.sign_in(PASSWORD, PASSWORD)
    entries = [e for e in server.people.audit.entries() if e.action == "session.refused"]
    assert [entry.subject for entry in entries] == ["", "anna"]
    assert entries[0].actor.address == "127.0.0.1"
    assert PASSWORD not in repr(server.people.audit.entries())


# Sessions


def test_signing_out_ends_the_session(server: PeopleServer) -> None:
    server.add("anna")
    cookie = server.cookie("anna")
    ended = server.ask("DELETE", SESSION, cookie=cookie)
    assert ended.status == 204
    assert "Max-Age=0" in ended.headers["set-cookie"]
    assert server.ask("GET", SESSION, cookie=cookie).status == 401
    assert server.ask("DELETE", SESSION, cookie=cookie).status == 401
    assert server.actions()[-2:] == ["session.start", "session.end"]


def test_a_new_sign_in_has_a_new_id_and_ends_the_old_session(server: PeopleServer) -> None:
    server.add("anna")
    old = server.cookie("anna")
    body = {"userName": "anna", "password": PASSWORD}
    answer = server.ask("POST", SESSION, body, cookie=old)
    new = answer.headers["set-cookie"].partition(";")[0]
    assert new != old
    assert server.ask("GET", SESSION, cookie=old).status == 401
    assert server.ask("GET", SESSION, cookie=new).status == 200


def test_an_id_that_was_planted_before_is_never_a_session(server: PeopleServer) -> None:
    server.add("anna")
    planted = "penstock_session=penstock_session_" + "A" * 43
    body = {"userName": "anna", "password": PASSWORD}
    answer = server.ask("POST", SESSION, body, cookie=planted)
    assert planted not in answer.headers["set-cookie"]
    assert server.ask("GET", SESSION, cookie=planted).status == 401


def test_a_session_that_is_used_does_not_end_for_being_idle(server: PeopleServer) -> None:
    server.add("anna")
    cookie = server.cookie("anna")
    for _ in range(3):
        server.now[0] += IDLE_SECONDS - 60
        assert server.ask("GET", SESSION, cookie=cookie).status == 200
        server.access._notes.submit(lambda: None).result()
    server.now[0] += IDLE_SECONDS
    assert server.ask("GET", SESSION, cookie=cookie).status == 401


def test_a_token_signs_in_a_browser_that_may_do_no_more_than_it(server: PeopleServer) -> None:
    anna = server.add("anna", alpha="administrator")
    token = server.token(anna, "vso.code")
    answer = server.ask("POST", SESSION, {"token": token})
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert answer.json["account"]["userName"] == "anna"
    assert server.ask("GET", "/penstock/alpha/_apis/CODE_READ", cookie=cookie).status == 200
    assert server.ask("GET", "/penstock/alpha/_apis/CODE_WRITE", cookie=cookie).status == 403
    assert server.ask("GET", f"{API}/tokens/pats", cookie=cookie).status == 403
    (made,) = server.people.tokens.of_account(anna.id)
    server.people.tokens.revoke(anna.id, made.id, by=server.people.audit.entries()[0].actor)
    assert server.ask("GET", SESSION, cookie=cookie).status == 401


def test_a_password_is_no_token(server: PeopleServer) -> None:
    server.add("anna")
    for header in (f"Bearer {PASSWORD}", basic(PASSWORD, "anna")):
        assert server.ask("GET", SESSION, Authorization=header).status == 401


def test_a_cookie_is_no_token_and_a_token_no_cookie(server: PeopleServer) -> None:
    anna = server.add("anna")
    token, cookie = server.token(anna), server.cookie("anna")
    assert server.ask("GET", SESSION, token=cookie.partition("=")[2]).status == 401
    assert server.ask("GET", SESSION, cookie=f"penstock_session={token}").status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Host": "evil.example"},
    ],
)
def test_a_page_of_another_site_signs_nobody_in(
    server: PeopleServer, headers: dict[str, str]
) -> None:
    server.add("anna")
    body = {"userName": "anna", "password": PASSWORD}
    answer = server.ask("POST", SESSION, body, **headers)
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


# Tickets


def test_a_ticket_signs_in_one_browser_once(server: PeopleServer) -> None:
    ticket = server.people.tickets.issue(server.add("anna"))
    opened = server.ask("GET", f"{SESSION}/{ticket}", Sec_Fetch_Site="none")
    assert (opened.status, opened.headers["location"]) == (303, "/penstock")
    cookie = opened.headers["set-cookie"].partition(";")[0]
    assert server.ask("GET", SESSION, cookie=cookie).json["account"]["userName"] == "anna"
    again = server.ask("GET", f"{SESSION}/{ticket}", Sec_Fetch_Site="none")
    assert (again.status, "set-cookie" in again.headers) == (303, False)


def test_a_ticket_is_over_after_a_minute(server: PeopleServer) -> None:
    ticket = server.people.tickets.issue(server.add("anna"))
    server.now[0] += 60
    assert "set-cookie" not in server.ask("GET", f"{SESSION}/{ticket}").headers


def test_a_ticket_of_a_disabled_account_opens_nothing(server: PeopleServer) -> None:
    server.add("root", administrator=True)
    anna = server.add("anna")
    ticket = server.people.tickets.issue(anna)
    server.people.accounts.disable(anna.id, by=server.people.audit.entries()[0].actor)
    assert "set-cookie" not in server.ask("GET", f"{SESSION}/{ticket}").headers


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin"])
def test_a_page_signs_nobody_in_by_a_ticket_of_its_own(server: PeopleServer, site: str) -> None:
    ticket = server.people.tickets.issue(server.add("mallory"))
    opened = server.ask("GET", f"{SESSION}/{ticket}", Sec_Fetch_Site=site)
    assert (opened.status, "set-cookie" in opened.headers) == (303, False)


@pytest.mark.parametrize("ticket", ["x", "penstock_ticket_x", "penstock_pat_x"])
def test_what_is_no_ticket_leads_to_the_sign_in_page(server: PeopleServer, ticket: str) -> None:
    opened = server.ask("GET", f"{SESSION}/{ticket}")
    assert (opened.status, "set-cookie" in opened.headers) == (303, False)


def test_a_ticket_is_good_for_nothing_else(server: PeopleServer) -> None:
    ticket = server.people.tickets.issue(server.add("anna"))
    assert server.ask("GET", SESSION, token=ticket).status == 401
    assert server.ask("POST", SESSION, {"token": ticket}).status == 401
    assert server.ask("GET", SESSION, cookie=f"penstock_session={ticket}").status == 401
    assert ticket not in server.database.path.read_bytes().decode("latin-1")
