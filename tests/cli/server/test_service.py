"""The background service: its life, and ML jobs that a run leaves to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typed import Terminal, is_running, until

NOT_RUNNING = (3, "", "the background service is not running\n")


def process_of(terminal: Terminal) -> int:
    return int(json.loads((terminal.home / "service.json").read_text())["pid"])


def test_the_service_is_started_once_shown_and_stopped(terminal: Terminal) -> None:
    status = terminal.type("service", "status")
    assert (status.code, status.out, status.err) == NOT_RUNNING
    started = terminal.type("service", "start")
    assert started.code == 0, started
    process = process_of(terminal)
    assert terminal.type("service", "start").out == started.out
    assert terminal.type("service", "status").out == (
        f"{started.out.strip()} (process {process})\n"
    )
    assert started.out.startswith("http://127.0.0.1:")
    stopped = terminal.type("service", "stop")
    assert (stopped.code, stopped.out, stopped.err) == (0, "", "")
    until(lambda: not is_running(process), "the service has ended")
    stopped = terminal.type("service", "stop")
    assert (stopped.code, stopped.out, stopped.err) == NOT_RUNNING


def test_two_that_start_it_at_once_share_one(terminal: Terminal) -> None:
    first, second = terminal.start("service", "start"), terminal.start("service", "start")
    said = {first.communicate(timeout=60)[0], second.communicate(timeout=60)[0]}
    assert (first.returncode, second.returncode) == (0, 0)
    assert said == {terminal.type("service", "status").out.split()[0] + "\n"}
    assert terminal.type("service", "stop").code == 0


def test_the_service_ends_itself_when_idle(terminal: Terminal) -> None:
    assert terminal.type("service", "start", environ={"PENSTOCK_IDLE_SECONDS": "0.3"}).code == 0
    until(lambda: terminal.type("service", "status").code == 3, "the service has ended itself")


USER = """
import sys, time
from pathlib import Path
from urllib.request import urlopen
from penstock.cli.server.service import ensure
from penstock.store.home import Home

url, _ = ensure(Home(Path(sys.argv[1])))
time.sleep(1.5)
print(urlopen(url + "/metadata/endpoints?api-version=2019-05-01").status)
"""


def test_the_service_does_not_end_itself_under_a_process_that_found_it(terminal: Terminal) -> None:
    """Ten minutes of silence may end just when a command has read where the service is."""
    environ = {**os.environ, "PENSTOCK_IDLE_SECONDS": "0.2"}
    command = [sys.executable, "-c", USER, str(terminal.home)]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.returncode) == ("200\n", 0), ended.stderr
    until(lambda: terminal.type("service", "status").code == 3, "the service has ended itself")


def test_a_service_that_was_killed_is_started_again(terminal: Terminal) -> None:
    first = terminal.type("service", "start").out
    os.kill(process_of(terminal), signal.SIGKILL)
    assert terminal.type("service", "status").code == 3
    second = terminal.type("service", "start")
    assert second.code == 0
    assert second.out != first
    assert terminal.type("service", "stop").code == 0


def test_only_its_user_may_read_the_token(terminal: Terminal) -> None:
    terminal.type("service", "start")
    assert (terminal.home / "service.json").stat().st_mode & 0o777 == 0o600
    assert terminal.type("service", "stop").code == 0


JOB = """
type: command
command: echo begun; until [ -e GO ]; do sleep 0.05 || exit; done; echo ended
environment: { image: python:3.11-slim }
compute: local
"""
WRITING = "echo told; echo kept > outputs/model.bin"
SUBMIT = """
steps:
- script: az ml job create --file job.yml -g rg -w ws --query name -o tsv
  displayName: Submit
"""


@pytest.fixture
def submitting(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A pipeline whose ML job waits for the file `go`."""
    terminal.write("azure-pipelines.yml", SUBMIT)
    terminal.write("job.yml", JOB.replace("GO", f"'{tmp_path}/go'"))
    terminal.write(".penstock/workspaces/ws/compute.yml", "name: c\ntype: amlcompute\n")
    return terminal


