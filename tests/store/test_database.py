import os
import sqlite3
import stat
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path

import pytest

from penstock.store import database
from penstock.store.database import METRICS, STATE, Database, Schema, StoreBroken, StoreTooNew
from penstock.store.home import Home
from penstock.store.migrations import upgrade
from penstock.store.runs import Runs
from penstock.store.runs.deployments import Deployments


def tables(path: Path) -> set[tuple[str, str, str]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    ).fetchall()
    connection.close()
    return {(kind, name, normalised(sql)) for kind, name, sql in rows}


def answer(path: Path, question: str) -> object:
    connection = sqlite3.connect(path)
    value = connection.execute(question).fetchone()[0]
    connection.close()
    return value


def normalised(sql: str) -> str:
    lines = (line.partition("--")[0] for line in sql.splitlines())
    text = " ".join(" ".join(lines).split())
    return text.replace("( ", "(").replace(" )", ")").replace(" ,", ",")


@pytest.mark.parametrize("schema", [STATE, METRICS], ids=lambda schema: schema.name)
def test_every_migration_from_nothing_gives_the_schema_of_a_fresh_store(
    tmp_path: Path, schema: Schema
) -> None:
    fresh, upgraded = tmp_path / "fresh.db", tmp_path / "upgraded.db"
    database.open_database(fresh, schema, durable=True).close()
    upgraded.touch()

    upgrade(upgraded, schema.name)

    assert tables(upgraded) == tables(fresh)
    for question in ("PRAGMA user_version", "SELECT version_num FROM alembic_version"):
        assert answer(fresh, question) == answer(upgraded, question)


@pytest.mark.parametrize("schema", [STATE, METRICS], ids=lambda schema: schema.name)
def test_the_newest_revision_is_the_version_of_the_program(schema: Schema) -> None:
    revisions = Path(database.__file__).parent / "migrations" / schema.name
    numbers = [int(file.name[:4]) for file in revisions.glob("[0-9]*.py")]
    assert max(numbers) == schema.version
    assert sorted(numbers) == list(range(1, schema.version + 1))


def test_an_older_store_is_upgraded_when_it_is_opened(tmp_path: Path) -> None:
    home = Home(tmp_path)
    sqlite3.connect(home.state_db).close()
    home.state_db.touch()

    state = database.open_state(home)

    assert state.query("PRAGMA user_version")[0][0] == STATE.version
    assert state.query("SELECT count(*) FROM runs")[0][0] == 0
    assert state.query("PRAGMA journal_mode")[0][0] == "wal"
    state.close()


def test_runs_of_the_first_schema_are_there_after_the_upgrade(tmp_path: Path) -> None:
    first = import_module("penstock.store.migrations.state.0001_first_tables")
    path = tmp_path / "state.db"
    old = sqlite3.connect(path)
    old.executescript(first.TABLES)
    old.executescript(
        """
        CREATE TABLE alembic_version (
          version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
        );
        INSERT INTO alembic_version VALUES ('state_0001');
        PRAGMA user_version = 1;
        INSERT INTO definitions VALUES (1, 'shop');
        INSERT INTO runs VALUES (7, 'pipeline', 'shop', '20261122.1', 'shop', 'main', 'c0ffee',
          'Manual', 'finished', 'succeeded', 1.0, 2.0, 3.0, '', '{"message": "Open the shop"}');
        INSERT INTO plans VALUES (7, '{"nodes": [], "variables": [], "fail_fast": false}');
        INSERT INTO events VALUES (7, 1, 2.0, '{}');
        INSERT INTO deployments VALUES (1, 'prod', 'shop', 7, 'S', 'J', 'succeeded', 1.0, 2.0);
        """
    )
    old.close()
    state = database.open_database(path, STATE, durable=True)
    (run,) = Runs(state).list()
    assert (run.id, run.number, run.title, run.project) == (7, "20261122.1", "Open the shop", "")
    assert len(state.query("SELECT 1 FROM events JOIN runs ON run = id")) == 1
    assert [d.run for d in Deployments(state).history("prod")] == [7]
    assert state.query("PRAGMA foreign_key_check") == []
    state.close()
    fresh = tmp_path / "fresh.db"
    database.open_database(fresh, STATE, durable=True).close()
    assert tables(path) == tables(fresh)


