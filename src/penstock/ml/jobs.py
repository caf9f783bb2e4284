"""Jobs: accepted or refused as a whole, run by the scheduler, and told of as the service tells it.

A job is one run of the engine; this file keeps both in step. It speaks neither HTTP nor SQL.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from penstock.engine.events import Event, NodeFinished, RunFinished
from penstock.engine.plan import Plan, check_nodes
from penstock.engine.requests import CommandWork
from penstock.engine.scheduler import Scheduler
from penstock.engine.state import Phase, RunState
from penstock.ml.assets import Asset, AssetStore, next_version, put_version
from penstock.ml.executionlog import execution_log
from penstock.ml.failures import Failure, JobLogs, cancellation_of, failure_of
from penstock.ml.fields import Json, field, table, text
from penstock.ml.graphs import JobGraph, job_graph
from penstock.ml.jobchanges import EXISTS, experiment_of, patch_of_whole, patched
from penstock.ml.jobstore import Job, JobExists, JobOutput, JobStore
from penstock.ml.levels import ChildJob
from penstock.ml.planner import COMMAND_NODE, Planned, plan_job, with_experiment
from penstock.ml.references import Problem, Refused
from penstock.ml.resolver import Resolver
from penstock.ml.statuses import ENDED, Status, final_status, node_status, run_status, started_at
from penstock.ml.tracking_values import TrackingError, check_experiment_name
from penstock.ml.workspaces import Workspace
from penstock.records import record

ORIGIN = "penstock.origin"
"""The property that says which step of a pipeline run submitted a job (`RUN/NODE/STEP`)."""

_STARTING_SECONDS = 60.0
_JOB_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,254}\Z")
_MODEL_TYPES = ("mlflow_model", "custom_model", "triton_model")


class JobTracking(Protocol):
    """Keeps a tracked run for every job, so that `import mlflow` in it finds its run."""

    def create_job_run(
        self,
        workspace: Workspace,
        experiment_name: str,
        run_id: str,
        name: str,
        parent: str | None,
        user: str,
    ) -> str:
        """Make the run of a job in its experiment, made where needed; returns the latter's id."""

    def end_job_run(self, workspace: Workspace, run_id: str, status: str) -> None:
        """End the run of a job; `status` is the service's word (`Completed`)."""


@record
class NewJob:
    """A job as a client submits it. `properties` is its body's; `user` is who calls."""

    workspace: Workspace
    name: str
    properties: Json
    user: str = "local"
    origin: str = ""


@record
class JobState:
    """Where a job is now. `started` is in seconds since 1970; `work` is None for a pipeline."""

    status: Status
    started: float | None
    work: CommandWork | None


