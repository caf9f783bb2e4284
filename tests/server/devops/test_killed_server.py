"""The server is killed again and again while runs come and go: nothing is lost, nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from devopsserver import DevopsServer, devops_server, git, until

from penstock.cli.hosting.host import Host
from penstock.engine.events import NodeFinished, NodeStarted, Result, RunFinished
from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.owners import living
from penstock.store.runs import Runs

KILLS, RUNS_BETWEEN, JOBS = 20, 2, 4
SEED = 20261128


def pipeline(done: Path) -> str:
    """Jobs that leave a line each time they are done, two in a row of two."""
    jobs = "\n".join(
        f"""
- job: J{n}
  {"dependsOn: J" + str(n - 2) if n > 2 else ""}
  steps:
  - checkout: none
  - bash: |
      echo begun $(Build.BuildId)/J{n} >> {done}
      sleep 0.1
      echo ended $(Build.BuildId)/J{n} >> {done}"""
        for n in range(1, JOBS + 1)
    )
    return f"jobs:\n{jobs}\n"


class Killed:
    """A server in a process of its own, and clients that know that it may be gone."""

    def __init__(self, home: Path, token: str, work: Path, pipeline: int) -> None:
        self.home, self.token, self.work, self.pipeline = home, token, work, pipeline
        self.accepted: list[int] = []
        self.pushed: list[str] = []
        self.restarts: list[float] = []
        self.url = ""

    def up(self) -> None:
        begin = time.monotonic()
        done = self._penstock("up", "--port", "0")
        assert done.returncode == 0, done.stderr
        self.restarts.append(time.monotonic() - begin)
        self.url = done.stdout.split()[0]

    def kill(self) -> None:
        """Kill it, and wait until the kernel has taken all that it held."""
        pid = int(json.loads((self.home / "service.json").read_text())["pid"])
        owners = self.home / "owners"
        names = [path.name for path in owners.iterdir()]
        os.kill(pid, signal.SIGKILL)
        # The process is seen as dead a moment before its last threads let go of its files.
        until(lambda: not is_running(pid) and not living(owners, names), "it is dead")

    def down(self) -> None:
        assert self._penstock("down").returncode == 0

    def queue(self) -> None:
        """Ask for a run; only what was answered is accepted."""
        request = urllib.request.Request(
            f"{self.url}/Demo/_apis/pipelines/{self.pipeline}/runs?api-version=7.1",
            method="POST",
            data=b"{}",
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                self.accepted.append(json.load(answer)["id"])
        except (OSError, urllib.error.URLError):
            pass

    def push(self, number: int) -> None:
        """Push a commit; only a push that git calls accepted is."""
        (self.work / "n.txt").write_text(str(number))
        git(self.work, "add", "-A")
        git(self.work, "commit", "--quiet", "-m", f"Push {number}")
        header = f"http.extraHeader=Authorization: Bearer {self.token}"
        command = ["git", "-c", header, "push", "--quiet", f"{self.url}/Demo/_git/demo", "main"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.work)}
        done = subprocess.run(command, cwd=self.work, env=environment, capture_output=True)
        if done.returncode == 0:
            self.pushed.append(git(self.work, "rev-parse", "HEAD").strip())

    def _penstock(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "penstock.cli.main", *words, "--data", str(self.home)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_no_run_and_no_push_is_lost_or_done_twice(tmp_path: Path) -> None:
    home, done = tmp_path / "home", tmp_path / "done.txt"
    done.touch()
    with devops_server(tmp_path, home) as server:
        server.commit({"azure-pipelines.yml": pipeline(done)})
        killed = Killed(home, server.token, server.folder / "work", server.pipeline())
    chance = random.Random(SEED)
    for number in range(KILLS):
        killed.up()
        for _ in range(RUNS_BETWEEN):
            killed.queue()
        killed.push(number)
        time.sleep(chance.uniform(0.0, 0.6))
        killed.kill()
    killed.up()
    database = open_state(Home(home))
    try:
        runs = Runs(database)
        end = time.monotonic() + 120
        while runs.unfinished_headers() and time.monotonic() < end:
            time.sleep(0.2)
        check(killed, runs, done)
    finally:
        database.close()
        killed.down()


def check(killed: Killed, runs: Runs, done: Path) -> None:
    everything = runs.list(limit=10_000)
    by_id = {run.id: run for run in everything}
    lost = [id for id in killed.accepted if by_id[id].state != "finished"]
    assert lost == [], "accepted runs that never ended"
    of_pushes = Counter(run.commit for run in everything if run.reason == "IndividualCI")
    assert [commit for commit in killed.pushed if of_pushes[commit] != 1] == []
    cut_off = 0
    for run in everything:
        events = [event for _, event in runs.events(str(run.id))]
        ends = Counter(event.node for event in events if isinstance(event, NodeFinished))
        begins = Counter(event.node for event in events if isinstance(event, NodeStarted))
        assert set(ends.values()) | set(begins.values()) <= {1}, run
        assert sum(isinstance(event, RunFinished) for event in events) == 1, run
        for event in events:
            is_leaf = isinstance(event, NodeFinished) and "/" in event.node
            if is_leaf and event.result is Result.ABANDONED:
                assert event.message, "a job that was cut off says why"
                cut_off += 1
    # No job was begun twice, and what ended well did its work.
    lines = Counter(done.read_text().splitlines())
    assert [line for line, count in lines.items() if count > 1] == []
    restarts = sorted(killed.restarts)
    print(
        f"\n{len(everything)} runs, {len(killed.accepted)} accepted by HTTP, {len(killed.pushed)}"
        f" pushes, {KILLS} kills, {cut_off} jobs cut off; restart in the middle"
        f" {restarts[len(restarts) // 2]:.2f} s, at most {restarts[-1]:.2f} s"
    )


def test_a_job_that_was_cut_off_fails_with_its_cause_and_the_rest_goes_on(tmp_path: Path) -> None:
    text = """
