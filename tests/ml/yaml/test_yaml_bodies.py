"""What is sent, against requests recorded from Azure's own client (azure-ai-ml 1.35.2).

`recorded.json` holds them with the parts that differ from run to run named alike: ids of code by
their folder, ids of anonymous components by what they show or do, hashes of uploads as HASH, and
blanks in commands single.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aml_projects as projects
import pytest

from penstock.language.source import Severity
from penstock.ml.workspaces import Workspace
from penstock.ml.yaml import Family, Loaded, load
from penstock.ml.yaml.asset_bodies import (
    compute_body,
    data_properties,
    datastore_body,
    model_properties,
)
from penstock.ml.yaml.component_bodies import component_properties
from penstock.ml.yaml.environments import environment_properties
from penstock.ml.yaml.job_bodies import job_body

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))
WORKSPACE = Workspace(
    subscription="00000000-0000-0000-0000-000000000001",
    resource_group="dev-ml-rg",
    name="dev-ml-ws",
)


class NamingRegistrar:
    """Names parts as `recorded.json` does and keeps what was registered."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def named(self, reference: str, kind: str, place: str) -> str:
        if reference.startswith(("azureml://", "azureml:AzureML-")):
            return reference
        name, _, label = reference.removeprefix("azureml:").partition("@")
        return f"~/{kind}/{name}" + ("/versions/1" if label else "")

    def code(self, path: Path | None, includes: tuple[Path, ...], place: str) -> str:
        return f"~/codes/{path.name if path else 'code'}"

    def data(self, path: Path, place: str) -> str:
        end = "/" if path.is_dir() else ""
        return f"azureml://datastores/workspaceblobstore/paths/LocalUpload/HASH/{path.name}{end}"

    def context(self, path: Path, place: str) -> str:
        return f"BLOBS/HASH/{path.name}/"

    def environment(self, version: str, properties: dict[str, Any], place: str) -> str:
        id = f"~/environments/CliV2AnonymousEnvironment/versions/{version}"
        self._keep(id, properties)
        return id

    def component(self, version: str, properties: dict[str, Any], place: str) -> str:
        spec = properties["componentSpec"]
        label = (
            spec.get("display_name")
            or {"echo": "hello", "cat": "world"}[spec["command"].split()[0]]
        )
        id = f"~/components/azureml_anonymous/versions/{label}"
        self._keep(id, properties)
        return id

    def _keep(self, path: str, properties: dict[str, Any]) -> None:
        self.requests.append({"path": path, "body": {"properties": properties}})


def read(folder: Path, files: dict[str, str], name: str, family: Family | None = None) -> Loaded:
    loaded = load(projects.write(folder, files) / name, family)
    assert all(diagnostic.severity is Severity.NOTE for diagnostic in loaded.diagnostics)
    return loaded


