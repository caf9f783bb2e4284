"""A server killed at any point of a push loses none and makes none twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from gitserver import CLIENT, TOKEN, TOKENS, GitServer, basic, commit, git
from loopback import serving

from penstock.server.git.smart import AT_ONCE
from penstock.store.git.names import ZERO
from penstock.store.hosting.pushes import Pushes, PushRecord, RefUpdate
from penstock.store.hosting.repositories import Repository

MAIN = "refs/heads/main"


@contextmanager
def living(home: Path, point: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    script = Path(__file__).with_name("dyingserver.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(home), point], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        yield process, f"http://127.0.0.1:{port}/penstock/demo/_git/demo"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def push(tree: Path, url: str) -> bool:
    header = f"http.extraHeader=Authorization: {basic(TOKEN)}"
    done = subprocess.run(
        ["git", "-c", header, "push", "--force", url, "HEAD:refs/heads/main"],
        cwd=tree,
        env=CLIENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )
    return done.returncode == 0


def restarted(home: Path) -> tuple[list[PushRecord], str]:
    """What the outbox has after a restart, and where the branch is."""
    server = GitServer(home)
    try:
        server.repositories.sweep()
        server.pushes.recover()
        assert server.pushes.recover() == []
        return server.pushes.unhandled(), server.git.ref(MAIN) or ZERO
    finally:
        server.close()


def check_chain(records: list[PushRecord], end: str) -> list[str]:
    """Every change of the branch is there once, in order, up to where it is now."""
    at, seen = ZERO, []
    for update in (u for record in records for u in record.updates if u.ref == MAIN):
        assert update.old == at
        at = update.new
        seen.append(at)
    assert at == end
    return seen


@pytest.mark.parametrize(
    ("point", "moves"),
    [
        ("before begin", False),
        ("after begin", False),
        ("before accept", True),
        ("after accept", True),
    ],
)
def test_a_kill_at_each_step_of_a_push(tmp_path: Path, tree: Path, point: str, moves: bool) -> None:
    home = tmp_path / "home"
    first = commit(tree, "one", {"a": "1"})
    with living(home) as (_, url):
        assert push(tree, url)
    second = commit(tree, "two", {"a": "2"})
    with living(home, point) as (process, url):
        push(tree, url)
        process.wait(timeout=20)

    records, end = restarted(home)
    assert check_chain(records, end) == ([first, second] if moves else [first])
    assert {record.pusher.name for record in records} == {"ada"}
    with living(home) as (_, url):
        assert push(tree, url)
    records, end = restarted(home)
    assert check_chain(records, end) == [first, second]


def test_kills_at_random_moments(tmp_path: Path, tree: Path) -> None:
    home = tmp_path / "home"
    moments = random.Random(17)
    confirmed = []
    for n in range(8):
        id = commit(tree, f"commit {n}", {"a": str(n)})
        with living(home) as (process, url):
            timer = threading.Timer(0.02 + moments.random() * 0.25, process.kill)
            timer.start()
            if push(tree, url):
                confirmed.append(id)
            timer.join()
        records, end = restarted(home)
        seen = check_chain(records, end)
        assert set(confirmed) <= set(seen)
        assert len(seen) == len(set(seen))
    assert git(tree, "rev-list", "--count", "HEAD") == "8"


def test_a_storm_of_pushes_is_handed_on_push_by_push(
    server: GitServer, tree: Path, tmp_path: Path
) -> None:
    """Many repositories and many pushes to each, from several clients at a time."""
    heard: list[PushRecord] = []

    def hears(push: PushRecord) -> list[str]:
        heard.append(push)
        server.pushes.handled(push)
        return []

    server.pushes.subscribe(hears)
    first = commit(tree, "first", {"a": "1"})
    names = [f"storm{n}" for n in range(6)]
    for name in names:
        server.repositories.create(server.project, name)

    def storm(name: str) -> None:
        url = server.url.replace("_git/demo", f"_git/{name}")
        for n in range(5):
            server.client(tree, "push", url, f"{first}:refs/heads/b{n}")

    threads = [threading.Thread(target=storm, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.pushes.unhandled() == []
    assert len(heard) == 30
    for name in names:
        repository = server.repositories.get(name, server.project.id)
        refs = [
            update.ref
            for push in heard
            if push.repository == repository.id
            for update in push.updates
        ]
        assert refs == [f"refs/heads/b{n}" for n in range(5)]
    assert server.pushes.recover() == []


def test_nothing_of_a_killed_server_stays_behind(tmp_path: Path, tree: Path) -> None:
    home = tmp_path / "home"
    commit(tree, "one", {"a": "1"})
    with living(home, "after begin") as (process, url):
        push(tree, url)
        process.wait(timeout=20)
    end = time.monotonic() + 10
    while processes_of(home) and time.monotonic() < end:
        time.sleep(0.02)
    assert processes_of(home) == []
    for path in (*home.glob("repositories/*/objects/*incoming*"), home):
        os.utime(path, (1, 1))
    restarted(home)
    assert list(home.glob("repositories/*/objects/*incoming*")) == []
    assert list(home.glob("repositories/*/**/*.lock")) == []


def processes_of(home: Path) -> list[str]:
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = one.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(str(home).encode() in word for word in words):
            found.append(b" ".join(words).decode())
    return found


def test_a_hook_that_dies_in_the_middle_of_its_words_loses_no_push(
    server: GitServer, tree: Path
) -> None:
    words = (
        "import os; os.write(int(os.environ['PENSTOCK_HOOK']), b'post-receive 100' + bytes([10]))"
    )
    hook = server.http.hooks / "post-receive"
    hook.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{words}"\n')
    id = commit(tree, "one", {"a": "1"})
    server.client(tree, "push", server.url, "main")
    end = time.monotonic() + 20
    while not server.pushes.unhandled() and time.monotonic() < end:
        time.sleep(0.01)
    (record,) = server.pushes.unhandled()
    assert [update.new for update in record.updates] == [id]


class FailingPushes(Pushes):
    """Fails where a push is settled that moved nothing."""

    def unwritten(self, repository: Repository, refs: Sequence[str]) -> tuple[RefUpdate, ...]:
        raise ArithmeticError


def test_a_push_that_fails_behind_its_answer_gives_back_its_place(
    tmp_path: Path, tree: Path
) -> None:
    one = GitServer(tmp_path / "home", pushes=FailingPushes)
    try:
        with serving(one.routes(), TOKENS) as one.server:
            commit(tree, "one", {"a": "1"})
            one.client(tree, "push", one.url, "main")
            for _ in range(AT_ONCE):
                one.client(tree, "push", one.url, ":refs/heads/main", ok=False)
            commit(tree, "two", {"a": "2"})
            one.client(tree, "push", one.url, "main", timeout=20)
            assert len(one.server.failures) == AT_ONCE
    finally:
        one.close()
