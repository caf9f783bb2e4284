"""Secrets at rest: in no copy of the store, and clear words where the key is not right."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.store.database import Database, open_state
from penstock.store.home import Home
from penstock.store.library.keys import KeyFile, KeyUnusable, SecretDamaged
from penstock.store.library.secrets import Secrets

PLANTED = {f"secret{n}": f"planted-{n:03}-{os.urandom(8).hex()}" for n in range(100)}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    database = open_state(home)
    yield database
    database.close()


@pytest.fixture
def secrets(home: Home, database: Database) -> Secrets:
    return Secrets(database, KeyFile(home.secrets_key))


def found_in(folder: Path, values: list[str]) -> list[str]:
    content = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    return [value for value in values if value.encode() in content]


def test_a_value_is_had_back_by_its_place_ignoring_case(secrets: Secrets) -> None:
    secrets.set("p", "variablegroup:1", {"Password": "hunter22"})
    secrets.set("p", "variablegroup:1", {"password": "hunter33", "other": "ünïcode"})
    secrets.set("q", "variablegroup:1", {"password": "elsewhere"})

    assert secrets.values("p", "variablegroup:1") == {"other": "ünïcode", "Password": "hunter33"}
    assert secrets.content("p", "variablegroup:1", "PASSWORD") == b"hunter33"
    assert secrets.content("p", "variablegroup:2", "password") is None
    assert [one.name for one in secrets.names("p")] == ["other", "Password"]


def test_a_deleted_secret_is_gone(secrets: Secrets) -> None:
    secrets.set("p", "", {"a": "1", "b": "2", "c": "3"})
    assert secrets.delete("p", "", "A") == 1
    assert secrets.values("p", "") == {"b": "2", "c": "3"}
    assert secrets.delete("p", "") == 2
    assert secrets.values("p", "") == {}


def test_no_copy_of_the_store_tells_a_planted_secret(
    home: Home, database: Database, secrets: Secrets, tmp_path: Path
) -> None:
    secrets.set("p", "variablegroup:1", PLANTED)
    secrets.rotate()
    secrets.delete("p", "variablegroup:1", "secret0")
    backup = tmp_path / "backup"
    backup.mkdir()
    copy = sqlite3.connect(backup / "state.db")
    with sqlite3.connect(home.state_db) as source:
        source.backup(copy)
    dump = "\n".join(copy.iterdump())
    copy.close()
    source.close()

    assert found_in(tmp_path, list(PLANTED.values())) == []
    assert [value for value in PLANTED.values() if value in dump] == []
    rest = {name: value for name, value in PLANTED.items() if name != "secret0"}
    assert secrets.values("p", "variablegroup:1") == rest


def test_the_key_file_is_made_for_its_user_only_when_it_is_first_needed(
    home: Home, secrets: Secrets
) -> None:
    assert secrets.values("p", "") == {}
    assert not home.secrets_key.exists()
    secrets.set("p", "", {"a": "1"})
    assert stat.S_IMODE(home.secrets_key.stat().st_mode) == 0o600


def test_a_missing_key_file_is_said_and_no_second_one_made(home: Home, secrets: Secrets) -> None:
    secrets.set("p", "", {"a": "value-a"})
    home.secrets_key.unlink()

    for use in (lambda: secrets.values("p", ""), lambda: secrets.set("p", "", {"b": "2"})):
        with pytest.raises(KeyUnusable, match=r"cannot be read.*restore it") as told:
            use()
        assert "value-a" not in str(told.value)
    assert not home.secrets_key.exists()


def test_a_wrong_key_is_said_by_the_ids_of_both(
    home: Home, secrets: Secrets, tmp_path: Path
) -> None:
    secrets.set("p", "", {"a": "1"})
    right = KeyFile(home.secrets_key).read().active
    other = KeyFile(tmp_path / "other.key").read_or_make().active
    (tmp_path / "other.key").replace(home.secrets_key)

    with pytest.raises(KeyUnusable, match=f"sealed with the key {right}.* has {other}"):
        secrets.values("p", "")
    with pytest.raises(KeyUnusable, match=right):
        secrets.set("p", "", {"b": "2"})


@pytest.mark.parametrize("text", ["", "nonsense\n", "abc Zm9v\n"])
def test_what_is_no_key_file_is_refused(home: Home, secrets: Secrets, text: str) -> None:
    secrets.set("p", "", {"a": "1"})
    home.secrets_key.write_text(text)
    with pytest.raises(KeyUnusable, match=r"not a key file|is empty"):
        secrets.values("p", "")


def test_a_key_file_that_others_can_read_is_refused(home: Home, secrets: Secrets) -> None:
    secrets.set("p", "", {"a": "1"})
    home.secrets_key.chmod(0o640)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        secrets.values("p", "")


def test_rotation_seals_everything_anew_and_forgets_the_old_key(
    home: Home, secrets: Secrets, tmp_path: Path
) -> None:
    secrets.set("p", "", PLANTED)
    before = home.secrets_key.read_text()
    assert secrets.rotate() == len(PLANTED)
    after = home.secrets_key.read_text()

    assert before.split()[0] not in after and len(after.splitlines()) == 1
    assert secrets.values("p", "") == PLANTED
    home.secrets_key.write_text(before)
    with pytest.raises(KeyUnusable):
        secrets.values("p", "")


def test_a_rotation_that_was_cut_off_loses_nothing(home: Home, secrets: Secrets) -> None:
    secrets.set("p", "", {"a": "1"})
    keys = KeyFile(home.secrets_key)
    keys.add(keys.read())

    assert secrets.values("p", "") == {"a": "1"}
    secrets.set("p", "", {"b": "2"})
    assert secrets.rotate() == 2
    assert secrets.values("p", "") == {"a": "1", "b": "2"}
    assert len(home.secrets_key.read_text().splitlines()) == 1


def test_a_row_that_was_moved_or_changed_does_not_open(
    home: Home, database: Database, secrets: Secrets
) -> None:
    secrets.set("p", "variablegroup:1", {"a": "1"})
    with database.transaction() as connection:
        connection.execute("UPDATE secrets SET owner = 'variablegroup:2'")
    with pytest.raises(SecretDamaged):
        secrets.values("p", "variablegroup:2")


def test_another_place_for_the_key_file_is_named_by_the_environment(
    home: Home, tmp_path: Path
) -> None:
    assert KeyFile.of(home, {}).path == home.secrets_key
    chosen = tmp_path / "credentials" / "key"
    assert KeyFile.of(home, {"PENSTOCK_KEY_FILE": str(chosen)}).path == chosen
