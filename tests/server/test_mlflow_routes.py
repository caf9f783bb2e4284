"""MLflow's REST as it is on the wire. Shapes: the MLflow REST API documentation."""

import http.client
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from trackingserver import JOB, TOKEN, WORKSPACE, TrackingServer, tracking_server

from penstock.ml.assets import Asset
from penstock.ml.workspaces import Workspace
from penstock.server.mlflow import mlflow_routes
from penstock.server.routes import Permission


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TrackingServer]:
    (tmp_path / "canary").write_text("secret")
    with tracking_server(tmp_path / "home") as server:
        yield server
    assert (tmp_path / "canary").read_text() == "secret"
    assert {path.name for path in tmp_path.iterdir()} == {"canary", "home"}


def error(
    server: TrackingServer, path: str, body: object = None, method: str = "POST", **query: str
):  # type: ignore[no-untyped-def]
    sent = json.dumps(body).encode() if body is not None and not isinstance(body, bytes) else body
    answer = server.call(method, f"mlflow/{path}", sent, query=query)
    return answer.status, answer.json


# Who may ask


def test_no_route_answers_without_a_token(server: TrackingServer) -> None:
    routes = mlflow_routes(server.tracking, server.assets, server.home.storage)
    assert len(routes) > 100
    for route in routes:
        path = route.path
        for name, value in {
            "{version}": "v1.0",
            "{subscription}": WORKSPACE.subscription,
            "{group}": WORKSPACE.resource_group,
            "{workspace}": WORKSPACE.name,
        }.items():
            path = path.replace(name, value)
        path = path.replace("{path:path}", "x").replace("{rest:path}", "x")
        path = path.replace("{model}", "m").replace("{tag}", "t")
        assert "{" not in path
        assert route.permission in (Permission.READ, Permission.WRITE)
        assert server.server.request(route.method, path, b"{}").status == 401, route
        wrong = {"Authorization": "Bearer wrong"}
        assert server.server.request(route.method, path, b"{}", **wrong).status == 401, route


def test_what_changes_something_needs_the_permission_to_write(server: TrackingServer) -> None:
    routes = mlflow_routes(server.tracking, server.assets, server.home.storage)
    for route in routes:
        reads = route.method == "GET" or "search" in route.path or "{rest:path}" in route.path
        reads = reads or route.path.endswith("get-latest-versions")
        wanted = Permission.READ if reads else Permission.WRITE
        assert route.permission is wanted, route


@pytest.mark.parametrize("version", ["v1.0", "v2.0"])
def test_both_versions_of_the_address_serve_the_same(server: TrackingServer, version: str) -> None:
    path = f"/mlflow/{version}{WORKSPACE.path}/api/2.0/mlflow/runs/get?run_id={JOB}"
    token = {"Authorization": f"Bearer {TOKEN}"}
    assert server.server.request("GET", path, **token).json["run"]["info"]["run_id"] == JOB
    lower = path.replace("resourceGroups", "resourcegroups").replace("dev-ml-ws", "DEV-ML-WS")
    assert server.server.request("GET", lower, **token).json["run"]["info"]["run_id"] == JOB


def test_a_workspace_that_is_not_there_is_named_with_what_makes_it(server: TrackingServer) -> None:
    other = Workspace(subscription="s", resource_group="rg", name="nope")
    answer = server.call("GET", "mlflow/runs/get", workspace=other, query={"run_id": JOB})
    assert (answer.status, answer.json) == (
        404,
        {
            "error_code": "RESOURCE_DOES_NOT_EXIST",
            "message": "There is no workspace 'nope' in the resource group 'rg'; create it: az ml"
            " workspace create --name nope --resource-group rg",
        },
    )


# Shapes


