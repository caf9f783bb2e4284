"""An answer that goes on for long asks anew whether its reader still may; each way a right ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from peopleserver import ALPHA, OPERATOR, PASSWORD, PeopleServer

from penstock.engine.events import Result, RunFinished
from penstock.engine.plan import Plan
from penstock.store.people.accounts import Account
from penstock.store.runs import Runs

PATH = "/penstock/alpha/_apis/long"


@pytest.fixture
def rita(server: PeopleServer) -> Account:
    return server.add("rita", alpha="reader")


def answered(server: PeopleServer, happens: Callable[[], object], **who: str) -> dict[str, bool]:
    server.meanwhile.append(happens)
    found = server.ask("GET", PATH, **who)
    assert found.status == 200, found.body
    return dict(found.json)


def test_a_right_that_stays_is_still_there(server: PeopleServer, rita: Account) -> None:
    token, cookie = server.token(rita), server.cookie("rita")
    stays = {"before": True, "after": True}
    assert answered(server, lambda: None, token=token) == stays
    assert answered(server, lambda: None, cookie=cookie) == stays


ENDS: dict[str, Callable[[PeopleServer, Account], object]] = {
    "the account is disabled": lambda s, one: s.people.accounts.disable(one.id, by=OPERATOR),
    "it is no member any more": lambda s, one: s.people.members.remove(ALPHA, one, by=OPERATOR),
    "a year passes": lambda s, one: s.now.__setitem__(0, s.now[0] + 366 * 24 * 3600),
}
OF_TOKENS: dict[str, Callable[[PeopleServer, Account], object]] = {
    **ENDS,
    "the token is revoked": lambda s, one: s.people.tokens.revoke(
        one.id, s.people.tokens.of_account(one.id)[0].id, by=OPERATOR
    ),
}
OF_SESSIONS: dict[str, Callable[[PeopleServer, Account], object]] = {
    **ENDS,
    "the password is new": lambda s, one: s.people.accounts.set_password(
        one.id, f"{PASSWORD} new", by=OPERATOR
    ),
}


@pytest.mark.parametrize("how", OF_TOKENS)
def test_the_right_of_a_token_ends(server: PeopleServer, rita: Account, how: str) -> None:
    token = server.token(rita)
    found = answered(server, lambda: OF_TOKENS[how](server, rita), token=token)
    assert found == {"before": True, "after": False}


@pytest.mark.parametrize("how", OF_SESSIONS)
def test_the_right_of_a_session_ends(server: PeopleServer, rita: Account, how: str) -> None:
    cookie = server.cookie("rita")
    found = answered(server, lambda: OF_SESSIONS[how](server, rita), cookie=cookie)
    assert found == {"before": True, "after": False}


def test_signing_out_ends_it(server: PeopleServer, rita: Account) -> None:
    cookie = server.cookie("rita")
    leave = lambda: server.ask("DELETE", "/_apis/penstock/session", cookie=cookie)  # noqa: E731
    assert answered(server, leave, cookie=cookie) == {"before": True, "after": False}


def test_the_end_of_a_run_ends_that_of_its_token(server: PeopleServer) -> None:
    runs = Runs(server.database)
    run = runs.new_id()
    runs.create(run, Plan(nodes=()), {"kind": "pipeline"})
    token = server.people.job_tokens.issue(run, ALPHA)
    end = RunFinished(at=1.0, result=Result.SUCCEEDED)
    found = answered(server, lambda: runs.append(run, [end]), token=token)
    assert found == {"before": True, "after": False}
