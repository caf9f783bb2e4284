"""Runs in the words of Azure DevOps: builds, runs of pipelines, rows of our own lists."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from penstock.devops.definitions import ROOT_FOLDER, Definition, QueueStatus
from penstock.engine.events import Result
from penstock.server.devops.context import DevopsHttp, api, page, project_json, project_name
from penstock.server.devops.wire import identity_json, moment
from penstock.server.routes import Call
from penstock.store.runs import Run, StageRow

STATES = {
    "queued": "notStarted",
    "running": "inProgress",
    "canceling": "cancelling",
    "finished": "completed",
}
"""The states of a header, as builds name them."""
RESULTS = {
    Result.SUCCEEDED: "succeeded",
    Result.SUCCEEDED_WITH_ISSUES: "partiallySucceeded",
    Result.FAILED: "failed",
    Result.ABANDONED: "failed",
    Result.CANCELED: "canceled",
    Result.SKIPPED: "succeeded",
}
"""The results of runs, as builds name them."""
_STAGE_STATES = {"pending": "pending", "running": "inProgress", "finished": "completed"}
_PIPELINE_STATES = {"cancelling": "canceling", "notStarted": "inProgress"}


def result_word(result: str | None) -> str | None:
    """A run's result as builds name it."""
    return None if result is None else RESULTS[Result(result)]


def reason_word(reason: str) -> str:
    """`IndividualCI` as the REST API writes it."""
    return reason[:1].lower() + reason[1:] if reason else "manual"


def variable_reason(word: str) -> str:
    """The reason of the REST API as the variable `Build.Reason` has it."""
    return word[:1].upper() + word[1:]


def full_ref(run: Run) -> str:
    """The branch of a run by its full name."""
    ref = run.extra.get("ref")
    if ref:
        return ref
    return run.branch if run.branch.startswith("refs/") or not run.branch else _heads(run.branch)


def _heads(branch: str) -> str:
    return f"refs/heads/{branch}"


def texts_of(run: Run, name: str) -> Mapping[str, Any]:
    """A JSON object that the header keeps as text (`parameters`, `variables`)."""
    found = json.loads(run.extra.get(name) or "{}")
    return found if isinstance(found, dict) else {}


def _name(run: Run) -> str:
    """What stands behind the number of a run: the title of its commit, unless the pipeline says
    `appendCommitMessageToRunName: false`."""
    if "bare_number" in run.extra:
        return ""
    return run.title or run.extra.get("message", "").partition("\n")[0]


def run_row(run: Run, tags: Sequence[str] = ()) -> dict[str, object]:
    """A run as our own lists show it."""
    return {
        "id": run.id,
        "number": run.number,
        "name": _name(run),
        "definition": {"id": run.pipeline, "name": run.definition},
        "branch": run.branch,
        "commit": run.commit,
        "reason": reason_word(run.reason),
        "state": STATES[run.state],
        "result": result_word(run.result),
        "queueTime": moment(run.created),
        "startTime": moment(run.started),
        "finishTime": moment(run.finished),
        "requestedFor": {"id": run.requested_by, "displayName": run.requested_for},
        "tags": list(tags),
        "kept": run.kept,
        "hasProblem": "problem" in run.extra,
        "stages": [stage_row(stage) for stage in run.stages],
    }


def stage_row(stage: StageRow) -> dict[str, object]:
    """A stage as lists show it."""
    return {
        "id": stage.id,
        "name": stage.id,
        "displayName": stage.name,
        "state": _STAGE_STATES[stage.state],
        "result": stage.result,
    }


