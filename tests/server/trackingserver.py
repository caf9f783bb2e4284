"""The tracking server over a folder, as a job meets it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from loopback import Response, Server, serving

from penstock.ml.catalog import create_workspace
from penstock.ml.datastores import artifacts_path, storage_path
from penstock.ml.tracking import Tracking
from penstock.ml.workspaces import Workspace
from penstock.server.auth import one_token
from penstock.server.mlflow import mlflow_routes
from penstock.store.database import open_metrics, open_state
from penstock.store.home import Home
from penstock.store.ml.assets import SqlAssets
from penstock.store.ml.tracking import SqlTracking

TOKEN = "token-of-the-job"
WORKSPACE = Workspace(
    subscription="00000000-0000-0000-0000-000000000001",
    resource_group="dev-ml-rg",
    name="dev-ml-ws",
)
JOB = "icy_nut_1"


@dataclass(frozen=True, slots=True)
class TrackingServer:
    server: Server
    tracking: Tracking
    assets: SqlAssets
    home: Home
    experiment: str

    @property
    def uri(self) -> str:
        return f"{self.server.listener.url}/mlflow/v1.0{WORKSPACE.path}"

    @property
    def artifacts(self) -> Path:
        """The folder of the job's artifacts."""
        return storage_path(self.home.storage, artifacts_path(WORKSPACE, JOB))

    def environment(self) -> dict[str, str]:
        """What a job gets."""
        return {
            "MLFLOW_TRACKING_URI": self.uri,
            "MLFLOW_TRACKING_TOKEN": TOKEN,
            "MLFLOW_RUN_ID": JOB,
            "MLFLOW_EXPERIMENT_ID": self.experiment,
            "MLFLOW_EXPERIMENT_NAME": "diabetes",
        }

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | bytes | None = None,
        *,
        version: str = "2.0",
        workspace: Workspace = WORKSPACE,
        query: Mapping[str, str] | None = None,
    ) -> Response:
        address = f"/mlflow/v1.0{workspace.path}/api/{version}/{path}"
        if query:
            address += f"?{urlencode(query)}"
        sent = json.dumps(body).encode() if isinstance(body, Mapping) else body
        return self.server.request(method, address, sent, Authorization=f"Bearer {TOKEN}")

    def post(self, path: str, /, **body: Any) -> Any:
        answer = self.call("POST", f"mlflow/{path}", body)
        assert answer.status == 200, answer.body
        return answer.json

    def get(self, path: str, /, **query: str) -> Any:
        answer = self.call("GET", f"mlflow/{path}", query=query)
        assert answer.status == 200, answer.body
        return answer.json


@contextmanager
def tracking_server(root: Path) -> Iterator[TrackingServer]:
    home = Home(root)
    state, metrics = open_state(home), open_metrics(home)
    tracking, assets = Tracking(SqlTracking(metrics)), SqlAssets(state)
    create_workspace(assets, WORKSPACE, {"properties": {}}, time.time())
    experiment = tracking.create_job_run(WORKSPACE, "diabetes", JOB, "train", None, "ada")
    routes = mlflow_routes(tracking, assets, home.storage)
    with serving(routes, one_token(TOKEN)) as server:
        yield TrackingServer(server, tracking, assets, home, experiment)
    assert server.failures == []
    state.close()
    metrics.close()
