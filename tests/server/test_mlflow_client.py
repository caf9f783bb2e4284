"""What a job's script does with the real `mlflow` client, in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from trackingserver import JOB, WORKSPACE, TrackingServer, tracking_server

from penstock.ml.model_registry import ModelRegistry
from penstock.ml.tracking_store import RunSearch


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TrackingServer]:
    with tracking_server(tmp_path / "home") as server:
        yield server


def run_script(server: TrackingServer, script: str, *, fails: bool = False, **env: str) -> Any:
    """The script's last line, which is JSON. It has `mlflow` and `client`."""
    head = (
        "import json, math, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "import mlflow\n"
        "client = mlflow.MlflowClient()\n"
    )
    environment = {**os.environ, **server.environment(), "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    environment |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", **env}
    done = subprocess.run(
        [sys.executable, "-c", head + script],
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode != 0) is fails, done.stderr
    if fails:
        return done.stderr
    return json.loads(
        [line for line in done.stdout.splitlines() if line.startswith(("{", "["))][-1]
    )


def test_a_script_without_start_run_logs_into_the_run_of_its_job(server: TrackingServer) -> None:
    found = run_script(
        server,
        """
mlflow.log_param("alpha", 0.1)
mlflow.log_params({"ünï": "日本 🚀", "long": "x" * 6000})
for step in range(20):
    mlflow.log_metric("val/loss", 1 / (step + 1), step=step)
mlflow.log_metrics({f"m{n}": n for n in range(150)}, step=3)
mlflow.log_metric("nan", math.nan)
mlflow.log_metric("inf", math.inf)
mlflow.log_metric("-inf", -math.inf)
mlflow.set_tags({"who": "ada", "note": "ünï 🚀"})
run = client.get_run(mlflow.active_run().info.run_id)
print(json.dumps({
    "run": run.info.run_id, "status": run.info.status, "name": run.info.run_name,
    "params": run.data.params, "tags": run.data.tags,
    "loss": run.data.metrics["val/loss"], "count": len(run.data.metrics),
    "odd": [repr(run.data.metrics[name]) for name in ("nan", "inf", "-inf")],
    "history": [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, "val/loss")],
}))
""",
    )
    assert (found["run"], found["status"], found["name"]) == (JOB, "RUNNING", "train")
    assert found["params"] == {"alpha": "0.1", "ünï": "日本 🚀", "long": "x" * 6000}
    assert found["tags"]["note"] == "ünï 🚀"
    assert (found["loss"], found["count"]) == (1 / 20, 154)
    assert found["odd"] == ["nan", "inf", "-inf"]
    assert found["history"] == [[step, 1 / (step + 1)] for step in range(20)]
    # At exit the client says FINISHED; only the job's own end ends the run.
    assert server.tracking.run(WORKSPACE, JOB).status == "RUNNING"


def test_start_run_resumes_the_run_of_the_job_and_others_nest_in_it(server: TrackingServer) -> None:
    found = run_script(
        server,
        """
mlflow.set_experiment("diabetes")
with mlflow.start_run() as run:
    mlflow.log_metric("outer", 1)
    with mlflow.start_run(nested=True, run_name="fold 1") as kid:
        mlflow.log_metric("inner", 2)
second = mlflow.start_run(run_name="second")
mlflow.end_run("FAILED")
print(json.dumps({"outer": run.info.run_id, "kid": kid.info.run_id, "second": second.info.run_id}))
""",
    )
    assert found["outer"] == JOB
    kid, second = (server.tracking.run(WORKSPACE, found[name]) for name in ("kid", "second"))
    assert (kid.name, kid.tags["mlflow.parentRunId"], kid.status) == ("fold 1", JOB, "FINISHED")
    assert (second.name, second.status, second.owned) == ("second", "FAILED", False)
    assert server.tracking.run(WORKSPACE, JOB).status == "RUNNING"


def test_a_script_that_fails_leaves_the_end_to_the_job(server: TrackingServer) -> None:
    run_script(server, "with mlflow.start_run():\n    raise SystemExit(3)\n", fails=True)
    assert server.tracking.run(WORKSPACE, JOB).status == "RUNNING"
    server.tracking.end_job_run(WORKSPACE, JOB, "Failed")
    assert server.tracking.run(WORKSPACE, JOB).status == "FAILED"


