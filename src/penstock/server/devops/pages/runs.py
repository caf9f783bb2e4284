"""Our own REST of runs and pipelines: lists for people, and the page of a run in one call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from penstock.devops.definitions import Definition
from penstock.devops.sources import CommitFacts
from penstock.engine.plan import Plan
from penstock.engine.state import Phase, RunState, replay
from penstock.server.devops.bodies import flag_of
from penstock.server.devops.builds.artifacts import artifacts
from penstock.server.devops.builds.changes import commits_of
from penstock.server.devops.builds.reruns import rerun
from penstock.server.devops.builds.runfilters import numbers_in, reasons_in, results_in, states_in
from penstock.server.devops.builds.timeline import Timeline, make_timeline, record_id
from penstock.server.devops.builds.views import run_row, texts_of
from penstock.server.devops.context import DevopsHttp, kept_run, requester, run_of
from penstock.server.devops.errors import not_found
from penstock.server.devops.queries import comma_list, page_before, page_size
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.graph_layout import lay_out
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.agents import artifact_size
from penstock.store.runs import Run
from penstock.store.runs.lists import RunQuery

_RECENT = 5


def run_page_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of lists and pages."""
    base = "/{organization}/{project}/_apis/penstock"
    one = f"{base}/runs/{{runId}}"
    return routes_of(
        http,
        ("GET", f"{base}/pipelines", Permission.RUN_READ, _list_pipelines),
        ("GET", f"{base}/runs", Permission.RUN_READ, _list_runs),
        ("GET", one, Permission.RUN_READ, _show),
        ("GET", f"{one}/records/{{recordId}}/explain", Permission.RUN_READ, _explain),
        ("POST", f"{one}/rerun", Permission.RUN_QUEUE, _run_again),
    )


def _list_pipelines(http: DevopsHttp, call: Call) -> Reply:
    wanted = call.query("filter").casefold()
    found = [
        one
        for one in http.definitions.list(call.project)
        if wanted in one.name.casefold() or wanted in one.folder.casefold()
    ]
    shown = found[: page_size(call, "top", 1000)]
    newest = http.lists.newest([one.id for one in shown], _RECENT)
    tags = http.lists.tags(run.id for runs in newest.values() for run in runs[:1])
    return listed([pipeline_row(http, one, newest[one.id], tags) for one in shown])


def _list_runs(http: DevopsHttp, call: Call) -> Reply:
    top = page_size(call, "top", 50)
    found = http.lists.find(_query(call, top + 1))
    shown = found[:top]
    tags = http.lists.tags(run.id for run in shown)
    token = str(shown[-1].id) if len(found) > top else None
    value = [run_row(run, tags.get(run.id, [])) for run in shown]
    return {**listed(value), "continuationToken": token}


def _show(http: DevopsHttp, call: Call) -> Reply:
    return run_page(http, call, run_of(http, call))


def _explain(http: DevopsHttp, call: Call) -> Reply:
    run = run_of(http, call)
    id = str(run.id)
    # What is kept has no values of secrets, unlike the state of a run that goes on.
    plan, events = http.runs.load(id)
    state = replay(plan, events)
    record = make_timeline(id, state).record(call.parameters["recordId"])
    if record is None:
        raise not_found("TimelineRecordNotFoundException", "the run has no such record")
    return http.explain(state, f"run {run.number}", record["node"], record["step"] or "")


def _run_again(http: DevopsHttp, call: Call) -> Reply:
    run, failed_only = run_of(http, call), flag_of(call.json(), "failedOnly")
    fresh = rerun(http, run, requester(call), failed_only=failed_only is not False)
    return Answer(status=201, body=run_row(kept_run(http, fresh)))


def pipeline_row(
    http: DevopsHttp,
    definition: Definition,
    newest: list[Run],
    tags: Mapping[int, list[str]],
) -> dict[str, object]:
    """A pipeline as lists show it: with its last run, and how the ones before it ended."""
    last = newest[0] if newest else None
    return {
        "id": definition.id,
        "name": definition.name,
        "folder": definition.folder,
        "path": definition.path,
        "repository": {
            "id": definition.repository,
            "name": _repository_name(http, definition),
        },
        "branch": definition.branch,
        "lastRun": run_row(last, tags.get(last.id, [])) if last else None,
        "recentResults": [run_row(run)["result"] for run in newest],
        "queueStatus": str(definition.settings.queue_status),
    }