def test_a_run_on_the_wire(server: TrackingServer) -> None:
    made = server.post(
        "runs/create",
        experiment_id=server.experiment,
        user_id="ada",
        run_name="mine",
        start_time=1700000000000,
        tags=[{"key": "k", "value": "v"}],
    )["run"]
    run_id = made["info"]["run_id"]
    server.post("runs/log-metric", run_id=run_id, key="loss", value=0.5, timestamp=1, step=2)
    server.post("runs/log-metric", run_uuid=run_id, key="bad", value="NaN", timestamp="5")
    server.post("runs/log-parameter", run_id=run_id, key="alpha", value="0.1")
    server.post("runs/update", run_id=run_id, status="FINISHED", end_time="1700000001000")
    for query in ({"run_id": run_id}, {"run_uuid": run_id}):
        assert server.get("runs/get", **query)["run"] == {
            "info": {
                "run_id": run_id,
                "run_uuid": run_id,
                "run_name": "mine",
                "experiment_id": server.experiment,
                "user_id": "ada",
                "status": "FINISHED",
                "start_time": 1700000000000,
                "end_time": 1700000001000,
                "lifecycle_stage": "active",
                "artifact_uri": f"mlflow-artifacts:/{server.experiment}/{run_id}/artifacts",
            },
            "data": {
                "metrics": [
                    {"key": "bad", "value": "NaN", "timestamp": 5, "step": 0},
                    {"key": "loss", "value": 0.5, "timestamp": 1, "step": 2},
                ],
                "params": [{"key": "alpha", "value": "0.1"}],
                "tags": [
                    {"key": "k", "value": "v"},
                    {"key": "mlflow.runName", "value": "mine"},
                ],
            },
            "inputs": {"dataset_inputs": [], "model_inputs": []},
            "outputs": {"model_outputs": []},
        }


def test_an_experiment_on_the_wire(server: TrackingServer) -> None:
    id = server.post("experiments/create", name="e", tags=[{"key": "k", "value": "v"}])
    found = server.get("experiments/get", **id)["experiment"]
    assert found == server.get("experiments/get-by-name", experiment_name="e")["experiment"]
    assert {key: found[key] for key in ("name", "lifecycle_stage", "tags")} == {
        "name": "e",
        "lifecycle_stage": "active",
        "tags": [{"key": "k", "value": "v"}],
    }
    assert found["experiment_id"] == id["experiment_id"]
    assert found["artifact_location"] == f"mlflow-artifacts:/{id['experiment_id']}"


def test_history_in_bulk_is_thinned_out_to_the_number_asked_for(server: TrackingServer) -> None:
    metrics = [{"key": "m", "value": n, "timestamp": n, "step": n} for n in range(1000)]
    server.post("runs/log-batch", run_id=JOB, metrics=metrics)
    found = server.get(
        "metrics/get-history-bulk-interval", run_ids=JOB, metric_key="m", max_results="100"
    )["metrics"]
    assert len(found) == 101
    assert [found[0]["step"], found[-1]["step"]] == [0, 999]
    assert {metric["run_id"] for metric in found} == {JOB}
    part = server.get(
        "metrics/get-history-bulk-interval",
        run_ids=JOB,
        metric_key="m",
        start_step="10",
        end_step="12",
    )["metrics"]
    assert [metric["step"] for metric in part] == [10, 11, 12]


def test_history_comes_in_pages_when_asked(server: TrackingServer) -> None:
    metrics = [{"key": "m", "value": n, "timestamp": n, "step": n} for n in range(10)]
    server.post("runs/log-batch", run_id=JOB, metrics=metrics)
    first = server.get("metrics/get-history", run_id=JOB, metric_key="m", max_results="6")
    token = first["next_page_token"]
    rest = server.get(
        "metrics/get-history", run_id=JOB, metric_key="m", max_results="6", page_token=token
    )
    assert [m["step"] for m in first["metrics"] + rest["metrics"]] == list(range(10))
    assert "next_page_token" not in rest


def test_a_client_of_2_x_says_what_model_it_wrote(server: TrackingServer) -> None:
    for name in ("a", "b"):
        server.post("runs/log-model", run_id=JOB, model_json=json.dumps({"path": name * 9000}))
    kept = server.tracking.run(WORKSPACE, JOB).tags["mlflow.log-model.history"]
    assert [model["path"][0] for model in json.loads(kept)] == ["a", "b"]


