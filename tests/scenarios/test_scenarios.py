"""Every folder `NN_name` here is a project and what `penstock run` makes of it.

`expect.yml` names the exit code, results of nodes (`Stage/Job: succeeded`) and of steps, regular
expressions over log lines (`log`, `absent`), over stdout and stderr, texts that stand in no output
and no log file (`nowhere`), ML jobs by node with their status and log, and the number of runs that
are kept. Each can be run by hand: `cd project && penstock run`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
SCENARIOS = sorted(path.name for path in HERE.glob("[0-9][0-9]_*"))
KEYS = {
    "arguments",
    "absent",
    "commit_message",
    "environment",
    "exit",
    "generate",
    "jobs",
    "log",
    "nodes",
    "nowhere",
    "runs",
    "stderr",
    "stdout",
    "steps",
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, tmp_path: Path) -> None:
    expected = yaml.safe_load((HERE / name / "expect.yml").read_text())
    assert set(expected) <= KEYS, "a key of expect.yml that is not checked"
    project = prepare(name, expected, tmp_path)
    done = penstock(project, "run", "--json", *expected.get("arguments", []), expected=expected)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    said = f"\n{done.stdout}\n{done.stderr}"

    assert done.returncode == expected["exit"], said
    results = {e["node"]: e["result"] for e in events if e["type"] == "NodeFinished"}
    for node, result in expected.get("nodes", {}).items():
        assert results.get(node) == result, f"{node}: {said}"
    for node, steps in expected.get("steps", {}).items():
        found = [
            f"{e['name']} = {e['result']}"
            for e in events
            if e["type"] == "StepFinished"
            and e["node"] == node
            and e["step"] not in ("initialize", "finalize")
        ]
        assert found == steps, said
    lines = [e["text"] for e in events if e["type"] == "log" and "job" not in e]
    check_lines(expected.get("log", []), expected.get("absent", []), lines, said)
    check_jobs(expected.get("jobs"), events, said)
    text = "\n".join(e["text"] for e in events if e["type"] == "summary")
    check_lines(expected.get("stdout", []), [], text.splitlines(), said)
    check_lines(expected.get("stderr", []), [], done.stderr.splitlines(), said)
    for text in expected.get("nowhere", []):
        assert text not in said
        assert not [log for log in logs_below(tmp_path) if text in log.read_text()]
    if "runs" in expected:
        kept = json.loads(penstock(project, "runs", "list", "-o", "json").stdout)
        assert len(kept) == expected["runs"]
    assert not left_behind(tmp_path), "processes were left behind"


def prepare(name: str, expected: dict[str, Any], folder: Path) -> Path:
    project = folder / "project"
    shutil.copytree(HERE / name / "project", project)
    for file, made in expected.get("generate", {}).items():
        (project / file).write_text(made["text"] * made["times"])
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    message = expected.get("commit_message", "A scenario")
    git(project, "-c", "user.name=S", "-c", "user.email=s@e", "commit", "-q", "-m", message)
    return project


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def penstock(
    project: Path, *arguments: str, expected: dict[str, Any] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PENSTOCK_HOME": str(project.parent / "home"),
        "PENSTOCK_SCENARIO": str(project.parent),
        **(expected or {}).get("environment", {}),
    }
    return subprocess.run(
        [sys.executable, "-m", "penstock.cli.main", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def check_lines(wanted: list[str], absent: list[str], lines: list[str], said: str) -> None:
    for pattern in wanted:
        assert any(re.search(pattern, line) for line in lines), f"no line matches {pattern}: {said}"
    for pattern in absent:
        assert not any(re.search(pattern, line) for line in lines), f"a line matches {pattern}"


def check_jobs(expected: dict[str, Any] | None, events: list[dict[str, Any]], said: str) -> None:
    if expected is None:
        return
    jobs = {e["name"]: e for e in events if e["type"] == "job"}
    if not expected:
        assert not jobs, said
    for node, wanted in expected.items():
        assert jobs[node]["status"] == wanted["status"], said
        log = [e["text"] for e in events if e["type"] == "log" and e.get("job") == node]
        check_lines(wanted.get("log", []), [], log, said)


def logs_below(folder: Path) -> list[Path]:
    """The log files of pipelines and of ML jobs."""
    stored = [*folder.glob("home/logs/**/*"), *folder.glob("home/storage/**/*_logs/**/*")]
    found = [path for path in stored if path.is_file()]
    assert found, "there are no logs"
    return found


def left_behind(folder: Path) -> list[str]:
    marker = f"PENSTOCK_SCENARIO={folder}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marker in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found
