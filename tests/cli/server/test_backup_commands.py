"""`penstock backup`, `restore` and `db`, on a store that a server and a run have used."""

from pathlib import Path

import pytest
from typed import Terminal

from penstock.store.backup import strangers
from penstock.store.database import METRICS, STATE

HELLO = "steps:\n- script: echo hello\n"


@pytest.fixture
def used(terminal: Terminal) -> Terminal:
    terminal.write("azure-pipelines.yml", HELLO)
    assert terminal.type("run").code == 0
    assert terminal.type("secrets", "set", "password", stdin="hunter2-hunter2").code == 0
    return terminal


def test_a_backup_is_restored_and_goes_on(used: Terminal) -> None:
    file, copy = used.folder.parent / "b.tar", used.folder.parent / "copy"
    assert used.type("up", "--port", "0").code == 0
    made = used.type("backup", str(file))
    assert made.code == 0, made
    assert made.out == f"{file}\n"
    digest = made.err.splitlines()[0].split()[-1]
    assert (
        f'the key of its secrets is not in it: keep a copy of "{used.home}/secrets.key"' in made.err
    )
    assert "warning" not in made.err
    assert used.type("down").code == 0
    assert strangers(used.home) == []

    assert used.type("restore", str(file), "--check").out.startswith(f"{file}: ")
    restored = used.type("restore", str(file), "--data", str(copy), "--expect", digest)
    assert restored.code == 0, restored
    environ = {"PENSTOCK_HOME": str(copy)}
    assert "succeeded" in used.type("runs", "list", environ=environ).out
    assert "hello" in used.type("logs", "latest", environ=environ).out
    assert "admin" in used.type("accounts", "list", environ=environ).out
    assert used.type("audit", "verify", environ=environ).code == 0
    missing = used.type("secrets", "list", environ=environ)
    assert "password" in missing.out
    assert used.type("up", "--port", "0", environ=environ).code == 0
    assert used.type("down", environ=environ).code == 0


def test_what_cannot_be_is_refused_with_a_next_step(used: Terminal) -> None:
    file = used.folder.parent / "b.tar"
    assert used.type("backup", str(file)).code == 0
    for words, code, said in (
        (("backup", str(file)), 2, "is there already"),
        (("backup", str(file) + "2", "--data", str(used.folder / "none")), 1, "there is no store"),
        (("restore", str(file)), 5, "is not empty"),
        (("restore", str(file), "--check", "--expect", "x"), 1, "is another backup"),
        (("restore", str(used.folder / "azure-pipelines.yml"), "--check"), 4, "is no backup"),
        (("restore", "missing.tar"), 3, "missing.tar"),
    ):
        ended = used.type(*words)
        assert (ended.code, ended.out) == (code, ""), ended
        assert said in ended.err.splitlines()[0]
        assert "= help: " in ended.err


def test_without_a_name_it_is_called_by_its_time(used: Terminal) -> None:
    made = used.type("backup")
    (file,) = used.folder.glob("penstock-*.tar")
    assert made.out == f"{file}\n"


def test_with_its_keys_a_backup_tells_the_secrets(used: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    assert used.type("backup", str(file), "--with-keys").code == 0
    assert used.type("restore", str(file), "--data", str(tmp_path / "copy")).err == ""
    assert (tmp_path / "copy/secrets.key").read_bytes() == (used.home / "secrets.key").read_bytes()


def test_the_versions_of_the_databases_are_shown_and_brought_up(terminal: Terminal) -> None:
    newest = STATE.version
    assert terminal.type("db", "version").out.splitlines()[0] == f"state.db: none (newest {newest})"
    terminal.home.mkdir()
    (terminal.home / "state.db").touch()
    assert terminal.type("db", "version").out.splitlines()[0] == f"state.db: 0 (newest {newest})"
    upgraded = terminal.type("db", "upgrade")
    assert upgraded.out.splitlines() == [
        f"state.db: 0 is now {newest}",
        f"metrics.db: none is now {METRICS.version}",
    ]
    assert terminal.type("db", "upgrade").out.splitlines()[0] == f"state.db: {newest} is the newest"


def test_a_backup_that_is_not_there_is_told(terminal: Terminal) -> None:
    file = terminal.folder.parent / "none.tar"
    missing = terminal.type("restore", str(file))
    assert (missing.code, missing.err) == (
        3,
        f'error: there is no file "{file}"\n  = help: name the file that `penstock backup` wrote\n',
    )
    folder = terminal.type("restore", str(terminal.folder))
    assert (folder.code, folder.err.splitlines()[0]) == (
        3,
        f'error: "{terminal.folder}" is a folder',
    )
