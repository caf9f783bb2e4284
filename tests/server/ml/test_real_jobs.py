"""A pipeline job from upload to download, with the real agent: real processes, real files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlserver import WORKSPACE, Server, history, until
from realagent import RealAgent

FOLDER = {"type": "uri_folder"}
pytestmark = pytest.mark.slow


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Server]:
    agent = RealAgent(tmp_path / "agent")
    server = Server(tmp_path / "home", agent)
    agent.connect(server)
    server.workspace()
    image = {"image": "library/python:latest", "isAnonymous": True}
    server.put("~/environments/CliV2AnonymousEnvironment/versions/1", image)
    yield server
    server.close()


def upload_code(server: Server, name: str, content: str) -> str:
    """A snapshot of one file, by the requests of azure-ai-ml."""
    pending = server.ask("POST", f"~/codes/{name}/versions/1/startPendingUpload", {}).json
    address = pending["blobReferenceForConsumption"]
    blob = address["credential"]["sasUri"].replace("?", f"/src/{name}.py?")
    headers = {"x-ms-blob-type": "BlockBlob"}
    assert server.ask("PUT", blob, content.encode(), token=None, headers=headers).status == 201
    made = server.put(
        f"~/codes/{name}/versions/1",
        {"codeUri": f"{address['blobUri']}/src", "properties": {"hash_sha256": name}},
    )
    return str(made["id"])


def upload_data(server: Server, content: str) -> None:
    datastore = server.get("~/datastores/workspaceblobstore")["properties"]
    secret = server.ask("POST", "~/datastores/workspaceblobstore/listSecrets", {}).json
    account = f"{datastore['protocol']}://{datastore['accountName']}.blob.{datastore['endpoint']}"
    name = f"{datastore['containerName']}/LocalUpload/1/data/in.txt"
    headers = {"x-ms-blob-type": "BlockBlob"}
    url = f"{account}/{name}?{secret['sasToken']}"
    assert server.ask("PUT", url, content.encode(), token=None, headers=headers).status == 201
    uri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/1/data/"
    server.put("~/data/words/versions/1", {"dataUri": uri, "dataType": "uri_folder"})


def pipeline(server: Server, second: str) -> dict[str, Any]:
    environment = f"azureml:{WORKSPACE}/environments/CliV2AnonymousEnvironment/versions/1"
    code = upload_code(server, "upper", "import sys\nprint(sys.stdin.read().upper(), end='')\n")
    first = server.component(
        "1",
        environment=environment,
        code=f"azureml:{code}",
        command=(
            "python upper.py < ${{inputs.words}}/in.txt > ${{outputs.big}}/out.txt"
            " && echo done ${{inputs.times}} && echo kept > outputs/kept.txt"
        ),
        inputs={"words": FOLDER, "times": {"type": "integer", "default": "2.0"}},
        outputs={"big": FOLDER},
    )
    second_id = server.component(
        "2", environment=environment, command=second, inputs={"big": FOLDER}
    )
    return {
        "jobType": "Pipeline",
        "displayName": "words",
        "experimentName": "words",
        "jobs": {
            "make": {
                "type": "command",
                "componentId": first,
                "inputs": {
                    "words": {"uri": "azureml:words@latest", "job_input_type": "uri_folder"}
                },
                "outputs": {"big": {"value": "${{parent.outputs.big}}", "type": "literal"}},
            },
            "read": {
                "type": "command",
                "componentId": second_id,
                "inputs": {
                    "big": {
                        "value": "${{parent.jobs.make.outputs.big}}",
                        "job_input_type": "literal",
                    }
                },
            },
        },
        "inputs": {},
        "outputs": {"big": {"jobOutputType": "uri_folder", "assetName": "shouted"}},
        "settings": {"default_compute": f"{WORKSPACE}/computes/cpu-cluster"},
    }


def ended(server: Server, name: str) -> str:
    def status() -> str:
        now = str(server.get(history(f"runs/{name}"))["status"])
        return now if now in ("Completed", "Failed", "Canceled") else ""

    return str(until(status, seconds=120))


@pytest.mark.skipif(sys.platform != "linux", reason="the agent's process trees")
def test_two_nodes_run_and_their_results_can_be_downloaded(real: Server) -> None:
    upload_data(real, "hello\n")
    real.put("~/jobs/j1", pipeline(real, "cat ${{inputs.big}}/out.txt"))
    assert ended(real, "j1") == "Completed", real.get(history("runs/j1/details"))["error"]
    logs = real.get(history("runs/child-2/details"))["logFiles"]
    assert real.ask("GET", logs["user_logs/std_log.txt"], token=None).body == b"HELLO\n"
    first = real.get(history("runs/child-1/details"))["logFiles"]
    assert real.ask("GET", first["user_logs/std_log.txt"], token=None).body == b"done 2\n"
    uri = real.get("~/data/shouted")["properties"]
    assert uri["latestVersion"] == "1"
    path = "/storage/dev-ml-ws.dev-ml-rg.00000000-0000-0000-0000-000000000001"
    out = real.ask("GET", f"{path}/workspaceblobstore/azureml/child-1/big/out.txt")
    assert out.body == b"HELLO\n"
    artifacts = f"{path}/workspaceartifactstore?restype=container&comp=list&prefix="
    listed = real.ask("GET", f"{artifacts}ExperimentRun/dcid.child-1/").body.decode()
    for name in ("user_logs/std_log.txt", "outputs/kept.txt"):
        assert f"<Name>ExperimentRun/dcid.child-1/{name}</Name>" in listed


def test_failing_node_is_told_with_its_last_lines(real: Server) -> None:
    upload_data(real, "hello\n")
    real.put("~/jobs/j1", pipeline(real, "echo about to fail; exit 3"))
    assert ended(real, "j1") == "Failed"
    message = real.get(history("runs/j1/details"))["error"]["error"]["message"]
    assert message.startswith('node "read" failed: ')
    assert message.endswith("last lines of user_logs/std_log.txt:\n  about to fail")


def test_canceled_job_leaves_no_process(real: Server) -> None:
    upload_data(real, "hello\n")
    marker = real.home.root / "pid"
    real.put("~/jobs/j1", pipeline(real, f"echo $$ > {marker}; sleep 300"))
    until(lambda: marker.exists() and marker.read_text().strip(), seconds=120)
    real.ask("POST", "~/jobs/j1/cancel")
    assert ended(real, "j1") == "Canceled"
    assert not Path(f"/proc/{marker.read_text().strip()}").exists()
