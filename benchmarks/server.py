"""The server: its start, its lists over 100,000 runs, pushes until runs start, a graph laid out."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import WORK, Row, alternate, at_most, environment, seconds

RUNS, PIPELINES, ASKED = 100_000, 40, 40
PUSHES = 25
STARTS, START_GOAL = 7, 80.0
LISTS = {
    "newest": "runs?top=50",
    "one pipeline": "runs?definitionId=7",
    "a branch": "runs?branch=topic-3",
    "failed": "runs?result=failed",
    "never happened": "runs?result=canceled&branch=main",
    "by text": "runs?q=number%2099",
    "text that is nowhere": "runs?q=nowhere",
    "one person": "runs?requestedBy=person-3",
    "by tag": "runs?tag=rare",
    "a page in the middle": "runs?continuationToken=50000",
    "pipelines with their runs": "pipelines",
}
PENSTOCK = [sys.executable, "-m", "penstock.cli.main"]
YAML = "steps: [{checkout: none}, {bash: 'true'}]\n"


def run() -> list[Row]:
    """Every row about the server."""
    rows = [layout_row(), start_row(0), start_row(10_000)]
    with server("home-server") as served:
        served.make_project()
        rows.append(push_row(served))
        fill(served, RUNS)
        rows += list_rows(served)
    return rows


def layout_row() -> Row:
    from penstock.server.graph_layout import lay_out

    chance = random.Random(1)
    nodes = [f"n{n}" for n in range(500)]
    edges: dict[str, list[str]] = {node: [] for node in nodes}
    for _ in range(756):
        first, last = sorted(chance.sample(range(500), 2))
        edges[nodes[last]].append(nodes[max(first, last - 40)])
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        lay_out(nodes, edges)
        times.append(time.perf_counter() - begin)
    return milliseconds("layout of 500 nodes", statistics.median(times), 300)


def start_row(runs: int) -> Row:
    """From `penstock up` after a kill until the server has answered, in times of Python's start."""
    with server(f"home-start-{runs}") as served:
        served.make_project()
        served.change(0)
        fill(served, runs)
        started, python = alternate(STARTS, served.restart, python_start)
    name = f"start of a server, {runs:,} runs" if runs else "start of a server, empty store"
    return at_most(name, started, python, START_GOAL)


def python_start() -> float:
    return seconds([sys.executable, "-c", "pass"], WORK, environment("home"))


def push_row(served: Served) -> Row:
    """From the start of `git push` until the first job of its run has begun."""
    times = [served.change(number) for number in range(PUSHES)]
    return milliseconds("git push until its job has begun, p95", p95(times), 500)


def list_rows(served: Served) -> list[Row]:
    rows = []
    for name, path in LISTS.items():
        times = []
        for _ in range(ASKED):
            times.append(served.time(f"penstock/{path}"))
        rows.append(milliseconds(f"list of {RUNS:,} runs, {name}, p95", p95(times), 100))
    return rows


def p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def milliseconds(name: str, seconds: float, goal: float) -> Row:
    value = seconds * 1000
    return Row(
        name=name,
        ours=f"{value:.0f} ms",
        theirs="",
        ratio=None,
        goal=f"<= {goal:g} ms",
        met=value <= goal,
    )


