"""A tracking server that is killed again and again while a job logs; the client tries again."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from trackingserver import JOB, TOKEN, WORKSPACE

from penstock.store.database import open_metrics
from penstock.store.home import Home
from penstock.store.ml.tracking import SqlTracking

SERVER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from trackingserver import TOKEN, tracking_server
import loopback
from penstock.server.listener import Listener
loopback.Listener = lambda app: Listener(app, int(sys.argv[2]))
with tracking_server(Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(600)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(home: Path, port: int) -> subprocess.Popen[str]:
    here = str(Path(__file__).parent)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), str(port), here],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "up\n"
    return server


def stop(server: subprocess.Popen[str]) -> None:
    server.kill()
    server.wait()
    assert server.stdout is not None
    server.stdout.close()


def logged(port: int, path: str, step: int) -> bool:
    """One attempt; what is in doubt is sent again, as the client does."""
    metrics = [{"key": name, "value": step, "timestamp": step, "step": step} for name in ("a", "b")]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        body = json.dumps({"run_id": JOB, "metrics": metrics})
        connection.request("POST", path, body, {"Authorization": f"Bearer {TOKEN}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@pytest.fixture
def port() -> Iterator[int]:
    yield free_port()


def test_every_metric_is_kept_once_and_in_order(tmp_path: Path, port: int) -> None:
    path = f"/mlflow/v1.0{WORKSPACE.path}/api/2.0/mlflow/runs/log-batch"
    server, step = start(tmp_path, port), 0
    for kill in range(1, 6):
        until = time.monotonic() + 0.1 * kill
        while time.monotonic() < until:
            assert logged(port, path, step)
            step += 1
        server.kill()
        assert not logged(port, path, step)
        stop(server)
        server = start(tmp_path, port)
        assert logged(port, path, step)
        step += 1
    stop(server)

    database = open_metrics(Home(tmp_path))
    store = SqlTracking(database)
    kept = {name: store.history(WORKSPACE.scope, JOB, name, limit=10**6) for name in "ab"}
    run = store.run(WORKSPACE.scope, JOB)
    database.close()
    assert [[metric.step for metric in kept[name]] for name in "ab"] == [list(range(step))] * 2
    assert run is not None
    assert (run.status, run.run_id) == ("RUNNING", JOB)
