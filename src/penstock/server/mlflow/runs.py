"""Experiments, runs, metrics, params, tags, and what runs read and wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeVar

from penstock.ml.tracking_search import (
    EXPERIMENTS,
    RUNS,
    Kind,
    matches,
    parse_filter,
    parse_order,
    sorted_by,
)
from penstock.ml.tracking_store import Experiment, Link, RunSearch, Stage, View
from penstock.ml.tracking_values import MOST_BATCH_BYTES, Code, Metric, TrackingError
from penstock.server.mlflow.operations import (
    Ask,
    Mlflow,
    Reply,
    missing,
    real_number,
    records,
    rows,
    text_of,
    whole_number,
)
from penstock.server.mlflow.views import experiment_view, metric_view, run_info, run_view
from penstock.server.routes import Route

_Item = TypeVar("_Item")
_HISTORY_PAGE = 25_000
_HISTORY_TAG = "mlflow.log-model.history"
_BULK_RUNS = 100
_BULK_RESULTS = 2_500


def routes(mlflow: Mlflow) -> tuple[Route, ...]:
    """The rows of this file."""
    return (
        *rows(mlflow, "POST", "experiments/create", create_experiment),
        *rows(mlflow, "GET", "experiments/get", get_experiment),
        *rows(mlflow, "GET", "experiments/get-by-name", get_experiment_by_name),
        *rows(mlflow, "POST", "experiments/search", search_experiments, reads=True, quick=False),
        *rows(mlflow, "GET", "experiments/search", search_experiments, quick=False),
        *rows(mlflow, "POST", "experiments/update", update_experiment),
        *rows(mlflow, "POST", "experiments/delete", delete_experiment),
        *rows(mlflow, "POST", "experiments/restore", restore_experiment),
        *rows(mlflow, "POST", "experiments/set-experiment-tag", set_experiment_tag),
        *rows(mlflow, "POST", "experiments/delete-experiment-tag", delete_experiment_tag),
        *rows(mlflow, "POST", "runs/create", create_run),
        *rows(mlflow, "GET", "runs/get", get_run),
        *rows(mlflow, "POST", "runs/update", update_run),
        *rows(mlflow, "POST", "runs/delete", delete_run),
        *rows(mlflow, "POST", "runs/restore", restore_run),
        *rows(mlflow, "POST", "runs/search", search_runs, reads=True, quick=False),
        *rows(mlflow, "POST", "runs/log-metric", log_metric),
        *rows(mlflow, "POST", "runs/log-parameter", log_parameter),
        *rows(mlflow, "POST", "runs/log-batch", log_batch),
        *rows(mlflow, "POST", "runs/set-tag", set_tag),
        *rows(mlflow, "POST", "runs/delete-tag", delete_tag),
        *rows(mlflow, "POST", "runs/log-inputs", log_inputs),
        *rows(mlflow, "POST", "runs/outputs", log_outputs),
        *rows(mlflow, "POST", "runs/log-model", log_model),
        *rows(mlflow, "GET", "metrics/get-history", get_history, quick=False),
        *rows(mlflow, "GET", "metrics/get-history-bulk-interval", get_bulk_history, quick=False),
    )


def create_experiment(mlflow: Mlflow, ask: Ask) -> Reply:
    """A new experiment; where its artifacts go is not for clients to say."""
    location = ask.optional_text("artifact_location")
    if location and not location.startswith("mlflow-artifacts:"):
        raise TrackingError(
            Code.INVALID_PARAMETER_VALUE,
            f"Invalid artifact_location '{location}': artifacts are kept in the workspace's own"
            " datastore; leave it out.",
        )
    made = mlflow.tracking.create_experiment(
        ask.workspace, ask.text("name"), dict(ask.pairs("tags"))
    )
    return {"experiment_id": made.id}


def get_experiment(mlflow: Mlflow, ask: Ask) -> Reply:
    """An experiment by its id."""
    found = mlflow.tracking.experiment(ask.workspace, ask.text("experiment_id"))
    return {"experiment": experiment_view(found)}


def get_experiment_by_name(mlflow: Mlflow, ask: Ask) -> Reply:
    """An experiment by its name."""
    found = mlflow.tracking.experiment_named(ask.workspace, ask.text("experiment_name"))
    return {"experiment": experiment_view(found)}


def search_experiments(mlflow: Mlflow, ask: Ask) -> Reply:
    """The experiments that match, newest first unless ordered."""
    conditions = parse_filter(ask.optional_text("filter"), EXPERIMENTS)
    orders = [parse_order(text, EXPERIMENTS) for text in ask.texts("order_by")]
    stages = _view(ask, "view_type").stages
    found = [
        experiment
        for experiment in mlflow.tracking.store.experiments(ask.workspace.scope)
        if experiment.stage in stages
        and all(
            matches(condition, _experiment_value(experiment, condition.kind, condition.key))
            for condition in conditions
        )
    ]
    keyed = [([_experiment_value(item, o.kind, o.key) for o in orders], item) for item in found]
    page, more = paged(ask, sorted_by(keyed, orders), 1000)
    return {"experiments": [experiment_view(item) for item in page], **more}


def _experiment_value(experiment: Experiment, kind: Kind, key: str) -> str | float | None:
    if kind is Kind.TAG:
        return experiment.tags.get(key)
    match key:
        case "name":
            return experiment.name
        case "experiment_id":
            return experiment.id
        case "creation_time":
            return float(experiment.created)
    return float(experiment.updated)


def update_experiment(mlflow: Mlflow, ask: Ask) -> Reply:
    """Rename an experiment."""
    id, name = ask.text("experiment_id"), ask.text("new_name")
    mlflow.tracking.change_experiment(ask.workspace, id, name=name)
    return {}


def delete_experiment(mlflow: Mlflow, ask: Ask) -> Reply:
    """Delete an experiment; it can be restored."""
    id = ask.text("experiment_id")
    mlflow.tracking.change_experiment(ask.workspace, id, stage=Stage.DELETED)
    return {}


def restore_experiment(mlflow: Mlflow, ask: Ask) -> Reply:
    """Restore a deleted experiment."""
    id = ask.text("experiment_id")
    mlflow.tracking.change_experiment(ask.workspace, id, stage=Stage.ACTIVE)
    return {}


def set_experiment_tag(mlflow: Mlflow, ask: Ask) -> Reply:
    """Set a tag of an experiment."""
    mlflow.tracking.set_experiment_tag(
        ask.workspace, ask.text("experiment_id"), ask.text("key"), ask.optional_text("value")
    )
    return {}


def delete_experiment_tag(mlflow: Mlflow, ask: Ask) -> Reply:
    """Remove a tag of an experiment."""
    mlflow.tracking.set_experiment_tag(
        ask.workspace, ask.text("experiment_id"), ask.text("key"), None
    )
    return {}


def create_run(mlflow: Mlflow, ask: Ask) -> Reply:
    """A new run."""
    run = mlflow.tracking.create_run(
        ask.workspace,
        ask.optional_text("experiment_id") or "0",
        name=ask.optional_text("run_name"),
        user=ask.optional_text("user_id"),
        started=ask.optional_whole("start_time"),
        tags=dict(ask.pairs("tags")),
    )
    return {"run": run_view(run)}


def get_run(mlflow: Mlflow, ask: Ask) -> Reply:
    """A run with all its data."""
    return {"run": run_view(mlflow.tracking.run(ask.workspace, _run_id(ask)))}


def update_run(mlflow: Mlflow, ask: Ask) -> Reply:
    """Change the status, end and name of a run; a job's run keeps its status."""
    run = mlflow.tracking.update_run(
        ask.workspace,
        _run_id(ask),
        status=ask.optional_text("status") or None,
        ended=ask.optional_whole("end_time"),
        name=ask.optional_text("run_name") or None,
    )
    return {"run_info": run_info(run)}


