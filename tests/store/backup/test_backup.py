"""Backups: made while the store is in use, whole or not at all, and no place for secrets."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sqlite3
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from penstock.engine.events import IssueLogged
from penstock.engine.plan import Plan
from penstock.store.backup import BackupFailed, RestoreRefused
from penstock.store.backup.reading import check_backup, restore_backup
from penstock.store.backup.writing import write_backup
from penstock.store.database import StoreTooNew, open_metrics, open_state
from penstock.store.home import Home
from penstock.store.hosting.repositories import Repositories, Repository
from penstock.store.library.keys import KeyFile
from penstock.store.library.secrets import Secrets
from penstock.store.people.audit import Actor
from penstock.store.people.passwords import Cost
from penstock.store.people.people import People
from penstock.store.projects import Projects
from penstock.store.runs import Runs

BY = Actor(id="", name="test")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return fill(Home(tmp_path / "home"))


def fill(home: Home) -> Home:
    """A small store with something of each kind in it."""
    home.make()
    database = open_state(home)
    runs = Runs(database)
    for _ in range(3):
        runs.create(runs.new_id(), Plan(nodes=()), {"kind": "pipeline", "name": "hello"})
    repositories, repository = hosted(home)
    commit(home.root.parent / "clone", repositories.folder(repository.id), "one")
    database.close()
    open_metrics(home).close()
    for name in ("logs/1/a.log", "artifacts/1/drop/x.bin", "storage/ws/store/été 日.txt"):
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 1000)
    (home.storage / "ws" / "empty").mkdir()
    (home.storage / "ws" / "link").symlink_to("/etc/passwd")
    os.chmod(home.artifacts / "1/drop/x.bin", 0o750)
    return home


def hosted(home: Home) -> tuple[Repositories, Repository]:
    database = open_state(home)
    ids = iter(f"{n:08}-0000-4000-8000-000000000000" for n in range(100))
    projects = Projects(database, lambda: next(ids))
    repositories = Repositories(database, home.repositories, lambda: next(ids))
    repository = repositories.create(projects.create("alpha"), "alpha")
    database.close()
    return repositories, repository


def git(folder: Path, *words: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "x", f"GIT_{who}_EMAIL": "x@x"}
    done = subprocess.run(
        ["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(clone: Path, bare: Path, text: str) -> str:
    """Push one more commit; its id."""
    if not clone.exists():
        clone.mkdir()
        git(clone, "init", "--quiet", "--initial-branch=main")
    (clone / "file.txt").write_text(text)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", text)
    git(clone, "push", "--quiet", str(bare), "main")
    return git(clone, "rev-parse", "HEAD")


def backup(home: Home, target: Path, **keys: Path) -> Path:
    named = {name.replace("_", "."): path for name, path in keys.items()}
    write_backup(home, target, keys=named, version="1.0", now=1_800_000_000.0)
    return target


def contents(root: Path) -> dict[str, object]:
    """Every file below a folder by its bytes and mode, every folder by its name."""
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode & 0o777)
        if path.is_file()
        else None
        for path in root.rglob("*")
        if not path.is_symlink() and path.suffix not in (".db", ".db-wal", ".db-shm")
    }


def test_a_restored_store_is_what_was_backed_up(home: Home, tmp_path: Path) -> None:
    made = write_backup(home, tmp_path / "b.tar", keys={}, version="1.0", now=5.0)
    assert check_backup(tmp_path / "b.tar") == made
    assert (tmp_path / "b.tar").stat().st_mode & 0o777 == 0o600
    copy = Home(tmp_path / "elsewhere" / "copy")
    assert restore_backup(tmp_path / "b.tar", copy) == made
    assert contents(copy.root) == contents(home.root)
    assert copy.root.stat().st_mode & 0o777 == 0o700
    database = open_state(copy)
    assert [run.name for run in Runs(database).list(limit=9)] == ["hello"] * 3
    assert database.query("PRAGMA journal_mode")[0][0] == "wal"
    database.close()
    (bare,) = copy.repositories.iterdir()
    assert git(bare, "log", "--format=%s", "main") == "one"
    assert {path.name for path in tmp_path.iterdir()} == {"home", "b.tar", "clone", "elsewhere"}


def test_links_are_left_out(home: Home, tmp_path: Path) -> None:
    restore_backup(backup(home, tmp_path / "b.tar"), Home(tmp_path / "copy"))
    assert not (tmp_path / "copy/storage/ws/link").is_symlink()


def test_keys_are_in_it_where_asked_for(home: Home, tmp_path: Path) -> None:
    key = tmp_path / "elsewhere.key"
    key.write_text("the key")
    key.chmod(0o600)
    (home.root / "secrets.key").write_text("not this one")
    without = check_backup(backup(home, tmp_path / "a.tar"))
    assert not without.has_keys
    made = backup(home, tmp_path / "b.tar", secrets_key=key)
    assert check_backup(made).has_keys
    restore_backup(made, Home(tmp_path / "copy"))
    restored = tmp_path / "copy/secrets.key"
    assert (restored.read_text(), restored.stat().st_mode & 0o777) == ("the key", 0o600)
    with pytest.raises(BackupFailed, match="the key file"):
        backup(home, tmp_path / "c.tar", secrets_key=tmp_path / "missing")
    assert not (tmp_path / "c.tar").exists()


def test_nothing_is_restored_over_what_is_there(home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "b.tar")
    before = contents(home.root)
    with pytest.raises(RestoreRefused, match="is not empty"):
        restore_backup(made, home)
    assert contents(home.root) == before
    empty = tmp_path / "empty"
    empty.mkdir()
    restore_backup(made, Home(empty))
    assert (empty / "state.db").exists()


def test_without_a_store_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="there is no store"):
        backup(Home(tmp_path / "none"), tmp_path / "b.tar")
    assert list(tmp_path.iterdir()) == []


# Damage


def refused(source: Path, folder: Path) -> str:
    with pytest.raises(BackupFailed) as failed:
        restore_backup(source, Home(folder / "copy"))
    assert not (folder / "copy").exists()
    assert not list(folder.glob(".copy*"))
    with pytest.raises(BackupFailed):
        check_backup(source)
    return str(failed.value)


def test_a_backup_that_was_cut_is_refused(home: Home, tmp_path: Path) -> None:
    whole = backup(home, tmp_path / "b.tar").read_bytes()
    cut = tmp_path / "cut.tar"
    for size in (0, 1, 511, 512, 5000, len(whole) // 3, len(whole) // 2, len(whole) - 12_000):
        cut.write_bytes(whole[:size])
        refused(cut, tmp_path)


def test_a_backup_in_which_a_byte_was_changed_is_refused(home: Home, tmp_path: Path) -> None:
    source = backup(home, tmp_path / "b.tar")
    whole = source.read_bytes()
    with tarfile.open(source) as tar:
        spans = [(e.offset_data, e.size) for e in tar if e.size and e.name != "manifest.json"]
    changed = tmp_path / "changed.tar"
    for start, size in spans:
        place = start + size // 2
        data = bytearray(whole)
        data[place] ^= 1
        changed.write_bytes(data)
        assert "is not what was written" in refused(changed, tmp_path)


def rewritten(source: Path, target: Path, extra: tarfile.TarInfo, data: bytes = b"") -> Path:
    """The backup with one more entry before its manifest, which does not know of it."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for entry in old:
            if entry.name == "manifest.json":
                new.addfile(extra, io.BytesIO(data))
            new.addfile(entry, old.extractfile(entry))
    return target


