"""A storm of pushes while the server is killed: the runs are exactly those of the rules.

What is expected is worked out here, from what was pushed, and not by the code under test.
With `--full` it is 100 pushes to 20 repositories, 10 a second.
"""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from devopsserver import DevopsServer, devops_server, git, until

from penstock.store.database import Database, open_state
from penstock.store.home import Home
from penstock.store.hosting.pushes import Pushes
from penstock.store.hosting.repositories import Repositories
from penstock.store.pipelines.triggers import Triggers
from penstock.store.runs import Run, Runs

FILTERED = """
trigger:
  branches: {include: [main, releases/*], exclude: [releases/old]}
  paths: {include: [src, lib/core], exclude: [src/docs]}
steps: [{checkout: none}, {bash: 'true'}]
"""
BATCHED = """
trigger: {batch: true, branches: {include: [main, topic]}, paths: {exclude: [docs]}}
steps: [{checkout: none}, {bash: sleep 2}]
"""
BRANCHES = ("main", "topic", "releases/1", "releases/old")
PATHS = ("src/a.py", "src/docs/a.md", "lib/core/b.py", "lib/more/c.py", "docs/d.md", "README.md")
SEED = 17


@dataclass(frozen=True, slots=True)
class Size:
    """`seconds` is the time that all pushes are spread over; `lives` when the server dies."""

    repositories: int
    pushes: int
    seconds: float
    lives: tuple[tuple[str, int], ...]


SMALL = Size(4, 16, 0.0, (("written", 5), ("begun", 2), ("never", 0)))
FULL = Size(20, 100, 10.0, (("written", 20), ("begun", 20), ("written", 20), ("never", 0)))


@dataclass(frozen=True, slots=True)
class Change:
    """A push of one commit."""

    branch: str
    paths: tuple[str, ...]
    message: str
    commit: str = ""

    def starts_filtered(self) -> bool:
        """Whether the first pipeline is to run for it."""
        is_on = self.branch == "main" or self.branch == "releases/1"
        return is_on and self.is_heard() and any(map(is_source, self.paths))

    def starts_batched(self) -> bool:
        """Whether the second one is to run for it, or for a later one with it."""
        is_on = self.branch in ("main", "topic")
        return is_on and self.is_heard() and any(not p.startswith("docs/") for p in self.paths)

    def is_heard(self) -> bool:
        return "[skip ci]" not in self.message


def is_source(path: str) -> bool:
    if path.startswith("src/"):
        return not path.startswith("src/docs/")
    return path.startswith("lib/core/")


@dataclass(slots=True)
class Client:
    """Somebody with a clone of one repository."""

    name: str
    work: Path
    url: str
    token: str
    pushed: list[Change] = field(default_factory=list)

    def push(self, change: Change, number: int) -> None:
        """Commit and push, again and again until git says that it is there."""
        git(self.work, "checkout", "--quiet", change.branch)
        for path in change.paths:
            (self.work / path).parent.mkdir(parents=True, exist_ok=True)
            (self.work / path).write_text(f"{number}\n")
        git(self.work, "add", "-A")
        git(self.work, "commit", "--quiet", "-m", change.message)
        commit = git(self.work, "rev-parse", "HEAD").strip()
        until(lambda: self.is_accepted(change.branch), "the push is accepted", seconds=60)
        self.pushed.append(Change(change.branch, change.paths, change.message, commit))

    def is_accepted(self, *refs: str) -> bool:
        header = f"http.extraHeader=Authorization: Bearer {self.token}"
        address = f"{self.url}/penstock/Demo/_git/{self.name}"
        try:
            git(self.work, "-c", header, "push", "--quiet", address, *refs)
        except AssertionError:
            time.sleep(0.1)
            return False
        return True


class Server:
    """A server that is started again whenever it has died, on the same port."""

    def __init__(self, home: Path, port: int, lives: tuple[tuple[str, int], ...]) -> None:
        self.home, self.port, self.lives = home, port, list(lives)
        self.deaths = 0
        self.restarts: list[float] = []
        self.is_closing = threading.Event()
        self.thread = threading.Thread(target=self.keep_up)
        self.thread.start()

    def keep_up(self) -> None:
        script = Path(__file__).with_name("stormserver.py")
        for point, count in self.lives:
            begin = time.monotonic()
            words = [str(self.home), str(self.port), point, str(count)]
            with subprocess.Popen(
                [sys.executable, str(script), *words], stdout=subprocess.PIPE, text=True
            ) as process:
                assert process.stdout is not None
                process.stdout.readline()
                self.restarts.append(time.monotonic() - begin)
                while process.poll() is None and not self.is_closing.wait(0.02):
                    continue
                if self.is_closing.is_set():
                    process.terminate()
                    process.wait(30)
                    return
            self.deaths += 1

    def close(self) -> None:
        self.is_closing.set()
        self.thread.join()