def delete_run(mlflow: Mlflow, ask: Ask) -> Reply:
    """Delete a run; it can be restored."""
    mlflow.tracking.change_stage(ask.workspace, _run_id(ask), Stage.DELETED)
    return {}


def restore_run(mlflow: Mlflow, ask: Ask) -> Reply:
    """Restore a deleted run."""
    mlflow.tracking.change_stage(ask.workspace, _run_id(ask), Stage.ACTIVE)
    return {}


def search_runs(mlflow: Mlflow, ask: Ask) -> Reply:
    """The runs that match, the latest started first unless ordered."""
    limit, offset = ask.whole("max_results", 1000), ask.page()
    search = RunSearch(
        experiments=ask.texts("experiment_ids"),
        stages=_view(ask, "run_view_type").stages,
        conditions=parse_filter(ask.optional_text("filter"), RUNS),
        orders=[parse_order(text, RUNS) for text in ask.texts("order_by")],
        limit=limit,
        offset=offset,
    )
    found = mlflow.tracking.search_runs(ask.workspace, search)
    more = {"next_page_token": str(offset + limit)} if len(found) == limit else {}
    return {"runs": [run_view(run) for run in found], **more}


def log_metric(mlflow: Mlflow, ask: Ask) -> Reply:
    """Keep one value of a metric."""
    names = ("key", "value", "timestamp", "step", "model_id", "dataset_name", "dataset_digest")
    metric = _metric({name: ask.value(name) for name in names}, "")
    mlflow.tracking.log(ask.workspace, _run_id(ask), metrics=[metric])
    return {}


