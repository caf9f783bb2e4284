"""Tracking: log-metric requests a second, against `mlflow server` on SQLite."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.measure import WORK, Row
from benchmarks.service import SCOPE, service

SECONDS = 3.0
ROUNDS = 3


def run() -> list[Row]:
    """One client that logs one metric after the other, to each in turn."""
    with service("home-tracking") as env, mlflow_server() as theirs_url:
        ours_url = f"{env['PENSTOCK_ENDPOINT']}/mlflow/v1.0{SCOPE}"
        ours_best = theirs_best = 0.0
        for _ in range(ROUNDS):
            ours_best = max(ours_best, rate(ours_url, env["PENSTOCK_TOKEN"]))
            theirs_best = max(theirs_best, rate(theirs_url, ""))
    ratio = ours_best / theirs_best
    name = "log-metric requests a second / mlflow server"
    return [Row(name, f"{ours_best:.0f} /s", f"{theirs_best:.0f} /s", ratio, ">= 10", ratio >= 10)]


def rate(base: str, token: str) -> float:
    """log-metric requests answered in a second."""
    client = Client(base, token)
    experiment = client.post("experiments/create", {"name": f"bench-{time.time_ns()}"})[
        "experiment_id"
    ]
    run = client.post("runs/create", {"experiment_id": experiment, "start_time": 1})
    run_id = run["run"]["info"]["run_id"]
    count, end = 0, time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        body = {"run_id": run_id, "key": "loss", "value": 0.5, "timestamp": 1, "step": count}
        client.post("runs/log-metric", body)
        count += 1
    return count / SECONDS


class Client:
    """One connection to a tracking server."""

    def __init__(self, base: str, token: str) -> None:
        parts = urlsplit(base)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        self._path = parts.path
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def post(self, operation: str, body: dict[str, object]) -> dict[str, Any]:
        """The answer of one operation."""
        path = f"{self._path}/api/2.0/mlflow/{operation}"
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{operation}: {answer.status} {text[:300]!r}")
        found: dict[str, Any] = json.loads(text)
        return found


@contextmanager
def mlflow_server() -> Iterator[str]:
    """`mlflow server` on SQLite, in an environment of its own that the first run installs."""
    python = WORK / "mlflow" / "bin" / "python"
    uv = Path(sys.executable).parent / "uv"
    if not python.exists():
        subprocess.run([str(uv), "venv", "-q", str(WORK / "mlflow")], check=True)
        command = [str(uv), "pip", "install", "-q", "--python", str(python), "mlflow>=3,<4"]
        subprocess.run(command, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = WORK / "mlflow.db"
    database.unlink(missing_ok=True)
    with (WORK / "mlflow.log").open("w") as log:
        process = subprocess.Popen(
            [
                str(python.parent / "mlflow"),
                "server",
                *("--backend-store-uri", f"sqlite:///{database}"),
                *("--artifacts-destination", str(WORK / "mlartifacts")),
                *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"mlflow server did not start: {(WORK / 'mlflow.log').read_text()[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and its workers: they are one process group, which we started."""
    import os
    import signal

    os.killpg(process.pid, signal.SIGTERM)
    process.wait()
