"""Recognising files, `--set`, places of dotted paths, names, git facts."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import aml_projects as projects
import pytest

from penstock.language.source import Source
from penstock.language.yaml import parse
from penstock.ml.yaml import Family, Kind, load, recognise
from penstock.ml.yaml.git import git_properties
from penstock.ml.yaml.loaded import span_at
from penstock.ml.yaml.names import default_experiment, job_name
from penstock.ml.yaml.words import duration

SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest/{}.schema.json\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SCHEMA.format("pipelineJob") + "type: pipeline", Kind.PIPELINE_JOB),
        (SCHEMA.format("commandJob") + "command: echo", Kind.COMMAND_JOB),
        (SCHEMA.format("commandJob") + "type: pipeline", Kind.PIPELINE_JOB),
        (SCHEMA.format("sweepJob") + "type: sweep", Kind.SWEEP_JOB),
        (SCHEMA.format("autoMLJob") + "type: automl", Kind.AUTOML_JOB),
        (SCHEMA.format("commandComponent") + "name: a", Kind.COMMAND_COMPONENT),
        (SCHEMA.format("pipelineComponent") + "jobs: {}", Kind.PIPELINE_COMPONENT),
        (SCHEMA.format("data") + "name: a", Kind.DATA),
        (SCHEMA.format("asset") + "name: a", Kind.OTHER),
        (SCHEMA.format("environment") + "name: a", Kind.ENVIRONMENT),
        (SCHEMA.format("amlCompute") + "name: a", Kind.COMPUTE),
        (SCHEMA.format("azureBlob") + "name: a", Kind.DATASTORE),
        (SCHEMA.format("model") + "name: a", Kind.MODEL),
        (SCHEMA.format("workspace") + "name: a", Kind.WORKSPACE),
        (SCHEMA.format("managedOnlineDeployment") + "name: a", Kind.ONLINE_DEPLOYMENT),
        (SCHEMA.format("schedule") + "name: a", Kind.SCHEDULE),
        ("jobs: {a: {component: x.yml}}\ntype: pipeline", Kind.PIPELINE_JOB),
        ("jobs: {a: {command: x}}\nsettings: {}", Kind.PIPELINE_JOB),
        ("name: a\nversion: 1\ntype: pipeline\njobs: {}", Kind.PIPELINE_COMPONENT),
        ("command: echo\nenvironment: azureml:e@latest\ncompute: azureml:c", Kind.COMMAND_JOB),
        ("name: a\ntype: command\ncommand: x\ninputs: {a: {type: string}}", Kind.COMMAND_COMPONENT),
        ("name: a\ncommand: x\nversion: 1", Kind.COMMAND_COMPONENT),
        ("name: a\nimage: python", Kind.ENVIRONMENT),
        ("name: a\ntype: amlcompute", Kind.COMPUTE),
        ("name: a\ntype: azure_blob", Kind.DATASTORE),
        ("name: a\ntype: uri_file\npath: x", Kind.DATA),
        ("name: a\ntype: mlflow_model\npath: x", Kind.MODEL),
        ("steps:\n- script: echo", None),
        ("trigger: none\njobs:\n- job: a", None),
        ("jobs:\n- job: a\n  steps: []", None),
        ("parameters:\n- name: a\nsteps: []", None),
        ("on: push\njobs: {build: {runs-on: ubuntu-latest}}", None),
        ("- a", None),
        ("", None),
    ],
)
def test_a_file_is_recognised_by_its_schema_or_shape(text: str, kind: Kind | None) -> None:
    assert recognise(parse(Source("a.yml", text), anchors=True).root) is kind


def overridden(tmp_path: Path, text: str, *overrides: tuple[str, str]) -> object:
    (tmp_path / "job.yml").write_text(text, encoding="utf-8")
    return load(tmp_path / "job.yml", Family.JOB, overrides).value


def test_set_changes_makes_and_reaches_into_lists(tmp_path: Path) -> None:
    text = "command: a\ninputs: {rate: 1}\nresources: {docker_args: [a, b]}\n"
    value = overridden(
        tmp_path,
        text,
        ("command", "b"),
        ("inputs.rate", "0.5"),
        ("inputs.data.path", "azureml:d@latest"),
        ("environment", "azureml:e@latest"),
        ("resources.docker_args[1]", "c"),
        ("tags.a.b", "=x=y"),
    )
    assert value == {
        "command": "b",
        "inputs": {"rate": "0.5", "data": {"path": "azureml:d@latest"}},
        "environment": "azureml:e@latest",
        "resources": {"docker_args": ["a", "c"]},
        "tags": {"a": {"b": "=x=y"}},
    }


def test_set_refuses_to_go_through_a_text(tmp_path: Path) -> None:
    text = "command: a\nenvironment: azureml:e@latest\n"
    (tmp_path / "job.yml").write_text(text, encoding="utf-8")
    loaded = load(tmp_path / "job.yml", Family.JOB, [("environment.image", "python")])
    (diagnostic,) = loaded.diagnostics
    assert diagnostic.code == "PS3009"
    name, value = "--set environment.image", "azureml:e@latest"
    assert (
        diagnostic.message == f'"{name}" goes through "{value}", which is a text and has no fields'
    )
    assert str(diagnostic.span) == "command line:1:1"


def test_a_fault_in_an_override_is_located_in_it(tmp_path: Path) -> None:
    text = "command: a\nenvironment: azureml:e@latest\n"
    (tmp_path / "job.yml").write_text(text, encoding="utf-8")
    loaded = load(tmp_path / "job.yml", Family.JOB, [("limits.timeout", "soon")])
    (diagnostic,) = loaded.diagnostics
    assert diagnostic.message == '"timeout" takes a whole number from 1 on, not "soon"'
    assert str(diagnostic.span) == "command line:1:16"


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("jobs.train_job.compute", "    compute: azureml:cpu-cluster"),
        ("jobs.train_job.inputs.max_epocs", "      max_epocs: ${{parent"),
        ("jobs.train_job.inputs.training_data.path", "      training_data: {type"),
        ("jobs.score_job.nothing.here", "  score_job:"),
        ("jobs", "jobs:"),
        ("jobs.train_job.component.environment", "environment: azureml://registries"),
        ("jobs.train_job.component.inputs.max_epocs.type", "  max_epocs: {type: integer}"),
        ("outputs.pipeline_job_trained_model", "  pipeline_job_trained_model"),
    ],
)
def test_a_target_of_the_service_has_a_place(target: str, line: str, tmp_path: Path) -> None:
    loaded = load(projects.write(tmp_path, projects.TRAIN_SCORE_EVAL) / "pipeline.yml")
    span = span_at(loaded, target)
    assert span is not None
    assert span.source.text.splitlines()[span.line - 1].startswith(line)


def test_a_target_that_begins_with_nothing_known_has_no_place(tmp_path: Path) -> None:
    loaded = load(projects.write(tmp_path, projects.COMMAND) / "job.yml")
    assert span_at(loaded, "settings.default_compute") is None


def test_a_component_used_by_many_nodes_is_read_and_reported_once(tmp_path: Path) -> None:
    nodes = "".join(f"  n{index}: {{component: c.yml}}\n" for index in range(3))
    files = {
        "c.yml": "type: command\nname: c\nenvironment: azureml:e@latest\n",
        "p.yml": f"type: pipeline\ncompute: azureml:c\njobs:\n{nodes}",
    }
    loaded = load(projects.write(tmp_path, files) / "p.yml")
    (diagnostic,) = loaded.diagnostics
    assert diagnostic.message == 'a command component needs "command"'
    assert set(loaded.parts) == {"n0", "n1", "n2"}


def test_a_pipeline_component_that_holds_itself_ends(tmp_path: Path) -> None:
    files = {"c.yml": "type: pipeline\nname: c\nversion: 1\njobs: {a: {component: c.yml}}\n"}
    loaded = load(projects.write(tmp_path, files) / "c.yml", Family.COMPONENT)
    (diagnostic,) = loaded.diagnostics
    assert diagnostic.message == 'the component "c.yml" is made of itself'


def test_job_names_have_the_form_of_azures_client() -> None:
    names = {job_name(os.urandom(14)) for _ in range(50)}
    assert len(names) == 50
    assert all(
        re.fullmatch(r"[a-z]+_[a-z]+_[bcdfghjklmnpqrstvwxyz0-9]{10}", name) for name in names
    )


@pytest.mark.parametrize(
    ("folder", "experiment"),
    [("/home/me/my project", "myproject"), ("/a/app.v2", "app"), ("/", "Default")],
)
def test_the_experiment_is_named_after_the_folder(folder: str, experiment: str) -> None:
    # The SDK: stem of the submitter's folder, spaces removed, else Default
    assert default_experiment(folder) == experiment


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(90, "PT1M30S"), (3600, "PT1H"), (120, "PT2M"), (90000, "P1DT1H"), (0, "PT0S")],
)
def test_durations_are_iso_8601(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def run_git(folder: Path, *arguments: str) -> None:
    name = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(("git", "-C", folder, *name, *arguments), check=True, capture_output=True)


def test_git_facts_become_properties(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "a").write_text("a")
    run_git(tmp_path, "add", "a")
    run_git(tmp_path, "commit", "-q", "-m", "a")
    run_git(tmp_path, "remote", "add", "origin", "https://example.org/a/b")
    facts = git_properties(str(tmp_path), {})
    assert re.fullmatch(r"[0-9a-f]{40}", facts.pop("mlflow.source.git.commit"))
    assert facts == {
        "mlflow.source.git.branch": "main",
        "mlflow.source.git.repoURL": "https://example.org/a/b",
        "azureml.git.dirty": "False",
    }
    (tmp_path / "b").write_text("b")
    facts = git_properties(str(tmp_path), {"AZUREML_GIT_BRANCH": "other"})
    assert (facts["azureml.git.dirty"], facts["mlflow.source.git.branch"]) == ("True", "other")


def test_a_token_in_the_address_keeps_git_facts_out(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "remote", "add", "origin", "https://secret@example.org/a/b")
    assert git_properties(str(tmp_path), {"AZUREML_GIT_BUILD_ID": "7"}) == {
        "azureml.git.build_id": "7"
    }


def test_outside_of_git_there_are_no_properties(tmp_path: Path) -> None:
    assert git_properties(str(tmp_path), {"GIT_CEILING_DIRECTORIES": "/"}) == {}
