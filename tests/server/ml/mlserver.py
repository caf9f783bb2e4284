"""The real service behind a real socket: store, scheduler, routes; only the agent is a fake."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from penstock.engine.scheduler import Scheduler
from penstock.engine.testing import FakeExecutor
from penstock.ml.compute import ComputeExecutor, slots
from penstock.ml.jobs import MlService
from penstock.ml.tracking import Tracking
from penstock.server.app import make_app
from penstock.server.auth import Signer, Tokens, one_token
from penstock.server.listener import Listener
from penstock.server.ml import ml_routes
from penstock.server.ml.context import MlHttp
from penstock.server.ml.studio.feeds import Feeds
from penstock.server.shares import shares_of
from penstock.store.agents import ml_places
from penstock.store.database import open_metrics, open_state
from penstock.store.home import Home
from penstock.store.logs import Logs
from penstock.store.ml.assets import SqlAssets
from penstock.store.ml.jobs import SqlJobs
from penstock.store.ml.tracking import SqlTracking
from penstock.store.runs import Runs

TOKEN = "secret-token"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/dev-ml-rg"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/dev-ml-ws"


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {key.lower(): value for key, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """The service over a folder, and a client of it."""

    def __init__(self, root: Path, executor: Any = None, *, restarted: bool = False) -> None:
        self.home = Home(root)
        self.state, self.metrics = open_state(self.home), open_metrics(self.home)
        self.assets, self.jobs = SqlAssets(self.state), SqlJobs(self.state)
        self.runs = Runs(self.state)
        self.logs = Logs(self.home.logs, place=ml_places(self.jobs, self.home))
        self.tracking = Tracking(SqlTracking(self.metrics))
        self.agent = executor or FakeExecutor()
        self.scheduler = Scheduler(self.runs, lambda work: self.computes, self._no_children)
        self.computes = ComputeExecutor(
            self.agent,
            lambda workspace, compute: slots(self.assets, workspace, compute, 2),
            self.scheduler.post,
            self.scheduler.state,
        )
        names = itertools.count(1)
        prefix = "again" if restarted else "child"
        self.service = MlService(
            assets=self.assets,
            jobs=self.jobs,
            scheduler=self.scheduler,
            tracking=self.tracking,
            logs=self.logs,
            new_run=self.runs.new_id,
            new_name=lambda: f"{prefix}-{next(names)}",
            clock=itertools.count(1_800_000_000.0).__next__,
        )
        self.scheduler.subscribe(self.computes.on_event)
        self.scheduler.subscribe(self.service.on_event)
        if isinstance(self.agent, FakeExecutor):
            self.agent.connect(self.scheduler)
        self.failures: list[str] = []
        self.closing = threading.Event()
        self.signer = Signer(b"key")
        self.listener = Listener(lambda: self.application(one_token(TOKEN)))

    def application(self, tokens: Tokens) -> Any:
        """The ASGI application."""
        http = MlHttp(
            service=self.service,
            logs=self.logs,
            storage=self.home.storage,
            signer=self.signer,
            tracking=self.tracking,
            shares=shares_of({}),
            is_closing=self.closing.is_set,
        )
        self.feeds = Feeds(http)
        self.scheduler.subscribe(self.feeds.on_event)
        self.service.subscribe(self.feeds.on_job)
        self.tracking.subscribe(self.feeds.on_logged)
        return make_app(
            ml_routes(http, self.feeds),
            tokens,
            signer=self.signer,
            now=lambda: 1_800_000_000.0,
            on_failure=lambda line, error: self.failures.append(f"{line}: {error!r}"),
        )

    @staticmethod
    def _no_children(state: object, node: object) -> tuple[Any, ...]:
        return ()

    def close(self) -> None:
        self.closing.set()
        self.listener.close()
        self.scheduler.close()
        self.logs.close()
        self.state.close()
        self.metrics.close()
        assert self.failures == []

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request. A path may be a whole address; bytes go as they are, all else as JSON."""
        if path.startswith("http"):
            parts = urlsplit(path)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
        path = path.replace("~", WORKSPACE, 1)
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.listener.port, timeout=30)
        try:
            connection.request(method, path, body, sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """The JSON of a request that must succeed."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def put(self, path: str, properties: Any, **rest: Any) -> Any:
        """The JSON of a PUT that must succeed."""
        answer = self.ask("PUT", path, {"properties": properties, **rest})
        assert answer.status in (200, 201), answer.body
        return answer.json

    def workspace(self) -> None:
        """Make the workspace, with a cluster of four nodes."""
        self.put("~", {"friendlyName": "dev-ml-ws"}, location="local")
        cluster = {"vmSize": "STANDARD_DS3_V2", "scaleSettings": {"maxNodeCount": 4}}
        properties = {"computeType": "AmlCompute", "properties": cluster}
        self.put("~/computes/cpu-cluster", properties, location="local")

    def component(self, version: str, **spec: Any) -> str:
        """An anonymous component; its id."""
        whole = {"type": "command", "environment": "azureml:AzureML-sklearn-1.0@latest", **spec}
        made = self.put(
            f"~/components/azureml_anonymous/versions/{version}",
            {"componentSpec": whole, "isAnonymous": True},
        )
        return str(made["id"])

    def counts(self) -> tuple[int, ...]:
        """How many jobs, engine runs and tracked runs there are."""
        tables = ((self.state, "ml_jobs"), (self.state, "runs"), (self.metrics, "runs"))
        return tuple(
            int(database.query(f"SELECT count(*) FROM {table}")[0][0]) for database, table in tables
        )


def history(path: str) -> str:
    """A path of run history."""
    return f"/history/v1.0{WORKSPACE}/{path}"


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait for what another thread does."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
    return found