def test_a_history_of_models_that_is_none_is_begun_anew(server: TrackingServer) -> None:
    server.post("runs/set-tag", run_id=JOB, key="mlflow.log-model.history", value="{oh")
    server.post("runs/log-model", run_id=JOB, model_json=json.dumps({"path": "a"}))
    kept = server.tracking.run(WORKSPACE, JOB).tags["mlflow.log-model.history"]
    assert json.loads(kept) == [{"path": "a"}]


def test_history_in_bulk_is_of_100_runs_at_most(server: TrackingServer) -> None:
    path = "metrics/get-history-bulk-interval"
    body = {"run_ids": [JOB] * 101, "metric_key": "m"}
    status, answer = error(server, path, body, method="GET")
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "at most 100 runs at once, got 101" in answer["message"]


def test_the_server_says_what_it_can(server: TrackingServer) -> None:
    found = server.call("GET", "mlflow/server-info", version="3.0").json
    assert found["multipart_uploads_enabled"] is False
    assert found["workspaces_enabled"] is False


# Errors

METRIC = {"run_id": JOB, "key": "m", "value": 1, "timestamp": 1}
BAD_REQUESTS = [
    ("runs/log-metric", {}, "Missing value for required parameter 'value'."),
    (
        "runs/log-metric",
        {**METRIC, "run_id": None},
        "Missing value for required parameter 'run_id'.",
    ),
    ("runs/log-metric", {**METRIC, "value": None}, "Missing value for required parameter 'value'."),
    (
        "runs/log-metric",
        {**METRIC, "value": True},
        "Invalid value for parameter 'value' supplied: it must be a double",
    ),
    (
        "runs/log-metric",
        {**METRIC, "value": "high"},
        "Invalid value for parameter 'value' supplied: it must be a double",
    ),
    (
        "runs/log-metric",
        {**METRIC, "timestamp": 1.5},
        "Invalid value for parameter 'timestamp' supplied: it must be a whole number.",
    ),
    (
        "runs/log-metric",
        {**METRIC, "step": "x"},
        "Invalid value for parameter 'step' supplied: it must be a whole number.",
    ),
    (
        "runs/log-metric",
        {**METRIC, "key": ["m"]},
        "Invalid value for parameter 'key' supplied: it must be a string.",
    ),
    (
        "runs/log-metric",
        {**METRIC, "timestamp": -1},
        "Invalid value -1 for parameter 'timestamp' supplied: it must be a nonnegative long.",
    ),
    (
        "runs/log-metric",
        {**METRIC, "step": 2**63},
        f"Invalid value {2**63} for parameter 'step' supplied: it must be a long.",
    ),
    (
        "runs/log-batch",
        {"run_id": JOB, "metrics": {"key": "m"}},
        "Invalid value for parameter 'metrics' supplied: it must be a list.",
    ),
    (
        "runs/log-batch",
        {"run_id": JOB, "metrics": ["m"]},
        "Invalid value for parameter 'metrics[0]' supplied: it must be an object.",
    ),
    (
        "runs/log-batch",
        {"run_id": JOB, "metrics": [METRIC, {"key": "m", "value": 1}]},
        "Missing value for required parameter 'metrics[1].timestamp'.",
    ),
    (
        "runs/log-parameter",
        {"run_id": JOB, "key": "a", "value": {"b": 1}},
        "Invalid value for parameter 'value' supplied: it must be a string.",
    ),
    (
        "runs/search",
        {"experiment_ids": ["1"], "run_view_type": "SOME"},
        "Invalid value 'SOME' for parameter 'run_view_type' supplied: it must be one of"
        " ACTIVE_ONLY, DELETED_ONLY, ALL.",
    ),
    ("runs/search", {"experiment_ids": ["1"], "page_token": "!"}, "Invalid page token '!'"),
    (
        "experiments/create",
        {"name": "e", "artifact_location": "s3://bucket"},
        "Invalid artifact_location 's3://bucket': artifacts are kept in the workspace's own"
        " datastore; leave it out.",
    ),
    ("experiments/create", {"name": ""}, "Missing value for required parameter 'name'."),
    ("experiments/create", {"name": "  "}, "Invalid experiment name: '  '"),
    (
        "runs/create",
        {"experiment_id": "1", "start_time": 2**63},
        "Invalid value 9223372036854775808 for parameter 'start_time' supplied: it must be a long.",
    ),
    (
        "runs/create",
        {"experiment_id": "1", "run_name": "n" * 8001},
        "'value' exceeds the maximum length of 8000 characters",
    ),
    (
        "runs/update",
        {"run_id": JOB, "run_name": "n" * 8001},
        "'value' exceeds the maximum length of 8000 characters",
    ),
    ("logged-models", {"name": "a/b"}, "Invalid model name ('a/b') provided."),
    ("registered-models/create", {"name": "a:b"}, "Invalid model name 'a:b'."),
]


