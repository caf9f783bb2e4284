"""The area `build`: builds, which are runs. List, queue, cancel, keep, delete, tags, changes.

Source: Azure DevOps REST API reference 7.1, Build; the `azure-devops` client 7.1.0b4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.devops.queueing import Person, RunRequest
from penstock.devops.sources import CommitFacts, SourceMissing
from penstock.engine.events import RunChanged
from penstock.server.devops.bodies import table_of, text_of, texts_of
from penstock.server.devops.builds.pipelines import full_branch
from penstock.server.devops.builds.reruns import rerun
from penstock.server.devops.builds.timeline import make_timeline
from penstock.server.devops.builds.views import (
    STATES,
    build_json,
    variable_reason,
)
from penstock.server.devops.context import (
    DevopsHttp,
    api,
    definition_of,
    project_name,
    requester,
    run_of,
    state_of,
)
from penstock.server.devops.errors import bad_request, devops_error
from penstock.server.devops.locations import Location
from penstock.server.devops.queries import comma_list, from_moment, page_size
from penstock.server.devops.requests import parameters_of, start
from penstock.server.devops.wire import moment
from penstock.server.errors import Refused
from penstock.server.routes import Answer, Call, Handler, Permission, Reply, Route
from penstock.store.runlists import RunQuery
from penstock.store.runs import Run

_BASE = "/{organization}/{project}/_apis/build"
LOCATIONS = (
    Location(
        id="0cd358e1-9217-4d94-8269-1c1ee6f93dcf",
        area="build",
        resource="builds",
        template="{project}/_apis/{area}/{resource}/{buildId}",
        version=7,
    ),
    Location(
        id="8baac422-4c6e-4de5-8532-db96d92acffa",
        area="build",
        resource="Timeline",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}/{timelineId}",
        version=2,
    ),
    Location(
        id="6e6114b2-8161-44c8-8f6c-c5505782427f",
        area="build",
        resource="tags",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}/{*tag}",
        version=3,
    ),
    Location(
        id="d84ac5c6-edc7-43d5-adc9-1b34be5dea09",
        area="build",
        resource="tags",
        template="{project}/_apis/{area}/{resource}/{*tag}",
        version=3,
    ),
    Location(
        id="54572c7b-bbd3-45d4-80dc-28be08941620",
        area="build",
        resource="changes",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}",
        version=2,
    ),
    Location(
        id="b8aac6c9-744b-46e1-88fc-3550969f9313",
        area="build",
        resource="stages",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}/{stageRefName}",
    ),
    Location(
        id="54481611-01f4-47f3-998f-160da0f0c229",
        area="build",
        resource="latest",
        template="{project}/_apis/{area}/{resource}/{definition}",
    ),
)
_STATE_FILTER = {
    "notStarted": ("queued",),
    "inProgress": ("running",),
    "cancelling": ("canceling",),
    "completed": ("finished",),
    "postponed": ("queued",),
}
_RESULT_FILTER = {
    "succeeded": ("succeeded", "skipped"),
    "partiallySucceeded": ("succeededWithIssues",),
    "failed": ("failed", "abandoned"),
    "canceled": ("canceled",),
}
_TOP = 1000
_LONGEST_TAG = 256


def build_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of builds."""

    def list_builds(call: Call) -> Reply:
        top = page_size(call, "$top", _TOP, 5000)
        query = _query(call, top + 1)
        found = http.lists.find(query)
        rows = _builds(http, call, found[:top])
        headers = {}
        if len(found) > top:
            headers["x-ms-continuationtoken"] = str(found[top - 1].id)
        return Answer(body={"count": len(rows), "value": rows}, headers=headers)

    def queue(call: Call) -> Reply:
        return _build(http, call, _started(http, call))

    def show(call: Call) -> Reply:
        return _build(http, call, _run(http, call))

    def update(call: Call) -> Reply:
        run = _run(http, call)
        body = call.json()
        if call.query("retry").lower() == "true":
            return _build(http, call, _found(http, rerun(http, run, requester(call))))
        _update(http, call, run, body)
        return _build(http, call, _found(http, str(run.id)))

    def delete(call: Call) -> Reply:
        run = _run(http, call)
        if run.state != "finished":
            message = f"run {run.id} is going on; cancel it first"
            raise Refused(409, "BuildStatusInvalidChangeException", message)
        if run.kept:
            message = f"run {run.id} is retained; let it go first (keepForever: false)"
            raise Refused(409, "BuildRetainedException", message)
        http.runs.delete(str(run.id))
        http.forget(str(run.id))
        return Answer(status=204)

    def timeline(call: Call) -> Reply:
        run = _run(http, call)
        return timeline_json(http, call, run)

    def list_tags(call: Call) -> Reply:
        return _tags(http, _run(http, call))

    def add_tag(call: Call) -> Reply:
        run = _run(http, call)
        http.runs.tag(str(run.id), _checked_tag(call.parameters["tag"]))
        return _tags(http, run)

    def add_tags(call: Call) -> Reply:
        run = _run(http, call)
        tags = _text_list(call)
        http.runs.tag(str(run.id), *(_checked_tag(tag) for tag in tags))
        return _tags(http, run)

    def change_tags(call: Call) -> Reply:
        run, body = _run(http, call), call.json()
        for tag in texts_of(body, "tagsToRemove"):
            http.runs.untag(str(run.id), tag)
        http.runs.tag(str(run.id), *map(_checked_tag, texts_of(body, "tagsToAdd")))
        return _tags(http, run)

    def remove_tag(call: Call) -> Reply:
        run = _run(http, call)
        http.runs.untag(str(run.id), call.parameters["tag"])
        return _tags(http, run)

    def project_tags(call: Call) -> Reply:
        found = http.lists.project_tags(call.project)
        return {"count": len(found), "value": found}

    def list_changes(call: Call) -> Reply:
        found = changes_of(http, call, _run(http, call))
        return {"count": len(found), "value": found}

    def change_stage(call: Call) -> Reply:
        _change_stage(http, call, _run(http, call))
        return Answer(status=204)

    def latest(call: Call) -> Reply:
        definition = definition_of(http, call, call.parameters["definition"])
        branch = call.query("branchName").removeprefix("refs/heads/")
        query = RunQuery(
            project=call.project,
            pipelines=(definition.id,),
            branch=branch,
            states=("finished",),
            top=1,
        )
        found = http.lists.find(query)
        if not found:
            raise Refused(404, "BuildNotFoundException", "no run of the pipeline has ended yet")
        return _build(http, call, found[0])

    def route(method: str, path: str, permission: Permission, handler: Handler) -> Route:
        return Route(
            method=method,
            path=f"{_BASE}{path}",
            permission=permission,
            handler=handler,
            on_error=devops_error,
        )

    one = "/builds/{runId}"
    return (
        route("GET", "/builds", Permission.RUN_READ, list_builds),
        route("POST", "/builds", Permission.RUN_QUEUE, queue),
        route("GET", one, Permission.RUN_READ, show),
        route("PATCH", one, Permission.RUN_QUEUE, update),
        route("DELETE", one, Permission.PIPELINE_EDIT, delete),
        route("GET", f"{one}/timeline", Permission.RUN_READ, timeline),
        route("GET", f"{one}/timeline/{{timelineId}}", Permission.RUN_READ, timeline),
        route("GET", f"{one}/tags", Permission.RUN_READ, list_tags),
        route("POST", f"{one}/tags", Permission.RUN_QUEUE, add_tags),
        route("PATCH", f"{one}/tags", Permission.RUN_QUEUE, change_tags),
        route("PUT", f"{one}/tags/{{tag:path}}", Permission.RUN_QUEUE, add_tag),
        route("DELETE", f"{one}/tags/{{tag:path}}", Permission.RUN_QUEUE, remove_tag),
        route("GET", "/tags", Permission.RUN_READ, project_tags),
        route("GET", f"{one}/changes", Permission.RUN_READ, list_changes),
        route("PATCH", f"{one}/stages/{{stage}}", Permission.RUN_QUEUE, change_stage),
        route("GET", "/latest/{definition}", Permission.RUN_READ, latest),
    )


