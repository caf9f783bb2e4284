"""The JSON of jobs, and of the runs that Azure's run history shows of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from penstock.ml.executionlog import EXECUTION_LOG
from penstock.ml.failures import log_names
from penstock.ml.fields import table
from penstock.ml.jobs import MlService
from penstock.ml.jobstore import Job
from penstock.ml.workspaces import PROVIDER
from penstock.server.ml.context import MlHttp
from penstock.server.ml.views import Document, error_body, moment, system_data, workspace_guid

_DATA_TYPES = ("uri_file", "uri_folder", "mltable")


def job_view(ml: MlHttp, job: Job, base_url: str) -> Document:
    """A job as `GET ~/jobs/NAME` answers it.

    A child job has no properties: that is how clients learn to ask run history for it. There is no
    output `default`, because clients then read logs from the datastore with an account key.
    """
    view: Document = {
        "id": f"{job.workspace.path}/jobs/{job.name}",
        "name": job.name,
        "type": f"{PROVIDER}/workspaces/jobs",
        "systemData": system_data(job.created_at, job.ended_at or job.created_at),
    }
    if not job.is_root:
        return view
    given = table(job.document, "properties")
    view["properties"] = {
        **given,
        "displayName": job.display_name,
        "experimentName": job.experiment,
        "tags": table(given, "tags"),
        "isArchived": job.archived,
        "properties": _properties(job),
        "outputs": _outputs(job),
        "status": str(ml.service.status(job)),
        "services": _services(ml, job, base_url),
    }
    return view


def _outputs(job: Job) -> Document:
    """The outputs as asked for, with the address each has."""
    given = table(table(job.document, "properties"), "outputs")
    views = {}
    for name, entry in given.items():
        view = dict(entry) if isinstance(entry, dict) else {}
        view.setdefault("jobOutputType", "uri_folder")
        if name in job.outputs:
            view["uri"] = job.outputs[name].uri
        views[name] = view
    return views


def _properties(job: Job) -> dict[str, str]:
    """What the service adds to a job's own properties."""
    kind = "azureml.PipelineRun" if job.type == "Pipeline" else "azureml.commandjob"
    added = {"azureml.runsource": kind, "azureml.DevPlatv2": "true"}
    if job.parent:
        added["azureml.nodeid"] = job.node
        added["azureml.pipelinerunid"] = job.root
    given = table(table(job.document, "properties"), "properties")
    return {**added, **{str(key): str(value) for key, value in given.items()}}


def _services(ml: MlHttp, job: Job, base_url: str) -> Document:
    nothing = {"port": None, "status": None, "errorMessage": None, "properties": None}
    return {
        "Tracking": {
            "jobServiceType": "Tracking",
            "endpoint": f"{base_url}/mlflow/v1.0{job.workspace.path}",
            "nodes": None,
            **nothing,
        },
        "Studio": {
            "jobServiceType": "Studio",
            "endpoint": studio_link(ml, job, base_url),
            "nodes": None,
            **nothing,
        },
    }


def studio_link(ml: MlHttp, job: Job, base_url: str) -> str:
    """The page of a job, for a person."""
    path = page_path(job)
    query = ml.signed(base_url, path).partition("?")[2]
    return f"{base_url}{path}?wsid={quote(job.workspace.path, safe='/')}&{query}"


def page_path(job: Job) -> str:
    """The path of a job's page."""
    return f"/ml/runs/{job.name}"


def log_path(job: Job) -> str:
    """The path below which a job's logs are."""
    return f"/ml/logs/{job.workspace.key}/{job.name}"


def log_links(ml: MlHttp, job: Job, base_url: str) -> dict[str, str]:
    """Where each log of a job can be read, without a token."""
    if job.type == "Pipeline":
        names = [EXECUTION_LOG]
    else:
        names = log_names(ml.logs, job.run, job.node)
    query = ml.signed("", log_path(job)).partition("?")[2]
    return {name: f"{base_url}{log_path(job)}/{quote(name)}?{query}" for name in names}


def run_view(ml: MlHttp, job: Job) -> Document:
    """A job as run history knows it."""
    service: MlService = ml.service
    given = table(job.document, "properties")
    status = str(service.status(job))
    view: Document = {
        "runNumber": 1,
        "runId": job.name,
        "rootRunId": job.root,
        "parentRunId": job.parent or None,
        "experimentId": experiment_guid(job),
        "createdUtc": moment(job.created_at),
        "startTimeUtc": moment(service.started(job)),
        "endTimeUtc": moment(job.ended_at),
        "createdBy": {"userObjectId": "local", "userTenantId": "local", "userName": "local"},
        "status": status,
        "displayName": job.display_name,
        "name": job.display_name,
        "description": given.get("description"),
        "hidden": job.archived,
        "runType": _run_type(job),
        "properties": _properties(job),
        "tags": table(given, "tags"),
        "outputs": {
            name: {"assetId": output_asset_id(job, name), "type": _data_type(output.type)}
            for name, output in job.outputs.items()
        },
        "inputs": {},
        "settings": {},
        "runTypeV2": {"orchestrator": None, "traits": [], "attribution": None, "computeType": None},
    }
    if job.error:
        view["error"] = error_body(job.error_code, job.error)
    return view


def _run_type(job: Job) -> str:
    if job.type == "Pipeline":
        return "azureml.PipelineRun"
    return "azureml.StepRun" if job.parent else "azureml.commandjob"


def _data_type(type: str) -> str:
    """Clients download only what has one of these types; a model is a folder to them."""
    return type if type in _DATA_TYPES else "uri_folder"


def experiment_guid(job: Job) -> str:
    """An id for the experiment as run history has them."""
    from uuid import NAMESPACE_URL, uuid5

    return str(uuid5(NAMESPACE_URL, f"{job.workspace.scope}/experiments/{job.experiment}"))


def output_asset_id(job: Job, output: str) -> str:
    """The id by which clients ask where an output lies."""
    workspace = workspace_guid(job.workspace)
    name = f"azureml_{job.name}_output_{output}"
    return f"azureml://locations/local/workspaces/{workspace}/data/{name}/versions/1"


def details_view(ml: MlHttp, job: Job, base_url: str) -> Document:
    """The details of a run, which a client polls while it streams the logs."""
    run = run_view(ml, job)
    warnings = [{"source": "penstock", "message": message} for message in job.warnings]
    return {
        "runId": job.name,
        "parentRunId": job.parent or None,
        "rootRunId": job.root,
        "target": _target(job),
        "status": run["status"],
        "startTimeUtc": run["startTimeUtc"],
        "endTimeUtc": run["endTimeUtc"],
        "warnings": warnings or None,
        "error": run.get("error"),
        "properties": run["properties"],
        "inputs": {},
        "outputs": run["outputs"],
        "logFiles": log_links(ml, job, base_url),
    }


def _target(job: Job) -> str | None:
    compute: Any = table(job.document, "properties").get("computeId")
    return str(compute).rpartition("/")[2] if compute else None