def log_parameter(mlflow: Mlflow, ask: Ask) -> Reply:
    """Keep a param, whose value never changes."""
    param = (ask.text("key"), ask.given_text("value") or "")
    mlflow.tracking.log(ask.workspace, _run_id(ask), params=[param])
    return {}


def log_batch(mlflow: Mlflow, ask: Ask) -> Reply:
    """Keep metrics, params and tags: all, or none."""
    if len(ask.call.body) > MOST_BATCH_BYTES:
        raise TrackingError(
            Code.INVALID_PARAMETER_VALUE,
            f"Batched logging API requests must be at most {MOST_BATCH_BYTES} bytes, got a request"
            f" of size {len(ask.call.body)}.",
        )
    mlflow.tracking.log(
        ask.workspace,
        _run_id(ask),
        metrics=[
            _metric(record, f"metrics[{index}].")
            for index, record in enumerate(ask.records("metrics"))
        ],
        params=ask.pairs("params"),
        tags=ask.pairs("tags"),
    )
    return {}


def set_tag(mlflow: Mlflow, ask: Ask) -> Reply:
    """Set a tag of a run."""
    tag = (ask.text("key"), ask.given_text("value") or "")
    mlflow.tracking.log(ask.workspace, _run_id(ask), tags=[tag])
    return {}


def delete_tag(mlflow: Mlflow, ask: Ask) -> Reply:
    """Remove a tag of a run."""
    mlflow.tracking.remove_tag(ask.workspace, _run_id(ask), ask.text("key"))
    return {}


def log_inputs(mlflow: Mlflow, ask: Ask) -> Reply:
    """Keep which data sets and models a run read."""
    links = []
    for index, record in enumerate(ask.records("datasets")):
        dataset = record.get("dataset")
        if not isinstance(dataset, Mapping):
            raise missing(f"datasets[{index}].dataset")
        key = f"{text_of('name', dataset.get('name'))}\n{text_of('digest', dataset.get('digest'))}"
        body = {
            "dataset": {str(name): text_of(str(name), value) for name, value in dataset.items()},
            "tags": [
                {"key": text_of("key", tag.get("key")), "value": text_of("value", tag.get("value"))}
                for tag in records("tags", record.get("tags"))
            ],
        }
        links.append(Link(kind="dataset", key=key, body=body))
    for record in ask.records("models"):
        model = text_of("model_id", record.get("model_id"))
        links.append(Link(kind="model_input", key=model, body={"model_id": model}))
    mlflow.tracking.add_links(ask.workspace, _run_id(ask), links)
    return {}


def log_outputs(mlflow: Mlflow, ask: Ask) -> Reply:
    """Keep which models a run wrote."""
    links = []
    for record in ask.records("models"):
        model = text_of("model_id", record.get("model_id"))
        step = whole_number("step", record.get("step", 0))
        body = {"model_id": model, "step": step}
        links.append(Link(kind="model_output", key=f"{model}\n{step}", body=body))
    mlflow.tracking.add_links(ask.workspace, _run_id(ask), links)
    return {}