def timeline_json(http: DevopsHttp, call: Call, run: Run) -> dict[str, object]:
    """The timeline of a run as the wire has it."""
    name = project_name(http, run.project)
    id = str(run.id)
    timeline = http.scheduler.read(
        id,
        lambda state: make_timeline(
            id, state, lambda n, s: http.logs.line_count(id, n, s), http.checkpoints(id)
        ),
    )
    for record in timeline.records:
        if record["log"]:
            number = str(record["log"]["id"])
            record["log"]["url"] = api(http, call, name, "build", "builds", id, "logs", number)
    return {
        "id": id_of_timeline(id),
        "changeId": len(timeline.records),
        "lastChangedBy": "00000000-0000-0000-0000-000000000000",
        "lastChangedOn": moment(run.finished or http.clock()),
        "url": api(http, call, name, "build", "builds", id, "timeline", id_of_timeline(id)),
        "records": timeline.records,
    }


def id_of_timeline(run: str) -> str:
    """The id of a run's one timeline: the value of `System.TimelineId`."""
    from penstock.devops.plans.variables import stable_id

    return stable_id("timeline", run)


def changes_of(http: DevopsHttp, call: Call, run: Run) -> list[dict[str, Any]]:
    """The commits that are new in the run, as changes of builds have them."""
    name, repository = project_name(http, run.project), run.extra.get("repository", "")
    return [
        {
            "id": commit.id,
            "message": commit.title,
            "messageTruncated": commit.title != commit.message,
            "type": "TfsGit",
            "author": {"id": commit.email, "displayName": commit.author},
            "timestamp": moment(commit.at),
            "location": api(
                http, call, name, "git", "repositories", repository, "commits", commit.id
            ),
        }
        for commit in commits_of(http, run)
    ]


