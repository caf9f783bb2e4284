"""ML jobs: one more node, a job until it is accepted, memory, growth."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import ROOT, Row, alternate, at_most, in_turns, project, seconds
from benchmarks.service import WHERE, az, peak_of_service, run_job, service
from benchmarks.tls import tls_service

ROUNDS = 5
NODES = 20
NODE_ROUNDS = 11
"""More than elsewhere: a node's cost is a small difference of two long times, so what counts is
the ratio within a round."""
SCRIPT = "import json, sys\nprint(json.dumps({'hello': sys.version_info[:2]}))\n"


def run() -> list[Row]:
    """Every row about ML jobs."""
    rows = []
    with service("home-jobs") as env:
        rows.append(one_more_node(env))
        rows.append(job_until_accepted(env))
        rows += growth(env)
    rows.append(three_nodes())
    return rows


def chain(nodes: int) -> Path:
    """A pipeline job whose nodes run one after the other: each has an output of the one before."""
    parts = ["type: pipeline", "settings: { default_compute: azureml:serverless }", "jobs:"]
    for n in range(nodes):
        parts += [
            f"  node{n}:",
            "    command: python hello.py",
            "    code: src",
            "    environment: { image: 'python:3.11-slim' }",
            "    outputs: { made: }",
        ]
        if n:
            parts.append(
                f"    inputs: {{ before: '${{{{parent.jobs.node{n - 1}.outputs.made}}}}' }}"
            )
    return project(f"chain-{nodes}", {"job.yml": "\n".join(parts) + "\n", "src/hello.py": SCRIPT})


def one_more_node(env: dict[str, str]) -> Row:
    """The cost of a further node, against a subprocess that runs the same script."""
    run_job(env, chain(1))
    rounds = in_turns(
        NODE_ROUNDS,
        lambda: run_job(env, chain(1)),
        lambda: run_job(env, chain(1 + NODES)),
        lambda: script_loop(chain(1)),
    )
    ours = statistics.median((many - few) / NODES for few, many, _ in rounds)
    theirs = statistics.median(loop / NODES for _, _, loop in rounds)
    ratio = statistics.median((many - few) / loop for few, many, loop in rounds)
    name, goal = "one more ML node / subprocess", 2
    return Row(name, f"{ours:.4f} s", f"{theirs:.4f} s", ratio, f"<= {goal}", ratio <= goal)


def script_loop(folder: Path) -> float:
    """The same script run by a Python program that keeps its output."""
    start = time.perf_counter()
    for _ in range(NODES):
        subprocess.run(
            [sys.executable, "hello.py"], cwd=folder / "src", capture_output=True, check=True
        )
    return time.perf_counter() - start


def job_until_accepted(env: dict[str, str]) -> Row:
    """`az ml job create` as a process, against `create_or_update` of the Azure ML SDK."""
    folder = project(
        "accepted",
        {
            "job.yml": "type: command\ncommand: python hello.py\ncode: src\n"
            "environment: { image: 'python:3.11-slim' }\ncompute: azureml:cpu-cluster\n",
            "src/hello.py": SCRIPT,
        },
    )
    az(env, "compute", "create", "--name", "cpu-cluster", "--type", "amlcompute", *WHERE)
    submit = [sys.executable, str(ROOT / "benchmarks" / "submit.py"), "job.yml"]
    with tls_service("home-tls") as theirs_env:
        ours, theirs = alternate(
            ROUNDS,
            lambda: timed_az(env, folder),
            lambda: seconds(submit, folder, theirs_env),
        )
    return at_most("az ml job create / Azure ML SDK", ours, theirs, 0.1)


def timed_az(env: dict[str, str], folder: Path) -> float:
    """Seconds of one `az ml job create`, process start included."""
    start = time.perf_counter()
    az(env, "job", "create", "-f", "job.yml", *WHERE, cwd=folder)
    return time.perf_counter() - start


def growth(env: dict[str, str]) -> list[Row]:
    """How a pipeline job grows with its nodes."""
    rows = []
    for count in (10, 100, 1000):
        spent = run_job(env, wide(count))
        each = 1000 * spent / count
        memory = peak_of_service(env)
        rows.append(
            Row(
                f"{count} ML nodes", f"{spent:.2f} s, {memory:.0f} MiB", f"{each:.1f} ms each",
                None, "-", None,
            )
        )  # fmt: skip
    return rows


def wide(nodes: int) -> Path:
    """A pipeline job whose nodes do not wait for each other."""
    node = "    command: echo hello\n    environment: { image: 'python:3.11-slim' }\n"
    text = "type: pipeline\nsettings: { default_compute: azureml:serverless }\njobs:\n"
    text += "".join(f"  node{n}:\n{node}" for n in range(nodes))
    return project(f"wide-{nodes}", {"job.yml": text})


def three_nodes() -> Row:
    """Peak memory of the process that runs three chained nodes."""
    with service("home-three") as env:
        run_job(env, chain(3))
        memory = peak_of_service(env)
    return Row("three-node ML run, peak memory", f"{memory:.0f} MiB", "-", None, "-", None)