jobs:
- job: Long
  steps: [{bash: 'echo last words; sleep 60'}]
- job: After
  dependsOn: Long
  condition: always()
  steps: [{bash: 'echo went on'}]
"""
    home = tmp_path / "home"
    with devops_server(tmp_path, home) as server:
        server.commit({"azure-pipelines.yml": text})
        killed = Killed(home, server.token, server.folder / "work", server.pipeline())
    killed.up()
    killed.queue()
    (run,) = killed.accepted
    wait_for(killed, run, "last words")
    killed.kill()
    with devops_server(tmp_path, home) as server:
        page = server.ended(run)
        assert page["result"] == "failed"
        jobs = {r["name"]: r for r in page["records"] if r["type"] == "Job"}
        assert (jobs["Long"]["result"], jobs["Long"]["reason"]) == (
            "abandoned",
            "the agent that ran this job is gone",
        )
        assert jobs["After"]["result"] == "succeeded"
        assert found(server, run, "last words")
        assert found(server, run, "went on")


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def found(server: DevopsServer, run: int, text: str) -> bool:
    query = text.replace(" ", "%20")
    return bool(server.get(f"penstock/runs/{run}/logs/search?q={query}")["count"])


def wait_for(killed: Killed, run: int, text: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for log in (killed.home / "logs" / str(run)).glob("*/*"):
            if any(line.endswith(text) for line in log.read_text().splitlines()):
                return
        time.sleep(0.05)
    raise AssertionError(f"never: {text}")


def test_who_calls_while_the_server_starts_is_answered_when_it_knows_how_things_stand(
    tmp_path: Path,
) -> None:
    """A portal that was open asks again at once; it must not wake half a server."""
    with devops_server(tmp_path) as server:
        token = server.token
    host = Host(Home(tmp_path / "home", tmp_path / "cache"), is_server=True)
    try:
        request = urllib.request.Request(
            f"{host.access.url}/penstock/Demo/_apis/build/builds?api-version=7.1",
            headers={"Authorization": f"Bearer {token}"},
        )
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(urllib.request.urlopen, request, timeout=60)
            time.sleep(0.2)
            services = host.serve_devops()
            host.recover()
            services.start()
            assert not asked.done()
            host.answer()
            with asked.result() as answer:
                assert json.load(answer)["count"] == 0
    finally:
        host.close()


def test_a_server_that_never_came_to_answer_closes(tmp_path: Path) -> None:
    host = Host(Home(tmp_path / "home", tmp_path / "cache"), is_server=True)
    with socket.create_connection(("127.0.0.1", host.listener.port)):
        time.sleep(0.1)
        host.serve_devops()
        host.close()


def test_when_the_time_of_the_machine_is_set_back_no_job_is_over_its_time(tmp_path: Path) -> None:
    """The server's clock goes on as it was when the server started, that of its agents is set."""
    text = "jobs: [{job: A, timeoutInMinutes: 1, steps: [{checkout: none}, {bash: echo a}]}]"

    def clock() -> float:
        return time.time() + 3 * 86_400

    with devops_server(tmp_path, clock=clock) as server:
        server.commit({"azure-pipelines.yml": text})
        run = server.run()
        page = server.ended(run)
        assert page["result"] == "succeeded"
        job = server.host.scheduler.state(str(run)).nodes["__default/A"]
        assert job.started_at is not None and abs(job.started_at - clock()) < 60
