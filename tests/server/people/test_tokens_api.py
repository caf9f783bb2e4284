"""Personal access tokens: the lifecycle API of Azure DevOps, and what scopes leave.

Shapes: Azure DevOps REST API reference 7.1, Tokens > Pats. Scopes: "Authenticate to Azure DevOps
with OAuth 2.0", Scopes.
"""

import base64

import pytest
from peopleserver import API, PROJECTS, PeopleServer, basic

from penstock.engine.events import Result, RunFinished
from penstock.engine.plan import Plan
from penstock.server.people.rights import SCOPES
from penstock.store.runs import Runs

PATS = f"{API}/tokens/pats"
SESSION = "/_apis/penstock/session"
IN_A_YEAR = "2028-01-15T08:00:00Z"


@pytest.fixture
def cookie(server: PeopleServer) -> str:
    server.add("anna", alpha="contributor")
    return server.cookie("anna")


def create(server: PeopleServer, cookie: str, **fields: object) -> dict[str, object]:
    body = {"displayName": "laptop", "scope": "vso.code_write", "validTo": IN_A_YEAR, **fields}
    answer = server.ask("POST", PATS, body, cookie=cookie)
    assert answer.status == 200, answer.body
    made: dict[str, object] = answer.json["patToken"]
    return made


def test_a_token_is_made_shown_once_changed_and_revoked(server: PeopleServer, cookie: str) -> None:
    made = create(server, cookie, allOrgs=False)
    token, id = str(made["token"]), made["authorizationId"]
    assert token.startswith("penstock_pat_")
    assert (made["displayName"], made["scope"]) == ("laptop", "vso.code_write")
    assert made["validFrom"] == "2027-01-15T08:00:00.000000Z"
    assert made["validTo"] == "2028-01-15T08:00:00.000000Z"
    assert server.ask("GET", SESSION, token=token).status == 200

    (listed,) = server.ask("GET", PATS, cookie=cookie).json["patTokens"]
    assert listed == {**made, "token": None, "lastUsed": listed["lastUsed"]}
    one = server.ask("GET", f"{PATS}?authorizationId={id}", cookie=cookie).json
    assert one == {"patToken": listed, "patTokenError": "none"}

    body = {"authorizationId": id, "displayName": "desk", "scope": "vso.code"}
    changed = server.ask("PUT", PATS, body, cookie=cookie).json["patToken"]
    assert (changed["displayName"], changed["scope"], changed["validTo"]) == (
        "desk",
        "vso.code",
        made["validTo"],
    )
    assert server.ask("DELETE", f"{PATS}?authorizationId={id}", cookie=cookie).status == 204
    assert server.ask("GET", SESSION, token=token).status == 401
    assert server.ask("GET", PATS, cookie=cookie).json["patTokens"] == []
    path = f"{PATS}?displayFilterOption=revoked"
    assert len(server.ask("GET", path, cookie=cookie).json["patTokens"]) == 1


def test_without_an_end_a_token_is_valid_for_thirty_days(server: PeopleServer, cookie: str) -> None:
    token = create(server, cookie, validTo=None)["token"]
    server.now[0] += 30 * 24 * 3600 - 1
    assert server.ask("GET", SESSION, token=str(token)).status == 200
    server.now[0] += 1
    assert server.ask("GET", SESSION, token=str(token)).status == 401


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"displayName": " "}, "displayNameRequired"),
        ({"displayName": "x" * 300}, "invalidDisplayName"),
        ({"scope": ""}, "invalidScope"),
        ({"scope": "vso.work"}, "invalidScope"),
        ({"scope": "vso.code everything"}, "invalidScope"),
        ({"validTo": "2027-01-15T08:00:00Z"}, "invalidValidTo"),
        ({"validTo": "2028-02-15T08:00:00Z"}, "invalidValidTo"),
        ({"validTo": "tomorrow"}, "InvalidRequestContent"),
        ({"validTo": 5}, "InvalidRequestContent"),
        ({"expires": IN_A_YEAR}, "InvalidRequestContent"),
    ],
)
def test_a_token_that_cannot_be_is_refused_by_name(
    server: PeopleServer, cookie: str, fields: dict[str, object], error: str
) -> None:
    body = {"displayName": "laptop", "scope": "vso.code", "validTo": IN_A_YEAR, **fields}
    answer = server.ask("POST", PATS, body, cookie=cookie)
    assert (answer.status, answer.json["typeKey"]) == (400, error)
    assert server.people.tokens.of_account(server.people.accounts.named("anna").id) == []


