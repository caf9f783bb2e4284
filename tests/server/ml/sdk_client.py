"""What the real Azure ML client does against the service; run as a program by `test_real_client`.

Prints one JSON object of what it saw.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from azure.ai.ml import MLClient, load_job
from azure.ai.ml.entities import AmlCompute, Data, Environment, Model, Workspace
from azure.ai.ml.exceptions import JobException
from azure.core.exceptions import HttpResponseError


class Token(NamedTuple):
    token: str
    expires_on: int


class Credential:
    """A token that any client can decode; the service knows it as one of its own."""

    def get_token(self, *scopes: str, **rest: Any) -> Token:
        audience = scopes[0].removesuffix("/.default") if scopes else ""
        claims = encoded({"aud": audience, "tid": "t"})
        return Token(f"{os.environ['TEST_TOKEN_PREFIX']}{claims}.c2ln", 1 << 40)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def main(folder: Path) -> dict[str, Any]:
    client = MLClient(
        Credential(),
        "00000000-0000-0000-0000-000000000001",
        "dev-ml-rg",
        "dev-ml-ws",
    )
    seen: dict[str, Any] = {}
    made = client.workspaces.begin_create(Workspace(name="dev-ml-ws", location="local")).result()
    seen["workspace"] = made.name
    cluster = AmlCompute(name="cpu-cluster", size="STANDARD_DS3_V2", max_instances=4)
    seen["compute"] = client.compute.begin_create_or_update(cluster).result().name
    seen["computes"] = [entry.name for entry in client.compute.list()]
    environment = Environment(name="plain", image="library/python:latest", version="1")
    seen["environment"] = client.environments.create_or_update(environment).id.rpartition("/")[2]
    data = Data(name="words", path=str(folder / "data"), type="uri_folder")
    seen["data"] = [client.data.create_or_update(data).version for _ in range(2)]
    seen["latest"] = client.data.get("words", label="latest").version
    model = Model(name="m", path=str(folder / "data"), type="custom_model")
    seen["model"] = client.models.create_or_update(model).version

    job = client.jobs.create_or_update(load_job(folder / "pipeline.yml"))
    seen["page"] = job.studio_url.partition("?")[0].rpartition("/")[2] == job.name
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        client.jobs.stream(job.name)
    seen["stream"] = text.getvalue()
    seen["status"] = client.jobs.get(job.name).status
    children = client.jobs.list(parent_job_name=job.name)
    seen["children"] = sorted((child.display_name, child.status) for child in children)
    client.jobs.download(job.name, download_path=folder / "down", all=True)
    for child in client.jobs.list(parent_job_name=job.name):
        client.jobs.download(
            child.name, download_path=folder / f"down-{child.display_name}", all=True
        )
    client.jobs.archive(job.name)
    seen["active"] = [entry.name == job.name for entry in client.jobs.list()]
    client.jobs.restore(job.name)

    running = client.jobs.create_or_update(load_job(folder / "sleeping.yml"))
    client.jobs.begin_cancel(running.name)
    while (now := client.jobs.get(running.name).status) not in ("Canceled", "Completed", "Failed"):
        time.sleep(0.1)
    seen["canceled"] = now
    seen["services"] = client.jobs.show_services(running.name)

    failing = client.jobs.create_or_update(load_job(folder / "failing.yml"))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            client.jobs.stream(failing.name)
    except JobException as error:
        seen["failure"] = str(error)
    wrong = load_job(folder / "pipeline.yml")
    wrong.settings.default_compute = "gpu-cluster"
    try:
        client.jobs.create_or_update(wrong)
    except HttpResponseError as error:
        seen["refused"] = str(error)
    return seen


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1])), sys.stdout)