def test_the_runs_of_a_storm_are_those_of_the_rules(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    size = FULL if request.config.getoption("--full") else SMALL
    home, port = tmp_path / "home", free_port()
    with devops_server(tmp_path, home) as server:
        with ThreadPoolExecutor(4) as pool:
            prepare = lambda n: prepared(server, n, port)  # noqa: E731
            clients = list(pool.map(prepare, range(size.repositories)))
        project, pipelines = server.project, {c.name: pipelines_of(server, c) for c in clients}
    serving = Server(home, port, size.lives)
    begin = time.monotonic()
    try:
        seconds = storm(clients, size)
        with stores(home) as (runs, triggers, pushes):
            until(lambda: is_quiet(runs, triggers, pushes), "all is done", seconds=180)
            done = time.monotonic() - begin
            started = runs.list(limit=10_000)
            history = triggers.history(project, top=10_000)
    finally:
        serving.close()
    assert serving.deaths == len(size.lives) - 1
    # Those of the preparation had no pipeline to decide about.
    decisions = [found for event, found in history if event.kind == "push" and found]
    assert len(decisions) == sum(len(client.pushed) for client in clients) == size.pushes
    assert {len(found) for found in decisions} == {2}
    merged = 0
    for client in clients:
        filtered, batched = pipelines[client.name]
        check_filtered(client, [run for run in started if run.pipeline == filtered])
        merged += check_batched(client, [run for run in started if run.pipeline == batched])
    accepted = {
        decided.run: event.at
        for event, found in history
        for decided in found
        if event.kind == "push" and decided.outcome == "run"
    }
    of_pushes = [run for run in started if run.id in accepted]
    there = spread(run.created - accepted[run.id] for run in of_pushes)
    begun = spread(run.started - accepted[run.id] for run in of_pushes if run.started)
    print(
        f"\n{size.pushes} pushes to {size.repositories} repositories in {seconds:.1f} s, all done"
        f" after {done:.1f} s; {serving.deaths} kills, {len(started)} runs, {merged} batched"
        f"\nstart of the server at most {max(serving.restarts):.1f} s"
        f"\nfrom a push until its run is there: {there}"
        f"\nfrom a push until its run has begun: {begun}"
    )


def spread(seconds: Iterable[float]) -> str:
    """The middle, the slow end and the slowest of some times."""
    ordered = sorted(seconds)
    middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    return f"{middle:.2f} s in the middle, {late:.2f} s at p95, at most {ordered[-1]:.2f} s"


def prepared(server: DevopsServer, number: int, port: int) -> Client:
    """A repository with its branches, before there are pipelines."""
    name = f"repository{number}"
    server.services.repositories.create(server.services.projects.get("Demo"), name)
    work = server.folder / name
    work.mkdir()
    git(work, "init", "--quiet", "-b", "main")
    (work / "filtered.yml").write_text(FILTERED)
    (work / "batched.yml").write_text(BATCHED)
    git(work, "add", "-A")
    git(work, "commit", "--quiet", "-m", "Begin")
    for branch in BRANCHES[1:]:
        git(work, "branch", branch)
    client = Client(name, work, server.host.access.url, server.token)
    assert client.is_accepted(*BRANCHES)
    client.url = f"http://127.0.0.1:{port}"
    return client


def pipelines_of(server: DevopsServer, client: Client) -> tuple[int, int]:
    def made(path: str) -> int:
        repository = server.services.repositories.get(client.name, server.project)
        configuration = {
            "type": "yaml",
            "path": path,
            "repository": {"id": repository.id, "type": "azureReposGit"},
        }
        body = {"name": f"{client.name} {path}", "configuration": configuration}
        return int(server.post("pipelines", body)["id"])

    return made("filtered.yml"), made("batched.yml")


def storm(clients: list[Client], size: Size) -> float:
    """Every client pushes in turn, all of them at once; the seconds it took."""
    chance = random.Random(SEED)
    changes = [a_change(chance) for _ in range(size.pushes)]
    begin = time.monotonic()

    def go(number: int) -> None:
        client = clients[number]
        for n in range(number, size.pushes, len(clients)):
            time.sleep(max(0.0, begin + n * size.seconds / size.pushes - time.monotonic()))
            client.push(changes[n], n)

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(go, range(len(clients))))
    return time.monotonic() - begin


def a_change(chance: random.Random) -> Change:
    branch = chance.choice(["main", "main", "main", *BRANCHES])
    paths = tuple(chance.sample(PATHS, chance.choice([1, 1, 2])))
    message = chance.choice(["Change it", "Change it", "Change it", "Only words [skip ci]"])
    return Change(branch, paths, message)


def check_filtered(client: Client, runs: list[Run]) -> None:
    """One run for each push that passes, none for any other."""
    wanted = Counter(change.commit for change in client.pushed if change.starts_filtered())
    assert Counter(run.commit for run in runs) == wanted, client.name


def check_batched(client: Client, runs: list[Run]) -> int:
    """Of each branch: the first push that passes runs, and the last one; each is run once, in their
    order, and no run begins before the one ahead of it has ended. How many were merged."""
    merged = 0
    for branch in BRANCHES:
        passing = [c.commit for c in client.pushed if c.branch == branch and c.starts_batched()]
        of_branch = sorted((run for run in runs if run.branch == branch), key=lambda run: run.id)
        commits = [run.commit for run in of_branch]
        assert commits == [commit for commit in passing if commit in commits], client.name
        assert commits[:1] == passing[:1] and commits[-1:] == passing[-1:], client.name
        for before, after in pairwise(of_branch):
            assert before.finished is not None and before.finished <= after.created
        merged += len(passing) - len(commits)
    return merged


def is_quiet(runs: Runs, triggers: Triggers, pushes: Pushes) -> bool:
    return not (pushes.unhandled() or runs.unfinished_headers() or triggers.to_follow())


@contextmanager
def stores(home: Path) -> Iterator[tuple[Runs, Triggers, Pushes]]:
    database: Database = open_state(Home(home))
    repositories = Repositories(database, Home(home).repositories, lambda: "")
    try:
        yield Runs(database), Triggers(database), Pushes(database, repositories)
    finally:
        database.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