def test_a_batch_of_1000_metrics_and_the_order_of_steps(server: TrackingServer) -> None:
    found = run_script(
        server,
        """
from mlflow.entities import Metric, Param, RunTag
run = mlflow.start_run().info.run_id
client.log_batch(run, metrics=[Metric("series", n / 7, 1700000000000 + n, n) for n in range(1000)])
metrics, params, tags = [Metric("a", 1, 1, 1)], [Param("p", "1")], [RunTag("t", "1")]
client.log_batch(run, metrics, params, tags)
try:
    client.log_batch(run, metrics=[Metric("b", 1, 1, 1)], params=[Param("p", "2")])
except mlflow.MlflowException as error:
    refused = [error.error_code, error.message]
history = client.get_metric_history(run, "series")
print(json.dumps({"refused": refused, "steps": [m.step for m in history],
    "metrics": sorted(client.get_run(run).data.metrics)}))
""",
    )
    assert found["steps"] == list(range(1000))
    assert found["metrics"] == ["a", "series"]
    assert found["refused"][0] == "INVALID_PARAMETER_VALUE"
    assert "Changing param values is not allowed" in found["refused"][1]


def test_bad_names_are_refused_and_named(server: TrackingServer) -> None:
    found = run_script(
        server,
        """
found = []
for name in ("a$b", "../x", "a//b", "x" * 251):
    for act in (lambda: client.log_metric(run, name, 1), lambda: client.log_param(run, name, 1),
                lambda: client.set_tag(run, name, "1")):
        run = mlflow.active_run() or mlflow.start_run()
        run = run.info.run_id
        try:
            act()
        except mlflow.MlflowException as error:
            found.append([name[:10], error.error_code])
print(json.dumps(found))
""",
    )
    names = ["a$b", "../x", "a//b", "x" * 10]
    assert found == [[name, "INVALID_PARAMETER_VALUE"] for name in names for _ in range(3)]
    run = server.tracking.run(WORKSPACE, JOB)
    assert (run.metrics, run.params) == ((), {})


def test_artifacts_of_every_kind_lie_where_a_download_of_the_job_looks(
    server: TrackingServer, tmp_path: Path
) -> None:
    (tmp_path / "plots" / "deep").mkdir(parents=True)
    (tmp_path / "plots" / "deep" / "a.bin").write_bytes(bytes(range(256)) * 20_000)
    (tmp_path / "plots" / "empty").touch()
    found = run_script(
        server,
        f"""
mlflow.log_text("héllo", "notes/日本 and space.txt")
mlflow.log_dict({{"a": [1, 2]}}, "config.json")
mlflow.log_artifacts({str(tmp_path / "plots")!r}, "plots")
mlflow.log_artifact({str(tmp_path / "plots" / "empty")!r})
run = mlflow.active_run().info
listed = {{path: [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run.run_id, path)]
    for path in (None, "plots", "plots/deep", "plots/deep/a.bin", "nothing")}}
local = client.download_artifacts(run.run_id, "plots")
import pathlib
print(json.dumps({{
    "uri": run.artifact_uri, "listed": [[str(k), v] for k, v in listed.items()],
    "text": mlflow.artifacts.load_text(run.artifact_uri + "/notes/日本 and space.txt"),
    "dict": mlflow.artifacts.load_dict(run.artifact_uri + "/config.json"),
    "bytes": len((pathlib.Path(local) / "deep" / "a.bin").read_bytes()),
}}))
client.log_text(run.run_id, "replaced", "config.json")
""",
    )
    assert found["uri"] == f"mlflow-artifacts:/{server.experiment}/{JOB}/artifacts"
    assert dict(found["listed"]) == {
        "None": [
            ["config.json", False, len(json.dumps({"a": [1, 2]}, indent=2))],
            ["empty", False, 0],
            ["notes", True, None],
            ["plots", True, None],
        ],
        "plots": [["plots/deep", True, None], ["plots/empty", False, 0]],
        "plots/deep": [["plots/deep/a.bin", False, 5_120_000]],
        "plots/deep/a.bin": [],
        "nothing": [],
    }
    assert (found["text"], found["dict"], found["bytes"]) == ("héllo", {"a": [1, 2]}, 5_120_000)
    assert (server.artifacts / "notes" / "日本 and space.txt").read_text() == "héllo"
    assert (server.artifacts / "config.json").read_text() == "replaced"


def test_a_logged_model_is_a_folder_of_the_run_and_can_be_registered(
    server: TrackingServer, tmp_path: Path
) -> None:
    """As `log_model` of client 3.x does it, and as `az ml` then sees it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}\n")
    found = run_script(
        server,
        f"""