def commits_of(http: DevopsHttp, run: Run) -> list[CommitFacts]:
    """The commits that are new in the run, against the run before it of the same branch."""
    repository = run.extra.get("repository")
    if not repository or not run.commit:
        return []
    before = http.lists.find(
        RunQuery(
            project=run.project,
            pipelines=(run.pipeline or 0,),
            branch=run.branch,
            before=run.id,
            top=1,
        )
    )
    old = before[0].commit if before else ""
    if old == run.commit:
        return []
    try:
        source = http.sources.repository(repository, run.project)
        return http.sources.changes(source, old, run.commit)
    except SourceMissing:
        return []


def _run(http: DevopsHttp, call: Call) -> Run:
    return run_of(http, call)


def _found(http: DevopsHttp, run: str) -> Run:
    found = http.runs.get(run)
    assert found is not None
    return found


def _build(http: DevopsHttp, call: Call, run: Run) -> dict[str, object]:
    return build_json(http, call, run, http.lists.tags([run.id]).get(run.id, []))


def _builds(http: DevopsHttp, call: Call, runs: Sequence[Run]) -> list[dict[str, object]]:
    tags = http.lists.tags(run.id for run in runs)
    return [build_json(http, call, run, tags.get(run.id, [])) for run in runs]


def _query(call: Call, top: int) -> RunQuery:
    order = call.query("queryOrder")
    oldest = order.lower().endswith("ascending")
    token = call.query("continuationToken")
    seen = int(token) if token.isascii() and token.isdigit() and len(token) < 19 else None
    return RunQuery(
        project=call.project,
        pipelines=_numbers("definitions", call.query("definitions")),
        branch=call.query("branchName").removeprefix("refs/heads/"),
        states=_words("statusFilter", call.query("statusFilter"), _STATE_FILTER),
        results=_words("resultFilter", call.query("resultFilter"), _RESULT_FILTER),
        requested_for=call.query("requestedFor"),
        reasons=_reasons(call.query("reasonFilter")),
        tags=comma_list(call.query("tagFilters")),
        number=call.query("buildNumber"),
        ids=_numbers("buildIds", call.query("buildIds")),
        since=from_moment("minTime", call.query("minTime")),
        until=from_moment("maxTime", call.query("maxTime")),
        before=None if oldest else seen,
        after=seen if oldest else None,
        oldest_first=oldest,
        top=top,
    )


def _reasons(text: str) -> tuple[str, ...]:
    words = comma_list(text)
    return () if "all" in words else tuple(variable_reason(word) for word in words)


def _numbers(name: str, text: str) -> tuple[int, ...]:
    parts = comma_list(text)
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise bad_request(f'{name}: "{text[:100]}" is no list of numbers')
    return tuple(map(int, parts))