class MlService:
    """Jobs of all workspaces. Methods may be called from any thread.

    `on_event` must be subscribed to the scheduler's events before the first job, and `recover` be
    called once before the scheduler's own.
    """

    def __init__(
        self,
        *,
        assets: AssetStore,
        jobs: JobStore,
        scheduler: Scheduler,
        tracking: JobTracking,
        logs: JobLogs,
        new_run: Callable[[], str],
        new_name: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        """`new_run` gives ids for engine runs, `new_name` names for child jobs (GUIDs in Azure)."""
        self.assets = assets
        self.jobs = jobs
        self.logs = logs
        self._scheduler = scheduler
        self._tracking = tracking
        self._new_run = new_run
        self._new_name = new_name
        self.clock = clock
        self._nodes: dict[str, dict[str, Job]] = {}
        self._listeners: tuple[Callable[[Job], None], ...] = ()

    def subscribe(self, listener: Callable[[Job], None]) -> None:
        """Call the listener with every job that is new, that a client changed or that has ended,
        once that is kept; from any thread. What else happens to it the scheduler tells."""
        self._listeners = (*self._listeners, listener)

    # What clients ask

    def submit(self, new: NewJob) -> tuple[Job, bool]:
        """Take a job and start it; says whether it is new (else it was updated).

        Raises `Refused` with every problem; then nothing was kept and nothing started.
        """
        before = self.jobs.get(new.workspace.scope, new.name)
        if before is not None:
            return self.change(before, patch_of_whole(before, new.properties)), False
        if not _JOB_NAME.match(new.name):
            message = f'"{new.name}" is no name for a job: use letters, digits, "_" and "-"'
            raise Refused(Problem(code="InvalidJobName", message=message, target="name"))
        resolver = Resolver(workspace=new.workspace, assets=self.assets, jobs=self.jobs)
        planned = plan_job(new.properties, new.name, resolver, self._new_name)
        try:
            check_experiment_name(experiment_of(new.properties))
        except TrackingError as error:
            resolver.problem("InvalidExperimentName", str(error), "experiment_name")
        if resolver.problems:
            raise Refused(*resolver.problems)
        check_nodes(planned.plan.nodes)
        root = self._root(new, planned, tuple(resolver.warnings))
        family = [root, *(_child(root, child) for child in planned.children)]
        root = self._start(family, planned.plan, new.user)
        self._tell(root)
        return root, True

    def cancel(self, job: Job, reason: str = "canceled by the user") -> None:
        """Ask a job to stop. One that has ended stays as it is."""
        if job.status:
            return
        node = None if job.is_root else job.node
        self._scheduler.cancel(job.run, node, reason)

    def change(self, job: Job, patch: Json) -> Job:
        """Merge what a client may change of a run: `displayName`, `description`, `tags`,
        `properties`, `hidden`. Unknown jobs raise `KeyError`."""
        changed = self.jobs.change(job.workspace.scope, job.name, lambda now: patched(now, patch))
        if changed is None:
            raise KeyError(job.name)
        self._tell(changed)
        return changed

    def states(self, jobs: Sequence[Job]) -> list[JobState]:
        """Where jobs of one run are now, all in one look at it."""
        if not jobs:
            return []

        def look(state: RunState) -> list[JobState]:
            return [_state(state, job) for job in jobs]

        try:
            return self._scheduler.read(jobs[0].run, look)
        except KeyError:
            return [
                JobState(
                    status=Status(job.status or Status.NOT_STARTED),
                    started=job.started_at,
                    work=None,
                )
                for job in jobs
            ]

    def is_here(self, job: Job) -> bool:
        """Whether this process runs the job, and so hears of all that happens to it."""
        return self._scheduler.is_going_on(job.run)

    def status(self, job: Job) -> Status:
        """Where a job is now. One that has just ended is finalizing until its end is kept."""
        return Status(job.status) if job.status else self.states([job])[0].status

    def started(self, job: Job) -> float | None:
        """When a job began to run, in seconds since the epoch."""
        return job.started_at if job.status else self.states([job])[0].started

    def execution_log(self, job: Job, names: Mapping[str, str] | None = None) -> str:
        """The log of a pipeline job itself. `names` are the jobs of its run by node, if known."""
        if names is None:
            names = self.names(job)
        try:
            return self._scheduler.read(job.run, lambda state: execution_log(state, names))
        except KeyError:
            return ""

    def names(self, job: Job) -> dict[str, str]:
        """The jobs of the run of a job by node; they stay the same."""
        return {each.node: each.name for each in self.jobs.of_run(job.run)}

    def graph(self, job: Job) -> JobGraph:
        """The graph of a pipeline job, or of a child job that is one; empty for a command."""
        if job.type != "Pipeline":
            return JobGraph()
        try:
            return self._scheduler.read(job.run, lambda state: job_graph(state, job.node))
        except KeyError:
            return JobGraph()

    def work(self, job: Job) -> CommandWork | None:
        """What the agent is asked to do for a job; None for a pipeline, and before it is kept."""
        return self.states([job])[0].work if job.node else None

    # What the engine tells

    def on_event(self, run: str, event: Event) -> None:
        """Keep a job's end: its status, its tracked run, the assets it made."""
        if not isinstance(event, NodeFinished | RunFinished):
            return
        node = event.node if isinstance(event, NodeFinished) else ""
        job = self._family(run).get(node)
        if job is not None:
            self._end(job, final_status(event.result), event.at)
        if isinstance(event, RunFinished):
            self._nodes.pop(run, None)

    def recover(self) -> None:
        """Bring jobs in step with their runs, after a process that ran some was killed.

        A job that was kept but never started has failed, unless another process is just at it.
        """
        for root in self.jobs.unfinished():
            try:
                ends = self._scheduler.read(root.run, _ends)
            except KeyError:
                if self.clock() - root.created_at < _STARTING_SECONDS:
                    continue
                ends = dict.fromkeys(("", root.node), (Status.FAILED, self.clock()))
            for job in self.jobs.of_run(root.run):
                end = ends.get(job.node)
                if end is not None and not job.status:
                    self._end(job, *end)

    # Inside

    def _start(self, family: list[Job], plan: Plan, user: str) -> Job:
        root = family[0]
        try:
            self.jobs.add(family)
        except JobExists as error:
            raise Refused(Problem(code="UserError", message=EXISTS)) from error
        try:
            experiment_id = ""
            for job in family:
                experiment_id = self._tracking.create_job_run(
                    job.workspace,
                    job.experiment,
                    job.name,
                    job.display_name,
                    job.parent or None,
                    user,
                )
            root = self._with_experiment(root, experiment_id)
            self._nodes[root.run] = {job.node: job for job in family}
            header = {"kind": "ml", "name": root.name, "definition": root.experiment}
            self._scheduler.start(root.run, with_experiment(plan, experiment_id), header)
        except BaseException:
            for job in family:
                with suppress(Exception):
                    self._end(job, Status.FAILED, self.clock())
            raise
        return root

    def _with_experiment(self, root: Job, experiment_id: str) -> Job:
        def changed(job: Job) -> Job:
            return dataclasses.replace(job, experiment_id=experiment_id)

        # Kept for good with the run, which is created next.
        kept = self.jobs.change(root.workspace.scope, root.name, changed, durable=False)
        return kept or root

    def _root(self, new: NewJob, planned: Planned, warnings: tuple[str, ...]) -> Job:
        properties = dict(new.properties)
        if new.origin:
            kept = {**table(properties, "properties"), ORIGIN: new.origin}
            properties["properties"] = kept
        type = text(field(properties, "job_type"))
        return Job(
            workspace=new.workspace,
            name=new.name,
            type=type,
            run=self._new_run(),
            node=COMMAND_NODE if type == "Command" else "",
            root=new.name,
            display_name=text(field(properties, "display_name", new.name)),
            experiment=experiment_of(properties),
            document={"properties": properties},
            outputs=planned.outputs,
            warnings=warnings,
            origin=new.origin,
            archived=bool(field(properties, "is_archived", False)),
            created_at=self.clock(),
        )

    def _family(self, run: str) -> dict[str, Job]:
        """The jobs of a run by node. They are few to ask for, and asked for at every end."""
        if run not in self._nodes:
            self._nodes[run] = {job.node: job for job in self.jobs.of_run(run)}
        return self._nodes[run]

    def _end(self, job: Job, status: Status, at: float) -> None:
        """Keep the end of a job, after all that clients expect to find once they see it.

        It follows from the events of the run, which are kept already: `recover` finds it again.
        """
        began, failure = self._story(job, status)
        self._tracking.end_job_run(job.workspace, job.name, status)
        if status is Status.COMPLETED:
            for output in job.outputs.values():
                if output.asset_name:
                    self._register(job, output, at)

        def ended(now: Job) -> Job:
            return dataclasses.replace(
                now,
                status=now.status or status,
                started_at=began,
                ended_at=at,
                error=failure.message,
                error_code=failure.code,
            )

        kept = self.jobs.change(job.workspace.scope, job.name, ended, durable=False)
        if kept is not None:
            self._tell(kept)

    def _tell(self, job: Job) -> None:
        for listener in self._listeners:
            listener(job)

    def _story(self, job: Job, status: Status) -> tuple[float | None, Failure]:
        """When a job began, and why it failed if it did."""

        def told(state: RunState) -> tuple[float | None, Failure]:
            began = started_at(state, job.node)
            match status:
                case Status.FAILED:
                    return began, failure_of(state, job, self.logs)
                case Status.CANCELED:
                    return began, cancellation_of(state, job)
            return began, Failure()

        try:
            return self._scheduler.read(job.run, told)
        except KeyError:
            message = "the service stopped before the job began"
            return None, Failure(code="ServiceError", message=message)

    def _register(self, job: Job, output: JobOutput, at: float) -> None:
        """Keep an output as the data asset or model that the job names."""
        scope, is_model = job.workspace.scope, output.type in _MODEL_TYPES
        kind = "models" if is_model else "data"
        versions = self.assets.versions(scope, kind, output.asset_name)
        if any(_is_from(version, output, at) for version in versions):
            return  # it was registered before the service was killed
        properties: dict[str, object] = {"isAnonymous": False, "isArchived": False, "tags": {}}
        if is_model:
            properties |= {"modelType": output.type, "modelUri": output.uri, "flavors": {}}
            properties |= {"jobName": job.name}
        else:
            properties |= {"dataType": output.type, "dataUri": output.uri}
        asset = Asset(
            scope=scope,
            kind=kind,
            name=output.asset_name,
            version=output.asset_version or next_version(versions),
            document={"properties": {**properties, "properties": {}}},
            created_at=at,
            updated_at=at,
        )
        try:
            put_version(self.assets, asset)
        except Refused:
            self._warn(job, f"{kind} {asset.name}:{asset.version} was there and was not changed")

    def _warn(self, job: Job, message: str) -> None:
        def warned(now: Job) -> Job:
            return dataclasses.replace(now, warnings=(*now.warnings, message))

        self.jobs.change(job.workspace.scope, job.name, warned)


def _is_from(version: Asset, output: JobOutput, at: float) -> bool:
    """Whether an asset was made of the output of the job that ended at that moment."""
    return version.created_at == at and output.uri in version.properties.values()


def _child(root: Job, child: ChildJob) -> Job:
    return Job(
        workspace=root.workspace,
        name=child.name,
        type=child.type,
        run=root.run,
        node=child.node,
        parent=child.parent,
        root=root.name,
        key=child.key,
        display_name=child.display_name,
        experiment=root.experiment,
        document={"properties": {"properties": dict(child.properties), "tags": dict(child.tags)}},
        outputs=child.outputs,
        created_at=root.created_at,
    )


def _state(state: RunState, job: Job) -> JobState:
    """Where a job is, by its run. One that has just ended is finalizing until its end is kept."""
    work = state.nodes[job.node].node.work if job.node else None
    if job.status:
        status, started = Status(job.status), job.started_at
    else:
        now = node_status(state, job.node) if job.node else run_status(state)
        status = Status.FINALIZING if now in ENDED else now
        started = started_at(state, job.node)
    return JobState(
        status=status, started=started, work=work if isinstance(work, CommandWork) else None
    )


def _ends(state: RunState) -> dict[str, tuple[Status, float]]:
    """What has ended in a run, by node; the run itself is the node without a name."""
    ends = {
        id: (final_status(node.result), node.finished_at or 0.0)
        for id, node in state.nodes.items()
        if node.phase is Phase.FINISHED
    }
    if state.finished:
        ends[""] = (final_status(state.result), state.finished_at or 0.0)
    return ends