def marked(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Inside of a spec `azureml:` stands before a resource id; here ids begin with ~."""
    return json.loads(json.dumps(requests).replace('"azureml:~/', '"~/'))


def by_path(requests: list[dict[str, Any]]) -> dict[str, Any]:
    return {request["path"]: request["body"] for request in requests}


def without(requests: list[dict[str, Any]], *fields: str) -> list[dict[str, Any]]:
    for request in requests:
        properties = request["body"]["properties"]
        for field in fields:
            properties.pop(field, None)
            properties.get("componentSpec", {}).pop(field, None)
    return requests


@pytest.mark.parametrize(
    ("name", "files", "file"),
    [
        ("jobs_pipeline_1a", projects.TRAIN_SCORE_EVAL, "pipeline.yml"),
        ("jobs_pipeline_io", projects.INLINE, "pipeline.yml"),
        ("jobs_pipeline_customize_output", projects.CUSTOM_OUTPUT, "pipeline.yml"),
        ("jobs_pipeline_5c_env_conda", projects.CONDA, "pipeline.yml"),
        ("jobs_pipeline_pipelinecomp", projects.TAXI, "pipeline.yml"),
        ("jobs_command_hello", projects.COMMAND, "job.yml"),
        ("jobs_command_mslearn", projects.DIABETES, "job.yml"),
    ],
)
def test_job_is_sent_as_azures_client_sends_it(
    name: str, files: dict[str, str], file: str, tmp_path: Path
) -> None:
    loaded = read(tmp_path, files, file)
    registrar = NamingRegistrar()
    job = RECORDED[name][-1]["path"].rpartition("/")[2]
    body = job_body(loaded, registrar, name=job, experiment="sdkprobe")
    sent = [*registrar.requests, {"path": f"~/jobs/{job}", "body": body}]
    # a pipeline component has a sourceJobId there, always null, and no isArchived
    expected = without(marked(RECORDED[name]), "sourceJobId", "isArchived")
    assert by_path(without(sent, "isArchived")) == by_path(expected)


def test_overrides_of_name_and_variables_are_sent(tmp_path: Path) -> None:
    path = projects.write(tmp_path, projects.COMMAND) / "job.yml"
    loaded = load(path, Family.JOB, [("name", "my-run-1"), ("environment_variables.X", "1")])
    body = job_body(loaded, NamingRegistrar(), name="my-run-1", experiment="sdkprobe")
    assert body == RECORDED["jobs_command_hello_params"][-1]["body"]


def test_component_is_registered_as_azures_client_does(tmp_path: Path) -> None:
    loaded = read(tmp_path, projects.COMPONENT, "component.yml")
    registrar = NamingRegistrar()
    properties = component_properties(loaded, registrar)
    properties["properties"]["client_component_hash"] = "HASH"
    path = "~/components/component_a/versions/1"
    sent = [*registrar.requests, {"path": path, "body": {"properties": properties}}]
    assert sent == marked(RECORDED["components_create"])


DATA = {"diabetes.csv": "a\n", "diabetes-data/diabetes.csv": "a\n"}
MLTABLE = "paths:\n- file: ./diabetes.csv\ntransformations:\n- read_delimited: {delimiter: ','}\n"


@pytest.mark.parametrize(
    ("name", "text", "files"),
    [
        ("data_create_uri_file", "type: uri_file\npath: diabetes.csv", DATA),
        ("data_create_uri_folder", "type: uri_folder\npath: ./diabetes-data/", DATA),
        (
            "data_create_mltable",
            "type: mltable\npath: diabetes-data",
            {**DATA, "diabetes-data/MLTable": MLTABLE},
        ),
        (
            "data_create_remote",
            "type: uri_file\npath: https://azuremlexamples.blob.core.windows.net/datasets/iris.csv",
            {},
        ),
    ],
)
def test_data_is_created_as_azures_client_does(
    name: str, text: str, files: dict[str, str], tmp_path: Path
) -> None:
    loaded = read(tmp_path, {**files, "data.yml": f"name: d\n{text}\n"}, "data.yml", Family.DATA)
    properties = data_properties(loaded.value, loaded.folder, NamingRegistrar())
    assert {"properties": properties} == RECORDED[name][0]["body"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "environments_create_conda",
            "image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04\nconda_file:\n  name: e\n"
            "  channels: [conda-forge]\n  dependencies: ['python=3.10', {pip: [mlflow-skinny]}]",
        ),
        ("environments_create_image", "image: python:3.11"),
        ("environments_create_build", "build: {path: ctx}"),
    ],
)
def test_environment_is_created_as_azures_client_does(name: str, text: str, tmp_path: Path) -> None:
    files = {"environment.yml": f"name: e\n{text}\n", "ctx/Dockerfile": "FROM x\n"}
    loaded = read(tmp_path, files, "environment.yml", Family.ENVIRONMENT)
    properties = environment_properties(loaded.value, loaded.folder, NamingRegistrar(), "")
    assert {"properties": properties} == RECORDED[name][0]["body"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "compute_begin_create_or_update",
            "type: amlcompute\nsize: STANDARD_DS3_V2\nmin_instances: 0\nmax_instances: 4\n"
            "idle_time_before_scale_down: 120",
        ),
        ("compute_begin_create_ci", "type: computeinstance\nsize: STANDARD_DS11_V2"),
    ],
)
def test_compute_is_created_as_azures_client_does(name: str, text: str, tmp_path: Path) -> None:
    files = {"compute.yml": f"name: cpu-cluster\n{text}\n"}
    loaded = read(tmp_path, files, "compute.yml", Family.COMPUTE)
    assert compute_body(loaded.value, "local") == RECORDED[name][0]["body"]


def test_datastore_is_created_as_azures_client_does(tmp_path: Path) -> None:
    text = (
        "name: ds1\ntype: azure_blob\naccount_name: a\ncontainer_name: c\nprotocol: https\n"
        "endpoint: penstock.local\ncredentials: {account_key: a2V5}\n"
    )
    loaded = read(tmp_path, {"store.yml": text}, "store.yml", Family.DATASTORE)
    assert datastore_body(loaded.value) == RECORDED["datastores_create"][0]["body"]


def test_model_is_created_as_azures_client_does(tmp_path: Path) -> None:
    files = {"model.yml": "name: d\ntype: mlflow_model\npath: ./model\n", "model/MLmodel": ""}
    loaded = read(tmp_path, files, "model.yml", Family.MODEL)
    properties = model_properties(loaded.value, loaded.folder, NamingRegistrar(), WORKSPACE)
    assert {"properties": properties} == RECORDED["models_create"][0]["body"]