def run_page(http: DevopsHttp, call: Call, run: Run) -> dict[str, object]:
    """Everything that the page of a run shows."""
    id = str(run.id)

    def view(state: RunState) -> tuple[Timeline, dict[str, object], Plan]:
        timeline = make_timeline(
            id, state, lambda n, s: http.logs.line_count(id, n, s), http.checkpoints(id)
        )
        return timeline, graph_json(id, state), state.plan

    timeline, graph, plan = http.scheduler.read(id, view)
    problem = run.extra.get("problem")
    tags = http.lists.tags([run.id]).get(run.id, [])
    return {
        **run_row(run, tags),
        "parameters": dict(texts_of(run, "parameters")),
        "variables": [
            {
                "name": variable.name,
                "value": None if variable.secret else variable.value,
                "isSecret": variable.secret,
            }
            for variable in plan.variables
        ],
        "problem": problem
        and {"text": problem, "diagnostics": json.loads(run.extra.get("diagnostics") or "[]")},
        "issues": _issues(timeline, run),
        "records": timeline.records,
        "graph": graph,
        "artifacts": [
            {"name": one.name, "size": size, "files": files}
            for one in artifacts(http, run)
            for size, files in [artifact_size(one)]
        ],
        "deployments": _deployments(http, run),
        "approvals": http.waits(call, run),
        "mlJobs": [
            {**job, "recordId": _record_of_origin(job.get("origin", ""))}
            for job in http.ml_jobs(id)
        ],
        "changes": [_commit_json(commit) for commit in commits_of(http, run)],
        "yaml": {
            "path": run.extra.get("path", ""),
            "repository": run.extra.get("repository", ""),
            "commit": run.commit,
        },
        "secondTryOf": run.extra.get("second_try_of"),
        "queuedBy": run.extra.get("queued_by", run.requested_for),
    }


def graph_json(run: str, state: RunState) -> dict[str, object]:
    """The stages (of one unnamed stage: its jobs) as a graph with places."""
    shown = state.children(None)
    kind = "Stage"
    if len(shown) == 1 and shown[0].node.key == "__default":
        shown, kind = state.children(shown[0].node.id), "Phase"
    by_id = {node.node.id: node for node in shown}
    layout = lay_out(list(by_id), {id: node.node.depends_on for id, node in by_id.items()})
    return {
        "nodes": [
            {
                "id": box.id,
                "recordId": record_id(run, kind, box.id),
                "x": box.x,
                "y": box.y,
                "w": box.width,
                "h": box.height,
                "label": by_id[box.id].node.display_name or by_id[box.id].node.key,
                "state": _node_state(by_id[box.id].phase),
                "result": str(result) if (result := by_id[box.id].result) else None,
            }
            for box in layout.boxes
        ],
        "edges": [[line.start, line.end, [list(p) for p in line.points]] for line in layout.lines],
        "width": layout.width,
        "height": layout.height,
    }


def _node_state(phase: Phase) -> str:
    words = {Phase.FINISHED: "completed", Phase.RUNNING: "inProgress"}
    return words.get(phase, "pending")


def _issues(timeline: Timeline, run: Run) -> list[dict[str, Any]]:
    found = []
    for record in timeline.records:
        for issue in record["issues"]:
            line = issue["data"].get("logFileLineNumber")
            found.append(
                {
                    "type": issue["type"],
                    "message": issue["message"],
                    "recordId": record["id"],
                    "stepName": record["name"],
                    "logId": record["log"]["id"] if record["log"] else None,
                    "line": int(line) if line else None,
                }
            )
    found += [
        {
            "type": str(one["severity"]),
            "message": one["message"],
            "recordId": None,
            "stepName": None,
            "logId": None,
            "line": None,
        }
        for one in json.loads(run.extra.get("diagnostics") or "[]")
    ]
    return found


def _commit_json(commit: CommitFacts) -> dict[str, object]:
    """A commit as the area `git` has it."""
    person = {"name": commit.author, "email": commit.email, "date": moment(commit.at)}
    return {"commitId": commit.id, "comment": commit.message, "author": person}


def _deployments(http: DevopsHttp, run: Run) -> list[dict[str, object]]:
    return [
        {
            "id": one.id,
            "environment": one.environment,
            "stage": one.stage,
            "job": one.job,
            "result": one.result,
            "startTime": moment(one.started),
            "finishTime": moment(one.finished),
        }
        for one in http.deployments.of_run(str(run.id))
    ]


def _record_of_origin(origin: str) -> str | None:
    """The record of the step that `RUN/NODE/STEP` names."""
    run, _, place = origin.partition("/")
    node, _, step = place.rpartition("/")
    return record_id(run, "Task", node, step) if node else None


def _repository_name(http: DevopsHttp, definition: Definition) -> str:
    from penstock.devops.sources import SourceMissing

    try:
        return http.sources.repository(definition.repository, definition.project).name
    except SourceMissing:
        return ""


def _query(call: Call, top: int) -> RunQuery:
    return RunQuery(
        project=call.project,
        pipelines=numbers_in("definitionId", call.query("definitionId")),
        branch=call.query("branch").removeprefix("refs/heads/"),
        states=states_in("state", call.query("state")),
        results=results_in("result", call.query("result")),
        requested_by=call.query("requestedBy"),
        reasons=reasons_in(call.query("reason")),
        tags=comma_list(call.query("tag")),
        text=call.query("q").strip()[:200],
        before=page_before(call),
        top=top,
    )
