"""The audit log: what it says, and that a change made afterwards shows."""

import sqlite3

import pytest
from house import OPERATOR, PASSWORD, PROJECT, House

from penstock.store.people.accounts import AccountRefused
from penstock.store.people.members import Role


def fill(house: House) -> None:
    people = house.people
    anna = people.accounts.add("anna", password=PASSWORD, by=OPERATOR)
    people.members.set_role(PROJECT, anna, Role.READER, by=OPERATOR)
    made, _ = people.tokens.create(
        anna, name="laptop", scope="vso.code", expires=house.now[0] + 60, by=OPERATOR
    )
    people.tokens.revoke(anna.id, made.id, by=OPERATOR)
    people.members.remove(PROJECT, anna, by=OPERATOR)


def test_each_change_is_one_line_that_says_who_and_what(house: House) -> None:
    fill(house)
    lines = house.people.audit.entries()
    assert [line.action for line in reversed(lines)] == [
        "account.add",
        "member.role",
        "token.create",
        "token.revoke",
        "member.remove",
    ]
    role = lines[3]
    assert (role.actor, role.project, role.subject) == (OPERATOR, PROJECT, "anna")
    assert role.details == {"role": "reader"}
    assert role.at == house.now[0]
    assert [line.action for line in house.people.audit.entries(project=PROJECT)] == [
        "member.remove",
        "member.role",
    ]
    assert [line.id for line in house.people.audit.entries(before=4, limit=2)] == [3, 2]


def test_what_did_not_happen_is_not_in_the_log(house: House) -> None:
    fill(house)
    count = house.people.audit.verify().count
    with pytest.raises(AccountRefused):
        house.people.accounts.add("anna", password=PASSWORD, by=OPERATOR)
    assert house.people.audit.verify().count == count


def test_an_untouched_log_holds(house: House) -> None:
    assert house.people.audit.verify().broken is None
    fill(house)
    chain = house.people.audit.verify()
    assert chain.broken is None
    assert chain.count == 5
    assert chain.head == house.people.audit.entries()[0].hash


@pytest.mark.parametrize("column", ["at", "actor", "actor_name", "address", "action", "project"])
def test_every_word_of_an_entry_is_held(house: House, column: str) -> None:
    fill(house)
    with house.database.transaction() as connection:
        connection.execute(f"UPDATE audit SET {column} = 7 WHERE id = 3")
    chain = house.people.audit.verify()
    assert (chain.count, chain.broken) == (2, 3)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE audit SET details = '{}' WHERE id = 2", 2),
        ("UPDATE audit SET subject = 'boris' WHERE id = 5", 5),
        ("DELETE FROM audit WHERE id = 1", 2),
        ("DELETE FROM audit WHERE id = 3", 4),
        ("UPDATE audit SET id = 99 WHERE id = 5", 99),
        ("INSERT INTO audit SELECT 0, at, actor, actor_name, address, action, project, subject,"
         " details, hash FROM audit WHERE id = 1", 0),
        ("INSERT INTO audit SELECT 6, at, actor, actor_name, address, action, project, subject,"
         " details, hash FROM audit WHERE id = 5", 6),
    ],
)  # fmt: skip
def test_a_change_made_afterwards_shows(house: House, change: str, broken: int) -> None:
    fill(house)
    with house.database.transaction() as connection:
        connection.execute(change)
    chain = house.people.audit.verify()
    assert chain.broken == broken


def test_a_log_cut_off_or_written_anew_shows_by_the_hash_that_was_noted(house: House) -> None:
    fill(house)
    noted = house.people.audit.verify().head
    house.people.audit.note("x", OPERATOR)
    assert house.people.audit.verify(noted=noted).has_noted
    with house.database.transaction() as connection:
        connection.execute("DELETE FROM audit WHERE id >= 5")
    assert house.people.audit.verify(noted=noted).broken is None
    assert not house.people.audit.verify(noted=noted).has_noted
    for _ in range(3):
        house.people.audit.note("x", OPERATOR)
    assert house.people.audit.verify(noted=noted).broken is None
    assert not house.people.audit.verify(noted=noted).has_noted


def test_a_long_log_is_read_in_pieces(house: House) -> None:
    with house.database.transaction(durable=False) as connection:
        for number in range(2500):
            house.people.audit.record(connection, "x", OPERATOR, subject=str(number))
    assert house.people.audit.verify().count == 2500
    connection = sqlite3.connect(house.database.path)
    connection.execute("UPDATE audit SET subject = '' WHERE id = 2001")
    connection.commit()
    connection.close()
    assert house.people.audit.verify().broken == 2001
