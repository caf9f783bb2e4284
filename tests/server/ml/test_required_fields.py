"""The fields without which the real client fails: each was found by leaving it out of a recorded
answer (`_required_fields_mutation`). `*` stands for every entry of a list or object."""

from __future__ import annotations

from typing import Any

import pytest
from mlserver import WORKSPACE, Server, history

FOLDER = {"type": "uri_folder"}
ENVIRONMENT = "~/environments/e/versions/1"
DATA = "~/data/d/versions/1"
COMPONENT = "~/components/c/versions/1"
CODE = "~/codes/c/versions/1"
MODEL = "~/models/m/versions/1"


@pytest.fixture
def filled(server: Server) -> Server:
    """A workspace with one of each."""
    server.put(ENVIRONMENT, {"image": "python"})
    server.put(DATA, {"dataUri": "https://x", "dataType": "uri_file"})
    spec = {"type": "command", "command": "echo", "environment": "azureml:e:1"}
    outputs = {"o": FOLDER}
    server.put(COMPONENT, {"componentSpec": {**spec, "outputs": outputs}})
    server.put(CODE, {"codeUri": "https://x", "properties": {"hash_sha256": "h"}})
    server.put(MODEL, {"modelUri": "azureml://x", "modelType": "custom_model"})
    job = {
        "jobType": "Pipeline",
        "jobs": {
            "n": {
                "type": "command",
                "componentId": f"{WORKSPACE}/components/c/versions/1",
                "outputs": {"o": {"value": "${{parent.outputs.final}}", "type": "literal"}},
            }
        },
        "outputs": {"final": {"mode": "ReadWriteMount", "jobOutputType": "uri_folder"}},
    }
    server.put("~/jobs/p", job)
    server.put("~/jobs/c", {"jobType": "Command", "command": "x", "environmentId": "azureml:e:1"})
    return server


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", "~/computes/cpu-cluster", ["properties.properties"]),
        ("GET", ENVIRONMENT, ["properties", "id"]),
        ("GET", "~/datastores/workspaceblobstore", ["properties.datastoreType"]),
        ("GET", "~/datastores/workspaceblobstore", ["properties.accountName"]),
        ("GET", "~/data/d", ["properties.nextVersion", "properties.latestVersion"]),
        ("GET", DATA, ["properties", "id"]),
        ("GET", "~/codes/any/versions?hash=h", ["value.*.id"]),
        ("GET", CODE, ["properties", "id"]),
        ("GET", COMPONENT, ["properties.componentSpec"]),
        (
            "POST",
            "~/codes/new/versions/1/startPendingUpload",
            [
                "blobReferenceForConsumption.blobUri",
                "blobReferenceForConsumption.credential.credentialType",
                "blobReferenceForConsumption.credential.sasUri",
            ],
        ),
        ("GET", "~/jobs/p", ["name", "properties.jobType", "properties.outputs.*.jobOutputType"]),
        ("GET", "~/jobs/p", ["properties.properties", "properties.services"]),
        ("GET", "~/jobs/c", ["properties.jobType"]),
        ("GET", "~/jobs", ["value.*.properties.jobType"]),
        ("GET", "~", ["properties.discoveryUrl"]),
        ("GET", "/discovery", ["api"]),
        ("GET", history("runs/p/details"), ["logFiles", "status"]),
        ("GET", MODEL, ["properties.flavors", "id"]),
    ],
)
def test_required_fields_are_there(
    filled: Server, method: str, path: str, fields: list[str]
) -> None:
    answer = filled.ask(method, path, {} if method == "POST" else None).json
    for field in fields:
        found = values(answer, field.split("."))
        assert found, f"{field} is missing"
        assert None not in found, f"{field} is null"


def values(part: Any, path: list[str]) -> list[Any]:
    """What stands at a dotted path."""
    if not path:
        return [part]
    if path[0] == "*":
        entries = part.values() if isinstance(part, dict) else part
        found = [values(entry, path[1:]) for entry in entries]
        return [] if [] in found else [value for group in found for value in group]
    return values(part[path[0]], path[1:]) if path[0] in part else []