def test_two_upgrades_at_once_do_the_work_once(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    code = (
        "import sys, pathlib\n"
        "from penstock.store.migrations import upgrade\n"
        "upgrade(pathlib.Path(sys.argv[1]), 'state')\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(2)]
    assert [worker.wait(60) for worker in workers] == [0, 0]


def test_a_newer_store_is_refused_with_what_to_do(tmp_path: Path) -> None:
    home = Home(tmp_path)
    database.open_state(home).close()
    connection = sqlite3.connect(home.state_db)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(StoreTooNew) as refused:
        database.open_state(home)

    assert str(refused.value) == (
        f'the store "{home.state_db}" was made by a newer penstock (schema 99; this one knows '
        f"{STATE.version}): install the newer penstock, or set PENSTOCK_HOME to another folder"
    )


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.state_db.write_text("not a database, but long enough to look like a file header\n" * 100)
    with pytest.raises(StoreBroken, match=f'"{home.state_db}" is not a penstock database'):
        database.open_state(home)


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    other = sqlite3.connect(home.state_db)
    other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    with pytest.raises(StoreBroken, match="is a database, but not one that penstock made"):
        database.open_state(home)
    assert {name for _, name, _ in tables(home.state_db)} == {"songs"}


def test_only_the_user_can_read_a_store(tmp_path: Path) -> None:
    home = Home(tmp_path / "new" / "home")
    state = database.open_state(home)
    with state.transaction() as connection:
        connection.execute("INSERT INTO counters VALUES ('x', 1)")
    assert stat.S_IMODE(os.stat(home.root).st_mode) == 0o700
    for file in home.root.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    state.close()


def test_a_fresh_store_leaves_no_draft_behind(tmp_path: Path) -> None:
    database.open_state(Home(tmp_path)).close()
    assert [file.name for file in tmp_path.iterdir()] == ["state.db"]


def test_many_threads_that_open_a_fresh_store_at_once_see_the_same_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    opened: list[Database] = []

    def open_and_add(number: int) -> None:
        state = database.open_state(home)
        opened.append(state)
        with state.transaction() as connection:
            connection.execute("INSERT INTO counters VALUES (?, 1)", (str(number),))

    threads = [threading.Thread(target=open_and_add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened[0].query("SELECT count(*) FROM counters")[0][0] == 8
    for state in opened:
        state.close()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    state = database.open_state(Home(tmp_path))
    with pytest.raises(ZeroDivisionError):
        with state.transaction() as connection:
            connection.execute("INSERT INTO counters VALUES ('x', 1)")
            _ = 1 / 0
    assert state.query("SELECT * FROM counters") == []
    with state.transaction() as connection:
        connection.execute("INSERT INTO counters VALUES ('x', 1)")
    assert len(state.query("SELECT * FROM counters")) == 1
    state.close()


def test_transactions_do_not_nest(tmp_path: Path) -> None:
    state = database.open_state(Home(tmp_path))
    with pytest.raises(RuntimeError, match="a transaction was begun inside another one"):
        with state.transaction(), state.transaction():
            pass
    state.close()


def test_increments_from_threads_and_processes_are_all_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    state = database.open_state(home)
    with state.transaction() as connection:
        connection.execute("INSERT INTO counters VALUES ('x', 0)")
    code = (
        "import sys, pathlib, threading\n"
        "from penstock.store.database import open_state\n"
        "from penstock.store.home import Home\n"
        "state = open_state(Home(pathlib.Path(sys.argv[1])))\n"
        "def work():\n"
        "    for _ in range(25):\n"
        "        with state.transaction() as connection:\n"
        "            value = connection.execute('SELECT value FROM counters').fetchone()[0]\n"
        "            connection.execute('UPDATE counters SET value = ?', (value + 1,))\n"
        "threads = [threading.Thread(target=work) for _ in range(4)]\n"
        "[thread.start() for thread in threads]\n"
        "[thread.join() for thread in threads]\n"
        "state.close()\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(2)]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert state.query("SELECT value FROM counters")[0][0] == 200
    state.close()


def test_state_waits_for_the_disk_and_metrics_do_not(tmp_path: Path) -> None:
    home = Home(tmp_path)
    state, metrics = database.open_state(home), database.open_metrics(home)
    assert state.query("PRAGMA synchronous")[0][0] == 2
    assert metrics.query("PRAGMA synchronous")[0][0] == 1
    state.close()
    metrics.close()


def test_a_change_that_decides_nothing_does_not_wait_for_the_disk_but_the_next_one_does(
    tmp_path: Path,
) -> None:
    state = database.open_state(Home(tmp_path))
    levels = []
    for durable in (True, False, True):
        with state.transaction(durable=durable) as connection:
            levels.append(connection.execute("PRAGMA synchronous").fetchone()[0])
    state.close()
    assert levels == [2, 1, 2]


def test_metrics_never_wait_for_the_disk(tmp_path: Path) -> None:
    metrics = database.open_metrics(Home(tmp_path))
    for durable in (False, True):
        with metrics.transaction(durable=durable) as connection:
            assert connection.execute("PRAGMA synchronous").fetchone()[0] == 1
    metrics.close()
