"""A workspace with a cluster and its usual assets, in a real store."""

from __future__ import annotations

import itertools
from typing import Any

from penstock.ml.assets import Asset
from penstock.ml.datastores import default_documents
from penstock.ml.planner import Planned, plan_job
from penstock.ml.resolver import Resolver
from penstock.ml.workspaces import Workspace
from penstock.store.database import Database
from penstock.store.ml.assets import SqlAssets
from penstock.store.ml.jobs import SqlJobs

WORKSPACE = Workspace(
    subscription="00000000-0000-0000-0000-000000000001",
    resource_group="dev-ml-rg",
    name="dev-ml-ws",
)
PREFIX = WORKSPACE.path
DATASTORES = (
    "azureml://subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/dev-ml-rg"
    "/workspaces/dev-ml-ws/datastores"
)
BLOBS = f"{DATASTORES}/workspaceblobstore/paths"


class Bench:
    """A store, and short ways to put into it what a test needs."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.assets = SqlAssets(database)
        self.jobs = SqlJobs(database)
        self.clock = itertools.count(1.0)
        self.resolver = Resolver(workspace=WORKSPACE, assets=self.assets, jobs=self.jobs)
        for name, document in default_documents().items():
            self.put("datastores", name, properties=document["properties"])
        self.put("computes", "cpu-cluster", properties={"computeType": "AmlCompute"})

    def put(self, kind: str, name: str, version: str = "", properties: Any = None) -> str:
        now = next(self.clock)
        self.assets.put(
            Asset(
                scope=WORKSPACE.scope,
                kind=kind,
                name=name,
                version=version,
                document={"properties": properties or {}},
                created_at=now,
                updated_at=now,
            )
        )
        return f"{PREFIX}/{kind}/{name}" + (f"/versions/{version}" if version else "")

    def component(self, version: str, **spec: Any) -> str:
        """An anonymous component, as inline nodes and local files make them."""
        whole = {"type": "command", "environment": "azureml:AzureML-sklearn-1.0@latest", **spec}
        properties = {"componentSpec": whole, "isAnonymous": True}
        return self.put("components", "azureml_anonymous", version, properties)

    def plan(self, body: dict[str, Any], name: str = "brave_root") -> Planned:
        names = (f"child-{number}" for number in itertools.count(1))
        return plan_job(body, name, self.resolver, lambda: next(names))

    def said(self) -> list[tuple[str, str]]:
        """Target and message of every problem."""
        return [(problem.target, problem.message) for problem in self.resolver.problems]


def pipeline(jobs: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """The properties of a pipeline job, as azure-ai-ml sends them."""
    settings = {"default_compute": f"{PREFIX}/computes/cpu-cluster", "_source": "YAML.JOB"}
    return {
        "jobType": "Pipeline",
        "experimentName": "sdkprobe",
        "jobs": jobs,
        "inputs": {},
        "outputs": {},
        "settings": settings,
        **rest,
    }


def node(component: str, **rest: Any) -> dict[str, Any]:
    return {"type": "command", "componentId": component, "_source": "YAML.COMPONENT", **rest}


def bound(expression: str, **rest: Any) -> dict[str, Any]:
    return {"value": f"${{{{{expression}}}}}", "job_input_type": "literal", **rest}


def shared(output: str) -> dict[str, Any]:
    return {"value": f"${{{{parent.outputs.{output}}}}}", "type": "literal"}
