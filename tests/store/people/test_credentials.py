"""Sessions, personal access tokens and job tokens: how long each opens something."""

import re
import sqlite3

import pytest
from house import OPERATOR, PASSWORD, House

from penstock.engine.events import Result, RunFinished
from penstock.engine.plan import Plan
from penstock.store.people.accounts import Account
from penstock.store.people.credentials import JOB, PERSONAL, SESSION, hash_secret, new_secret
from penstock.store.people.sessions import IDLE_SECONDS
from penstock.store.people.sessions import LONGEST_SECONDS as LONGEST_SESSION
from penstock.store.people.tokens import LONGEST_SECONDS as LONGEST_TOKEN
from penstock.store.people.tokens import TokenRefused, UnknownToken
from penstock.store.runs import Runs


@pytest.fixture
def anna(house: House) -> Account:
    return house.people.accounts.add("anna", password=PASSWORD, by=OPERATOR)


def token(house: House, account: Account, seconds: float = 3600, scope: str = "vso.code") -> str:
    _, secret = house.people.tokens.create(
        account, name="laptop", scope=scope, expires=house.now[0] + seconds, by=OPERATOR
    )
    return secret


# The secrets themselves


@pytest.mark.parametrize("prefix", [PERSONAL, JOB, SESSION])
def test_a_secret_is_256_random_bits_behind_a_prefix(prefix: str) -> None:
    assert re.fullmatch(prefix + "[0-9A-Za-z]{43}", new_secret(prefix, lambda n: b"\xff" * n))
    asked: list[int] = []

    def counted(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    new_secret(prefix, counted)
    assert asked == [32]


def test_different_bits_give_different_secrets() -> None:
    values = {new_secret("", lambda n, i=i: i.to_bytes(n)) for i in range(500)}  # type: ignore[misc]
    values |= {new_secret("", lambda n, i=i: (2**256 - 1 - i).to_bytes(n)) for i in range(500)}  # type: ignore[misc]
    assert len(values) == 1000


def test_no_secret_is_in_the_store(house: House, anna: Account) -> None:
    secrets = [token(house, anna), house.people.sessions.start(anna, by=OPERATOR)]
    runs = Runs(house.database)
    run = runs.new_id()
    runs.create(run, Plan(nodes=()), {"kind": "pipeline"})
    secrets.append(house.people.job_tokens.issue(run))
    dump = "\n".join(sqlite3.connect(house.database.path).iterdump())
    for secret in secrets:
        assert secret not in dump
        assert secret.rpartition("_")[2] not in dump
        assert hash_secret(secret) in dump


# Personal access tokens


def test_a_token_opens_until_it_expires(house: House, anna: Account) -> None:
    secret = token(house, anna, seconds=60)
    found = house.people.tokens.find(secret)
    assert found is not None
    assert (found.account, found.scope, found.expires) == (anna, "vso.code", house.now[0] + 60)
    house.later(59)
    assert house.people.tokens.find(secret) is not None
    house.later(1)
    assert house.people.tokens.find(secret) is None


def test_a_wrong_token_opens_nothing(house: House, anna: Account) -> None:
    secret = token(house, anna)
    for wrong in ("", PERSONAL, secret[:-1], secret + "0", secret.swapcase(), "\ud800"):
        assert house.people.tokens.find(wrong) is None


def test_a_revoked_token_opens_nothing(house: House, anna: Account) -> None:
    secret = token(house, anna)
    (made,) = house.people.tokens.of_account(anna.id)
    house.people.tokens.revoke(anna.id, made.id, by=OPERATOR)
    assert house.people.tokens.find(secret) is None
    assert not house.people.tokens.get(anna.id, made.id).is_valid(house.now[0])
    with pytest.raises(UnknownToken):
        house.people.tokens.change(
            anna.id, made.id, name="x", scope="app_token", expires=house.now[0] + 60, by=OPERATOR
        )


def test_nobody_revokes_or_changes_the_token_of_another(house: House, anna: Account) -> None:
    boris = house.people.accounts.add("boris", password=PASSWORD, by=OPERATOR)
    secret = token(house, anna)
    (made,) = house.people.tokens.of_account(anna.id)
    for attempt in (
        lambda: house.people.tokens.get(boris.id, made.id),
        lambda: house.people.tokens.revoke(boris.id, made.id, by=OPERATOR),
        lambda: house.people.tokens.change(
            boris.id, made.id, name="x", scope="x", expires=house.now[0] + 1, by=OPERATOR
        ),
    ):
        with pytest.raises(UnknownToken):
            attempt()
    assert house.people.tokens.find(secret) is not None


def test_a_changed_token_keeps_its_secret(house: House, anna: Account) -> None:
    secret = token(house, anna)
    (made,) = house.people.tokens.of_account(anna.id)
    house.people.tokens.change(
        anna.id, made.id, name="desk", scope="vso.build", expires=house.now[0] + 5, by=OPERATOR
    )
    found = house.people.tokens.find(secret)
    assert found is not None
    assert (found.scope, found.expires) == ("vso.build", house.now[0] + 5)


@pytest.mark.parametrize("seconds", [-1, 0, LONGEST_TOKEN + 1, float("inf"), float("nan")])
def test_a_token_is_valid_for_a_year_at_most(house: House, anna: Account, seconds: float) -> None:
    with pytest.raises(TokenRefused) as refused:
        token(house, anna, seconds=seconds)
    assert refused.value.code == "invalidValidTo"


def test_a_token_tells_when_it_was_used(house: House, anna: Account) -> None:
    found = house.people.tokens.find(token(house, anna))
    assert found is not None
    assert found.noted == 0
    house.people.tokens.note_use(found.credential, 5.0)
    assert house.people.tokens.of_account(anna.id)[0].used == 5.0


# Sessions


def test_a_session_ends_when_it_was_idle(house: House, anna: Account) -> None:
    cookie = house.people.sessions.start(anna, by=OPERATOR)
    house.later(IDLE_SECONDS - 1)
    found = house.people.sessions.find(cookie)
    assert found is not None
    house.people.sessions.note_use(found.credential, house.now[0])
    house.later(IDLE_SECONDS - 1)
    assert house.people.sessions.find(cookie) is not None
    house.later(1)
    assert house.people.sessions.find(cookie) is None


def test_a_session_ends_however_much_it_is_used(house: House, anna: Account) -> None:
    cookie = house.people.sessions.start(anna, by=OPERATOR)
    for _ in range(int(LONGEST_SESSION / (IDLE_SECONDS - 1))):
        found = house.people.sessions.find(cookie)
        assert found is not None
        house.later(IDLE_SECONDS - 1)
        house.people.sessions.note_use(found.credential, house.now[0])
    house.later(IDLE_SECONDS - 1)
    assert house.people.sessions.find(cookie) is None


def test_each_sign_in_has_a_session_of_its_own(house: House, anna: Account) -> None:
    first, second = (house.people.sessions.start(anna, by=OPERATOR) for _ in range(2))
    assert first != second
    house.people.sessions.end(first, by=OPERATOR)
    assert house.people.sessions.find(first) is None
    assert house.people.sessions.find(second) is not None


def test_a_session_begun_with_a_token_has_its_scope_and_ends_with_it(
    house: House, anna: Account
) -> None:
    token(house, anna, seconds=60)
    (made,) = house.people.tokens.of_account(anna.id)
    cookie = house.people.sessions.start(anna, by=OPERATOR, token=made.id)
    found = house.people.sessions.find(cookie)
    assert found is not None
    assert (found.scope, found.expires) == ("vso.code", made.expires)
    house.later(60)
    assert house.people.sessions.find(cookie) is None
    house.later(-30)
    house.people.tokens.revoke(anna.id, made.id, by=OPERATOR)
    assert house.people.sessions.find(cookie) is None


def test_sessions_that_are_over_are_swept(house: House, anna: Account) -> None:
    house.people.sessions.start(anna, by=OPERATOR)
    house.later(LONGEST_SESSION + 1)
    house.people.sessions.start(anna, by=OPERATOR)
    assert house.database.query("SELECT count(*) FROM sessions")[0][0] == 1


# Job tokens


def test_a_job_token_is_dead_when_its_run_has_ended(house: House) -> None:
    runs = Runs(house.database, clock=lambda: house.now[0])
    run, other = runs.new_id(), runs.new_id()
    for number in (run, other):
        runs.create(number, Plan(nodes=()), {"kind": "pipeline"})
    secret = house.people.job_tokens.issue(run, "p")
    assert house.people.job_tokens.issue(run, "p") != secret
    found = house.people.job_tokens.find(secret)
    assert found is not None
    assert (found.run, found.project) == (run, "p")

    runs.append(run, [RunFinished(at=2.0, result=Result.SUCCEEDED)])
    assert house.people.job_tokens.find(secret) is None

    house.people.job_tokens.issue(other)
    assert house.database.query("SELECT count(*) FROM job_tokens")[0][0] == 1
