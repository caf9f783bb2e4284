"""A wrong body is refused with 4xx in the service's shape, and nothing of it is kept.

What is kept of a bad request once made every later list of its workspace fail.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlserver import WORKSPACE, Server

BLOB = "azureml://datastores/workspaceblobstore/paths/a"
COMMAND = {
    "jobType": "Command",
    "command": "echo",
    "environmentId": f"{WORKSPACE}/environments/AzureML-sklearn-1.0/versions/1",
    "computeId": "local",
    "inputs": {"d": {"jobInputType": "uri_file", "uri": BLOB, "mode": "Download"}},
    "limits": {"jobLimitsType": "Command", "timeout": "PT1H"},
    "resources": {"instanceCount": 1},
    "tags": {"a": "b"},
}
SPEC = {"type": "command", "command": "echo", "inputs": {"a": {"type": "number", "default": 1}}}
BODIES: dict[str, dict[str, Any]] = {
    "~": {"friendlyName": "n", "description": "d"},
    "~/data/{name}/versions/1": {"dataType": "uri_file", "dataUri": BLOB, "tags": {"a": "b"}},
    "~/models/{name}/versions/1": {"modelType": "custom_model", "modelUri": BLOB},
    "~/codes/{name}/versions/1": {"codeUri": "https://x/y", "properties": {"hash_sha256": "h"}},
    "~/environments/{name}/versions/1": {"image": "python:3.11-slim", "condaFile": "name: x"},
    "~/components/{name}/versions/1": {"componentSpec": SPEC},
    "~/computes/{name}": {
        "computeType": "AmlCompute",
        "properties": {"vmSize": "S", "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 2}},
    },
    "~/datastores/{name}": {"datastoreType": "AzureBlob", "accountName": "a", "containerName": "c"},
    "~/jobs/{name}": COMMAND,
}
LISTS = ("~", *(f"~/{kind}" for kind in ("data", "models", "environments", "components", "jobs")))
TEXTS = ("", "x", "..", "\0", "a" * 3000, "${{", "azureml:", "PT", "1e999", "inf", "nan", "NaN")
WRONG = st.sampled_from([*TEXTS, None, True, -1, 2**63, 10**400, 1.5, [], [None], {}, {"": ""}])


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "1e999", '"\\ud800"'])
def test_what_cannot_be_sent_again_is_not_kept(server: Server, path: str, wrong: str) -> None:
    body = json.dumps({"properties": {**BODIES[path], "description": "@"}})
    answer = server.ask("PUT", path.format(name="n"), body.replace('"@"', wrong).encode())
    assert (answer.status, answer.json["error"]["code"]) == (400, "InvalidRequestContent")
    if path != "~":
        assert server.ask("GET", path.format(name="n")).status == 404


@pytest.mark.parametrize("uri", [1, True, [None], {"a": "b"}])
@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("~/data/n/versions/1", "dataUri"),
        ("~/models/n/versions/1", "modelUri"),
        ("~/codes/n/versions/1", "codeUri"),
        ("~/environments/n/versions/1", "image"),
        ("~/environments/n/versions/1", "condaFile"),
    ],
)
def test_a_path_must_be_a_text(server: Server, path: str, key: str, uri: object) -> None:
    answer = server.ask("PUT", path, {"properties": {key: uri}})
    assert answer.status == 400
    assert answer.json["error"]["message"] == f'"properties.{key}" must be a text'
    assert server.ask("GET", path).status == 404


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_a_body_says_the_service_answers_and_goes_on(server: Server, data: Any) -> None:
    path = data.draw(st.sampled_from(sorted(BODIES)))
    body: dict[str, Any] = {"location": "local", "properties": copy.deepcopy(BODIES[path])}
    for _ in range(data.draw(st.integers(1, 2))):
        holder, key = data.draw(st.sampled_from(list(places(body))))
        holder[key] = copy.deepcopy(data.draw(WRONG))
    number = data.draw(st.integers(0, 10**9))
    answer = server.ask("PUT", path.format(name=f"n{number}"), body)
    assert answer.status in (200, 201, 202, 400, 404, 409), answer.body
    if answer.status >= 400:
        assert answer.json["error"]["code"], answer.body
    for listed in LISTS:
        assert server.ask("GET", listed).status == 200, (listed, body)


def places(body: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every key at any depth, with the object that holds it."""
    for key, value in body.items():
        yield body, key
        if isinstance(value, dict):
            yield from places(value)