def log_model(mlflow: Mlflow, ask: Ask) -> Reply:
    """Keep what clients 2.x say of a model they wrote among the artifacts: a tag of the run."""
    said = ask.text("model_json")
    try:
        model = json.loads(said)
    except ValueError as error:
        raise TrackingError(
            Code.INVALID_PARAMETER_VALUE, f"Malformed model info. \n {error}"
        ) from error
    run = mlflow.tracking.run(ask.workspace, _run_id(ask))
    history = _models_said(run.tags.get(_HISTORY_TAG, "[]"))
    # Not through the service: the history may be longer than a client's tags may be.
    tag = (_HISTORY_TAG, json.dumps([*history, model]))
    mlflow.tracking.store.log(ask.workspace.scope, run.run_id, (), (), [tag])
    return {}


def _models_said(tag: str) -> list[object]:
    """What the tag holds; a client may have set it to anything."""
    try:
        found = json.loads(tag)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def get_history(mlflow: Mlflow, ask: Ask) -> Reply:
    """Every value of a metric."""
    limit, offset = ask.whole("max_results", _HISTORY_PAGE), ask.page()
    found = mlflow.tracking.history(
        ask.workspace, _run_id(ask), ask.text("metric_key"), limit=limit, offset=offset
    )
    more = {"next_page_token": str(offset + limit)} if len(found) == limit else {}
    return {"metrics": [metric_view(metric) for metric in found], **more}


def get_bulk_history(mlflow: Mlflow, ask: Ask) -> Reply:
    """The values of a metric in several runs, thinned out evenly to `max_results` for each."""
    runs = ask.texts("run_ids")
    if len(runs) > _BULK_RUNS:
        raise TrackingError(
            Code.INVALID_PARAMETER_VALUE,
            f"Invalid value for parameter 'run_ids' supplied: at most {_BULK_RUNS} runs at once,"
            f" got {len(runs)}.",
        )
    limit = min(ask.whole("max_results", _BULK_RESULTS), _BULK_RESULTS)
    start, end = ask.optional_whole("start_step"), ask.optional_whole("end_step")
    found: list[Mapping[str, object]] = []
    for run in runs:
        values = [
            metric
            for metric in mlflow.tracking.history(
                ask.workspace, run, ask.text("metric_key"), limit=1_000_000
            )
            if (start is None or metric.step >= start) and (end is None or metric.step <= end)
        ]
        stride = max(-(-len(values) // max(limit, 1)), 1)
        thinned = values[::stride]
        if values and thinned[-1] is not values[-1]:
            thinned.append(values[-1])
        found += [metric_view(metric, run) for metric in thinned]
    return {"metrics": found}


def paged(ask: Ask, items: Sequence[_Item], default: int) -> tuple[list[_Item], dict[str, object]]:
    """The page that a request asks for, and what leads to the next one."""
    limit, offset = max(ask.whole("max_results", default), 1), ask.page()
    more: dict[str, object] = {}
    if offset + limit < len(items):
        more["next_page_token"] = str(offset + limit)
    return list(items[offset : offset + limit]), more


def _metric(record: Mapping[str, object], path: str) -> Metric:
    if record.get("value") is None:
        raise missing(f"{path}value")
    if record.get("timestamp") is None:
        raise missing(f"{path}timestamp")
    return Metric(
        name=text_of(f"{path}key", record.get("key")),
        value=real_number(f"{path}value", record["value"]),
        time=whole_number(f"{path}timestamp", record["timestamp"]),
        step=whole_number(f"{path}step", record.get("step") or 0),
        model=text_of(f"{path}model_id", record.get("model_id")),
        dataset=(
            text_of(f"{path}dataset_name", record.get("dataset_name")),
            text_of(f"{path}dataset_digest", record.get("dataset_digest")),
        ),
    )


def _run_id(ask: Ask) -> str:
    return ask.text("run_id", "run_uuid")


def _view(ask: Ask, name: str) -> View:
    text = ask.optional_text(name) or View.ACTIVE_ONLY
    if text not in list(View):
        raise TrackingError(
            Code.INVALID_PARAMETER_VALUE,
            f"Invalid value '{text}' for parameter '{name}' supplied: it must be one of"
            f" {', '.join(View)}.",
        )
    return View(text)
