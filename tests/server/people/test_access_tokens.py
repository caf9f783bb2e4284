"""Access tokens: as long as an hour, and never longer than what they were made from."""

import base64
import json

import pytest
from peopleserver import API, PeopleServer

from penstock.engine.events import Result, RunFinished
from penstock.engine.plan import Plan
from penstock.server.people.access import Access
from penstock.server.people.accesstokens import SECONDS, AccessTokens, Behind
from penstock.store.runs import Runs

BEHIND = Behind(kind="token", credential="id", account="a")


def tokens(now: float = 1000.0, key: bytes = b"key") -> AccessTokens:
    return AccessTokens(key, lambda: now)


def claims(token: str) -> dict[str, object]:
    text = token.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def test_clients_read_the_audience_and_the_tenant() -> None:
    token, expires = tokens().make(BEHIND, "https://management.x", "anna")
    found = claims(token)
    assert (found["aud"], found["exp"], expires) == ("https://management.x", 4600, 4600)
    assert found["tid"] == "00000000-0000-0000-0000-000000000000"
    assert tokens().read(token) == BEHIND


def test_a_token_ends_after_an_hour() -> None:
    token, _ = tokens().make(BEHIND, "x", "anna")
    assert tokens(1000.0 + SECONDS - 1).read(token) == BEHIND
    assert tokens(1000.0 + SECONDS).read(token) is None


def unsigned(token: str, **changed: object) -> str:
    header, _, signature = token.split(".")
    body = json.dumps({**claims(token), **changed}).encode()
    return f"{header}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.{signature}"


def test_a_token_that_was_changed_or_made_elsewhere_opens_nothing() -> None:
    token, _ = tokens().make(BEHIND, "x", "anna")
    header, body, signature = token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    for wrong in (
        unsigned(token, exp=10**12),
        unsigned(token, penstock=["token", "other"]),
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{header}.{body}.",
        f"{header}.{body}",
        f"{header}.{body}.{signature}=",
        token[:-1],
        "eyJ",
        "eyJ..",
        "",
        "\ud800.x.y",
        tokens(key=b"other").make(BEHIND, "x", "anna")[0],
    ):
        assert tokens().read(wrong) is None


@pytest.fixture
def access(server: PeopleServer) -> Access:
    return Access(server.people, organization="penstock", key=b"key")


def test_it_is_worth_what_the_token_behind_it_is_worth(
    server: PeopleServer, access: Access
) -> None:
    anna = server.add("anna", alpha="contributor")
    secret = server.token(anna, "vso.code")
    made = access.access_token(secret, "x")
    assert made is not None
    assert access.principal(made[0]) == access.principal(secret)
    (token,) = server.people.tokens.of_account(anna.id)
    server.people.tokens.revoke(anna.id, token.id, by=server.people.audit.entries()[0].actor)
    assert access.principal(made[0]) is None
    assert access.access_token(secret, "x") is None
    access.close()


def test_that_of_a_job_dies_with_its_run(server: PeopleServer, access: Access) -> None:
    runs = Runs(server.database)
    run = runs.new_id()
    runs.create(run, Plan(nodes=()), {"kind": "pipeline"})
    secret = server.people.job_tokens.issue(run)
    made = access.access_token(secret, "x")
    assert made is not None
    assert access.principal(made[0]) == access.principal(secret)
    runs.append(run, [RunFinished(at=2.0, result=Result.SUCCEEDED)])
    assert access.principal(made[0]) is None
    access.close()


def test_none_is_made_of_anything_else(server: PeopleServer, access: Access) -> None:
    secret = server.token(server.add("anna"))
    made = access.access_token(secret, "x")
    assert made is not None
    for other in ("", "wrong", made[0], server.cookie("anna").partition("=")[2]):
        assert access.access_token(other, "x") is None
    access.close()


def test_without_a_key_there_are_none(server: PeopleServer) -> None:
    secret = server.token(server.add("anna"))
    assert server.access.access_token(secret, "x") is None
    made, _ = tokens().make(BEHIND, "x", "anna")
    assert server.ask("GET", f"{API}/tokens/pats", token=made).status == 401