def test_tokens_are_listed_by_state_and_by_page(server: PeopleServer, cookie: str) -> None:
    for number in range(5):
        server.now[0] += 1
        create(server, cookie, displayName=f"t{number}")
    create(server, cookie, displayName="short", validTo="2027-01-15T09:00:00Z")
    server.now[0] += 7200

    def names(query: str) -> list[str]:
        page = server.ask("GET", f"{PATS}?{query}", cookie=cookie).json
        return [token["displayName"] for token in page["patTokens"]]

    assert names("") == ["t4", "t3", "t2", "t1", "t0"]
    assert names("displayFilterOption=expired") == ["short"]
    assert len(names("displayFilterOption=all")) == 6
    assert names("$top=2") == ["t4", "t3"]
    page = server.ask("GET", f"{PATS}?$top=2", cookie=cookie).json
    assert names(f"$top=2&continuationToken={page['continuationToken']}") == ["t2", "t1"]
    assert server.ask("GET", f"{PATS}?displayFilterOption=x", cookie=cookie).status == 400


def test_nobody_reaches_the_token_of_another(server: PeopleServer, cookie: str) -> None:
    id = create(server, cookie)["authorizationId"]
    server.add("boris", administrator=True)
    other = server.cookie("boris")
    body = {"authorizationId": id, "scope": "app_token"}
    assert server.ask("GET", f"{PATS}?authorizationId={id}", cookie=other).status == 404
    assert server.ask("DELETE", f"{PATS}?authorizationId={id}", cookie=other).status == 404
    assert server.ask("PUT", PATS, body, cookie=other).status == 404
    assert server.ask("GET", PATS, cookie=other).json["patTokens"] == []


def test_a_token_makes_none_that_outlives_it(server: PeopleServer, cookie: str) -> None:
    parent = str(create(server, cookie, scope="app_token", validTo="2027-01-16T08:00:00Z")["token"])

    def make(**fields: object) -> tuple[int, dict[str, object]]:
        body = {"displayName": "child", "scope": "vso.code", **fields}
        answer = server.ask("POST", PATS, body, token=parent)
        return answer.status, answer.json.get("patToken")

    assert make(validTo="2027-01-17T08:00:00Z")[0] == 400
    status, child = make()
    assert (status, child["validTo"]) == (200, "2027-01-16T08:00:00.000000Z")
    body = {"authorizationId": child["authorizationId"], "validTo": "2027-01-17T08:00:00Z"}
    assert server.ask("PUT", PATS, body, token=parent).status == 400


def test_a_token_gives_none_that_outlives_it_more_rights(server: PeopleServer, cookie: str) -> None:
    """Else one that leaked, beside another that may little, could live on as that one."""
    parent = str(create(server, cookie, scope="app_token", validTo="2027-01-16T08:00:00Z")["token"])
    other = create(server, cookie, scope="vso.code", validTo="2027-12-31T00:00:00Z")
    body = {"authorizationId": other["authorizationId"]}
    widened = server.ask("PUT", PATS, {**body, "scope": "app_token"}, token=parent)
    assert (widened.status, "ends no later than it" in widened.json["message"]) == (400, True)
    assert server.ask("PUT", PATS, {**body, "displayName": "new"}, token=parent).status == 200
    assert server.ask("PUT", PATS, {**body, "scope": "app_token"}, cookie=cookie).status == 200


def test_the_log_says_what_was_done_with_tokens_and_none_of_them(
    server: PeopleServer, cookie: str
) -> None:
    made = create(server, cookie)
    server.ask("DELETE", f"{PATS}?authorizationId={made['authorizationId']}", cookie=cookie)
    assert server.actions()[-2:] == ["token.create", "token.revoke"]
    assert str(made["token"]) not in repr(server.people.audit.entries())


def test_git_sends_a_token_as_the_password_of_any_name(server: PeopleServer, cookie: str) -> None:
    token = str(create(server, cookie)["token"])
    path = "/penstock/alpha/_apis/CODE_WRITE"
    for name in ("", "anna", "anything at all"):
        assert server.ask("GET", path, Authorization=basic(token, name)).status == 200
    as_name = "Basic " + base64.b64encode(f"{token}:".encode()).decode()
    assert server.ask("GET", path, Authorization=as_name).status == 401


# Scopes

OPENS = {
    "vso.profile": set(),
    "vso.project": {"PROJECT_READ"},
    "vso.project_manage": {"PROJECT_READ", "PROJECT_MANAGE"},
    "vso.code": {"PROJECT_READ", "CODE_READ"},
    "vso.code_write": {"PROJECT_READ", "CODE_READ", "CODE_WRITE"},
    "vso.build": {"PROJECT_READ", "RUN_READ"},
    "vso.build_execute": {"PROJECT_READ", "RUN_READ", "RUN_QUEUE", "PIPELINE_EDIT"},
    "vso.variablegroups_read": {"PROJECT_READ", "LIBRARY_READ"},
    "vso.serviceendpoint_manage": {"PROJECT_READ", "LIBRARY_READ", "LIBRARY_MANAGE"},
    "penstock.ml": {"ml"},
    "penstock.ml_write": {"ml", "ml/write"},
    "vso.code vso.build": {"PROJECT_READ", "CODE_READ", "RUN_READ"},
    "app_token": {
        *("PROJECT_READ", "PROJECT_MANAGE", "CODE_READ", "CODE_WRITE", "RUN_READ", "RUN_QUEUE"),
        *("PIPELINE_EDIT", "LIBRARY_READ", "LIBRARY_MANAGE", "ml", "ml/write", "server"),
    },
}