@pytest.mark.parametrize("limit", ["0", "-1", "1000001"])
def test_a_page_of_a_history_has_some_values(server: TrackingServer, limit: str) -> None:
    """With none, the token of the next page would lead to the same one for ever."""
    asked = {"run_id": JOB, "metric_key": "m", "max_results": limit}
    status, body = error(server, "metrics/get-history", method="GET", **asked)
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert body["message"].startswith(f"Invalid value {limit} for parameter 'max_results'")


def test_the_default_experiment_takes_runs_again_after_it_was_deleted(
    server: TrackingServer,
) -> None:
    first = server.post("runs/create", experiment_id="0")["run"]["info"]["experiment_id"]
    server.post("experiments/delete", experiment_id=first)
    again = server.post("runs/create", experiment_id="0")
    assert again["run"]["info"]["experiment_id"] == first


@pytest.mark.parametrize(("path", "body", "message"), BAD_REQUESTS)
def test_a_bad_request_is_told_what_is_wrong(
    server: TrackingServer, path: str, body: dict[str, object], message: str
) -> None:
    status, answer = error(server, path, body)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert answer["message"].startswith(message)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"run_id": "\\ud800"}'])
def test_a_body_that_is_no_request_is_refused(server: TrackingServer, body: bytes) -> None:
    status, answer = error(server, "runs/log-metric", body)
    assert status == 400
    assert set(answer) == {"error_code", "message"}


def test_a_batch_of_more_than_a_megabyte_is_refused(server: TrackingServer) -> None:
    body = {"run_id": JOB, "tags": [{"key": f"k{n}", "value": "v" * 15_000} for n in range(80)]}
    status, answer = error(server, "runs/log-batch", body)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert answer["message"].startswith(
        "Batched logging API requests must be at most 1000000 bytes"
    )


@pytest.mark.parametrize("path", ["traces", "traces/search", "scorers/list", "webhooks"])
def test_what_is_not_kept_is_refused_by_name(server: TrackingServer, path: str) -> None:
    for version in ("2.0", "3.0"):
        answer = server.call("POST", f"mlflow/{path}", b"{}", version=version)
        assert (answer.status, answer.json["error_code"]) == (501, "NOT_IMPLEMENTED")
        assert answer.json["message"] == (
            f"penstock does not keep MLflow's {path.split('/')[0]} yet: mlflow/{path}"
        )


def test_clients_of_mlflow_1_are_answered(server: TrackingServer) -> None:
    """Release 1.30 asks the registry below `preview/mlflow`."""
    made = server.call("POST", "preview/mlflow/registered-models/create", b'{"name": "fare"}')
    assert made.json["registered_model"]["name"] == "fare"
    query = {"filter": "name='fare'"}
    found = server.call("GET", "preview/mlflow/model-versions/search", query=query)
    assert (found.status, found.json.get("model_versions", [])) == (200, [])


