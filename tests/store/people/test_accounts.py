"""Accounts and their passwords."""

import base64
from pathlib import Path

import pytest
from house import OPERATOR, PASSWORD, PROJECT, House

from penstock.store.people.accounts import AccountRefused, UnknownAccount
from penstock.store.people.members import Role
from penstock.store.people.passwords import (
    LONGEST,
    SHORTEST,
    Cost,
    WeakPassword,
    hash_password,
    is_password,
    no_password,
)
from penstock.store.people.people import People
from penstock.store.projects import Projects


def test_an_account_is_found_by_its_id_and_by_its_name_in_any_case(house: House) -> None:
    made = house.people.accounts.add("Anna@Example.org", password=PASSWORD, by=OPERATOR)
    for named in (made.id, "anna@example.ORG"):
        assert house.people.accounts.find(named) == made
    assert made.display_name == "Anna@Example.org"
    with pytest.raises(UnknownAccount, match='there is no account "boris"'):
        house.people.accounts.find("boris")


@pytest.mark.parametrize("name", ["", " anna", "an na", "-anna", "änna", "a/b", "a" * 101, "a\n"])
def test_what_cannot_be_a_name_is_refused(house: House, name: str) -> None:
    with pytest.raises(AccountRefused, match="cannot be the name of an account"):
        house.people.accounts.add(name, password=PASSWORD, by=OPERATOR)


def test_a_name_is_taken_once(house: House) -> None:
    house.people.accounts.add("anna", password=PASSWORD, by=OPERATOR)
    with pytest.raises(AccountRefused, match='there is an account "ANNA" already'):
        house.people.accounts.add("ANNA", password=PASSWORD, by=OPERATOR)


@pytest.mark.parametrize("display_name", ["a\x00b", "\u202eevil", "x" * 201])
def test_a_display_name_can_be_read(house: House, display_name: str) -> None:
    with pytest.raises(AccountRefused, match="display name"):
        house.people.accounts.add("anna", password=PASSWORD, display_name=display_name, by=OPERATOR)


@pytest.mark.parametrize("password", ["", "short", "x" * (SHORTEST - 1), "x" * (LONGEST + 1)])
def test_a_password_is_neither_short_nor_endless(house: House, password: str) -> None:
    with pytest.raises(WeakPassword, match="a password has 12 to 1024 characters"):
        house.people.accounts.add("anna", password=password, by=OPERATOR)


def test_one_signs_in_by_name_and_password(house: House) -> None:
    made = house.people.accounts.add("anna", password=PASSWORD, by=OPERATOR)
    assert house.people.accounts.check("Anna", PASSWORD) == made
    for name, password in (
        ("anna", PASSWORD + " "),
        ("anna", PASSWORD.upper()),
        ("anna", ""),
        ("anna", "x" * 100_000),
        ("boris", PASSWORD),
        ("", ""),
    ):
        assert house.people.accounts.check(name, password) is None


def test_a_password_typed_on_another_keyboard_is_the_same(house: House) -> None:
    house.people.accounts.add("anna", password="caf\u00e9 du commerce", by=OPERATOR)
    assert house.people.accounts.check("anna", "cafe\u0301 du commerce")


def test_the_password_is_kept_by_scrypt_and_a_salt_of_its_own(house: House) -> None:
    for name in ("anna", "boris"):
        house.people.accounts.add(name, password=PASSWORD, by=OPERATOR)
    kept = [row[0] for row in house.database.query("SELECT password FROM accounts")]
    assert all(text.startswith("$scrypt$ln=4,r=1,p=1$") for text in kept)
    assert kept[0] != kept[1]
    assert PASSWORD not in "".join(kept)


def test_a_password_kept_at_a_lower_cost_is_kept_anew_at_sign_in(
    house: House, tmp_path: Path
) -> None:
    made = house.people.accounts.add("anna", password=PASSWORD, by=OPERATOR)
    old = hash_password(PASSWORD, bytes(16), Cost(log_n=3, r=1, p=1))
    with house.database.transaction() as connection:
        connection.execute("UPDATE accounts SET password = ?", (old,))
    assert house.people.accounts.check("anna", PASSWORD) == made
    kept = house.database.query("SELECT password FROM accounts")[0][0]
    assert "$ln=4," in kept
    assert is_password(PASSWORD, kept)


def test_a_password_kept_anew_never_takes_the_place_of_a_newer_one(house: House) -> None:
    account = house.people.accounts.add("ada", password=PASSWORD, by=OPERATOR)
    newer = "another password of hers"

    def changed_meanwhile(count: int) -> bytes:
        changing = People(house.database, cost=Cost(log_n=3, r=1, p=1))
        changing.accounts.set_password(account.id, newer, by=OPERATOR)
        return bytes(count)

    slower = People(house.database, random_bytes=changed_meanwhile, cost=Cost(log_n=5, r=1, p=1))
    assert slower.accounts.check("ada", PASSWORD) is not None
    assert house.people.accounts.check("ada", newer) is not None
    assert house.people.accounts.check("ada", PASSWORD) is None


