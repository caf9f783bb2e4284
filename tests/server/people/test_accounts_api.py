"""Accounts, members, the audit log and the profile over HTTP."""

import pytest
from peopleserver import ALPHA, API, PASSWORD, PROCESS, PeopleServer

ACCOUNTS = f"{API}/penstock/accounts"
MEMBERS = "/penstock/alpha/_apis/penstock/members"
SESSION = "/_apis/penstock/session"


@pytest.fixture
def root(server: PeopleServer) -> str:
    return server.token(server.add("root", administrator=True))


def test_an_administrator_makes_accounts(server: PeopleServer, root: str) -> None:
    body = {"userName": "anna", "displayName": "Anna Example", "password": PASSWORD}
    made = server.ask("POST", ACCOUNTS, body, token=root)
    assert made.status == 201
    assert made.json["displayName"] == "Anna Example"
    assert "password" not in made.json
    assert server.sign_in("anna").status == 200
    names = [
        account["userName"] for account in server.ask("GET", ACCOUNTS, token=root).json["value"]
    ]
    assert names == ["anna", "root"]


def test_a_password_that_is_not_given_is_made_up_and_shown_once(
    server: PeopleServer, root: str
) -> None:
    made = server.ask("POST", ACCOUNTS, {"userName": "anna"}, token=root).json
    assert server.sign_in("anna", made["password"]).status == 200
    assert "password" not in server.ask("GET", f"{ACCOUNTS}/{made['id']}", token=root).json


@pytest.mark.parametrize(
    "body",
    [
        {"userName": "root", "password": PASSWORD},
        {"userName": "a b", "password": PASSWORD},
        {"userName": "anna", "password": "short"},
        {"userName": "anna", "password": PASSWORD, "isAdministrator": "yes"},
        {"userName": "anna", "password": PASSWORD, "role": "reader"},
        {},
    ],
)
def test_an_account_that_cannot_be_is_refused(
    server: PeopleServer, root: str, body: dict[str, object]
) -> None:
    assert server.ask("POST", ACCOUNTS, body, token=root).status == 400


def test_everyone_else_sees_and_changes_their_own_account_only(server: PeopleServer) -> None:
    anna = server.add("anna", alpha="administrator")
    boris = server.add("boris")
    cookie = server.cookie("anna")
    assert server.ask("GET", ACCOUNTS, cookie=cookie).status == 403
    assert server.ask("POST", ACCOUNTS, {"userName": "x"}, cookie=cookie).status == 403
    assert server.ask("DELETE", f"{ACCOUNTS}/{boris.id}", cookie=cookie).status == 403
    for named in (boris.id, "boris", "nobody"):
        for method in ("GET", "PATCH"):
            assert server.ask(method, f"{ACCOUNTS}/{named}", {}, cookie=cookie).status == 404
    for named in (anna.id, "anna", "me"):
        assert server.ask("GET", f"{ACCOUNTS}/{named}", cookie=cookie).json["id"] == anna.id
    changed = server.ask("PATCH", f"{ACCOUNTS}/me", {"displayName": "Anna"}, cookie=cookie)
    assert changed.json["displayName"] == "Anna"


@pytest.mark.parametrize("field", ["isAdministrator", "isDisabled"])
def test_nobody_makes_themselves_an_administrator(server: PeopleServer, field: str) -> None:
    server.add("anna")
    answer = server.ask("PATCH", f"{ACCOUNTS}/me", {field: True}, cookie=server.cookie("anna"))
    assert answer.status == 403
    assert not server.people.accounts.named("anna").is_administrator


def test_a_new_password_needs_the_old_one_and_ends_all_other_sessions(
    server: PeopleServer,
) -> None:
    server.add("anna")
    cookie, elsewhere = server.cookie("anna"), server.cookie("anna")
    new = "another good password"
    for current in ("wrong password", ""):
        body = {"password": new, "currentPassword": current}
        refused = server.ask("PATCH", f"{ACCOUNTS}/me", body, cookie=cookie)
        assert (refused.status, refused.json["typeKey"]) == (403, "WrongPassword")
    assert server.ask("PATCH", f"{ACCOUNTS}/me", {"password": new}, cookie=cookie).status == 400
    assert server.ask("GET", SESSION, cookie=elsewhere).status == 200

    body = {"password": new, "currentPassword": PASSWORD}
    changed = server.ask("PATCH", f"{ACCOUNTS}/me", body, cookie=cookie)
    assert changed.status == 200
    for old in (cookie, elsewhere):
        assert server.ask("GET", SESSION, cookie=old).status == 401
    here = changed.headers["set-cookie"].partition(";")[0]
    assert server.ask("GET", SESSION, cookie=here).status == 200
    assert server.sign_in("anna", PASSWORD).status == 401


def test_the_old_password_cannot_be_tried_for_ever(server: PeopleServer) -> None:
    server.add("anna")
    cookie = server.cookie("anna")
    body = {"password": "another good password", "currentPassword": "wrong"}
    for _ in range(10):
        assert server.ask("PATCH", f"{ACCOUNTS}/me", body, cookie=cookie).status == 403
    assert server.ask("PATCH", f"{ACCOUNTS}/me", body, cookie=cookie).status == 429


