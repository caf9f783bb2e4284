"""The Azure DevOps half of a server: stores, services, and the routes over them.

Only `penstock up` has it; `penstock run` needs none of it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from penstock import __version__
from penstock.cli.explaining.summary import MlJob
from penstock.cli.hosting.refilling import Refilling
from penstock.cli.hosting.serving import organization
from penstock.cli.hosting.triggerservices import TriggerServices
from penstock.cli.reading.tasks import AgentTasks
from penstock.devops.queueing.preparing import Prepared, Preparing
from penstock.devops.queueing.queue import Queueing
from penstock.devops.resources import Resource, ResourceType
from penstock.engine.state import RunState
from penstock.server.devops.context import DevopsHttp, JobInHand
from penstock.server.devops.pages.live import wakes
from penstock.server.live import Wakeups
from penstock.store.hosting.pushes import Pushes
from penstock.store.hosting.repositories import Repositories, Repository
from penstock.store.hosting.sources import HostedSources
from penstock.store.pipelines.definitions import SqlDefinitions
from penstock.store.projects import NameTaken, Project, Projects
from penstock.store.pullrequests.lifecycle import PullRequests
from penstock.store.runs.lists import RunLists, RunQuery

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp

    from penstock.cli.hosting.host import Host
    from penstock.server.devops.library.context import LibraryHttp
    from penstock.server.git.context import GitHttp
    from penstock.server.routes import Call, Route

LOCAL_PROJECT = "local"
"""Where runs of `penstock run` are shown: it has no project of its own."""


class DevopsServices:
    """Everything of Azure DevOps that one server needs. Methods may be called from any thread."""

    def __init__(self, host: Host) -> None:
        from penstock.server.auth import one_token
        from penstock.server.people.access import Access
        from penstock.server.people.house import House
        from penstock.server.people.runtokens import RunTokens
        from penstock.server.people.signin import SignIn
        from penstock.store.people.people import People

        self._host = host
        self.organization = organization()
        self.projects = Projects(host.database, new_guid)
        self.people = People(host.database)
        self._access = Access(
            self.people,
            organization=self.organization,
            process_tokens=one_token(host.access.token),
            key=host.signing_key(),
        )
        self._house = House(
            people=self.people,
            organization=self.organization,
            projects=lambda: {project.id: project.name for project in self.projects.list()},
        )
        self._sign_in = SignIn(self.people)
        self._job_tokens = RunTokens(self.people.job_tokens, self._project_of_run)
        host.scheduler.subscribe(self._job_tokens.on_event)
        self.repositories = Repositories(host.database, host.home.repositories, new_guid)
        self.pushes = Pushes(
            host.database,
            self.repositories,
            on_failure=lambda push, error: host.on_failure(f"push {push.id}", error),
        )
        self.pull_requests = PullRequests(
            host.database,
            self.repositories,
            self.pushes,
            on_failure=lambda one, error: host.on_failure(f"pull request {one.id}", error),
        )
        self.pushes.subscribe(self.pull_requests.on_push)
        self.definitions = SqlDefinitions(host.database)
        self.lists = RunLists(host.database)
        self.sources = HostedSources(self.projects, self.repositories, self._clone_address)
        self.preparing = Preparing(
            sources=self.sources,
            library_of=lambda project, files: host.library.for_run(project, files),
            catalog=AgentTasks(),
            collection_uri=f"{host.access.url}/{self.organization}/",
        )
        self.queueing = Queueing(
            preparing=self.preparing,
            runs=host.runs,
            start=host.scheduler.start,
            clock=host.clock,
        )
        self.triggers = TriggerServices(host, self)
        self.refilling = Refilling(host.runs.get, self.definitions, self.preparing.prepare)
        self._wakeups = Wakeups()
        on_event, on_log = wakes(self._wakeups)
        host.scheduler.subscribe(on_event)
        host.log_listeners.append(on_log)

    def application(self) -> ASGIApp:
        """The whole server: Azure DevOps, Azure ML, MLflow, the portal."""
        from penstock.server.app import Places, make_app

        ml_routes, signer = self._host.ml.routes(
            has_portal=True, project_of=self._project_name_of_run
        )
        return make_app(
            (*ml_routes, *self.routes()),
            self._access,
            sessions=self._access.sessions,
            places=Places(organization=self.organization, project=self._project_id),
            signer=signer,
            on_failure=self._host.on_failure,
        )

    def routes(self) -> tuple[Route, ...]:
        """The routes of Azure DevOps."""
        from penstock.server.devops import connection
        from penstock.server.devops.builds import routes as builds
        from penstock.server.devops.library import routes as library
        from penstock.server.devops.locations import location_routes
        from penstock.server.devops.pages.live import live_routes
        from penstock.server.devops.pages.routes import page_routes
        from penstock.server.git import git_locations, git_routes
        from penstock.server.people import people_routes
        from penstock.server.people.audited import audited
        from penstock.server.people.identity import identity_routes
        from penstock.server.portal import files as portal

        http = self._http()
        locations = (
            *connection.LOCATIONS,
            *builds.LOCATIONS,
            *git_locations(),
            *library.LOCATIONS,
        )
        return (
            *location_routes(locations),
            *connection.connection_routes(self.organization, __version__),
            *people_routes(self._house, self._sign_in),
            *identity_routes(self._access),
            *audited(git_routes(self._git_http(), self.pull_requests), self.people.audit),
            *audited(builds.all_build_routes(http), self.people.audit),
            *library.library_routes(self._library_http()),
            *page_routes(http, self.triggers.book),
            *live_routes(http, self._wakeups),
            *portal.routes(),
        )

    def start(self) -> None:
        """Go on where the last server of this store was. Runs are taken up by `Host.recover`.

        What answering needs on the disk is written here, not when the first request comes.
        """
        from penstock.store.git.transport import write_hooks

        write_hooks(self._hooks)
        self.repositories.sweep()
        self.pushes.recover(self._repository_failed)
        self.adopt_local_runs()
        self.triggers.start()
        # What moved unseen is told to those who start runs.
        self.pull_requests.recover(self._repository_failed)

    def _repository_failed(self, repository: Repository, error: Exception) -> None:
        self._host.on_failure(f'repository "{repository.name}" at the start', error)

    def adopt_local_runs(self) -> None:
        """Show what `penstock run` did in a project of its own, made when there is something."""
        if not self.lists.has_homeless():
            return
        project = self.projects.find(LOCAL_PROJECT)
        if project is None:
            try:
                project = self.projects.create(LOCAL_PROJECT, "Runs of `penstock run`")
            except NameTaken:
                project = self.projects.get(LOCAL_PROJECT)
        self.lists.adopt(project.id)

    def job_token(self, run: str) -> str:
        """What the jobs of a run call this server with."""
        return self._job_tokens.token_of(run)

    def close(self) -> None:
        """Start nothing more."""
        self.triggers.close()

    def finish(self) -> None:
        """Wait for what is being written, when no request comes any more."""
        self._sign_in.close()
        self._access.close()
        self.repositories.close()

    @property
    def _hooks(self) -> Path:
        return self._host.home.root / "hooks"

    def _git_http(self) -> GitHttp:
        from penstock.server.git.context import GitHttp

        return GitHttp(
            projects=self.projects,
            repositories=self.repositories,
            pushes=self.pushes,
            hooks=self._hooks,
            on_failure=self._host.on_failure,
            shares=self._host.shares,
            runs=lambda project: self.lists.find(RunQuery(project=project, top=1_000_000)),
            forget=self._host.forget_files,
        )

    def _http(self) -> DevopsHttp:
        from penstock.server.devops.pages.waits import waits_of

        host, library = self._host, self._library_http()
        return DevopsHttp(
            organization=self.organization,
            projects=self.projects,
            definitions=self.definitions,
            runs=host.runs,
            lists=self.lists,
            scheduler=host.scheduler,
            logs=host.logs,
            attachments=host.agents.attachments,
            deployments=host.deployments,
            preparing=self.preparing,
            queueing=self.queueing,
            sources=self.sources,
            explain=_explain,
            foresee=_foresee,
            checkpoints=host.library.checkpoints.of_run,
            waits=lambda call, run: waits_of(library, call, run),
            ml_jobs=self._ml_jobs,
            jobs_in_hand=self._jobs_in_hand,
            forget=host.forget_files,
            take_over=host.take_over_files,
            person_name=self._person_name,
            slots=host.job_executor().slots,
            machine=host.machine.name,
            version=__version__,
            shares=host.shares,
            closing=host.closing,
            clock=time.time,
            home=host.home.root,
        )

    def _project_of_run(self, run: str) -> str:
        found = self._host.runs.get(run)
        return found.project if found is not None else ""

    def _project_name_of_run(self, call: Call, run: str) -> str | None:
        from penstock.server.routes import Permission

        found = self.projects.find(self._project_of_run(run))
        if found is None:
            return ""
        principal = call.principal
        sees = principal is not None and principal.may(Permission.RUN_READ, found.id)
        return found.name if sees else None

    def _library_http(self) -> LibraryHttp:
        from penstock.server.devops.library.context import LibraryHttp

        library = self._host.library
        return LibraryHttp(
            organization=self.organization,
            projects=self.projects,
            resources=library.resources,
            checks=library.checks,
            checkpoints=library.checkpoints,
            deployments=self._host.deployments,
            audit=self.people.audit,
            account=library.find_account,
            pipeline=self._pipeline_name,
            run_number=self._run_number,
            repository=self._repository_resource,
        )

    def _pipeline_name(self, project: str, pipeline: int) -> str:
        found = self.definitions.get(pipeline)
        return found.name if found is not None and found.project == project else ""

    def _person_name(self, id: str) -> str:
        found = self._host.library.find_account(id)
        return found.display_name or found.name if found is not None else ""

    def _run_number(self, run: str) -> str:
        found = self._host.runs.get(run)
        return found.number if found is not None and found.number else run

    def _repository_resource(self, project: str, named: str) -> Resource | None:
        found = self.repositories.find(named, project)
        if found is None:
            return None
        return Resource(type=ResourceType.REPOSITORY, id=found.id, name=found.name)

    def _project_id(self, project: str) -> str | None:
        found = self.projects.find(project)
        return found.id if found is not None else None

    def run_address(self, project: str, run: int) -> str:
        """Where people see a run of a project (its id)."""
        found = self.projects.find(project)
        name = quote(found.name if found is not None else project, safe="")
        place = f"{self._host.access.url}/{self.organization}/{name}"
        return f"{place}/_build/results?buildId={run}"

    def _clone_address(self, project: Project, repository: Repository) -> str:
        parts = (self.organization, project.name, "_git", repository.name)
        return "/".join((self._host.access.url, *(quote(part, safe="") for part in parts)))

    def _ml_jobs(self, run: str) -> list[dict[str, Any]]:
        return [_ml_json(job) for job in self._host.ml.jobs_of(run)]

    def _jobs_in_hand(self) -> list[JobInHand]:
        return [
            JobInHand(run=run, node=node, agent=agent)
            for run, node, agent in self._host.job_executor().in_hand()
        ]


def _ml_json(job: MlJob) -> dict[str, Any]:
    return {
        "name": job.name,
        "workspace": job.workspace,
        "resourceGroup": job.resource_group,
        "displayName": job.title,
        "status": job.status,
        "error": job.error,
        "origin": job.origin,
        "metrics": dict(job.metrics),
        "children": [_ml_json(child) for child in job.children],
    }


def _explain(state: RunState, run: str, node: str, step: str) -> Mapping[str, Any]:
    """Why a node or a step ran or did not, as `penstock explain --run` tells it."""
    from penstock.cli.explaining.evaluated import painter, part_json
    from penstock.cli.explaining.why import why_in_run
    from penstock.cli.options import Failure
    from penstock.engine.explanations import reason_of

    path = f"{node}/{step}" if step else node
    try:
        text = why_in_run(state, run, path, painter(False))
    except Failure:
        return {"text": "this step is the agent's own; it always runs", "tree": None}
    reason = reason_of(state, node)
    part = None if step else reason.part
    return {"text": text, "tree": part_json(part) if part is not None else None}


def _foresee(prepared: Prepared, assumed: Mapping[str, str]) -> Mapping[str, Any]:
    """What would run and what would not, and why."""
    from penstock.cli.hosting.previewservices import foresee_prepared

    return foresee_prepared(prepared, assumed)


def new_guid() -> str:
    """An id that nothing else has."""
    return str(uuid.uuid4())