@pytest.mark.parametrize("of_the_server", [True, False])
@pytest.mark.parametrize("scope", OPENS)
def test_a_scope_opens_its_own_and_nothing_else(
    server: PeopleServer, scope: str, of_the_server: bool
) -> None:
    """Of what an administrator of the server may do, and of what one of a project may."""
    roles = {} if of_the_server else {"alpha": "administrator"}
    token = server.token(server.add("root", administrator=of_the_server, **roles), scope)
    opened = set()
    for name in OPENS["app_token"]:
        place = f"{API}/{name}" if name.islower() else f"/penstock/alpha/_apis/{name}"
        if server.ask("GET", place, token=token).status == 200:
            opened.add(name)
    assert opened == (OPENS[scope] if of_the_server else OPENS[scope] - {"server"})
    own = server.ask("GET", PATS, token=token).status
    assert own == (200 if scope == "app_token" else 403)


def test_every_scope_has_its_place_in_the_documentation() -> None:
    from pathlib import Path

    page = (Path(__file__).parents[3] / "docs" / "people.md").read_text()
    for scope in SCOPES:
        assert f"`{scope}`" in page


ROLES = {
    "reader": {"PROJECT_READ", "CODE_READ", "RUN_READ", "LIBRARY_READ", "ml"},
    "contributor": {
        *("PROJECT_READ", "CODE_READ", "RUN_READ", "LIBRARY_READ", "ml"),
        *("CODE_WRITE", "RUN_QUEUE", "PIPELINE_EDIT", "LIBRARY_MANAGE", "ml/write"),
    },
    "administrator": OPENS["app_token"] - {"server"},
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_own_in_its_project_only(server: PeopleServer, role: str) -> None:
    token = server.token(server.add("anna", alpha=role))
    opened = set()
    for name in OPENS["app_token"]:
        place = f"{API}/{name}" if name.islower() else f"/penstock/alpha/_apis/{name}"
        if server.ask("GET", place, token=token).status == 200:
            opened.add(name)
        if not name.islower():
            elsewhere = f"/penstock/beta/_apis/{name}"
            assert server.ask("GET", elsewhere, token=token).status == 404
    assert opened == ROLES[role]


def test_an_account_without_a_project_does_nothing(server: PeopleServer) -> None:
    token = server.token(server.add("anna"))
    for name in OPENS["app_token"]:
        if name.islower():
            assert server.ask("GET", f"{API}/{name}", token=token).status == 403
        for project in PROJECTS.values():
            path = f"/penstock/{project}/_apis/{name.upper()}"
            assert server.ask("GET", path, token=token).status == 404
    assert server.ask("GET", SESSION, token=token).json["projects"] == []


# Job tokens


def test_the_token_of_a_run_reads_its_project_until_the_run_ends(server: PeopleServer) -> None:
    runs = Runs(server.database)
    run = runs.new_id()
    runs.create(run, Plan(nodes=()), {"kind": "pipeline"})
    (alpha,) = (key for key, name in PROJECTS.items() if name == "alpha")
    token = server.people.job_tokens.issue(run, alpha)
    may = {"PROJECT_READ", "CODE_READ", "RUN_READ", "LIBRARY_READ", "ml", "ml/write"}
    for name in OPENS["app_token"]:
        place = f"{API}/{name}" if name.islower() else f"/penstock/alpha/_apis/{name}"
        answer = server.ask("GET", place, token=token)
        assert answer.status == (200 if name in may else 403), name
        if name == "CODE_READ":
            assert answer.json["run"] == run
        assert server.ask("GET", f"/penstock/beta/_apis/{name}", token=token).status == 404
    assert server.ask("GET", PATS, token=token).status == 403
    body = {"displayName": "x", "scope": "app_token"}
    assert server.ask("POST", PATS, body, token=token).status == 403

    runs.append(run, [RunFinished(at=2.0, result=Result.SUCCEEDED)])
    for name in OPENS["app_token"]:
        place = f"{API}/{name}" if name.islower() else f"/penstock/alpha/_apis/{name}"
        assert server.ask("GET", place, token=token).status == 401