@pytest.mark.parametrize(
    "name", ["../canary", "/tmp/canary", "logs/../../canary", "canary", "logs//x", "state.db"]
)
def test_a_file_that_is_no_part_of_a_store_is_refused(
    home: Home, tmp_path: Path, name: str
) -> None:
    extra = tarfile.TarInfo(name)
    extra.size = 4
    bad = rewritten(backup(home, tmp_path / "b.tar"), tmp_path / "bad.tar", extra, b"evil")
    refused(bad, tmp_path)
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_anything_but_plain_files_is_refused(home: Home, tmp_path: Path, kind: bytes) -> None:
    extra = tarfile.TarInfo("logs/x")
    extra.type, extra.linkname = kind, "../../canary"
    refused(rewritten(backup(home, tmp_path / "b.tar"), tmp_path / "bad.tar", extra), tmp_path)


def test_a_file_that_the_manifest_does_not_name_is_refused(home: Home, tmp_path: Path) -> None:
    extra = tarfile.TarInfo("logs/1/planted.log")
    bad = rewritten(backup(home, tmp_path / "b.tar"), tmp_path / "bad.tar", extra)
    assert 'differ about "logs/1/planted.log"' in refused(bad, tmp_path)


def test_what_is_no_tar_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "b.tar"
    source.write_text("hello" * 1000)
    assert "is no backup" in refused(source, tmp_path)