run = mlflow.start_run()
model = mlflow.initialize_logged_model(name="model", source_run_id=run.info.run_id,
    model_type="clf", params={{f"p{{n}}": str(n) for n in range(120)}}, tags={{"k": "v"}})
client.log_model_artifacts(model.model_id, {str(tmp_path / "model")!r})
mlflow.finalize_logged_model(model.model_id, "READY")
mlflow.log_metric("acc", 0.9, step=1, model_id=model.model_id)
client.set_logged_model_tags(model.model_id, {{"k": "w", "x": "y"}})
client.delete_logged_model_tag(model.model_id, "x")
mlflow.log_outputs(models=[mlflow.entities.LoggedModelOutput(model.model_id, 1)])
again = mlflow.get_logged_model(model.model_id)
version = mlflow.register_model(f"models:/{{model.model_id}}", "diabetes", tags={{"from": "test"}})
second = mlflow.register_model(f"runs:/{{run.info.run_id}}/model", "diabetes")
client.create_registered_model("plain")
plain = client.create_model_version("plain", f"models:/{{model.model_id}}")
client.set_registered_model_alias("diabetes", "champion", version.version)
client.update_model_version("diabetes", "1", description="the first")
client.transition_model_version_stage("diabetes", "2", "Production")
local = mlflow.artifacts.download_artifacts("models:/diabetes@champion")
import os
print(json.dumps({{
    "id": model.model_id, "status": str(again.status), "params": len(again.params),
    "tags": again.tags,
    "metrics": [(m.key, m.value, m.model_id) for m in again.metrics],
    "found": [m.name for m in mlflow.search_logged_models(
        filter_string="name = 'model' AND metrics.acc > 0.5", output_format="list",
        order_by=[{{"field_name": "metrics.acc", "ascending": False}}])],
    "none": len(mlflow.search_logged_models(
        filter_string="metrics.acc > 0.95", output_format="list")),
    "listed": [f.path for f in client.list_artifacts(run.info.run_id, "model")],
    "top": [f.path for f in client.list_artifacts(run.info.run_id)],
    "runs": [v.run_id == run.info.run_id for v in (version, second, plain)],
    "versions": [version.version, second.version,
        list(client.get_model_version("diabetes", "1").aliases)],
    "production": [v.version for v in client.get_latest_versions("diabetes", ["Production"])],
    "models": [m.name for m in client.search_registered_models()],
    "search": [
        (v.version, v.description) for v in client.search_model_versions("name = 'diabetes'")],
    "files": os.listdir(local),
    "outputs": [o.model_id for o in client.get_run(run.info.run_id).outputs.model_outputs],
}}))
""",
    )
    assert found["status"].endswith("READY")
    assert found["params"] == 120
    assert found["tags"]["k"] == "w"
    assert "x" not in found["tags"]
    assert found["metrics"] == [["acc", 0.9, found["id"]]]
    assert (found["found"], found["none"]) == (["model"], 0)
    assert (found["listed"], found["top"]) == (["model/MLmodel"], ["model"])
    assert found["versions"] == ["1", "2", ["champion"]]
    assert (found["production"], found["models"]) == (["2"], ["diabetes", "plain"])
    assert found["runs"] == [True, True, True]
    assert found["search"] == [["2", ""], ["1", "the first"]]
    assert "MLmodel" in found["files"]
    assert found["outputs"] == [found["id"]]
    assert (server.artifacts / "model" / "MLmodel").read_text() == "flavors: {}\n"

    asset = server.assets.get(WORKSPACE.scope, "models", "diabetes", "1")
    assert asset is not None
    assert asset.properties["modelType"] == "mlflow_model"
    assert asset.properties["modelUri"] == (
        f"azureml://subscriptions/{WORKSPACE.subscription}/resourcegroups/dev-ml-rg/workspaces/"
        f"dev-ml-ws/datastores/workspaceartifactstore/paths/ExperimentRun/dcid.{JOB}/model"
    )
    assert asset.properties["tags"] == {"from": "test"}
    registered = ModelRegistry(server.assets, server.tracking).model(WORKSPACE, "diabetes")
    assert registered.aliases == {"champion": "1"}


def test_experiments_and_runs_are_searched(server: TrackingServer) -> None:
    found = run_script(
        server,
        """
