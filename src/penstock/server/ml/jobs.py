"""Jobs over HTTP: submit, show, list, cancel; and run history, which clients follow them by."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from penstock.ml.fields import table
from penstock.ml.jobs import NewJob
from penstock.ml.jobstore import Job
from penstock.ml.workspaces import Workspace, from_key
from penstock.server.errors import Refused
from penstock.server.ml.context import (
    WORKSPACE,
    MlHttp,
    job_of,
    not_found,
    row,
    user_of,
    workspace_of,
)
from penstock.server.ml.jobviews import (
    details_view,
    job_view,
    output_asset_id,
    run_view,
)
from penstock.server.ml.logs import read_log
from penstock.server.ml.views import listed
from penstock.server.routes import Answer, Call, Permission, Route

ORIGIN_HEADER = "x-penstock-origin"
_OUTPUT_ID = re.compile(r"/data/azureml_(.+)/versions/1\Z")
_PAGE = 100
_UNKNOWN_FILTERS = ("assetName", "scheduleId", "scheduled", "properties")
_HISTORY = f"/history/v1.0{WORKSPACE}"


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    job, run = f"{WORKSPACE}/jobs/{{job}}", f"{_HISTORY}/runs/{{job}}"
    in_experiment = f"{_HISTORY}/experiments/{{experiment}}/runs/{{job}}"
    data, models = f"/data/v1.0{WORKSPACE}", f"/modelregistry/v1.0{WORKSPACE}"
    log = "/ml/logs/{key}/{job}/{log:path}"
    return (
        row(ml, "PUT", job, submit),
        row(ml, "GET", job, get_job, quick=True),
        row(ml, "GET", f"{WORKSPACE}/jobs", list_jobs),
        row(ml, "POST", f"{job}/cancel", cancel),
        row(ml, "GET", run, get_run, quick=True),
        row(ml, "GET", in_experiment, get_run, quick=True),
        row(ml, "PATCH", run, patch_run),
        row(ml, "PATCH", in_experiment, patch_run),
        row(ml, "GET", f"{run}/details", get_details),
        row(ml, "GET", f"{run}/children", list_children),
        row(ml, "GET", f"{run}/serviceinstances/{{instance}}", instances, quick=True),
        row(ml, "POST", f"{_HISTORY}/rundata", run_data, permission=Permission.READ),
        row(
            ml,
            "POST",
            f"{data}/dataversion/batchGetResolvedUris",
            resolve_outputs,
            permission=Permission.READ,
        ),
        row(
            ml,
            "POST",
            f"{models}/models/batchGetResolvedUris",
            resolve_outputs,
            permission=Permission.READ,
        ),
        row(ml, "GET", log, get_log, permission=Permission.SIGNED),
    )


def submit(ml: MlHttp, call: Call) -> Answer:
    """Start a job, or change the name, tags and description of one that is there."""
    new = NewJob(
        workspace=workspace_of(ml, call),
        name=call.parameters["job"],
        properties=table(call.json(), "properties"),
        user=user_of(call),
        origin=_origin(call),
    )
    job, is_new = ml.service.submit(new)
    return Answer(status=201 if is_new else 200, body=job_view(ml, job, call.base_url))


def _origin(call: Call) -> str:
    """The step that submits, which the token of its run shows: that run waits for the job."""
    origin, principal = call.header(ORIGIN_HEADER), call.principal
    run = origin.partition("/")[0]
    if not origin or principal is None:
        return ""
    if run != principal.run and not principal.may(Permission.SERVER_MANAGE):
        raise Refused(403, "AuthorizationFailed", f'"{principal.name}" is no step of run {run}')
    return origin


def get_job(ml: MlHttp, call: Call) -> dict[str, Any]:
    """One job; a child job without properties."""
    return job_view(ml, job_of(ml, call), call.base_url)


def list_jobs(ml: MlHttp, call: Call) -> dict[str, Any]:
    """A page of the jobs that people submitted, newest first.

    As on the service, `nextLink` leads to the next page by a `$skip` that only the server reads: it
    is the name of the last job that was looked at.
    """
    for name in _UNKNOWN_FILTERS:
        if call.query(name).lower() not in ("", "false"):
            raise Refused(400, "InvalidQueryParameter", f'jobs cannot be listed by "{name}" here')
    workspace, before = workspace_of(ml, call), call.query("$skip")
    if before and ml.service.jobs.get(workspace.scope, before) is None:
        raise Refused(400, "InvalidContinuationToken", f'"$skip={before}" is no page of this list')
    found: list[Job] = []
    while jobs := ml.service.jobs.page(workspace.scope, before=before, limit=_PAGE):
        for job in jobs:
            if _is_asked(call, job):
                if len(found) == _PAGE:
                    return _jobs_view(ml, call, found, next_link=_next_link(call, before))
                found.append(job)
            before = job.name
    return _jobs_view(ml, call, found, next_link=None)


def _is_asked(call: Call, job: Job) -> bool:
    wanted, type, tag = call.query("listViewType"), call.query("jobType"), call.query("tag")
    return (
        (wanted == "All" or job.archived == (wanted == "ArchivedOnly"))
        and type.lower() in ("", job.type.lower())
        and (not tag or tag in table(table(job.document, "properties"), "tags"))
    )


def _jobs_view(ml: MlHttp, call: Call, jobs: list[Job], next_link: str | None) -> dict[str, Any]:
    views = [job_view(ml, job, call.base_url) for job in jobs]
    return {**listed(views), "nextLink": next_link}


def _next_link(call: Call, before: str) -> str:
    kept = [(name, value) for name, value in call.query_items() if name.lower() != "$skip"]
    query = urlencode([*kept, ("$skip", before)])
    return f"{call.base_url}{quote(call.path)}?{query}"


def cancel(ml: MlHttp, call: Call) -> Answer:
    """Ask a job to stop; it goes on for a while until it has."""
    ml.service.cancel(job_of(ml, call))
    return Answer(status=200)


# Run history


def get_run(ml: MlHttp, call: Call) -> dict[str, Any]:
    """One run; every job and child job is one."""
    return run_view(ml, job_of(ml, call))


def patch_run(ml: MlHttp, call: Call) -> dict[str, Any]:
    """Archive, restore, rename or tag a job."""
    return run_view(ml, ml.service.change(job_of(ml, call), call.json()))


def get_details(ml: MlHttp, call: Call) -> dict[str, Any]:
    """Status, error and logs of a run."""
    return details_view(ml, job_of(ml, call), call.base_url)


def list_children(ml: MlHttp, call: Call) -> dict[str, Any]:
    """The child jobs of a job, in the order of its graph."""
    job = job_of(ml, call)
    children = ml.service.jobs.children(job.workspace.scope, job.name)
    return {**listed([run_view(ml, child) for child in children]), "continuationToken": None}


def instances(ml: MlHttp, call: Call) -> dict[str, Any]:
    """Interactive services of a running job; none are started here."""
    job_of(ml, call)
    return {"instances": {}}


def run_data(ml: MlHttp, call: Call) -> dict[str, Any]:
    """A run with the ids of its outputs."""
    job = _named(ml, workspace_of(ml, call), str(call.json().get("runId", "")))
    return {
        "runMetadata": run_view(ml, job),
        "runDefinition": None,
        "jobSpecification": None,
        "systemSettings": None,
    }


def resolve_outputs(ml: MlHttp, call: Call) -> dict[str, Any]:
    """Where outputs lie, by the ids that `rundata` gave."""
    workspace = workspace_of(ml, call)
    wanted = call.json().get("values", [])
    found: dict[str, Any] = {}
    for asset_id in wanted if isinstance(wanted, list) else []:
        job, name = _output_of(ml, workspace, str(asset_id))
        output = job.outputs[name]
        view = {"uri": output.uri, "path": output.uri, "type": output.type}
        found[output_asset_id(job, name)] = view
    return {"values": found}


def _output_of(ml: MlHttp, workspace: Workspace, asset_id: str) -> tuple[Job, str]:
    """The job and the output in `azureml_JOB_output_OUTPUT`; either name may hold `_output_`."""
    match = _OUTPUT_ID.search(asset_id)
    words = match[1].split("_output_") if match else []
    for cut in range(1, len(words)):
        job = ml.service.jobs.get(workspace.scope, "_output_".join(words[:cut]))
        name = "_output_".join(words[cut:])
        if job is not None and name in job.outputs:
            return job, name
    raise not_found(asset_id)


def get_log(ml: MlHttp, call: Call) -> Answer:
    """A log as text, as far as it was written, or the part that a range asks for."""
    workspace = from_key(call.parameters["key"])
    if workspace is None:
        raise not_found(call.path)
    job = _named(ml, workspace, call.parameters["job"])
    asked = call.header("range")
    part = read_log(ml, job, call.parameters["log"], asked)
    if part is None:
        raise not_found(call.parameters["log"])
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
    }
    if not asked:
        return Answer(body=part.data, headers=headers)
    end = part.start + len(part.data) - 1
    headers["content-range"] = f"bytes {part.start}-{end}/{part.size}"
    return Answer(status=206, body=part.data, headers=headers)


def _named(ml: MlHttp, workspace: Workspace, name: str) -> Job:
    job = ml.service.jobs.get(workspace.scope, name)
    if job is None:
        raise Refused(404, "UserError", f"Job {name} not found", target="job")
    return job
