"""The area `build`: builds, which are runs. List, queue, cancel, keep, delete, stages.

Source: Azure DevOps REST API reference 7.1, Build; the `azure-devops` client 7.1.0b4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.devops.plans.run_number import is_run_number
from penstock.devops.queueing.requests import Person, RunRequest
from penstock.engine.events import RunChanged
from penstock.server.devops.bodies import flag_of, table_of, text_of
from penstock.server.devops.builds.reruns import rerun
from penstock.server.devops.builds.runfilters import numbers_in, reasons_in, results_in, states_in
from penstock.server.devops.builds.views import STATES, build_json
from penstock.server.devops.context import (
    DevopsHttp,
    definition_of,
    kept_run,
    last_ended,
    requester,
    run_of,
    state_of,
)
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.locations import Location
from penstock.server.devops.queries import (
    comma_list,
    from_moment,
    page_before,
    page_size,
    refuse_unsupported,
)
from penstock.server.devops.requests import full_branch, parameters_of, start, variable_text
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed
from penstock.server.errors import Refused
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.runs import Run
from penstock.store.runs.lists import RunQuery

LOCATIONS = (
    Location(
        id="0cd358e1-9217-4d94-8269-1c1ee6f93dcf",
        area="build",
        resource="builds",
        template="{project}/_apis/{area}/{resource}/{buildId}",
        version=7,
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
_TOP = 1000
_PRECISION = 1e-6
"""Seconds to which times are shown."""
_UNSUPPORTED = ("queues", "properties", "maxBuildsPerDefinition", "repositoryId")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def build_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of builds and of their stages."""
    base = "/{organization}/{project}/_apis/build"
    one = f"{base}/builds/{{runId}}"
    return routes_of(
        http,
        ("GET", f"{base}/builds", Permission.RUN_READ, _list),
        ("POST", f"{base}/builds", Permission.RUN_QUEUE, _queue),
        ("GET", one, Permission.RUN_READ, _show),
        ("PATCH", one, Permission.RUN_QUEUE, _update),
        ("DELETE", one, Permission.PIPELINE_EDIT, _delete),
        ("PATCH", f"{one}/stages/{{stage}}", Permission.RUN_QUEUE, _change_stage),
        ("GET", f"{base}/latest/{{definition}}", Permission.RUN_READ, _latest),
    )


def _list(http: DevopsHttp, call: Call) -> Reply:
    top = page_size(call, "$top", _TOP, 5000)
    found = http.lists.find(_query(call, top + 1))
    headers = {}
    if len(found) > top:
        headers["x-ms-continuationtoken"] = str(found[top - 1].id)
    return Answer(body=listed(_builds(http, call, found[:top])), headers=headers)


def _query(call: Call, top: int) -> RunQuery:
    refuse_unsupported(call, *_UNSUPPORTED)
    if call.query("deletedFilter", "excludeDeleted").lower() not in ("excludedeleted", "0"):
        raise bad_request("deletedFilter: deleted builds are not kept here")
    oldest = _is_oldest_first(call.query("queryOrder"))
    whom = call.query("requestedFor")
    seen = page_before(call)
    return RunQuery(
        project=call.project,
        pipelines=numbers_in("definitions", call.query("definitions")),
        branch=call.query("branchName").removeprefix("refs/heads/"),
        states=states_in("statusFilter", call.query("statusFilter")),
        results=results_in("resultFilter", call.query("resultFilter")),
        requested_by=whom if _GUID.fullmatch(whom) else "",
        requested_for="" if _GUID.fullmatch(whom) else whom,
        reasons=reasons_in(call.query("reasonFilter")),
        tags=comma_list(call.query("tagFilters")),
        number=call.query("buildNumber"),
        ids=numbers_in("buildIds", call.query("buildIds")),
        since=_shown_time(call, "minTime", -_PRECISION),
        until=_shown_time(call, "maxTime", _PRECISION),
        before=None if oldest else seen,
        after=seen if oldest else None,
        oldest_first=oldest,
        top=top,
    )


def _shown_time(call: Call, name: str, more: float) -> float | None:
    """A bound of times, so that a build is within those that it is shown with."""
    at = from_moment(name, call.query(name))
    return None if at is None else at + more


def _is_oldest_first(order: str) -> bool:
    if order.lower() in ("", "queuetimedescending"):
        return False
    if order.lower() == "queuetimeascending":
        return True
    raise bad_request(f'queryOrder: builds are listed by queueTime here, not "{order[:40]}"')


def _queue(http: DevopsHttp, call: Call) -> Reply:
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
    return _build(http, call, kept_run(http, start(http.queueing, request)))