def test_an_unknown_endpoint_is_named(server: TrackingServer) -> None:
    for method, path in (("POST", "runs/explode"), ("GET", "runs/log-metric"), ("DELETE", "x/y")):
        status, answer = error(server, path, method=method)
        assert (status, answer["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
        assert answer["message"] == f"penstock has no MLflow endpoint 'mlflow/{path}'"


def test_a_job_s_run_is_not_deleted(server: TrackingServer) -> None:
    status, answer = error(server, "runs/delete", {"run_id": JOB})
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert f"Run {JOB} belongs to a job" in answer["message"]


# Artifacts: nothing outside of the run's folder (CVE-2023-1177, CVE-2024-1560 and their kin)


def artifact(server: TrackingServer, path: str) -> str:
    return f"mlflow-artifacts/artifacts/{server.experiment}/{JOB}/artifacts/{path}"


UPWARDS = [
    "../canary",
    "../../../../../canary",
    "a/../../../../../../canary",
    "%2e%2e/canary",
    "%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fcanary",
    "%252e%252e%252fcanary",
    "%25252e%25252e%25252fcanary",
    "..%5c..%5ccanary",
    "..\\..\\canary",
    "..%c0%af..%c0%afcanary",
    "%c0%ae%c0%ae/canary",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "./canary",
    "a/./b",
    "a//b",
    "a%00.txt",
    "a%0d%0a",
    "..;/canary",
    "...%2f...%2fcanary",
    "%u002e%u002e/canary",
    "file:///etc/passwd",
    "C:%5cWindows",
    "%5c%5cserver%5cshare",
    "",
]


@pytest.mark.parametrize("path", UPWARDS)
def test_no_path_of_an_artifact_leads_out(server: TrackingServer, path: str) -> None:
    (server.artifacts.parent / "dcid.other").mkdir(parents=True)
    (server.artifacts.parent / "dcid.other" / "theirs").write_text("theirs")
    before = {p for p in server.home.root.rglob("*") if server.artifacts not in (p, *p.parents)}
    for method in ("GET", "PUT", "DELETE"):
        answer = server.call(method, artifact(server, path), b"new" if method == "PUT" else None)
        assert answer.status in (200, 400, 404), answer.body
        assert b"secret" not in answer.body
        assert b"root:" not in answer.body
    after = {p for p in server.home.root.rglob("*") if server.artifacts not in (p, *p.parents)}
    assert after == before


@pytest.mark.parametrize("path", UPWARDS)
def test_no_listing_leads_out(server: TrackingServer, path: str) -> None:
    server.artifacts.mkdir(parents=True)
    (server.artifacts / "mine").touch()
    root = f"{server.experiment}/{JOB}/artifacts/"
    for call in (
        lambda: server.call(
            "GET", f"mlflow-artifacts/artifacts?path={quote(root, safe='')}{quote(path, safe='%')}"
        ),
        lambda: server.call("GET", "mlflow-artifacts/artifacts", query={"path": root + path}),
        lambda: server.call("GET", "mlflow/artifacts/list", query={"run_id": JOB, "path": path}),
    ):
        answer = call()
        assert answer.status in (200, 400, 404)
        if answer.status == 200:
            assert {file["path"] for file in answer.json.get("files", [])} <= {"mine"}


@pytest.mark.parametrize(
    "address",
    [
        "1/nope/artifacts/a",
        "1/../artifacts/a",
        "99/icy_nut_1/artifacts/a",
        "1/icy_nut_1/other/a",
        "1/icy_nut_1",
        "1/models/m-nope/artifacts/a",
        "registered/00/1/a",
        "registered/zz/1/a",
        "registered/6e6f7065/1/a",
        "x",
    ],
)
def test_artifacts_belong_to_a_run_or_model_that_is_there(
    server: TrackingServer, address: str
) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = server.call(method, f"mlflow-artifacts/artifacts/{address}", b"x")
        assert answer.status in (400, 403, 404)
    assert not server.artifacts.parent.exists()


def test_a_link_that_a_job_made_is_not_followed(server: TrackingServer, tmp_path: Path) -> None:
    server.artifacts.mkdir(parents=True)
    (server.artifacts / "link").symlink_to(tmp_path / "canary")
    (server.artifacts / "folder").symlink_to(tmp_path)
    for path in ("link", "folder/canary"):
        assert server.call("GET", artifact(server, path)).status == 400
    assert server.call("PUT", artifact(server, "folder/canary"), b"new").status == 400
    assert server.call("DELETE", artifact(server, "folder/canary")).status == 400
    listed = server.call(
        "GET",
        "mlflow-artifacts/artifacts",
        query={"path": f"{server.experiment}/{JOB}/artifacts"},
    )
    assert listed.json == {"files": []}


def test_an_artifact_is_sent_as_a_download_of_bytes(server: TrackingServer) -> None:
    for size in (10, 3_000_000):
        content = b"<script>" + bytes(size)
        assert server.call("PUT", artifact(server, "page.html"), content).json == {}
        answer = server.call("GET", artifact(server, "page.html"))
        assert answer.body == content
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == "attachment"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_upload_cut_off_leaves_nothing(server: TrackingServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server.listener.port, timeout=20)
    connection.putrequest("PUT", f"/mlflow/v1.0{WORKSPACE.path}/api/2.0/{artifact(server, 'big')}")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()
    connection.send(b"x" * 500_000)
    connection.close()
    for _ in range(100):
        if server.call("GET", artifact(server, "big")).status == 404 and not os.listdir(
            server.artifacts
        ):
            break
    assert server.call("GET", artifact(server, "big")).status == 404


def test_a_file_and_a_folder_do_not_replace_each_other(server: TrackingServer) -> None:
    server.call("PUT", artifact(server, "a/b"), b"1")
    assert server.call("PUT", artifact(server, "a"), b"2").status == 400
    assert server.call("PUT", artifact(server, "a/b/c"), b"2").status == 400
    assert server.call("GET", artifact(server, "a")).status == 404
    assert server.call("DELETE", artifact(server, "a")).status == 200
    assert server.call("GET", artifact(server, "a/b")).status == 404


def test_uploads_in_parts_are_refused_so_that_clients_do_without(server: TrackingServer) -> None:
    for step in ("create", "complete", "abort"):
        path = f"mlflow-artifacts/mpu/{step}/{server.experiment}/{JOB}/artifacts/a"
        answer = server.call("POST", path, {"path": "a", "num_parts": 2})
        assert (answer.status, answer.json) == (
            501,
            {
                "error_code": "NOT_IMPLEMENTED",
                "message": "Multipart upload is not supported for the current artifact repository",
            },
        )


# Models


def logged_model(server: TrackingServer, name: str = "model") -> dict[str, str]:
    made = server.post(
        "logged-models", experiment_id=server.experiment, name=name, source_run_id=JOB
    )
    info: dict[str, str] = made["model"]["info"]
    return info


def test_a_model_is_the_folder_of_its_name_unless_something_is_there(
    server: TrackingServer,
) -> None:
    first, second = logged_model(server), logged_model(server)
    for info in (first, second):
        path = info["artifact_uri"].removeprefix("mlflow-artifacts:/")
        text = info["model_id"].encode()
        server.call("PUT", f"mlflow-artifacts/artifacts/{path}/MLmodel", text)
        got = server.call("GET", f"mlflow-artifacts/artifacts/{path}/MLmodel").body
        assert got == text
    assert (server.artifacts / "model" / "MLmodel").read_text() == first["model_id"]


@pytest.mark.parametrize(
    "source",
    [
        "/etc",
        "file:///etc",
        "s3://bucket/model",
        "http://evil.example/model",
        "mlflow-artifacts:/1/nope/artifacts/model",
        "mlflow-artifacts:/1/icy_nut_1/artifacts/../../dcid.other",
        "mlflow-artifacts:/1/icy_nut_1/artifacts/%2e%2e/x\\..",
        "mlflow-artifacts://evil.example/1/icy_nut_1/artifacts/model",
        "runs:/nope/model",
        "runs:/icy_nut_1/../../x",
        "models:/m-nope",
        "azureml://jobs/nope/outputs/artifacts/paths/model/",
        "azureml://jobs/icy_nut_1/outputs/artifacts/paths/../../x",
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/x",
        "azureml://datastores/workspaceblobstore/paths/../../x",
    ],
)
def test_the_source_of_a_version_is_in_the_workspace(server: TrackingServer, source: str) -> None:
    """CVE-2023-6831, CVE-2024-27134 and their kin began with a source of the client's choice."""
    server.post("registered-models/create", name="m")
    status, answer = error(server, "model-versions/create", {"name": "m", "source": source})
    assert status in (400, 404), answer
    assert (
        server.get("registered-models/get", name="m")["registered_model"]["latest_versions"] == []
    )


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("runs:/icy_nut_1/model", "ExperimentRun/dcid.icy_nut_1/model"),
        ("runs:/icy_nut_1/other/deep", "ExperimentRun/dcid.icy_nut_1/other/deep"),
        ("mlflow-artifacts:/1/icy_nut_1/artifacts/model", "ExperimentRun/dcid.icy_nut_1/model"),
        (
            "azureml://jobs/icy_nut_1/outputs/artifacts/paths/model/",
            "ExperimentRun/dcid.icy_nut_1/model",
        ),
    ],
)
def test_a_version_is_a_place_of_the_artifact_store(
    server: TrackingServer, source: str, path: str
) -> None:
    server.post("registered-models/create", name="mödel 1")
    made = server.post("model-versions/create", name="mödel 1", source=source, run_id=JOB)
    version = made["model_version"]
    assert (version["version"], version["status"], version["source"]) == ("1", "READY", source)
    asset = server.assets.get(WORKSPACE.scope, "models", "mödel 1", "1")
    assert asset is not None
    assert str(asset.properties["modelUri"]).endswith(
        f"/datastores/workspaceartifactstore/paths/{path}"
    )
    server.call("PUT", artifact(server, "model/MLmodel"), b"m")
    server.call("PUT", artifact(server, "other/deep/MLmodel"), b"m")
    uri = server.get("model-versions/get-download-uri", name="mödel 1", version="1")["artifact_uri"]
    place = uri.removeprefix("mlflow-artifacts:/")
    listed = server.call("GET", "mlflow-artifacts/artifacts", query={"path": place}).json["files"]
    assert listed == [{"path": "MLmodel", "is_dir": False, "file_size": 1}]
    files = f"mlflow-artifacts/artifacts/{place}/MLmodel"
    assert server.call("GET", files).body == b"m"
    for method in ("PUT", "DELETE"):
        answer = server.call(method, files, b"x")
        assert (answer.status, answer.json["error_code"]) == (403, "PERMISSION_DENIED")