def build_json(
    http: DevopsHttp, call: Call, run: Run, tags: Sequence[str] = ()
) -> dict[str, object]:
    """A build of the API `build` 7.1."""
    project = project_json(http, call, run.project)
    name = str(project["name"])
    build = str(run.id)
    by_id = run.extra.get("queued_by_id", run.requested_by)
    whom = identity_json(run.requested_by, run.requested_for)
    definition = http.definitions.get(run.pipeline or 0)
    status = definition.settings.queue_status if definition else QueueStatus.DISABLED
    return {
        "_links": _build_links(http, call, run, name),
        "id": run.id,
        "buildNumber": run.number,
        "status": STATES[run.state],
        "result": result_word(run.result),
        "queueTime": moment(run.created),
        "startTime": moment(run.started),
        "finishTime": moment(run.finished),
        "url": api(http, call, name, "build", "builds", build),
        "definition": {
            "id": run.pipeline,
            "name": run.definition,
            "path": definition.folder if definition else ROOT_FOLDER,
            "type": "build",
            "queueStatus": str(status),
            "url": api(http, call, name, "build", "definitions", str(run.pipeline or 0)),
            "project": project,
        },
        "project": project,
        "uri": f"vstfs:///Build/Build/{build}",
        "sourceBranch": full_ref(run),
        "sourceVersion": run.commit,
        "reason": reason_word(run.reason),
        "requestedFor": whom,
        "requestedBy": identity_json(by_id, run.extra.get("queued_by", run.requested_for)),
        "lastChangedDate": moment(run.finished or run.started or run.created),
        "lastChangedBy": whom,
        "parameters": json.dumps(texts_of(run, "variables"), ensure_ascii=False),
        "templateParameters": dict(texts_of(run, "parameters")),
        "priority": "normal",
        "keepForever": run.kept,
        "retainedByRelease": False,
        "tags": list(tags),
        "properties": {},
        "validationResults": _problems(run),
        "plans": [],
        "triggerInfo": {"ci.message": run.title} if run.title else {},
        "queue": {"id": 1, "name": "Default", "pool": {"id": 1, "name": "Default"}},
        "repository": {
            "id": run.extra.get("repository", ""),
            "type": "TfsGit",
            "name": run.extra.get("repository_name", ""),
            "clean": None,
            "checkoutSubmodules": False,
        },
    }


def _build_links(http: DevopsHttp, call: Call, run: Run, project: str) -> dict[str, object]:
    build = str(run.id)
    links = {
        "self": api(http, call, project, "build", "builds", build),
        "web": page(http, call, project, f"_build/results?buildId={build}"),
        "timeline": api(http, call, project, "build", "builds", build, "timeline"),
        "sourceVersionDisplayUri": page(http, call, project, _commit_page(run)),
        "badge": api(http, call, project, "build", "status", str(run.pipeline or 0)),
    }
    return {key: {"href": href} for key, href in links.items()}


def _commit_page(run: Run) -> str:
    repository = quote(run.extra.get("repository_name", ""), safe="")
    return f"_git/{repository}/commit/{run.commit}"


def _problems(run: Run) -> list[dict[str, str]]:
    text = run.extra.get("problem")
    return [{"result": "error", "message": text}] if text else []


def pipeline_json(http: DevopsHttp, call: Call, definition: Definition) -> dict[str, object]:
    """A pipeline of the API `pipelines` 7.1."""
    name = project_name(http, definition.project)
    own = api(http, call, name, "pipelines", str(definition.id))
    return {
        "_links": {
            "self": {"href": own},
            "web": {
                "href": page(http, call, name, f"_build/definition?definitionId={definition.id}")
            },
        },
        "id": definition.id,
        "name": definition.name,
        "folder": definition.folder,
        "revision": definition.revision,
        "url": f"{own}?revision={definition.revision}",
        "configuration": {
            "type": "yaml",
            "path": definition.path,
            "repository": {"id": definition.repository, "type": "azureReposGit"},
        },
    }


def pipeline_run_json(
    http: DevopsHttp, call: Call, run: Run, final_yaml: str | None = None
) -> dict[str, object]:
    """A run of the API `pipelines` 7.1."""
    name = project_name(http, run.project)
    own = api(http, call, name, "pipelines", str(run.pipeline or 0))
    state = STATES[run.state]
    result = result_word(run.result)
    definition = http.definitions.get(run.pipeline or 0)
    body: dict[str, object] = {
        "_links": {
            "self": {"href": f"{own}/runs/{run.id}"},
            "web": {"href": page(http, call, name, f"_build/results?buildId={run.id}")},
            "pipeline": {"href": own},
        },
        "id": run.id,
        "name": run.number,
        "state": _PIPELINE_STATES.get(state, state),
        "result": "succeeded" if result == "partiallySucceeded" else result,
        "createdDate": moment(run.created),
        "finishedDate": moment(run.finished),
        "url": f"{own}/runs/{run.id}",
        "pipeline": {
            "id": run.pipeline,
            "name": run.definition,
            "folder": definition.folder if definition else ROOT_FOLDER,
            "revision": definition.revision if definition else 1,
            "url": own,
        },
        "templateParameters": dict(texts_of(run, "parameters")),
        "variables": {
            key: {"value": value, "isSecret": False}
            for key, value in texts_of(run, "variables").items()
        },
        "resources": {
            "repositories": {
                "self": {
                    "repository": {
                        "id": run.extra.get("repository", ""),
                        "type": "azureReposGit",
                    },
                    "refName": full_ref(run),
                    "version": run.commit,
                }
            }
        },
    }
    if final_yaml is not None:
        body["finalYaml"] = final_yaml
    return body
