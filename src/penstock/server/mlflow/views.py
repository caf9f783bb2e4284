"""Tracked things in MLflow's JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from penstock.ml.model_registry import ModelVersion, RegisteredModel
from penstock.ml.tracking_artifacts import model_uri, run_uri
from penstock.ml.tracking_store import Experiment, LoggedModel, TrackedRun
from penstock.ml.tracking_values import Metric

_MODEL_STATUSES = {
    "LOGGED_MODEL_PENDING": "LOGGED_MODEL_PENDING",
    "LOGGED_MODEL_READY": "LOGGED_MODEL_READY",
    "LOGGED_MODEL_UPLOAD_FAILED": "LOGGED_MODEL_UPLOAD_FAILED",
}


def experiment_view(experiment: Experiment) -> dict[str, object]:
    """An experiment."""
    return {
        "experiment_id": experiment.id,
        "name": experiment.name,
        "artifact_location": f"mlflow-artifacts:/{experiment.id}",
        "lifecycle_stage": experiment.stage,
        "creation_time": experiment.created,
        "last_update_time": experiment.updated,
        "tags": pairs_view(experiment.tags),
    }


def run_info(run: TrackedRun) -> dict[str, object]:
    """What is known of a run besides its data."""
    info: dict[str, object] = {
        "run_id": run.run_id,
        "run_uuid": run.run_id,
        "run_name": run.name,
        "experiment_id": run.experiment_id,
        "user_id": run.user,
        "status": run.status,
        "lifecycle_stage": run.stage,
        "artifact_uri": run_uri(run),
    }
    if run.started is not None:
        info["start_time"] = run.started
    if run.ended is not None:
        info["end_time"] = run.ended
    return info


def run_view(run: TrackedRun) -> dict[str, object]:
    """A run with its data."""
    by_kind: dict[str, list[Mapping[str, object]]] = {}
    for link in run.links:
        by_kind.setdefault(link.kind, []).append(link.body)
    return {
        "info": run_info(run),
        "data": {
            "metrics": [metric_view(metric) for metric in run.metrics],
            "params": pairs_view(run.params),
            "tags": pairs_view(run.tags),
        },
        "inputs": {
            "dataset_inputs": by_kind.get("dataset", []),
            "model_inputs": by_kind.get("model_input", []),
        },
        "outputs": {"model_outputs": by_kind.get("model_output", [])},
    }


def metric_view(metric: Metric, run_id: str = "") -> dict[str, object]:
    """One value of a metric."""
    name, digest = metric.dataset
    view: dict[str, object] = {
        "key": metric.name,
        "value": number_view(metric.value),
        "timestamp": metric.time,
        "step": metric.step,
    }
    more = {
        "model_id": metric.model,
        "dataset_name": name,
        "dataset_digest": digest,
        "run_id": run_id,
    }
    return {**view, **{key: value for key, value in more.items() if value}}


def number_view(value: float) -> float | str:
    """A double as the JSON of protocol buffers has it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def logged_model_view(model: LoggedModel) -> dict[str, object]:
    """A logged model."""
    return {
        "info": {
            "model_id": model.model_id,
            "experiment_id": model.experiment_id,
            "name": model.name,
            "creation_timestamp_ms": model.created,
            "last_updated_timestamp_ms": model.updated,
            "artifact_uri": model_uri(model),
            "status": _MODEL_STATUSES.get(model.status, "LOGGED_MODEL_STATUS_UNSPECIFIED"),
            "model_type": model.type,
            "source_run_id": model.source_run,
            "tags": pairs_view(model.tags),
            "registrations": [],
        },
        "data": {
            "params": pairs_view(model.params),
            "metrics": [metric_view(metric) for metric in model.metrics],
        },
    }


def registered_model_view(model: RegisteredModel) -> dict[str, object]:
    """A registered model with the newest version of each stage."""
    return {
        "name": model.name,
        "creation_timestamp": model.created,
        "last_updated_timestamp": model.updated,
        "description": model.description,
        "latest_versions": [version_view(version) for version in latest_versions(model)],
        "tags": pairs_view(model.tags),
        "aliases": [
            {"alias": alias, "version": version} for alias, version in model.aliases.items()
        ],
    }


def latest_versions(model: RegisteredModel, stages: Iterable[str] = ()) -> list[ModelVersion]:
    """The newest version of each stage, or of the stages asked for."""
    wanted = {stage.lower() for stage in stages}
    found: dict[str, ModelVersion] = {}
    for version in model.versions:
        if not wanted or version.stage.lower() in wanted:
            found.setdefault(version.stage, version)
    return list(found.values())


def version_view(version: ModelVersion) -> dict[str, object]:
    """A version of a registered model."""
    return {
        "name": version.name,
        "version": version.version,
        "creation_timestamp": version.created,
        "last_updated_timestamp": version.updated,
        "current_stage": version.stage,
        "description": version.description,
        "source": version.source,
        "run_id": version.run_id,
        "model_id": version.model_id,
        "status": "READY",
        "tags": pairs_view(version.tags),
        "aliases": list(version.aliases),
    }


def pairs_view(pairs: Mapping[str, str]) -> list[dict[str, str]]:
    """Names and values as MLflow lists them."""
    return [{"key": key, "value": value} for key, value in sorted(pairs.items())]