def test_an_administrator_resets_a_password(server: PeopleServer, root: str) -> None:
    server.add("anna")
    cookie = server.cookie("anna")
    body = {"password": "given by the root"}
    assert server.ask("PATCH", f"{ACCOUNTS}/anna", body, token=root).status == 200
    assert server.ask("GET", SESSION, cookie=cookie).status == 401
    assert server.sign_in("anna", "given by the root").status == 200


def test_a_closed_account_gets_nowhere(server: PeopleServer, root: str) -> None:
    anna = server.add("anna", alpha="reader")
    cookie, token = server.cookie("anna"), server.token(anna)
    assert server.ask("DELETE", f"{ACCOUNTS}/anna", token=root).status == 204
    assert server.ask("GET", SESSION, cookie=cookie).status == 401
    assert server.ask("GET", SESSION, token=token).status == 401
    assert server.sign_in("anna").status == 401
    assert server.ask("PATCH", f"{ACCOUNTS}/anna", {"isDisabled": False}, token=root).status == 200
    assert server.sign_in("anna").status == 200


def test_the_last_administrator_stays(server: PeopleServer, root: str) -> None:
    for body in ({"isAdministrator": False}, {"isDisabled": True}):
        answer = server.ask("PATCH", f"{ACCOUNTS}/root", body, token=root)
        assert (answer.status, answer.json["typeKey"]) == (400, "InvalidAccount")
    assert server.ask("DELETE", f"{ACCOUNTS}/root", token=root).status == 400


# Members


def test_an_administrator_of_a_project_chooses_its_members(server: PeopleServer) -> None:
    server.add("anna", alpha="administrator")
    boris = server.add("boris")
    cookie = server.cookie("anna")
    put = server.ask("PUT", f"{MEMBERS}/boris", {"role": "reader"}, cookie=cookie)
    assert put.json == {
        "account": {
            "id": boris.id,
            "userName": "boris",
            "displayName": "boris",
            "isDisabled": False,
        },
        "role": "reader",
    }
    boris_cookie = server.cookie("boris")
    listed = server.ask("GET", MEMBERS, cookie=boris_cookie).json
    assert [(m["account"]["userName"], m["role"]) for m in listed["value"]] == [
        ("anna", "administrator"),
        ("boris", "reader"),
    ]
    up = server.ask("PUT", f"{MEMBERS}/boris", {"role": "administrator"}, cookie=boris_cookie)
    assert up.status == 403
    assert server.ask("DELETE", f"{MEMBERS}/{boris.id}", cookie=cookie).status == 204
    assert server.ask("DELETE", f"{MEMBERS}/{boris.id}", cookie=cookie).status == 404
    assert server.ask("GET", MEMBERS, cookie=boris_cookie).status == 404


@pytest.mark.parametrize(
    ("account", "body", "status"),
    [
        ("nobody", {"role": "reader"}, 404),
        ("anna", {"role": "owner"}, 400),
        ("anna", {}, 400),
        ("anna", {"role": "reader", "until": "x"}, 400),
    ],
)
def test_what_cannot_be_a_member_is_refused(
    server: PeopleServer, root: str, account: str, body: dict[str, str], status: int
) -> None:
    server.add("anna")
    assert server.ask("PUT", f"{MEMBERS}/{account}", body, token=root).status == status


# The audit log


def test_administrators_read_the_audit_log_page_by_page(server: PeopleServer, root: str) -> None:
    server.add("anna", alpha="reader")
    server.ask("DELETE", f"{MEMBERS}/anna", token=root)
    first = server.ask("GET", f"{API}/penstock/audit?$top=2", token=root).json
    assert [entry["action"] for entry in first["value"]] == ["member.remove", "member.role"]
    assert first["value"][0]["actor"]["userName"] == "root"
    assert first["value"][0]["address"] == "127.0.0.1"
    after = first["continuationToken"]
    path = f"{API}/penstock/audit?continuationToken={after}"
    rest = server.ask("GET", path, token=root).json
    assert [entry["action"] for entry in rest["value"]] == [
        "account.add",
        "token.create",
        "account.add",
    ]
    assert rest["continuationToken"] is None
    of_project = server.ask("GET", f"{API}/penstock/audit?project={ALPHA}", token=root).json
    assert of_project["count"] == 2
    assert server.ask("GET", f"{API}/penstock/audit?$top=x", token=root).status == 400


def test_nobody_else_reads_the_audit_log(server: PeopleServer) -> None:
    anna = server.add("anna", alpha="administrator", beta="administrator")
    assert server.ask("GET", f"{API}/penstock/audit", token=server.token(anna)).status == 403


# The profile, and tokens that no account has


@pytest.mark.parametrize("path", ["/_apis/profile/profiles/me", f"{API}/profile/profiles/me"])
def test_clients_ask_who_they_are(server: PeopleServer, path: str) -> None:
    anna = server.add("anna")
    profile = server.ask("GET", path, token=server.token(anna, "vso.profile")).json
    assert profile["id"] == anna.id
    assert profile["emailAddress"] == "anna"
    other = server.add("boris")
    assert server.ask("GET", path.replace("me", other.id), token=server.token(anna)).status == 404


def test_the_token_of_a_process_has_no_account_but_makes_some(server: PeopleServer) -> None:
    for path in (SESSION, "/_apis/profile/profiles/me", f"{API}/tokens/pats"):
        assert server.ask("GET", path, token=PROCESS).status == 403
    made = server.ask("POST", ACCOUNTS, {"userName": "anna"}, token=PROCESS)
    assert made.status == 201