def test_models_made_elsewhere_show_up_and_the_reverse(server: TrackingServer) -> None:
    from penstock.ml.assets import container

    uri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/abc/model"
    server.assets.put(
        Asset(
            scope=WORKSPACE.scope,
            kind="models",
            name="uploaded",
            version="7",
            document={"properties": {"modelUri": uri, "tags": {"a": "b"}, "description": "d"}},
            created_at=1.0,
            updated_at=2.0,
        )
    )
    found = server.get("registered-models/get", name="uploaded")["registered_model"]
    assert [version["version"] for version in found["latest_versions"]] == ["7"]
    assert found["latest_versions"][0]["tags"] == [{"key": "a", "value": "b"}]
    server.post("model-versions/create", name="uploaded", source=f"runs:/{JOB}/model")
    versions = server.assets.versions(WORKSPACE.scope, "models", "uploaded")
    assert [asset.version for asset in versions] == ["8", "7"]
    assert container(server.assets, WORKSPACE.scope, "models", "uploaded") is not None


def test_a_registered_model_lives_and_goes(server: TrackingServer) -> None:
    server.post(
        "registered-models/create", name="m", description="d", tags=[{"key": "k", "value": "v"}]
    )
    assert error(server, "registered-models/create", {"name": "m"})[1]["error_code"] == (
        "RESOURCE_ALREADY_EXISTS"
    )
    for _ in range(3):
        server.post("model-versions/create", name="m", source=f"runs:/{JOB}/model")
    server.post("registered-models/set-tag", name="m", key="x", value="y")
    server.post("registered-models/alias", name="m", alias="champion", version="2")
    server.call("DELETE", "mlflow/registered-models/delete-tag", {"name": "m", "key": "k"})
    found = server.get("registered-models/get", name="m")["registered_model"]
    assert (found["tags"], found["aliases"]) == (
        [{"key": "x", "value": "y"}],
        [{"alias": "champion", "version": "2"}],
    )
    assert found["description"] == "d"
    moved = {"name": "m", "version": "1", "stage": "production", "archive_existing_versions": True}
    server.post("model-versions/transition-stage", **moved)
    server.post("model-versions/transition-stage", **{**moved, "version": "2"})
    stages = {
        version["version"]: version["current_stage"]
        for version in server.get("model-versions/search", filter="name = 'm'")["model_versions"]
    }
    assert stages == {"1": "Archived", "2": "Production", "3": "None"}
    assert error(server, "model-versions/transition-stage", {**moved, "stage": "x"})[0] == 400

    server.call("DELETE", "mlflow/model-versions/delete", {"name": "m", "version": "2"})
    assert error(server, "model-versions/get", method="GET", name="m", version="2")[0] == 404
    assert server.get("registered-models/get", name="m")["registered_model"]["aliases"] == []
    server.call("DELETE", "mlflow/registered-models/delete", {"name": "m"})
    assert error(server, "registered-models/get", method="GET", name="m")[0] == 404
    assert server.get("registered-models/search")["registered_models"] == []