def test_the_backup_of_a_newer_penstock_is_refused(home: Home, tmp_path: Path) -> None:
    connection = sqlite3.connect(home.state_db)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreTooNew):
        restore_backup(backup(home, tmp_path / "b.tar"), Home(tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


# While the store is in use


@contextmanager
def busy(*works: object) -> Iterator[None]:
    """Threads that do their work over and over, until the end."""
    stop = threading.Event()
    failed: list[Exception] = []

    def repeat(work) -> None:  # type: ignore[no-untyped-def]
        try:
            while not stop.is_set():
                work()
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []


def test_a_backup_of_a_busy_store_is_a_consistent_prefix(home: Home, tmp_path: Path) -> None:
    """Files are written before the database speaks of them; a backup has all that its database
    speaks of, and each run up to some event without a gap."""
    database = open_state(home)
    runs = Runs(database)
    bare = next(home.repositories.iterdir())
    count = [0]

    def run_something() -> None:
        run = runs.new_id()
        data = os.urandom(20_000)
        digest = hashlib.sha256(data).hexdigest()
        path = home.artifacts / run / "drop"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        runs.create(run, Plan(nodes=()), {"kind": "pipeline", "name": "busy", "commit": digest})
        for number in range(5):
            log = home.logs / run
            log.mkdir(exist_ok=True)
            with (log / "x.log").open("a") as file:
                file.write(f"line {number}\n")
            issue = IssueLogged(at=1.0, node="n", step="", kind="warning", message=str(number))
            runs.append(run, [issue])

    def push_something() -> None:
        count[0] += 1
        commit(tmp_path / "clone", bare, f"push {count[0]}")
        if count[0] % 3 == 0:
            git(bare, "gc", "--quiet", "--prune=now")

    copies = []
    with busy(run_something, push_something):
        for number in range(3):
            time.sleep(0.4)
            copies.append(backup(home, tmp_path / f"b{number}.tar"))
    database.close()
    ends = []
    for number, source in enumerate(copies):
        copy = Home(tmp_path / f"copy{number}")
        restore_backup(source, copy)
        restored = open_state(copy)
        kept = Runs(restored)
        found = [run for run in kept.list(limit=100_000) if run.name == "busy"]
        for run in found:
            artifact = copy.artifacts / str(run.id) / "drop"
            assert hashlib.sha256(artifact.read_bytes()).hexdigest() == run.commit
            _, events = kept.load(str(run.id))
            messages = [event.message for event in events if isinstance(event, IssueLogged)]
            assert messages == [str(n) for n in range(len(messages))]
            if messages:
                lines = (copy.logs / str(run.id) / "x.log").read_text().splitlines()
                assert len(lines) >= len(messages)
        restored.close()
        bare_copy = next(copy.repositories.iterdir())
        git(bare_copy, "fsck", "--full", "--strict", "--no-dangling")
        pushed = git(bare_copy, "log", "--format=%s", "main").splitlines()
        assert pushed == [f"push {n}" for n in range(len(pushed) - 1, 0, -1)] + ["one"]
        ends.append((len(found), len(pushed)))
    assert ends == sorted(ends)
    assert ends[-1][0] > ends[0][0] > 0
    assert ends[-1][1] > ends[0][1] > 1


# Secrets at rest


def test_a_hundred_planted_secrets_are_in_no_file_of_a_store_nor_of_its_backup(
    tmp_path: Path,
) -> None:
    home = fill(Home(tmp_path / "home"))
    database = open_state(home)
    people = People(database, cost=Cost(log_n=4, r=1, p=1))
    planted = [f"planted-{n:03}-{os.urandom(8).hex()}" for n in range(50)]
    values = {f"secret{n}": value for n, value in enumerate(planted)}
    Secrets(database, KeyFile(home.secrets_key)).set("p", "variablegroup:1", values)
    run = Runs(database).new_id()
    Runs(database).create(run, Plan(nodes=()), {"kind": "pipeline"})
    for n in range(10):
        password = f"password-{n}-{os.urandom(8).hex()}"
        account = people.accounts.add(f"user{n}", password=password, by=BY)
        _, token = people.tokens.create(
            account, name="t", scope="app_token", expires=time.time() + 60, by=BY
        )
        people.accounts.set_password(account.id, password + "x", by=BY)
        cookies = [people.sessions.start(account, by=BY) for _ in range(2)]
        planted += [password, token, *cookies, people.job_tokens.issue(run)]
    assert len(planted) == 100
    planted += [value.rpartition("_")[2] for value in planted]

    def found() -> list[str]:
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert len(files) > 20
        texts = [path.read_bytes() for path in files]
        return [value for value in planted if any(value.encode() in text for text in texts)]

    assert found() == []
    database.close()
    backup(home, tmp_path / "b.tar", secrets_key=home.secrets_key)
    restore_backup(tmp_path / "b.tar", Home(tmp_path / "copy"))
    assert found() == []

    # With its key the copy tells them; without it, it says which key is missing.
    copy = Home(tmp_path / "copy")
    restored = open_state(copy)
    kept = Secrets(restored, KeyFile(copy.secrets_key)).values("p", "variablegroup:1")
    assert kept == values
    restored.close()
    shutil.rmtree(copy.root)
    restore_backup(backup(home, tmp_path / "c.tar"), copy)
    assert not copy.secrets_key.exists()
