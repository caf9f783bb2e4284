"""The background service for a part of the benchmarks, and `az` commands against it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import PENSTOCK, environment

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
SCOPE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/bench-rg/providers/"
    "Microsoft.MachineLearningServices/workspaces/bench-ws"
)
ASK_AGAIN = 0.05
"""Seconds between two questions for a job's status: more would take the time that is measured."""
WHERE = ["--resource-group", "bench-rg", "--workspace-name", "bench-ws"]


@contextmanager
def service(home: str) -> Iterator[dict[str, str]]:
    """The environment of a process that uses a service of its own store."""
    env = environment(home)
    command = [sys.executable, "-m", "penstock.cli.main", "service"]
    subprocess.run([*command, "start"], env=env, check=True, capture_output=True)
    found = json.loads((Path(env["PENSTOCK_HOME"]) / "service.json").read_text())
    env |= {"PENSTOCK_ENDPOINT": found["url"], "PENSTOCK_TOKEN": found["token"]}
    az(env, "workspace", "create", "--name", "bench-ws", "--resource-group", "bench-rg")
    try:
        yield env
    finally:
        subprocess.run([*command, "stop"], env=env, check=False, capture_output=True)


def az(env: dict[str, str], *arguments: str, cwd: Path | None = None) -> str:
    """What `az ml` printed; it must succeed."""
    done = subprocess.run(
        [str(PENSTOCK), "az", "ml", *arguments], env=env, cwd=cwd, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"az ml {' '.join(arguments)}\n{done.stdout}{done.stderr}")
    return done.stdout


def run_job(env: dict[str, str], folder: Path, file: str = "job.yml") -> float:
    """Seconds from the submission of a job to its end."""
    start = time.perf_counter()
    name = az(env, "job", "create", "-f", file, *WHERE, "--query", "name", "-o", "tsv", cwd=folder)
    while True:
        status = client_get(env, f"{SCOPE}/jobs/{name.strip()}")
        if status in ("Completed", "Failed", "Canceled"):
            break
        time.sleep(ASK_AGAIN)
    if status != "Completed":
        raise SystemExit(f"job {name.strip()} {status}")
    return time.perf_counter() - start


def client_get(env: dict[str, str], path: str) -> str:
    """The status of a job, asked without starting a process."""
    from urllib.request import Request, urlopen

    request = Request(
        env["PENSTOCK_ENDPOINT"] + path,
        headers={"Authorization": f"Bearer {env['PENSTOCK_TOKEN']}"},
    )
    with urlopen(request) as answer:
        status: str = json.load(answer)["properties"]["status"]
    return status


def peak_of_service(env: dict[str, str]) -> float:
    """MiB that the service's own process held at the most so far."""
    found = json.loads((Path(env["PENSTOCK_HOME"]) / "service.json").read_text())
    for line in Path(f"/proc/{found['pid']}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the service is gone")