def test_a_run_waits_for_its_ml_jobs(submitting: Terminal, tmp_path: Path) -> None:
    run = submitting.start("run")
    until(lambda: list(submitting.home.glob("storage/**/std_log.txt")), "the ML job has begun")
    assert run.poll() is None
    (tmp_path / "go").touch()
    said = run.communicate(timeout=60)[0]
    assert run.returncode == 0, said
    assert "| ended" in said
    assert "Completed" in said


def test_a_detached_ml_job_is_left_to_the_service(submitting: Terminal, tmp_path: Path) -> None:
    ended = submitting.type("run", "-q", "--ml-jobs", "detach")
    assert ended.code == 0, ended
    assert "Completed" not in ended.out
    name = submitting.type("logs", "--step", "Submit", "--tail", "2").out.splitlines()[1]
    where = ("-g", "rg", "-w", "ws", "-o", "tsv")
    status = ("az", "ml", "job", "show", "-n", name, "--query", "status", *where)
    until(lambda: submitting.type(*status).out == "Running\n", "the ML job runs")
    (tmp_path / "go").touch()
    until(lambda: submitting.type(*status).out == "Completed\n", "the ML job has ended")
    assert submitting.type("service", "stop").code == 0


def test_the_logs_of_an_ml_job_are_not_its_artifacts(terminal: Terminal) -> None:
    job = JOB.replace(
        "echo begun; until [ -e GO ]; do sleep 0.05 || exit; done; echo ended", WRITING
    )
    terminal.write("job.yml", job)
    terminal.write(".penstock/workspaces/ws/compute.yml", "name: c\ntype: amlcompute\n")
    created = ("az", "ml", "job", "create", "-f", "job.yml", "-g", "rg", "-w", "ws", "--stream")
    ended = terminal.type(*created, "--query", "name", "-o", "tsv")
    assert ended.code == 0, ended
    name = ended.out.splitlines()[-1]
    told = terminal.type("logs", name).out
    assert "user_logs/std_log.txt\ntold\n" in told
    assert "outputs/" not in [line.split(": ")[-1][:8] for line in told.splitlines()]
    steps = terminal.type("logs", name, "--step", "train")
    assert (steps.code, steps.out) == (3, "")
    assert steps.err.endswith("= help: an Azure ML job has none: leave --step out\n")
    assert terminal.type("service", "stop").code == 0


def test_stopping_the_service_stops_its_ml_jobs(submitting: Terminal) -> None:
    where = ("-g", "rg", "-w", "ws", "-o", "tsv")
    created = submitting.type(
        "az", "ml", "job", "create", "-f", "job.yml", *where, "--query", "name"
    )
    assert created.code == 0, created
    until(lambda: list(submitting.home.glob("storage/**/std_log.txt")), "the ML job has begun")
    assert submitting.type("service", "stop").code == 0
    show = ("az", "ml", "job", "show", "-n", created.out.strip(), *where, "--query", "status")
    assert submitting.type(*show).out == "Canceled\n"
    assert submitting.type("service", "stop").code == 0
    left = subprocess.run(["pgrep", "-f", str(submitting.folder.parent / "go")], check=False)
    assert left.returncode == 1


MANY = """
jobs:
- job: Many
  strategy: { parallel: 9 }
  steps:
  - script: |
      echo $$ >> PLACE/pids
      echo $(KEY) | wc -c
      sleep 300
"""


def test_a_waiting_job_of_a_killed_run_never_begins(terminal: Terminal, tmp_path: Path) -> None:
    terminal.write("azure-pipelines.yml", MANY.replace("PLACE", str(tmp_path)))
    pids = tmp_path / "pids"
    run = terminal.start("run")
    until(lambda: pids.exists() and len(pids.read_text().split()) == 8, "eight jobs have begun")
    run.kill()
    run.communicate()
    for pid in pids.read_text().split():
        os.killpg(int(pid), signal.SIGKILL)
    assert terminal.type("service", "start").code == 0
    until(
        lambda: (
            terminal.type("runs", "list", "-o", "tsv", "--query", "[].result").out == "canceled\n"
        ),
        "the run is ended",
    )
    assert terminal.type("service", "stop").code == 0
    assert len(pids.read_text().split()) == 8
    query = "nodes[?steps || kind=='job' && contains(id, 'Many/')].result"
    results = json.loads(terminal.type("runs", "show", "-o", "json", "--query", query).out)
    assert sorted(results) == [*["abandoned"] * 8, "canceled"]