first = client.create_experiment("first", tags={"team": "a"})
client.set_experiment_tag(first, "more", "b")
client.rename_experiment(first, "renamed")
client.create_experiment("second")
for n in range(5):
    run = client.create_run(first, run_name=f"run {n}")
    client.log_metric(run.info.run_id, "loss", n)
    client.log_param(run.info.run_id, "even", str(n % 2 == 0))
client.delete_run(run.info.run_id)
order = ["metrics.loss DESC"]
page = client.search_runs([first], max_results=2, order_by=order)
rest = client.search_runs([first], max_results=2, order_by=order, page_token=page.token)
client.delete_experiment(client.get_experiment_by_name("second").experiment_id)
try:
    client.get_run("nope")
except mlflow.MlflowException as error:
    missing = [error.error_code, error.message]
try:
    client.search_runs([first], "metrics.loss >")
except mlflow.MlflowException as error:
    wrong = error.error_code
print(json.dumps({
    "names": [e.name for e in client.search_experiments(order_by=["name"])],
    "tagged": [e.name for e in client.search_experiments(
        filter_string="tags.team = 'a' AND name LIKE 're%'")],
    "pages": [[r.info.run_name for r in page], [r.info.run_name for r in rest], rest.token],
    "filtered": [r.info.run_name for r in client.search_runs([first],
        "metrics.loss > 0 and params.even = 'True' and attributes.run_name LIKE 'run %'")],
    "missing": missing, "wrong": wrong, "none": client.get_experiment_by_name("no such thing"),
}))
""",
    )
    assert found["names"] == ["diabetes", "renamed"]
    assert found["tagged"] == ["renamed"]
    assert found["pages"] == [["run 3", "run 2"], ["run 1", "run 0"], "4"]
    assert found["filtered"] == ["run 2"]
    assert found["missing"][0] == "RESOURCE_DOES_NOT_EXIST"
    assert found["missing"][1].endswith("Run with id=nope not found")
    assert (found["wrong"], found["none"]) == ("INVALID_PARAMETER_VALUE", None)


def test_data_sets_a_run_read_are_kept(server: TrackingServer) -> None:
    found = run_script(
        server,
        """
from mlflow.entities import Dataset, DatasetInput, InputTag
run = mlflow.start_run().info.run_id
data = Dataset("diabetes", "d1", "local", '{"uri": "x"}', schema='{"a": "b"}', profile="{}")
for _ in range(2):
    client.log_inputs(run, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
inputs = client.get_run(run).inputs.dataset_inputs
print(json.dumps([[i.dataset.name, i.dataset.digest, i.dataset.schema,
    [t.value for t in i.tags]] for i in inputs]))
""",
    )
    assert found == [["diabetes", "d1", '{"a": "b"}', ["training"]]]


def test_without_a_run_of_its_own_a_script_uses_the_default_experiment(
    server: TrackingServer,
) -> None:
    found = run_script(
        server,
        """
mlflow.log_metric("x", 1)
run = mlflow.active_run().info
print(json.dumps([run.run_id, client.get_experiment(run.experiment_id).name]))
""",
        MLFLOW_RUN_ID="",
        MLFLOW_EXPERIMENT_ID="",
        MLFLOW_EXPERIMENT_NAME="",
    )
    assert found[1] == "Default"
    assert server.tracking.run(WORKSPACE, found[0]).status == "FINISHED"


def test_a_wrong_token_and_a_wrong_workspace_are_said(server: TrackingServer) -> None:
    text = run_script(server, "mlflow.log_metric('x', 1)\n", fails=True, MLFLOW_TRACKING_TOKEN="no")
    assert "AuthenticationFailed" in text
    wrong = server.uri.replace("dev-ml-ws", "other-ws")
    text = run_script(server, "mlflow.log_metric('x', 1)\n", fails=True, MLFLOW_TRACKING_URI=wrong)
    assert "az ml workspace create --name other-ws --resource-group dev-ml-rg" in text
    assert server.tracking.store.search_runs(
        WORKSPACE.scope, RunSearch(experiments=[server.experiment])
    ) == [server.tracking.run(WORKSPACE, JOB)]


def test_traces_are_refused_in_words(server: TrackingServer) -> None:
    found = run_script(
        server,
        """
try:
    mlflow.search_traces(locations=[client.get_run(mlflow.start_run().info.run_id).info.experiment_id],
        return_type="list")
except mlflow.MlflowException as error:
    print(json.dumps([error.error_code, error.message]))
""",
    )
    assert found[0] == "NOT_IMPLEMENTED"
    assert "penstock does not keep MLflow's traces yet" in found[1]
