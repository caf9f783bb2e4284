"""What the handlers of pipelines and builds share: the stores, and who and what a call means.

What a call names and is not in its project is a `Refused` (404).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from penstock.devops.definitions import Definition, Definitions
from penstock.devops.protecting.checkpointstore import Checkpoint
from penstock.devops.queueing.preparing import Prepared, Preparing
from penstock.devops.queueing.queue import Queueing
from penstock.devops.queueing.requests import Person
from penstock.devops.sources import Sources
from penstock.engine.scheduler import Scheduler
from penstock.engine.state import RunState
from penstock.records import record
from penstock.server.devops.errors import not_found
from penstock.server.devops.queries import number_in
from penstock.server.devops.wire import project_reference
from penstock.server.routes import Call
from penstock.server.shares import Shares
from penstock.store.agents import Attachment
from penstock.store.logs import Logs
from penstock.store.projects import Project, Projects
from penstock.store.runs import Run, Runs
from penstock.store.runs.deployments import Deployments
from penstock.store.runs.lists import RunLists, RunQuery


@record
class JobInHand:
    """A job that the agents of this machine were given: `agent` is its place from 1, 0 while it
    waits."""

    run: str
    node: str
    agent: int


@record
class DevopsHttp:
    """The stores and services behind the routes.

    `explain` and `foresee` tell why something ran, and what would run, as data (the command line
    has the same); `checkpoints` what holds the stages of a run, `waits` what it waits for people to
    do; `ml_jobs` its ML jobs; `jobs_in_hand` what the agents do, of `slots` at once. `forget`
    removes the files of a run; `take_over(old, new, node)` copies those of a node. `person_name`
    is what an account (its id) is called. `shares` are what one person may have at once. `closing`
    is set when the server is about to stop.
    """

    organization: str
    projects: Projects
    definitions: Definitions
    runs: Runs
    lists: RunLists
    scheduler: Scheduler
    logs: Logs
    attachments: Callable[[str], Iterable[Attachment]]
    deployments: Deployments
    preparing: Preparing
    queueing: Queueing
    sources: Sources
    explain: Callable[[RunState, str, str, str], Mapping[str, Any]]
    foresee: Callable[[Prepared, Mapping[str, str]], Mapping[str, Any]]
    checkpoints: Callable[[str], Sequence[Checkpoint]]
    waits: Callable[[Call, Run], list[dict[str, Any]]]
    ml_jobs: Callable[[str], list[dict[str, Any]]]
    jobs_in_hand: Callable[[], list[JobInHand]]
    forget: Callable[[str], None]
    take_over: Callable[[str, str, str], None]
    person_name: Callable[[str], str]
    slots: int
    machine: str
    version: str
    shares: Shares
    closing: threading.Event
    clock: Callable[[], float]
    home: Path


def requester(call: Call) -> Person:
    """Who calls, as runs name them."""
    principal = call.principal
    if principal is None:
        return Person()
    return Person(id=principal.id, name=principal.display_name or principal.name)


def definition_of(http: DevopsHttp, call: Call, text: str) -> Definition:
    """The pipeline of the project by its number (or, as clients of older APIs do, its name)."""
    number = number_in(text)
    if number is not None:
        found = http.definitions.get(number)
        if found is not None and found.project == call.project:
            return found
    else:
        wanted = text.casefold()
        for one in http.definitions.list(call.project):
            if one.name.casefold() == wanted:
                return one
    message = f'there is no pipeline "{text[:200]}" in the project'
    raise not_found("DefinitionNotFoundException", message)


def run_of(http: DevopsHttp, call: Call, text: str | None = None) -> Run:
    """The pipeline run of the project, and of the pipeline if any, that the path (or `text`)
    names."""
    name = call.parameters["runId"] if text is None else text
    found = http.runs.get(name)
    if found is None or found.kind != "pipeline" or found.project != call.project:
        raise not_found("BuildNotFoundException", f"there is no run {name[:40]} in the project")
    if pipeline := call.parameters.get("pipelineId"):
        definition = definition_of(http, call, pipeline)
        if found.pipeline != definition.id:
            message = f"run {found.id} is not one of the pipeline {definition.id}"
            raise not_found("BuildNotFoundException", message)
    return found


def kept_run(http: DevopsHttp, run: str) -> Run:
    """A run that is known to be there, by its number."""
    found = http.runs.get(run)
    assert found is not None
    return found


def last_ended(http: DevopsHttp, definition: Definition, branch: str = "") -> Run | None:
    """The newest run of a pipeline that has ended, of any branch or of the named one."""
    found = http.lists.find(
        RunQuery(
            project=definition.project,
            pipelines=(definition.id,),
            branch=branch.removeprefix("refs/heads/"),
            states=("finished",),
            top=1,
        )
    )
    return found[0] if found else None


def state_of(http: DevopsHttp, run: Run) -> RunState:
    """How the run stands. For reading through `Scheduler.read` where it goes on."""
    return http.scheduler.state(str(run.id))


def api(http: DevopsHttp, call: Call, project: str, *parts: str) -> str:
    """An address of the API in a project: `api(http, call, name, "build", "builds", "7")`."""
    path = "/".join(quote(part, safe="") for part in (http.organization, project, "_apis", *parts))
    return f"{call.base_url}/{path}"


def page(http: DevopsHttp, call: Call, project: str, path: str) -> str:
    """An address of the portal in a project."""
    place = "/".join(quote(part, safe="") for part in (http.organization, project))
    return f"{call.base_url}/{place}/{path}"


def project_name(http: DevopsHttp, project: str) -> str:
    """The name of a project by its id."""
    found = http.projects.find(project)
    return found.name if found is not None else project


def project_json(http: DevopsHttp, call: Call, project: str) -> dict[str, object]:
    """A project (its id) as references to it have it; one that is gone has its id for a name."""
    gone = Project(id=project, name=project, description="", created=0.0, updated=0.0)
    found = http.projects.find(project) or gone
    return project_reference(f"{call.base_url}/{http.organization}", found)