def test_an_unknown_name_costs_what_a_wrong_password_costs() -> None:
    for cost in (Cost(), Cost(log_n=12, r=4, p=2)):
        unknown = no_password(cost).split("$")
        kept = hash_password(PASSWORD, bytes(16), cost).split("$")
        assert unknown[:4] == kept[:4]
        assert len(unknown[4]) == len(kept[4])
        assert not is_password(PASSWORD, no_password(cost))


def test_scrypt_gives_what_its_specification_says() -> None:
    """RFC 7914, section 12: the third test vector, its first 32 bytes."""
    kept = hash_password("pleaseletmein", b"SodiumChloride", Cost(log_n=14, r=8, p=1))
    assert base64.b64decode(kept.rpartition("$")[2]).hex() == (
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
    )


def test_a_new_password_ends_the_sessions(house: House) -> None:
    made = house.people.accounts.add("anna", password=PASSWORD, by=OPERATOR)
    cookie = house.people.sessions.start(made, by=OPERATOR)
    house.people.accounts.set_password(made.id, "another password", by=OPERATOR)
    assert house.people.sessions.find(cookie) is None
    assert house.people.accounts.check("anna", PASSWORD) is None
    assert house.people.accounts.check("anna", "another password") == made


def test_a_disabled_account_gets_nowhere(house: House) -> None:
    accounts, people = house.people.accounts, house.people
    accounts.add("root", password=PASSWORD, by=OPERATOR, is_administrator=True)
    made = accounts.add("anna", password=PASSWORD, by=OPERATOR)
    cookie = people.sessions.start(made, by=OPERATOR)
    _, token = people.tokens.create(
        made, name="t", scope="app_token", expires=house.now[0] + 60, by=OPERATOR
    )
    accounts.disable(made.id, by=OPERATOR)
    assert accounts.check("anna", PASSWORD) is None
    assert people.sessions.find(cookie) is None
    assert people.tokens.find(token) is None

    accounts.enable(made.id, by=OPERATOR)
    assert accounts.check("anna", PASSWORD) == made
    assert people.sessions.find(cookie) is None
    assert people.tokens.find(token) is None


def test_the_server_keeps_an_administrator(house: House) -> None:
    accounts = house.people.accounts
    root = accounts.add("root", password=PASSWORD, by=OPERATOR, is_administrator=True)
    anna = accounts.add("anna", password=PASSWORD, by=OPERATOR)
    for change in (
        lambda: accounts.disable(root.id, by=OPERATOR),
        lambda: accounts.set_administrator(root.id, False, by=OPERATOR),
    ):
        with pytest.raises(AccountRefused, match="the server keeps one administrator"):
            change()
    assert accounts.get(root.id) == root
    accounts.set_administrator(anna.id, True, by=OPERATOR)
    accounts.disable(root.id, by=OPERATOR)
    assert accounts.get(root.id).is_disabled


def test_the_first_account_is_made_once_with_a_password_and_a_token(house: House) -> None:
    first = house.people.make_first_account("root", display_name="Root of this server")
    assert first is not None
    assert first.account.is_administrator
    assert house.people.accounts.check("root", first.password) == first.account
    found = house.people.tokens.find(first.token)
    assert found is not None
    assert (found.account, found.scope) == (first.account, "app_token")
    assert house.people.make_first_account("other") is None
    assert [account.name for account in house.people.accounts.all()] == ["root"]


def test_two_processes_make_one_first_account(house: House) -> None:
    accounts = house.people.accounts
    accounts.add("a", password=PASSWORD, by=None, is_first=True)
    with pytest.raises(AccountRefused, match="the first account was made already"):
        accounts.add("b", password=PASSWORD, by=None, is_first=True)


def test_a_role_is_of_one_project(house: House) -> None:
    members = house.people.members
    anna = house.people.accounts.add("anna", password=PASSWORD, by=OPERATOR)
    members.set_role(PROJECT, anna, Role.READER, by=OPERATOR)
    members.set_role(PROJECT, anna, Role.CONTRIBUTOR, by=OPERATOR)
    assert [(m.account, m.role) for m in members.of_project(PROJECT)] == [(anna, Role.CONTRIBUTOR)]
    assert members.of_project("other") == []
    assert members.of_account(anna.id) == {PROJECT: Role.CONTRIBUTOR}
    assert members.remove(PROJECT, anna, by=OPERATOR)
    assert not members.remove(PROJECT, anna, by=OPERATOR)
    assert members.of_account(anna.id) == {}


def test_the_members_of_a_project_go_with_it(house: House) -> None:
    anna = house.people.accounts.add("anna", password=PASSWORD, by=OPERATOR)
    house.people.members.set_role(PROJECT, anna, Role.READER, by=OPERATOR)
    Projects(house.database, str).delete(PROJECT)
    assert house.people.members.of_account(anna.id) == {}
    with pytest.raises(UnknownAccount):
        house.people.members.set_role(PROJECT, anna, Role.READER, by=OPERATOR)