def _words(name: str, text: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    by_name = {key.lower(): values for key, values in known.items()}
    found: list[str] = []
    for word in comma_list(text):
        if word.lower() in ("all", "none"):
            return ()
        if word.lower() not in by_name:
            raise bad_request(f'{name}: "{word[:60]}" is none of {", ".join(known)}')
        found += by_name[word.lower()]
    return tuple(found)


def _started(http: DevopsHttp, call: Call) -> Run:
    body = call.json()
    given = table_of(body, "definition").get("id", call.query("definitionId"))
    definition = definition_of(http, call, str(given or ""))
    by = requester(call)
    whom = _for_whom(call, definition.project, body, by)
    request = RunRequest(
        definition=definition,
        ref=full_branch(text_of(body, "sourceBranch")),
        commit=text_of(body, "sourceVersion"),
        parameters=parameters_of(body),
        variables=_parameter_variables(text_of(body, "parameters")),
        requested_by=by,
        requested_for=whom,
        diagnostics=False,
    )
    return _found(http, start(http.queueing, request))


def _for_whom(call: Call, project: str, body: dict[str, Any], by: Person) -> Person | None:
    """For whom a run is asked for, where that is someone else: an administrator may say so."""
    given = table_of(body, "requestedFor")
    whom = Person(id=text_of(given, "id"), name=text_of(given, "displayName"))
    if not whom.name or whom.id == by.id:
        return None
    if call.principal is None or not call.principal.may(Permission.PROJECT_MANAGE, project):
        message = "only an administrator of the project asks for runs in the name of others"
        raise Refused(403, "AccessDeniedException", message)
    return whom


def _parameter_variables(text: str) -> dict[str, str]:
    """`parameters` of a build: a JSON object of variables, as a text."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad_request(f'"parameters" is not JSON: {error}') from error
    if not isinstance(found, dict):
        raise bad_request('"parameters" must be a JSON object')
    return {name: str(value) for name, value in found.items()}


def _update(http: DevopsHttp, call: Call, run: Run, body: dict[str, Any]) -> None:
    known = {"status", "keepForever", "buildNumber", "id", "tags"}
    unknown = [name for name in body if name not in known and body[name] is not None]
    if unknown:
        raise bad_request(f"a build does not take {', '.join(sorted(unknown))} in an update")
    status = text_of(body, "status")
    if status.lower() == "cancelling":
        by = requester(call)
        http.scheduler.cancel(str(run.id), reason=f"canceled by {by.name}" if by.name else "")
    elif status and status != STATES[run.state]:
        raise bad_request(f'status: a run cannot be made "{status[:40]}"; "cancelling" cancels it')
    if isinstance(body.get("keepForever"), bool):
        http.runs.keep(str(run.id), body["keepForever"])
    if number := text_of(body, "buildNumber"):
        if run.state == "finished":
            raise bad_request("buildNumber: the run has ended")
        changed = RunChanged(at=http.scheduler.now(), name="number", value=number)
        http.scheduler.post(str(run.id), changed, wait=True)


def _tags(http: DevopsHttp, run: Run) -> Reply:
    found = http.lists.tags([run.id]).get(run.id, [])
    return {"count": len(found), "value": found}


def _checked_tag(tag: str) -> str:
    if not tag.strip() or len(tag) > _LONGEST_TAG or "," in tag or not tag.isprintable():
        raise bad_request(f'"{tag[:100]}" is not a tag')
    return tag.strip()


def _text_list(call: Call) -> list[str]:
    try:
        found = json.loads(call.body or b"[]")
    except (ValueError, RecursionError) as error:
        raise bad_request(f"the request content is not JSON: {error}") from error
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise bad_request("the request content must be a list of texts")
    return found


def _change_stage(http: DevopsHttp, call: Call, run: Run) -> None:
    stage = call.parameters["stage"]
    state = state_of(http, run)
    node = next(
        (n for n in state.children(None) if n.node.key.casefold() == stage.casefold()), None
    )
    if node is None:
        raise Refused(404, "StageNotFoundException", f'the run has no stage "{stage[:100]}"')
    body = call.json()
    # The client's enumeration: 0 or "cancel", 1 or "retry".
    wanted = str(body.get("state", "")).lower()
    if wanted in ("cancel", "0"):
        by = requester(call)
        http.scheduler.cancel(str(run.id), node.node.id, f"canceled by {by.name}")
    elif wanted in ("retry", "1"):
        rerun(http, run, requester(call), stage=node.node.id)
    else:
        raise bad_request('state must be "cancel" or "retry"')
