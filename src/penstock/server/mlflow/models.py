"""Logged models, which clients 3.x make for every model they log."""

from __future__ import annotations

from penstock.ml.datastores import ARTIFACT_STORE, StoredPath, storage_path
from penstock.ml.tracking_artifacts import folder_apart, folder_of_run
from penstock.ml.tracking_search import MODELS, Kind, Order, matches, parse_filter, sorted_by
from penstock.ml.tracking_store import LoggedModel
from penstock.ml.tracking_values import Code, TrackingError
from penstock.ml.workspaces import Workspace
from penstock.server.mlflow.operations import Ask, Mlflow, Reply, rows, text_of
from penstock.server.mlflow.runs import paged
from penstock.server.mlflow.views import logged_model_view
from penstock.server.routes import Route

_STATUSES = (
    "LOGGED_MODEL_PENDING",
    "LOGGED_MODEL_READY",
    "LOGGED_MODEL_UPLOAD_FAILED",
)
_ORDERED = {"creation_time": "creation_timestamp", "last_updated_time": "last_updated_timestamp"}


def routes(mlflow: Mlflow) -> tuple[Route, ...]:
    """The rows of this file."""
    one = "logged-models/{model}"
    return (
        *rows(mlflow, "POST", "logged-models", create),
        *rows(mlflow, "POST", "logged-models/search", search, reads=True, quick=False),
        *rows(mlflow, "GET", one, get),
        *rows(mlflow, "PATCH", one, finalize),
        *rows(mlflow, "DELETE", one, delete),
        *rows(mlflow, "POST", f"{one}/params", add_params),
        *rows(mlflow, "PATCH", f"{one}/tags", set_tags),
        *rows(mlflow, "DELETE", f"{one}/tags/{{tag}}", delete_tag),
    )


def create(mlflow: Mlflow, ask: Ask) -> Reply:
    """A new model, pending until its files are there."""

    def place(run_id: str, name: str, model_id: str) -> str:
        return _claimed_folder(mlflow, ask.workspace, run_id, name, model_id)

    model = mlflow.tracking.create_model(
        ask.workspace,
        ask.optional_text("experiment_id") or "0",
        name=ask.optional_text("name"),
        type=ask.optional_text("model_type"),
        source_run=ask.optional_text("source_run_id"),
        params=dict(ask.pairs("params")),
        tags=dict(ask.pairs("tags")),
        place=place,
    )
    return {"model": logged_model_view(model)}


def _claimed_folder(
    mlflow: Mlflow, workspace: Workspace, run_id: str, name: str, model_id: str
) -> str:
    """The folder of its name among the run's artifacts; another when something is there already."""
    if run_id:
        folder = folder_of_run(run_id, name)
        place = StoredPath(workspace=workspace, datastore=ARTIFACT_STORE, path=folder)
        path = storage_path(mlflow.storage, place)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            return folder
    return folder_apart(model_id)


def get(mlflow: Mlflow, ask: Ask) -> Reply:
    """A model with its data."""
    return {"model": logged_model_view(mlflow.tracking.model(ask.workspace, _id(ask)))}


def finalize(mlflow: Mlflow, ask: Ask) -> Reply:
    """Say whether the files of a model are there."""
    status = ask.text("status")
    if status not in _STATUSES:
        raise TrackingError(
            Code.INVALID_PARAMETER_VALUE,
            f"Invalid value '{status}' for parameter 'status' supplied: it must be one of"
            f" {', '.join(_STATUSES)}.",
        )
    model = mlflow.tracking.change_model(ask.workspace, _id(ask), status=status)
    return {"model": logged_model_view(model)}


def delete(mlflow: Mlflow, ask: Ask) -> Reply:
    """Forget a model; its files stay among the artifacts."""
    mlflow.tracking.model(ask.workspace, _id(ask))
    mlflow.tracking.store.remove_model(ask.workspace.scope, _id(ask))
    return {}


def add_params(mlflow: Mlflow, ask: Ask) -> Reply:
    """Keep params of a model."""
    mlflow.tracking.change_model(ask.workspace, _id(ask), params=dict(ask.pairs("params")))
    return {}


def set_tags(mlflow: Mlflow, ask: Ask) -> Reply:
    """Set tags of a model."""
    model = mlflow.tracking.change_model(ask.workspace, _id(ask), tags=dict(ask.pairs("tags")))
    return {"model": logged_model_view(model)}


def delete_tag(mlflow: Mlflow, ask: Ask) -> Reply:
    """Remove a tag of a model."""
    mlflow.tracking.change_model(ask.workspace, _id(ask), tags={ask.call.parameters["tag"]: None})
    return {}


def search(mlflow: Mlflow, ask: Ask) -> Reply:
    """The models of experiments that match, newest first unless ordered."""
    conditions = parse_filter(ask.optional_text("filter"), MODELS)
    orders = [_order(record) for record in ask.records("order_by")]
    found = [
        model
        for model in mlflow.tracking.store.models(ask.workspace.scope, ask.texts("experiment_ids"))
        if all(matches(item, _value(model, item.kind, item.key)) for item in conditions)
    ]
    keyed = [([_value(model, o.kind, o.key) for o in orders], model) for model in found]
    page, more = paged(ask, sorted_by(keyed, orders), 100)
    return {"models": [logged_model_view(model) for model in page], **more}


def _order(record: object) -> Order:
    fields = record if isinstance(record, dict) else {}
    name = text_of("order_by.field_name", fields.get("field_name"))
    ascending = bool(fields.get("ascending", True))
    kind, dot, key = name.partition(".")
    if dot and kind == "metrics":
        return Order(kind=Kind.METRIC, key=key, ascending=ascending)
    attribute = _ORDERED.get(name, name)
    if attribute not in MODELS.attributes:
        raise TrackingError(Code.INVALID_PARAMETER_VALUE, f"Invalid order by field name: '{name}'.")
    return Order(kind=Kind.ATTRIBUTE, key=attribute, ascending=ascending)


def _value(model: LoggedModel, kind: Kind, key: str) -> str | float | None:
    match kind:
        case Kind.PARAM:
            return model.params.get(key)
        case Kind.TAG:
            return model.tags.get(key)
        case Kind.METRIC:
            return next((metric.value for metric in model.metrics if metric.name == key), None)
    attributes: dict[str, str | float] = {
        "name": model.name,
        "model_id": model.model_id,
        "model_type": model.type,
        "status": model.status.removeprefix("LOGGED_MODEL_"),
        "source_run_id": model.source_run,
        "creation_timestamp": float(model.created),
        "last_updated_timestamp": float(model.updated),
    }
    return attributes[key]


def _id(ask: Ask) -> str:
    return ask.call.parameters["model"]
