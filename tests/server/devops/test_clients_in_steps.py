"""A step of a pipeline that uses the Azure ML SDK, unchanged, against the server that runs it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from devopsserver import DevopsServer

from penstock.cli.hosting.host import Host
from penstock.store.home import Home

SCRIPT = """
import json
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Workspace
from azure.identity import AzureCliCredential, DefaultAzureCredential

names = ("00000000-0000-0000-0000-000000000001", "dev-ml-rg", "dev-ml-ws")
client = MLClient(DefaultAzureCredential(), *names)
client.workspaces.begin_create(Workspace(name="dev-ml-ws", location="local")).result()
print("made", MLClient(AzureCliCredential(), *names).workspaces.get("dev-ml-ws").name)
"""
PIPELINE = f"""
trigger: none
steps:
- task: AzureCLI@2
  inputs:
    azureSubscription: local
    scriptType: bash
    scriptLocation: inlineScript
    inlineScript: PYTHONWARNINGS=ignore {sys.executable} use_ml.py
- script: echo "elsewhere [$ARM_CLOUD_METADATA_URL$IDENTITY_HEADER]"
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DevopsServer]:
    """A server that speaks TLS too."""
    host = Host(Home(tmp_path / "home", tmp_path / "cache"), tls_port=0)
    try:
        services = host.serve_devops()
        host.recover()
        services.start()
        first = services.people.make_first_account("admin")
        assert first is not None
        server = DevopsServer(host=host, services=services, token=first.token, folder=tmp_path)
        project = services.projects.create("Demo")
        server.project = project.id
        server.repository = services.repositories.create(project, "demo").id
        yield server
    finally:
        host.cancel_all("the test is over")
        host.close()


@pytest.mark.slow
def test_the_sdk_in_an_azure_cli_step_reaches_this_server(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": PIPELINE, "use_ml.py": SCRIPT})
    run = server.run()
    page = server.ended(run, 240)
    logs = ""
    for record in page["records"]:
        if record["type"] == "Task" and record.get("log"):
            path = f"/Demo/_apis/build/builds/{run}/logs/{record['log']['id']}"
            logs += "\n".join(server.ask("GET", path).json["value"]) + "\n"
    assert page["result"] == "succeeded", logs
    assert "made dev-ml-ws" in logs
    assert "elsewhere []" in logs