def test_models_and_versions_come_in_the_order_asked_for(server: TrackingServer) -> None:
    for name in ("b", "c", "a"):
        server.post("registered-models/create", name=name)
        for _ in range(2):
            server.post("model-versions/create", name=name, source=f"runs:/{JOB}/model")
    found = server.get("registered-models/search", order_by="name DESC")["registered_models"]
    assert [model["name"] for model in found] == ["c", "b", "a"]
    found = server.get("model-versions/search", filter="name = 'a'", order_by="version_number ASC")
    assert [version["version"] for version in found["model_versions"]] == ["1", "2"]
    status, answer = error(server, "registered-models/search", method="GET", order_by="size DESC")
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("said", ["champion", "[1]", "3", '{"champion": null}'])
def test_what_a_client_of_azure_wrote_over_the_aliases_is_none(
    server: TrackingServer, said: str
) -> None:
    """They lie among the properties of the model, which `az ml` and the SDK may set to anything."""
    properties = {"properties": {"mlflow.aliases": said}}
    now = time.time()
    server.assets.put(
        Asset(
            scope=WORKSPACE.scope,
            kind="models",
            name="m",
            version="",
            document={"properties": properties},
            created_at=now,
            updated_at=now,
        )
    )
    assert (
        server.get("registered-models/get", name="m")["registered_model"].get("aliases", []) == []
    )


