"""Jobs over HTTP, with the real scheduler and store: what clients send and what they are told.
Shapes are those of traffic recorded from azure-ai-ml, by the names given at each test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mlserver import WORKSPACE, Server, history, until

from penstock.engine.events import NodePhase, Result
from penstock.engine.testing import FakeExecutor

FOLDER = {"type": "uri_folder"}
BLOBS = (
    "azureml://subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/dev-ml-rg"
    "/workspaces/dev-ml-ws/datastores/workspaceblobstore/paths"
)


def command(**rest: Any) -> dict[str, Any]:
    """The body of `jobs_command_hello`."""
    return {
        "command": 'echo "hello world"',
        "properties": {},
        "isArchived": False,
        "inputs": {},
        "outputs": {},
        "environmentId": "azureml:AzureML-sklearn-1.0@latest",
        "tags": {},
        "environmentVariables": {},
        "jobType": "Command",
        "displayName": "hello",
        "experimentName": "sdkprobe",
        **rest,
    }


def two_nodes(server: Server, **rest: Any) -> dict[str, Any]:
    """The body of `jobs_pipeline_io`: hello writes, world reads."""
    hello = server.component("h", command="echo > ${{outputs.o}}/x", outputs={"o": FOLDER})
    world = server.component("w", command="cat ${{inputs.i}}/x", inputs={"i": FOLDER})
    bound = {"value": "${{parent.jobs.hello.outputs.o}}", "job_input_type": "literal"}
    return {
        "displayName": "hello_pipeline_io",
        "description": "two nodes",
        "tags": {"a": "b"},
        "properties": {},
        "jobs": {
            "hello": {
                "type": "command",
                "componentId": hello,
                "outputs": {"o": {"value": "${{parent.outputs.result}}", "type": "literal"}},
            },
            "world": {"type": "command", "componentId": world, "inputs": {"i": bound}},
        },
        "isArchived": False,
        "inputs": {},
        "outputs": {"result": {"mode": "ReadWriteMount", "jobOutputType": "uri_folder"}},
        "settings": {"default_compute": f"{WORKSPACE}/computes/cpu-cluster", "_source": "YAML.JOB"},
        "jobType": "Pipeline",
        "experimentName": "sdkprobe",
        **rest,
    }


def status(server: Server, name: str) -> str:
    return str(server.get(f"/history/v1.0~/runs/{name}".replace("~", WORKSPACE))["status"])


def test_pipeline_is_accepted_and_runs_to_its_end(server: Server) -> None:
    """`jobs_pipeline_io`, `jobs_get`: the body comes back with status and services."""
    body = two_nodes(server)
    answer = server.ask("PUT", "~/jobs/strong_cabbage", {"properties": body})
    assert answer.status == 201
    made = answer.json
    assert made["id"] == f"{WORKSPACE}/jobs/strong_cabbage"
    assert made["name"] == "strong_cabbage"
    assert made["type"] == "Microsoft.MachineLearningServices/workspaces/jobs"
    properties = made["properties"]
    for key in ("jobs", "settings", "jobType", "experimentName", "displayName", "tags"):
        assert properties[key] == body[key]
    assert properties["outputs"]["result"]["jobOutputType"] == "uri_folder"
    assert "default" not in properties["outputs"]
    until(lambda: status(server, "strong_cabbage") == "Completed")
    done = server.get("~/jobs/strong_cabbage")["properties"]
    assert done["status"] == "Completed"
    assert done["outputs"]["result"]["uri"] == f"{BLOBS}/azureml/child-1/o/"


def test_required_fields_of_a_job(server: Server) -> None:
    """`_required_fields_mutation`: without these the client fails in get, list and stream."""
    server.put("~/jobs/j1", two_nodes(server))
    for job in (server.get("~/jobs/j1"), server.get("~/jobs?listViewType=ActiveOnly")["value"][0]):
        assert job["name"] == "j1"
        assert job["properties"]["jobType"] == "Pipeline"
        assert isinstance(job["properties"]["properties"], dict)
        assert job["properties"]["outputs"]["result"]["jobOutputType"] == "uri_folder"
        studio = job["properties"]["services"]["Studio"]
        assert studio["jobServiceType"] == "Studio"
        assert studio["endpoint"].startswith(f"{server.listener.url}/ml/runs/j1?wsid={WORKSPACE}")
        assert job["properties"]["services"]["Tracking"]["jobServiceType"] == "Tracking"
    details = server.get(history("runs/j1/details"))
    assert isinstance(details["logFiles"], dict)
    assert details["status"]


def test_output_without_a_type_is_a_folder(server: Server) -> None:
    """Null outputs are common in public pipelines; the client needs a type."""
    server.put("~/jobs/j1", two_nodes(server, outputs={"result": {}}))
    outputs = server.get("~/jobs/j1")["properties"]["outputs"]
    assert outputs["result"]["jobOutputType"] == "uri_folder"


def test_child_jobs_are_runs_without_job_properties(server: Server) -> None:
    """As recorded from azure-ai-ml: the client then asks run history."""
    server.put("~/jobs/j1", two_nodes(server))
    assert "properties" not in server.get("~/jobs/child-1")
    run = server.get(history("runs/child-1"))
    assert (run["runId"], run["parentRunId"], run["rootRunId"]) == ("child-1", "j1", "j1")
    assert run["displayName"] == "hello"
    assert run["outputs"]["o"]["type"] == "uri_folder"
    listed = server.get("~/jobs")["value"]
    assert [job["name"] for job in listed] == ["j1"]


def test_children_are_listed_in_the_order_of_the_graph(server: Server) -> None:
    """`jobs_children`."""
    server.put("~/jobs/j1", two_nodes(server))
    children = server.get(history("runs/j1/children"))["value"]
    assert [(run["displayName"], run["runId"]) for run in children] == [
        ("hello", "child-1"),
        ("world", "child-2"),
    ]


def test_command_job(server: Server) -> None:
    """`jobs_command_hello`: without compute it runs on serverless."""
    server.put("~/jobs/serene_nest", command())
    until(lambda: status(server, "serene_nest") == "Completed")
    request = server.agent.requests[0]
    assert (request.work.job, request.work.root_job) == ("serene_nest", "serene_nest")
    assert request.work.compute == "serverless"
    assert request.work.experiment_id == "1"
    assert server.get("~/jobs/serene_nest")["properties"]["status"] == "Completed"


def test_jobs_have_tracked_runs_of_their_own_names(server: Server) -> None:
    server.put("~/jobs/j1", two_nodes(server))
    until(lambda: status(server, "j1") == "Completed")
    workspace = server.service.jobs.get(WORKSPACE.lower(), "j1").workspace
    found = {name: server.tracking.run(workspace, name) for name in ("j1", "child-1", "child-2")}
    assert {run.status for run in found.values()} == {"FINISHED"}
    assert found["child-1"].tags["mlflow.parentRunId"] == "j1"
    assert found["child-1"].name == "hello"
    assert found["j1"].name == "hello_pipeline_io"
    for request in server.agent.requests:
        assert request.work.experiment_id == found["j1"].experiment_id


def held(tmp_path: Path, *nodes: str, **rest: Any) -> Server:
    made = Server(tmp_path, FakeExecutor(held=nodes, **rest))
    made.workspace()
    return made


def test_statuses_are_the_services_words(tmp_path: Path) -> None:
    """YAML inventory, 1.12: polling loops know exactly these."""
    server = held(tmp_path, "hello")
    server.put("~/jobs/j1", two_nodes(server))
    until(lambda: server.agent.requests)
    run = server.agent.requests[0].run
    until(lambda: status(server, "child-1") == "Preparing")
    assert (status(server, "j1"), status(server, "child-2")) == ("Running", "NotStarted")
    for phase in ("Preparing", "Running", "Finalizing"):
        server.scheduler.post(run, NodePhase(at=1.0, node="hello", phase=phase), wait=True)
        assert status(server, "child-1") == phase
    server.agent.finish(run, "hello")
    until(lambda: status(server, "j1") == "Completed")
    assert status(server, "child-2") == "Completed"
    server.close()


def test_canceled_job(tmp_path: Path) -> None:
    """`jobs_cancel`."""
    server = held(tmp_path, "hello", silent=("hello",))
    server.put("~/jobs/j1", two_nodes(server))
    until(lambda: server.agent.requests)
    assert server.ask("POST", "~/jobs/j1/cancel").status == 200
    until(lambda: status(server, "j1") == "CancelRequested")
    until(lambda: server.agent.canceled)
    server.agent.finish(server.agent.requests[0].run, "hello", Result.CANCELED)
    until(lambda: status(server, "j1") == "Canceled")
    assert {status(server, child) for child in ("child-1", "child-2")} == {"Canceled"}
    assert server.ask("POST", "~/jobs/j1/cancel").status == 200
    reasons = {
        name: server.get(history(f"runs/{name}/details"))["error"]["error"]
        for name in ("j1", "child-2")
    }
    assert (reasons["j1"]["code"], reasons["j1"]["message"]) == (
        "Canceled",
        "canceled by the user",
    )
    assert reasons["child-2"]["message"] == (
        "it did not run, because a node that it needs did not succeed"
    )
    server.close()


def test_failure_names_the_node_and_its_last_lines(tmp_path: Path) -> None:
    """YAML inventory, section 2, complaint 4: the error of the failed child is not shown."""
    server = held(tmp_path, "hello")
    server.put("~/jobs/j1", two_nodes(server))
    request = until(lambda: server.agent.requests)[0]
    server.logs.append(request.run, "hello", "user_logs/std_log.txt", "one\nTraceback: no data\n")
    server.agent.finish(request.run, "hello", Result.FAILED)
    until(lambda: status(server, "j1") == "Failed")
    details = server.get(history("runs/j1/details"))
    assert details["error"]["error"]["code"] == "UserError"
    assert details["error"]["error"]["message"] == (
        'node "hello" failed: the command failed\n'
        "last lines of user_logs/std_log.txt:\n"
        "  one\n"
        "  Traceback: no data"
    )
    own = server.get(history("runs/child-1/details"))["error"]["error"]["message"]
    assert own.startswith("the command failed\nlast lines")
    assert status(server, "child-2") == "Canceled"
    server.close()


def test_what_the_agent_itself_says_of_a_failure_is_said_once(tmp_path: Path) -> None:
    server = held(tmp_path, "hello")
    server.put("~/jobs/j1", two_nodes(server))
    request = until(lambda: server.agent.requests)[0]
    log = "system_logs/lifecycler/lifecycler.log"
    server.logs.append(request.run, "hello", log, "Preparing\nfailed: no data\n")
    server.agent.finish(request.run, "hello", Result.FAILED)
    until(lambda: status(server, "j1") == "Failed")
    details = server.get(history("runs/child-1/details"))
    assert details["error"]["error"]["message"] == "the command failed"
    server.close()


def test_logs_are_read_without_a_token(tmp_path: Path) -> None:
    """`jobs_stream`: the client fetches each log address as it is."""
    server = held(tmp_path, "hello")
    server.put("~/jobs/j1", two_nodes(server))
    request = until(lambda: server.agent.requests)[0]
    server.logs.append(request.run, "hello", "user_logs/std_log.txt", "line one\n")
    links = server.get(history("runs/child-1/details"))["logFiles"]
    assert list(links) == ["user_logs/std_log.txt"]
    answer = server.ask("GET", links["user_logs/std_log.txt"], token=None)
    assert answer.body == b"line one\n"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    bare = links["user_logs/std_log.txt"].partition("?")[0]
    assert server.ask("GET", bare, token=None).status == 401
    assert server.ask("GET", bare).status == 200
    other = server.ask("GET", bare.replace("std_log", "nothing"))
    assert other.status == 404
    server.agent.finish(request.run, "hello")
    until(lambda: status(server, "j1") == "Completed")
    server.close()


def test_pipeline_has_the_log_that_clients_stream(server: Server) -> None:
    """Client, `_job_ops_helper`: `logs/azureml/executionlogs.txt` for pipelines."""
    server.put("~/jobs/j1", two_nodes(server))
    until(lambda: status(server, "j1") == "Completed")
    links = server.get(history("runs/j1/details"))["logFiles"]
    assert list(links) == ["logs/azureml/executionlogs.txt"]
    text = server.ask("GET", links["logs/azureml/executionlogs.txt"], token=None).body.decode()
    assert {line.partition("] ")[2] for line in text.splitlines()} == {
        "Submitting run child-1 (hello)",
        "Completing processing run child-1 (hello): Completed",
        "Submitting run child-2 (world)",
        "Completing processing run child-2 (world): Completed",
        "The pipeline ended: Completed",
    }


def test_page_of_a_job_is_plain_and_escaped(server: Server) -> None:
    body = two_nodes(server, displayName="<script>alert(1)</script>")
    server.put("~/jobs/j1", body)
    until(lambda: status(server, "j1") == "Completed")
    link = server.get("~/jobs/j1")["properties"]["services"]["Studio"]["endpoint"]
    answer = server.ask("GET", f"{link}&tid=x", token=None)
    assert answer.status == 200
    page = answer.body.decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Completed" in page
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert server.ask("GET", "/ml/runs/j1", token=None).status == 401
    assert server.ask("GET", "/ml/runs/nobody").status == 404


def test_a_log_is_read_from_where_one_stopped(server: Server) -> None:
    server.put("~/jobs/j1", command())
    request = until(lambda: server.agent.requests)[0]
    server.logs.append(request.run, request.node, "user_logs/std_log.txt", "eins\nzwölf\n")
    link = server.get(history("runs/j1/details"))["logFiles"]["user_logs/std_log.txt"]
    rest = server.ask("GET", link, token=None, headers={"Range": "bytes=5-"})
    assert (rest.status, rest.body) == (206, "zwölf\n".encode())
    assert rest.headers["content-range"] == "bytes 5-11/12"
    part = server.ask("GET", link, token=None, headers={"Range": "bytes=0-3"})
    assert (part.status, part.body) == (206, b"eins")
    nothing = server.ask("GET", link, token=None, headers={"Range": "bytes=12-"})
    assert (nothing.status, nothing.headers["content-range"]) == (416, "bytes */12")
    assert server.ask("GET", link, token=None, headers={"Range": "lines=1-"}).status == 400


def test_jobs_are_listed_by_pages(server: Server) -> None:
    for number in range(205):
        server.put(f"~/jobs/j{number}", command(tags={"odd": ""} if number % 2 else {}))
    server.ask("PATCH", history("runs/j7"), {"hidden": True})
    first = server.get("~/jobs?api-version=2024-01-01-preview&listViewType=ActiveOnly")
    second = server.get(first["nextLink"])
    last = server.get(second["nextLink"])
    assert last["nextLink"] is None
    names = [job["name"] for page in (first, second, last) for job in page["value"]]
    assert names == [f"j{number}" for number in reversed(range(205)) if number != 7]
    assert [len(page["value"]) for page in (first, second, last)] == [100, 100, 4]
    assert "api-version=2024-01-01-preview" in first["nextLink"]
    odd = server.get("~/jobs?tag=odd")
    assert {int(job["name"][1:]) % 2 for job in odd["value"]} == {1}
    assert len(odd["value"]) == 100
    assert len(server.get(odd["nextLink"])["value"]) == 1
    assert server.get("~/jobs?jobType=Sweep")["value"] == []
    assert len(server.get("~/jobs?jobType=command")["value"]) == 100


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$skip=nobody", "InvalidContinuationToken"),
        ("scheduleId=daily", "InvalidQueryParameter"),
        ("assetName=words", "InvalidQueryParameter"),
        ("scheduled=true", "InvalidQueryParameter"),
        ("properties=a", "InvalidQueryParameter"),
    ],
)
def test_lists_that_cannot_be_made_are_refused(server: Server, query: str, code: str) -> None:
    answer = server.ask("GET", f"~/jobs?{query}")
    assert (answer.status, answer.json["error"]["code"]) == (400, code)


@pytest.mark.parametrize("name", ["j1\n", "\nj1", "j\n1"])
def test_names_of_nodes_end_where_they_end(server: Server, name: str) -> None:
    """A pattern that ends with `$` would let the first one pass."""
    component = server.component("c", command="true")
    body = two_nodes(server)
    body["jobs"] = {name: {"type": "command", "componentId": component}}
    answer = server.ask("PUT", "~/jobs/j1", {"properties": {**body, "outputs": {}}})
    assert answer.status == 400
    assert server.ask("PUT", f"~/jobs/{quote(name)}", {"properties": command()}).status == 400


def test_archive_rename_and_tag(server: Server) -> None:
    """`jobs_archive`, `jobs_update`: PATCH of run history merges."""
    server.put("~/jobs/j1", two_nodes(server))
    path = history("experiments/sdkprobe/runs/j1")
    changed = server.ask("PATCH", path, {"displayName": "x", "tags": {"c": "d"}}).json
    assert (changed["displayName"], changed["tags"]) == ("x", {"a": "b", "c": "d"})
    assert server.ask("PATCH", path, {"hidden": True}).json["hidden"] is True
    assert server.get("~/jobs?listViewType=ActiveOnly")["value"] == []
    assert [job["name"] for job in server.get("~/jobs?listViewType=All")["value"]] == ["j1"]
    job = server.get("~/jobs/j1")["properties"]
    assert (job["displayName"], job["isArchived"]) == ("x", True)


def test_whole_job_put_again_changes_its_name_only(server: Server) -> None:
    """Clients up to 1.31 update a job so (`jobs.archive`, `restore`, `update`)."""
    body = two_nodes(server)
    server.put("~/jobs/j1", body)
    answer = server.ask("PUT", "~/jobs/j1", {"properties": {**body, "displayName": "y"}})
    assert answer.status == 200
    assert answer.json["properties"]["displayName"] == "y"
    assert len(server.get("~/jobs")["value"]) == 1


def test_whole_job_as_the_service_shows_it_is_no_change_of_it(server: Server) -> None:
    """What older clients send again is what they read: with the address of each output."""
    outputs = {"o": {"jobOutputType": "uri_folder", "assetName": "made"}, "p": None}
    body = command(outputs=outputs, limits={"jobLimitsType": "Command", "timeout": "PT5M"})
    server.put("~/jobs/j1", body)
    shown = server.get("~/jobs/j1")["properties"]
    answer = server.ask("PUT", "~/jobs/j1", {"properties": {**shown, "isArchived": True}})
    assert answer.status == 200, answer.json
    assert answer.json["properties"]["isArchived"]
    assert answer.json["properties"]["outputs"] == shown["outputs"]


@pytest.mark.parametrize(
    "changed",
    [
        {"limits": {"jobLimitsType": "Command", "timeout": "PT1M"}},
        {"resources": {"instanceCount": 2}},
        {"distribution": {"distributionType": "PyTorch", "processCountPerInstance": 2}},
        {"outputs": {"o": {"jobOutputType": "uri_folder", "mode": "Upload"}}},
        {"outputs": {"o": {"uri": "azureml://datastores/workspaceblobstore/paths/elsewhere/"}}},
        {"outputs": {"other": {"jobOutputType": "uri_folder"}}},
        {"outputs": {}},
        {"experimentName": "another"},
    ],
)
def test_whole_job_put_again_changes_nothing_that_it_ran_with(
    server: Server, changed: dict[str, Any]
) -> None:
    body = command(
        outputs={"o": {"jobOutputType": "uri_folder"}},
        limits={"jobLimitsType": "Command", "timeout": "PT5M"},
    )
    server.put("~/jobs/j1", body)
    answer = server.ask("PUT", "~/jobs/j1", {"properties": {**body, **changed}})
    assert answer.status == 400
    assert answer.json["error"]["message"].startswith("A job with this name already exists.")


def test_name_of_a_job_is_taken_once(server: Server) -> None:
    server.put("~/jobs/j1", two_nodes(server))
    answer = server.ask("PUT", "~/jobs/j1", {"properties": command()})
    assert answer.status == 400
    assert answer.json["error"]["message"].startswith("A job with this name already exists.")


def test_outputs_can_be_found_for_download(server: Server) -> None:
    """`jobs_download`: run data, then the addresses of the outputs by their ids."""
    server.put("~/jobs/j1", two_nodes(server))
    data = server.ask("POST", history("rundata"), {"runId": "j1", "selectRunMetadata": True}).json
    output = data["runMetadata"]["outputs"]["result"]
    assert output["type"] in ("uri_file", "uri_folder", "mltable")
    path = f"/data/v1.0{WORKSPACE}/dataversion/batchGetResolvedUris"
    found = server.ask("POST", path, {"values": [output["assetId"]]}).json["values"]
    assert found[output["assetId"]]["uri"] == f"{BLOBS}/azureml/child-1/o/"
    assert server.ask("POST", path, {"values": ["azureml://nothing"]}).status == 404


def test_model_outputs_are_downloaded_as_folders(server: Server) -> None:
    outputs = {"result": {"jobOutputType": "mlflow_model"}}
    server.put("~/jobs/j1", two_nodes(server, outputs=outputs))
    data = server.ask("POST", history("rundata"), {"runId": "j1"}).json
    assert data["runMetadata"]["outputs"]["result"]["type"] == "uri_folder"


def test_named_outputs_become_assets_when_the_job_completes(server: Server) -> None:
    """Job YAML reference, `outputs.<name>.name` and `version`."""
    named = {"jobOutputType": "uri_folder", "assetName": "clean", "assetVersion": "7"}
    server.put("~/jobs/j1", two_nodes(server, outputs={"result": named}))
    until(lambda: status(server, "j1") == "Completed")
    asset = server.get("~/data/clean/versions/7")["properties"]
    assert (asset["dataUri"], asset["dataType"]) == (f"{BLOBS}/azureml/child-1/o/", "uri_folder")
    model = {"jobOutputType": "mlflow_model", "assetName": "best"}
    server.put("~/jobs/j2", two_nodes(server, outputs={"result": model}))
    until(lambda: status(server, "j2") == "Completed")
    kept = server.get("~/models/best/versions/1")["properties"]
    assert (kept["modelType"], kept["jobName"]) == ("mlflow_model", "j2")


def test_every_job_that_writes_to_one_path_registers_a_version(server: Server) -> None:
    """Also where an earlier job wrote to the same path; but after a kill none comes twice."""
    named = {
        "jobOutputType": "uri_folder",
        "uri": "azureml://datastores/workspaceblobstore/paths/fixed/",
        "assetName": "clean",
    }
    for name, version in (("j1", {}), ("j2", {}), ("j3", {"assetVersion": "9"})):
        server.put(f"~/jobs/{name}", two_nodes(server, outputs={"result": {**named, **version}}))
        until(lambda name=name: status(server, name) == "Completed")
    versions = [version["name"] for version in server.get("~/data/clean/versions")["value"]]
    assert sorted(versions) == ["1", "2", "9"]
    job = server.jobs.get(WORKSPACE.lower(), "j2")
    assert job is not None
    server.jobs.change(
        job.workspace.scope, "j2", lambda now: replace(now, status="", ended_at=None)
    )
    server.service.recover()
    assert status(server, "j2") == "Completed"
    assert len(server.get("~/data/clean/versions")["value"]) == 3


def test_failed_job_registers_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path, FakeExecutor(results={"hello": Result.FAILED}))
    server.workspace()
    named = {"jobOutputType": "uri_folder", "assetName": "clean"}
    server.put("~/jobs/j1", two_nodes(server, outputs={"result": named}))
    until(lambda: status(server, "j1") == "Failed")
    assert server.get("~/data")["value"] == []
    server.close()


def test_asset_that_is_there_is_not_overwritten_by_a_job(server: Server) -> None:
    server.put("~/data/clean/versions/7", {"dataUri": "https://x"})
    named = {"jobOutputType": "uri_folder", "assetName": "clean", "assetVersion": "7"}
    server.put("~/jobs/j1", two_nodes(server, outputs={"result": named}))
    until(lambda: status(server, "j1") == "Completed")
    assert server.get("~/data/clean/versions/7")["properties"]["dataUri"] == "https://x"
    warnings = until(lambda: server.get(history("runs/j1/details"))["warnings"])
    assert warnings == [
        {"source": "penstock", "message": "data clean:7 was there and was not changed"}
    ]


def test_output_of_a_job_is_input_of_the_next(server: Server) -> None:
    server.put("~/jobs/j1", two_nodes(server))
    data = {"uri": "azureml://jobs/j1/outputs/result/paths/part", "jobInputType": "uri_folder"}
    server.put("~/jobs/j2", command(command="cat", inputs={"d": data}))
    request = until(lambda: [r for r in server.agent.requests if r.work.job == "j2"])[0]
    assert request.work.inputs[0].uri == f"{BLOBS}/azureml/child-1/o/part"


def test_origin_is_kept_so_that_a_run_can_wait(server: Server) -> None:
    origin = "12/deployDev/publish/step3"
    headers = {"x-penstock-origin": origin}
    answer = server.ask("PUT", "~/jobs/j1", {"properties": command()}, headers=headers)
    assert answer.json["properties"]["properties"]["penstock.origin"] == origin
    server.put("~/jobs/j2", command())
    assert [job.name for job in server.service.jobs.started_by("12")] == ["j1"]
    assert server.service.jobs.started_by("1") == []


def test_warnings_of_a_job_are_in_its_details(server: Server) -> None:
    settings = {"default_datestore": "azureml:x"}
    server.put("~/jobs/j1", two_nodes(server, settings=settings))
    warnings = server.get(history("runs/j1/details"))["warnings"]
    assert [entry["source"] for entry in warnings] == ["penstock"]
    assert "default_datestore" in warnings[0]["message"]


def test_refused_job_leaves_nothing(server: Server) -> None:
    """Every problem at once, each with its place; nothing half-written."""
    before = server.counts()
    body = two_nodes(server)
    body["settings"] = {"default_compute": "azureml:gpu"}
    body["jobs"]["world"]["inputs"]["i"]["value"] = "${{parent.jobs.none.outputs.o}}"
    answer = server.ask("PUT", "~/jobs/j1", {"properties": body})
    assert answer.status == 400
    error = answer.json["error"]
    assert error["code"] == "UserError"
    assert error["target"] == error["details"][0]["target"]
    assert [(entry["code"], entry["target"]) for entry in error["details"]] == [
        ("NodeNotFound", "jobs.world.inputs.i"),
        ("ComputeNotFound", "settings.default_compute"),
    ]
    assert error["message"].startswith("2 problems:\n- jobs.world.inputs.i: there is no node")
    assert server.counts() == before
    assert server.ask("GET", "~/jobs/j1").status == 404
    assert server.agent.requests == []


@pytest.mark.parametrize("name", ["-x", "a.b", "a%20b", "%C3%A4"])
def test_job_names_are_checked(server: Server, name: str) -> None:
    answer = server.ask("PUT", f"~/jobs/{name}", {"properties": command()})
    assert answer.status == 400
    assert answer.json["error"]["target"] == "name"


def test_unknown_job(server: Server) -> None:
    """The client prints `(UserError) Job nope not found`."""
    for method, path in (
        ("GET", "~/jobs/nope"),
        ("POST", "~/jobs/nope/cancel"),
        ("GET", history("runs/nope/details")),
        ("GET", history("runs/nope/children")),
        ("POST", history("rundata")),
    ):
        body = {"runId": "nope"} if path.endswith("rundata") else None
        answer = server.ask(method, path, body)
        assert answer.status == 404
        assert answer.json["error"]["message"] == "Job nope not found"


def test_cluster_runs_as_many_nodes_as_it_has(tmp_path: Path) -> None:
    keys = [f"n{number}" for number in range(6)]
    server = held(tmp_path, *keys)
    hello = server.component("h", command="echo")
    server.put("~/jobs/j1", two_nodes(server, outputs={}, jobs={k: node(hello) for k in keys}))
    until(lambda: len(server.agent.requests) == 4)
    assert status(server, "child-6") == "Queued"
    run = server.agent.requests[0].run
    for done, expected in ((0, 5), (1, 6)):
        server.agent.finish(run, server.agent.requests[done].node)
        until(lambda: len(server.agent.requests) == expected)  # noqa: B023
    server.ask("POST", "~/jobs/j1/cancel")
    until(lambda: status(server, "j1") == "Canceled")
    server.close()


def node(component: str, **rest: Any) -> dict[str, Any]:
    return {"type": "command", "componentId": component, **rest}


def test_waiting_node_that_is_canceled_ends_at_once(tmp_path: Path) -> None:
    keys = [f"n{number}" for number in range(5)]
    server = held(tmp_path, *keys, silent=keys)
    hello = server.component("h", command="echo")
    server.put("~/jobs/j1", two_nodes(server, outputs={}, jobs={k: node(hello) for k in keys}))
    until(lambda: len(server.agent.requests) == 4)
    server.ask("POST", "~/jobs/j1/cancel")
    until(lambda: status(server, "child-5") == "Canceled")
    assert len(server.agent.requests) == 4
    for request in list(server.agent.requests):
        server.agent.finish(request.run, request.node, Result.CANCELED)
    until(lambda: status(server, "j1") == "Canceled")
    server.close()


def test_consumer_of_an_optional_input_runs_without_it(tmp_path: Path) -> None:
    """Pipeline YAML reference, `continue_on_step_failure`."""
    server = Server(tmp_path, FakeExecutor(results={"make": Result.FAILED}))
    server.workspace()
    make = server.component("m", command="false", outputs={"o": FOLDER})
    take = server.component("t", command="ls", inputs={"i": {**FOLDER, "optional": True}})
    must = server.component("u", command="ls", inputs={"i": FOLDER})
    bound = {"i": {"value": "${{parent.jobs.make.outputs.o}}", "job_input_type": "literal"}}
    jobs = {"make": node(make), "take": node(take, inputs=bound), "must": node(must, inputs=bound)}
    server.put("~/jobs/j1", two_nodes(server, outputs={}, jobs=jobs))
    until(lambda: status(server, "j1") == "Failed")
    taken = {request.node: request.work.inputs for request in server.agent.requests}
    assert taken == {"make": (), "take": ()}
    assert status(server, "child-2") == "Completed"
    assert status(server, "child-3") == "Canceled"
    server.close()


def test_unfinished_jobs_are_taken_up_after_a_restart(tmp_path: Path) -> None:
    first = held(tmp_path, "hello")
    first.put("~/jobs/j1", two_nodes(first))
    until(lambda: status(first, "child-1") == "Preparing")
    first.close()
    second = Server(tmp_path, FakeExecutor(alive=("hello",)), restarted=True)
    second.service.recover()
    second.scheduler.recover()
    assert status(second, "j1") == "Running"
    run = second.jobs.get(WORKSPACE.lower(), "j1").run
    second.agent.finish(run, "hello")
    until(lambda: status(second, "j1") == "Completed")
    second.close()


def test_node_lost_in_a_restart_fails_its_job(tmp_path: Path) -> None:
    first = held(tmp_path, "hello")
    first.put("~/jobs/j1", two_nodes(first))
    until(lambda: status(first, "child-1") == "Preparing")
    first.close()
    second = Server(tmp_path, FakeExecutor(), restarted=True)
    second.service.recover()
    second.scheduler.recover()
    until(lambda: status(second, "j1") == "Failed")
    message = second.get(history("runs/j1/details"))["error"]["error"]["message"]
    assert message == 'node "hello" failed: the agent that ran this job is gone'
    second.close()


def test_ended_jobs_are_told_of_after_a_restart(tmp_path: Path) -> None:
    first = Server(tmp_path)
    first.workspace()
    first.put("~/jobs/j1", two_nodes(first))
    until(lambda: status(first, "j1") == "Completed")
    first.close()
    second = Server(tmp_path, restarted=True)
    assert second.get("~/jobs/j1")["properties"]["status"] == "Completed"
    assert [run["status"] for run in second.get(history("runs/j1/children"))["value"]] == [
        "Completed",
        "Completed",
    ]
    second.close()
