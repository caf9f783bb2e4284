"""Autologging and `log_model` with scikit-learn, by an old client and a new one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from trackingserver import JOB, WORKSPACE, tracking_server

SCRIPT = """
import json, warnings
warnings.simplefilter("ignore")
import mlflow, mlflow.sklearn
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression
mlflow.log_param("first", "1")
mlflow.autolog(log_models=True)
x, y = load_diabetes(return_X_y=True, as_frame=True)
model = LogisticRegression(max_iter=2000, C=0.1).fit(x, y > 140)
new = int(mlflow.__version__.split(".")[0]) >= 3
name = {"name": "mine"} if new else {"artifact_path": "mine"}
info = mlflow.sklearn.log_model(model, registered_model_name="diabetes", **name)
run = mlflow.active_run().info.run_id
client = mlflow.MlflowClient()
uris = (info.model_uri, f"runs:/{run}/model", "models:/diabetes/1", "models:/diabetes/latest")
answers = [mlflow.pyfunc.load_model(uri).predict(x.head(2)).tolist() for uri in uris]
print(json.dumps({
    "run": run, "params": client.get_run(run).data.params, "answers": answers,
    "metrics": sorted(client.get_run(run).data.metrics),
    "top": [file.path for file in client.list_artifacts(run)],
    "model": [file.path for file in client.list_artifacts(run, "model")],
}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("client", ["2.18.0", "3.17.2"])
def test_a_training_script_logs_its_model_where_the_job_s_outputs_are(
    tmp_path: Path, client: str
) -> None:
    from uv import find_uv_bin

    uv, python = find_uv_bin(), tmp_path / "env" / "bin" / "python"
    subprocess.run([uv, "venv", "-q", "-p", sys.executable, tmp_path / "env"], check=True)
    wanted = [f"mlflow-skinny=={client}", "scikit-learn", "pandas", "skops", "setuptools<80"]
    subprocess.run([uv, "pip", "install", "-q", "-p", python, *wanted], check=True)
    with tracking_server(tmp_path / "home") as server:
        done = subprocess.run(
            [python, "-c", SCRIPT],
            env={**os.environ, **server.environment(), "MLFLOW_DISABLE_TELEMETRY": "true"},
            capture_output=True,
            text=True,
            timeout=250,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(next(line for line in done.stdout.splitlines() if line[:1] == "{"))
        files = {path.name for path in (server.artifacts / "model").iterdir()}
        version = server.assets.get(WORKSPACE.scope, "models", "diabetes", "1")
        assert server.tracking.run(WORKSPACE, JOB).status == "RUNNING"
    assert found["run"] == JOB
    assert found["params"]["first"] == "1"
    assert found["params"]["C"] == "0.1"
    assert "training_accuracy_score" in found["metrics"]
    assert found["answers"] == [found["answers"][0]] * 4
    assert {"model", "mine", "estimator.html"} <= set(found["top"])
    assert "model/MLmodel" in found["model"]
    assert len(found["model"]) == len(set(found["model"]))
    assert {"MLmodel", "conda.yaml", "requirements.txt"} <= files
    assert version is not None
    assert str(version.properties["modelUri"]).endswith(f"ExperimentRun/dcid.{JOB}/mine")