@pytest.mark.parametrize("alias", ["latest", "V12", "a b", "a/b"])
def test_an_alias_that_mlflow_refuses_is_refused(server: TrackingServer, alias: str) -> None:
    server.post("registered-models/create", name="m")
    server.post("model-versions/create", name="m", source=f"runs:/{JOB}/model")
    body = {"name": "m", "alias": alias, "version": "1"}
    status, answer = error(server, "registered-models/alias", body)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert f"Invalid alias name: '{alias}'" in answer["message"]


def test_the_alias_latest_is_the_version_made_last(server: TrackingServer) -> None:
    server.post("registered-models/create", name="m")
    assert (
        error(server, "registered-models/alias", method="GET", name="m", alias="latest")[0] == 400
    )
    for _ in range(2):
        server.post("model-versions/create", name="m", source=f"runs:/{JOB}/model")
    found = server.get("registered-models/alias", name="m", alias="latest")["model_version"]
    assert found["version"] == "2"


def test_a_model_keeps_its_place_without_its_last_version(server: TrackingServer) -> None:
    server.post("registered-models/create", name="m")
    server.post("model-versions/create", name="m", source=f"runs:/{JOB}/model")
    server.call("DELETE", "mlflow/model-versions/delete", {"name": "m", "version": "1"})
    assert server.get("registered-models/get", name="m")["registered_model"]["name"] == "m"


def test_a_name_of_a_registered_model_does_not_change(server: TrackingServer) -> None:
    server.post("registered-models/create", name="m")
    status, answer = error(server, "registered-models/rename", {"name": "m", "new_name": "n"})
    assert (status, answer["error_code"]) == (400, "BAD_REQUEST")
    assert answer["message"].startswith("Renaming is not supported")


def test_nothing_here_reads_objects_out_of_files() -> None:
    import penstock

    root = Path(penstock.__file__).parent
    for room in ("server", "store", "ml"):
        for file in (root / room).rglob("*.py"):
            text = file.read_text()
            for word in ("import pickle", "joblib", "marshal.load", "cloudpickle", "yaml.load("):
                assert word not in text, file
