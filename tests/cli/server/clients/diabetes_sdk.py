"""What someone who knows Azure ML types, unchanged: the real SDK with its default credential.

Run as a program by `test_real_clients`, in a copy of examples/diabetes; prints what it saw as JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path

from azure.ai.ml import MLClient, load_compute, load_data, load_environment, load_job
from azure.ai.ml.entities import Workspace
from azure.identity import DefaultAzureCredential


def main() -> dict[str, object]:
    declared = Path(".penstock/workspaces/dev-ml-ws")
    client = MLClient(
        DefaultAzureCredential(),
        "00000000-0000-0000-0000-000000000001",
        "dev-ml-rg",
        "dev-ml-ws",
    )
    client.workspaces.begin_create(Workspace(name="dev-ml-ws", location="local")).result()
    seen: dict[str, object] = {"workspace": client.workspaces.get("dev-ml-ws").name}
    client.compute.begin_create_or_update(load_compute(declared / "compute.yml")).result()
    client.environments.create_or_update(load_environment(declared / "environment.yml"))
    seen["data"] = client.data.create_or_update(load_data(declared / "data.yml")).version
    job = client.jobs.create_or_update(load_job("src/aml_service/pipeline-job.yml"))
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        client.jobs.stream(job.name)
    seen["stream"] = text.getvalue()
    seen["status"] = client.jobs.get(job.name).status
    children = client.jobs.list(parent_job_name=job.name)
    seen["children"] = sorted(child.display_name for child in children)
    client.jobs.download(job.name, download_path="down", output_name="model")
    seen["model"] = sorted(str(path.relative_to("down")) for path in Path("down").rglob("MLmodel"))
    return seen


if __name__ == "__main__":
    json.dump(main(), sys.stdout)
