"""Where the artifacts of runs and logged models lie, and the addresses clients have for them.

A run's lie where a download of its job looks (`ExperimentRun/dcid.<run>/`); a model that a run
logged is a folder of its name among them, as with MLflow 2 and in Azure ML.
"""

from __future__ import annotations

from penstock.ml.datastores import ARTIFACT_STORE, StoredPath, artifacts_path, parse_uri
from penstock.ml.tracking import Tracking
from penstock.ml.tracking_store import LoggedModel, TrackedRun
from penstock.ml.tracking_values import Code, TrackingError
from penstock.ml.workspaces import Workspace
from penstock.records import record

SCHEME = "mlflow-artifacts:/"
_REGISTERED = "registered"
_MODELS = "models"
_ARTIFACTS = "artifacts"


@record
class ArtifactPlace:
    """A path below a folder of the artifact store. `models` are the logged models of the run whose
    artifacts these are: clients list them apart."""

    folder: StoredPath
    path: str
    models: tuple[LoggedModel, ...] = ()


def run_uri(run: TrackedRun) -> str:
    """The address of a run's artifacts."""
    return f"{SCHEME}{run.experiment_id}/{run.run_id}/{_ARTIFACTS}"


def model_uri(model: LoggedModel) -> str:
    """The address of a logged model's files."""
    return f"{SCHEME}{model.experiment_id}/{_MODELS}/{model.model_id}/{_ARTIFACTS}"


def version_uri(name: str, version: str) -> str:
    """The address of a registered version's files. The name is in hexadecimal, so that it means the
    same in a path and in a query."""
    return f"{SCHEME}{_REGISTERED}/{name.encode().hex()}/{version}"


def registered_version(path: str) -> tuple[str, str, str] | None:
    """Name, version and the path below it, if an address is that of a registered version."""
    parts = path.split("/", 3)
    if len(parts) < 3 or parts[0] != _REGISTERED:
        return None
    try:
        name = bytes.fromhex(parts[1]).decode()
    except ValueError:
        return None
    return name, parts[2], parts[3] if len(parts) > 3 else ""


def artifact_place(tracking: Tracking, workspace: Workspace, path: str) -> ArtifactPlace:
    """The place of an address without its scheme: `<experiment>/<run>/artifacts/...`, or
    `<experiment>/models/<model>/artifacts/...`. Raises `TrackingError` for anything else."""
    parts = path.strip("/").split("/")
    match parts:
        case [experiment, "models", model_id, "artifacts", *rest]:
            model = tracking.model(workspace, model_id)
            if model.experiment_id == experiment:
                return ArtifactPlace(folder=model_folder(workspace, model), path="/".join(rest))
        case [experiment, run_id, "artifacts", *rest]:
            run = tracking.run_header(workspace, run_id)
            if run.experiment_id == experiment:
                return ArtifactPlace(
                    folder=artifacts_path(workspace, run_id),
                    path="/".join(rest),
                    models=tuple(tracking.store.models_of_run(workspace.scope, run_id)),
                )
    raise TrackingError(Code.RESOURCE_DOES_NOT_EXIST, f"there are no artifacts at '{path}'")


def model_folder(workspace: Workspace, model: LoggedModel) -> StoredPath:
    """The folder of a logged model."""
    return StoredPath(workspace=workspace, datastore=ARTIFACT_STORE, path=model.folder)


def folder_of_run(run_id: str, name: str) -> str:
    """The folder for a model among the artifacts of a run."""
    return f"ExperimentRun/dcid.{run_id}/{name}"


def folder_apart(model_id: str) -> str:
    """The folder for a model that no run logged, or whose name is taken in its run."""
    return f"LoggedModels/{model_id}"


def source_place(tracking: Tracking, workspace: Workspace, source: str) -> StoredPath:
    """The place that a registered model's source names.

    Only what is in this workspace can be one: artifacts of a run, a logged model, a datastore path.
    Raises `TrackingError`.
    """
    stripped = source.rstrip("/")
    if stripped.startswith("runs:/"):
        run_id, _, path = stripped.removeprefix("runs:/").partition("/")
        return _in_run(tracking, workspace, run_id, path)
    if stripped.startswith("models:/m-"):
        model_id, _, path = stripped.removeprefix("models:/").partition("/")
        return _below(model_folder(workspace, tracking.model(workspace, model_id)), path)
    if stripped.startswith(SCHEME):
        place = artifact_place(tracking, workspace, stripped.removeprefix(SCHEME))
        return _below(place.folder, place.path)
    if stripped.startswith("azureml://jobs/"):
        match stripped.removeprefix("azureml://jobs/").split("/"):
            case [job, "outputs", "artifacts", "paths", *rest]:
                return _in_run(tracking, workspace, job, "/".join(rest))
    stored = parse_uri(stripped, workspace)
    if stored is not None and stored.workspace.scope == workspace.scope:
        return _below(stored, "")
    raise TrackingError(
        Code.INVALID_PARAMETER_VALUE,
        f"Invalid model version source: '{source}'. It must be the artifacts of a run or a logged"
        " model of this workspace, or a path in one of its datastores.",
    )


def _in_run(tracking: Tracking, workspace: Workspace, run_id: str, path: str) -> StoredPath:
    tracking.run_header(workspace, run_id)
    name, _, rest = path.partition("/")
    for model in tracking.store.models_of_run(workspace.scope, run_id):
        if model.name == name:
            return _below(model_folder(workspace, model), rest)
    return _below(artifacts_path(workspace, run_id), path)


def _below(place: StoredPath, path: str) -> StoredPath:
    whole = "/".join(part for part in (place.path.strip("/"), path.strip("/")) if part)
    if any(part in ("", ".", "..") for part in whole.split("/")) or "\\" in whole:
        raise TrackingError(Code.INVALID_PARAMETER_VALUE, f"Invalid path: '{path or place.path}'")
    return StoredPath(workspace=place.workspace, datastore=place.datastore, path=whole)
