"""A server with its agents is killed in every phase of a job: the state is right, no line lost.

What had not begun is done; what had begun is abandoned with its cause, and nothing is begun twice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from devopsserver import DevopsServer, devops_server, until

JOB = "__default/Long"
GONE = "the agent that ran this job is gone"
STEPS = ("one", "two")
ABANDONED, SUCCEEDED = "abandoned", "succeeded"


def pipeline(done: Path) -> str:
    """Two steps that say how far they are, and a job that runs whatever becomes of the first."""
    steps = "".join(
        f"""
  - bash: |
      echo begun {name} >> {done}
      echo says {name} first
      sleep 0.3
      echo says {name} last
      sleep 0.3
      echo ended {name} >> {done}
    displayName: {name}"""
        for name in STEPS
    )
    return f"""
jobs:
- job: Long
  steps:
  - checkout: none{steps}
  - bash: sleep 60 &
    displayName: leaves a program
- job: After
  dependsOn: Long
  condition: always()
  steps: [{{checkout: none}}, {{bash: echo went on}}]
"""


# The point of the kill: how the job ends, which steps had succeeded, the last line that was said.
POINTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    f"{JOB} queued": (SUCCEEDED, STEPS, "says two last"),
    f"{JOB} started": (ABANDONED, (), ""),
    "Initialize job started": (ABANDONED, (), ""),
    "Initialize job finished": (ABANDONED, (), ""),
    "one started": (ABANDONED, (), ""),
    "said one first": (ABANDONED, (), "says one first"),
    "said one last": (ABANDONED, (), "says one last"),
    "one finished": (ABANDONED, ("one",), "says one last"),
    "two started": (ABANDONED, ("one",), "says one last"),
    "said two last": (ABANDONED, ("one",), "says two last"),
    "two finished": (ABANDONED, STEPS, "says two last"),
    "Finalize Job started": (SUCCEEDED, STEPS, "says two last"),
    f"{JOB} finished": (SUCCEEDED, STEPS, "says two last"),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_in_each_phase_of_a_job(tmp_path: Path, point: str) -> None:
    done = tmp_path / "done.txt"
    done.touch()
    with devops_server(tmp_path) as server:
        server.commit({"azure-pipelines.yml": pipeline(done)})
        number = server.pipeline()
    kill_at(tmp_path, number, point)
    with devops_server(tmp_path) as server:
        run = only_run(server)
        records = server.ended(run)["records"]
        result, steps, last = POINTS[point]
        job = only(records, "Job", "Long")
        assert (job["result"], job["reason"]) == (result, GONE if result == ABANDONED else None)
        assert only(records, "Job", "After")["result"] == SUCCEEDED
        for name in STEPS:
            found = [r["result"] for r in records if r["type"] == "Task" and r["name"] == name]
            assert (found == [SUCCEEDED]) is (name in steps), name
        if last:
            assert count(server, run, last) == 1
    lines = done.read_text().splitlines()
    assert len(lines) == len(set(lines)), "a step was begun twice"
    assert {f"ended {name}" for name in steps} <= set(lines)


def kill_at(folder: Path, pipeline: int, point: str) -> None:
    """Have a server start a run of the pipeline and be killed at that point of it."""
    script = Path(__file__).with_name("dyingserver.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder), str(pipeline), point],
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def only_run(server: DevopsServer) -> int:
    """The run that went on when the server was killed, which may have told nobody of it."""
    (build,) = server.get("build/builds")["value"]
    return int(build["id"])


def only(records: list[dict[str, Any]], type: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in records if one["type"] == type and one["name"] == name]
    return found


def count(server: DevopsServer, run: int, text: str) -> int:
    """How many lines of the run say it."""
    query = text.replace(" ", "%20")
    return int(server.get(f"penstock/runs/{run}/logs/search?q={query}")["count"])


def test_programs_of_a_killed_server_are_ended_by_the_next(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = f"""
steps:
- checkout: none
- bash: |
    (setsid bash -c 'echo $$ >> {pids}; exec sleep 300' &)
    echo $$ >> {pids}
    sleep 0.2
    echo says both are there
    sleep 300
"""
    with devops_server(tmp_path) as server:
        server.commit({"azure-pipelines.yml": text})
        number = server.pipeline()
    kill_at(tmp_path, number, "said both are there")
    programs = [int(line) for line in pids.read_text().split()]
    assert len(programs) == 2
    try:
        assert all(map(is_running, programs))
        with devops_server(tmp_path):
            until(lambda: not any(map(is_running, programs)), "both are ended", seconds=5)
    finally:
        for pid in filter(is_running, programs):
            os.kill(pid, signal.SIGKILL)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_a_step_whose_program_is_killed_fails_with_its_last_line(server: DevopsServer) -> None:
    text = """
steps:
- checkout: none
- bash: |
    echo says the last word
    kill -KILL $$
"""
    server.commit({"azure-pipelines.yml": text})
    run = server.run()
    page = server.ended(run)
    assert page["result"] == "failed"
    assert count(server, run, "says the last word") == 1
    (job,) = [one for one in page["records"] if one["type"] == "Job"]
    assert job["result"] == "failed"