def fill(served: Served, count: int) -> None:
    """Ended runs, written as the store would."""
    from penstock.store.database import open_state
    from penstock.store.home import Home
    from penstock.store.runs import Runs

    database = open_state(Home(served.home))
    runs = Runs(database)
    newest = runs.list(limit=1)[0]
    chance = random.Random(2)
    extra = json.dumps({"message": "A commit message of some length " * 3, "path": "a.yml"})
    stages = json.dumps([[f"Stage{n}", f"Stage {n}", "finished", "succeeded"] for n in range(4)])
    now = time.time()
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO runs (id, kind, name, number, definition, branch, 'commit', reason, state,"
            " result, created, started, finished, owner, project, pipeline, requested_by,"
            " requested_for, title, cause, stages, kept, followed, extra) VALUES"
            " (?, 'pipeline', ?, ?, ?, ?, ?, ?, 'finished', ?, ?, ?, ?, '', ?, ?, ?, ?, ?, '', ?,"
            " 0, 1, ?)".replace("'commit'", '"commit"'),
            [
                row(chance, newest.id + n, now - (count - n) * 60, newest.project, stages, extra)
                for n in range(1, count + 1)
            ],
        )
        connection.execute(
            "INSERT INTO run_texts (rowid, text) SELECT id, number || char(10) || title ||"
            ' char(10) || definition || char(10) || branch || char(10) || "commit" FROM runs'
            " WHERE id > ?",
            (newest.id,),
        )
        connection.execute("UPDATE counters SET value = ? WHERE name = 'run'", (newest.id + count,))
        connection.execute(
            "INSERT INTO run_tags (run, tag) VALUES (?, 'rare')", (newest.id + count // 3,)
        )
    database.close()


def row(
    chance: random.Random, id: int, begin: float, project: str, stages: str, extra: str
) -> tuple[object, ...]:
    n, pipeline = id, id % PIPELINES + 1
    return (
        id,
        f"pipeline {pipeline}",
        f"20261128.{n}",
        f"pipeline {pipeline}",
        "main" if n % 3 else f"topic-{n % 7}",
        f"{n:040x}",
        "IndividualCI" if n % 4 else "Manual",
        "failed" if chance.random() < 0.02 else "succeeded",
        begin,
        begin + 1,
        begin + 30,
        project,
        pipeline,
        f"person-{n % 9}",
        f"Person {n % 9}",
        f"Change number {n}",
        stages,
        extra,
    )


@dataclass(slots=True)
class Served:
    """A server in a process of its own."""

    folder: Path
    home: Path
    url: str
    token: str
    connection: http.client.HTTPConnection | None = None

    def make_project(self) -> None:
        self._ask("POST", "/_apis/projects?api-version=7.1", {"name": "Demo"})
        work = self.folder / "work"
        work.mkdir()
        git(work, "init", "--quiet", "-b", "main")
        (work / "azure-pipelines.yml").write_text(YAML)
        git(work, "add", "-A")
        git(work, "commit", "--quiet", "-m", "Begin")
        self.push(work)
        configuration = {
            "type": "yaml",
            "path": "azure-pipelines.yml",
            "repository": {"id": "Demo", "type": "azureReposGit"},
        }
        self._ask("POST", "/Demo/_apis/pipelines", {"name": "CI", "configuration": configuration})

    def push(self, work: Path) -> None:
        """Push the branch main, as a user does."""
        header = f"http.extraHeader=Authorization: Bearer {self.token}"
        git(work, "-c", header, "push", "--quiet", f"{self.url}/Demo/_git/Demo", "main")

    def change(self, number: int) -> float:
        """Push a commit; seconds from the start of `git push` until its first job has begun."""
        work = self.folder / "work"
        (work / "n.txt").write_text(str(number))
        git(work, "add", "-A")
        git(work, "commit", "--quiet", "-m", f"Push {number}")
        begin = time.time()
        self.push(work)
        return self.started(git(work, "rev-parse", "HEAD").strip()) - begin

    def restart(self) -> float:
        """Kill it; seconds from the next start until that has answered."""
        os.kill(json.loads((self.home / "service.json").read_text())["pid"], signal.SIGKILL)
        begin = time.perf_counter()
        self.url, _ = up(self.home)
        self.get("pipelines")
        return time.perf_counter() - begin

    def started(self, commit: str) -> float:
        """When the first job of the run of a commit began."""
        while True:
            for run in self.get("penstock/runs?top=5")["value"]:
                if run["commit"] == commit and run["state"] == "completed":
                    page = self.get(f"penstock/runs/{run['id']}")
                    job = next(r for r in page["records"] if r["type"] == "Job")
                    return moment(job["startTime"])
            time.sleep(0.02)

    def time(self, path: str) -> float:
        """Seconds until the whole answer is there, over a connection that is there already."""
        if self.connection is None:
            host = self.url.split("/")[2]
            self.connection = http.client.HTTPConnection(host, timeout=120)
        begin = time.perf_counter()
        headers = {"Authorization": f"Bearer {self.token}"}
        self.connection.request("GET", f"/penstock/Demo/_apis/{path}", headers=headers)
        self.connection.getresponse().read()
        return time.perf_counter() - begin

    def get(self, path: str) -> Any:
        return self._ask("GET", f"/Demo/_apis/{path}")

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)


def moment(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@contextmanager
def server(name: str) -> Iterator[Served]:
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    home = folder / "home"
    url, token = up(home)
    try:
        yield Served(folder, home, url, token)
    finally:
        subprocess.run([*PENSTOCK, "down", "--data", str(home)], check=True)


def up(home: Path) -> tuple[str, str]:
    """Start the server of a store: its address, and the token that a first start tells."""
    said = subprocess.run(
        [*PENSTOCK, "up", "--port", "0", "--data", str(home)],
        env=environment("home"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    token, url = re.search(r"token (\S+)", said), re.search(r"http\S+", said)
    assert url is not None, said
    return url[0], token[1] if token is not None else ""


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        ["git", *identity, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