def _for_whom(call: Call, project: str, body: dict[str, Any], by: Person) -> Person | None:
    """For whom a run is asked for, where that is someone else: an administrator may say so."""
    given = table_of(body, "requestedFor")
    whom = Person(id=text_of(given, "id"), name=text_of(given, "displayName"))
    if not (whom.id or whom.name) or whom.id == by.id:
        return None
    if not whom.name:
        raise bad_request('"requestedFor" needs the displayName of who it is')
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
    return {name: variable_text(value) for name, value in found.items()}


def _show(http: DevopsHttp, call: Call) -> Reply:
    return _build(http, call, run_of(http, call))


def _update(http: DevopsHttp, call: Call) -> Reply:
    run, body = run_of(http, call), call.json()
    if call.query("retry").lower() == "true":
        return _build(http, call, kept_run(http, rerun(http, run, requester(call))))
    _check_fields(body)
    kept, number = flag_of(body, "keepForever"), text_of(body, "buildNumber")
    if number:
        _check_number(run, number)
    _set_status(http, call, run, text_of(body, "status"))
    if kept is not None:
        http.runs.keep(str(run.id), kept)
    if number:
        changed = RunChanged(at=http.scheduler.now(), name="number", value=number)
        http.scheduler.post(str(run.id), changed, wait=True)
    return _build(http, call, kept_run(http, str(run.id)))


def _check_fields(body: Mapping[str, Any]) -> None:
    known = {"status", "keepForever", "buildNumber", "id", "tags"}
    unknown = [name for name in body if name not in known and body[name] is not None]
    if unknown:
        raise bad_request(f"a build does not take {', '.join(sorted(unknown))} in an update")


def _set_status(http: DevopsHttp, call: Call, run: Run, status: str) -> None:
    if status.lower() == "cancelling":
        by = requester(call)
        http.scheduler.cancel(str(run.id), reason=f"canceled by {by.name}" if by.name else "")
    elif status and status != STATES[run.state]:
        raise bad_request(f'status: a run cannot be made "{status[:40]}"; "cancelling" cancels it')


def _check_number(run: Run, number: str) -> None:
    if run.state == "finished":
        raise bad_request("buildNumber: the run has ended")
    if not is_run_number(number):
        raise bad_request(f'buildNumber: "{number[:60]}" is not a number that a run may have')


def _delete(http: DevopsHttp, call: Call) -> Reply:
    run = run_of(http, call)
    if run.state != "finished":
        message = f"run {run.id} is going on; cancel it first"
        raise Refused(409, "BuildStatusInvalidChangeException", message)
    if run.kept:
        message = f"run {run.id} is retained; let it go first (keepForever: false)"
        raise Refused(409, "BuildRetainedException", message)
    http.runs.delete(str(run.id))
    http.forget(str(run.id))
    return Answer(status=204)


def _change_stage(http: DevopsHttp, call: Call) -> Reply:
    run, stage = run_of(http, call), call.parameters["stage"]
    state = state_of(http, run)
    node = next(
        (n for n in state.children(None) if n.node.key.casefold() == stage.casefold()), None
    )
    if node is None:
        raise not_found("StageNotFoundException", f'the run has no stage "{stage[:100]}"')
    body = call.json()
    # The client's enumeration: 0 or "cancel", 1 or "retry".
    wanted = str(body.get("state", "")).lower()
    if wanted in ("cancel", "0"):
        by = requester(call)
        http.scheduler.cancel(str(run.id), node.node.id, f"canceled by {by.name}")
    elif wanted in ("retry", "1"):
        everything = bool(flag_of(body, "forceRetryAllJobs"))
        rerun(http, run, requester(call), stage=node.node.id, all_jobs=everything)
    else:
        raise bad_request('state must be "cancel" or "retry"')
    return Answer(status=204)


def _latest(http: DevopsHttp, call: Call) -> Reply:
    definition = definition_of(http, call, call.parameters["definition"])
    run = last_ended(http, definition, call.query("branchName"))
    if run is None:
        raise not_found("BuildNotFoundException", "no run of the pipeline has ended yet")
    return _build(http, call, run)


def _build(http: DevopsHttp, call: Call, run: Run) -> dict[str, object]:
    return build_json(http, call, run, http.lists.tags([run.id]).get(run.id, []))


def _builds(http: DevopsHttp, call: Call, runs: Sequence[Run]) -> list[dict[str, object]]:
    tags = http.lists.tags(run.id for run in runs)
    return [build_json(http, call, run, tags.get(run.id, [])) for run in runs]
