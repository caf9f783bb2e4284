"""Experiments, runs and logged models as MLflow knows them: the rules of what clients may do.

It speaks neither HTTP nor SQL. A run that belongs to a job is ended by the service, never by a
tracking client, as in Azure ML, whose MLflow plug-in leaves it alone when it is the job's own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from penstock.ml.tracking_store import (
    Experiment,
    Link,
    LoggedModel,
    RunSearch,
    Stage,
    TrackedRun,
    TrackingStore,
)
from penstock.ml.tracking_values import (
    Code,
    Metric,
    TrackingError,
    check_batch,
    check_experiment_name,
    check_model_name,
    check_tag,
)
from penstock.ml.workspaces import Workspace

DEFAULT_EXPERIMENT = "Default"
RUN_NAME_TAG = "mlflow.runName"
USER_TAG = "mlflow.user"
PARENT_TAG = "mlflow.parentRunId"
_MOST_RESULTS = 50_000
_MOST_HISTORY = 1_000_000
RUN_STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
_ENDED = {
    "Completed": "FINISHED",
    "Failed": "FAILED",
    "Canceled": "KILLED",
    "NotResponding": "FAILED",
}


def _milliseconds() -> int:
    return int(time.time() * 1000)


def _random_id() -> str:
    return os.urandom(16).hex()


LogListener = Callable[[Workspace, str, Sequence[Metric]], None]
"""Told of a run that something was logged of, and the metrics among it."""


class Tracking:
    """What tracking clients and the job service do. Methods may be called from any thread.

    Raises `TrackingError` for whatever cannot be done, with MLflow's own code.
    """

    def __init__(
        self,
        store: TrackingStore,
        *,
        now: Callable[[], int] = _milliseconds,
        new_id: Callable[[], str] = _random_id,
    ) -> None:
        self.store = store
        self.now = now
        self._new_id = new_id
        self._listeners: tuple[LogListener, ...] = ()

    def subscribe(self, listener: LogListener) -> None:
        """Call the listener once something that was logged is kept; from any thread."""
        self._listeners = (*self._listeners, listener)

    # The runs of jobs

    def create_job_run(
        self,
        workspace: Workspace,
        experiment_name: str,
        run_id: str,
        name: str,
        parent: str | None,
        user: str,
    ) -> str:
        """Make the run of a job in its experiment, made where needed; returns the latter's id.

        A run that is there already (the job is tried again) is opened again.
        """
        experiment = self.ensure_experiment(workspace, experiment_name)
        tags = {RUN_NAME_TAG: name, USER_TAG: user}
        if parent:
            tags[PARENT_TAG] = parent
        run = TrackedRun(
            run_id=run_id,
            experiment_id=experiment.id,
            name=name,
            user=user,
            owned=True,
            started=self.now(),
            tags=tags,
        )
        if not self.store.add_run(workspace.scope, run):
            before = self.run_header(workspace, run_id)
            self.store.change_run(workspace.scope, run_id, status="RUNNING")
            return before.experiment_id
        return experiment.id

    def end_job_run(self, workspace: Workspace, run_id: str, status: str) -> None:
        """End the run of a job; `status` is the service's word (`Completed`). Unknown runs are none
        of ours."""
        ended = _ENDED.get(status, "FAILED")
        self.store.change_run(workspace.scope, run_id, status=ended, ended=self.now())

    # Experiments

    def create_experiment(
        self, workspace: Workspace, name: str, tags: Mapping[str, str]
    ) -> Experiment:
        """A new experiment."""
        check_experiment_name(name)
        for key, value in tags.items():
            check_tag(key, value)
        made = self.store.add_experiment(workspace.scope, name, tags, self.now())
        if made is None:
            raise TrackingError(
                Code.RESOURCE_ALREADY_EXISTS, f"Experiment '{name}' already exists."
            )
        return made

    def ensure_experiment(self, workspace: Workspace, name: str) -> Experiment:
        """The experiment of that name, made or restored where needed."""
        found = self.store.experiment_named(workspace.scope, name)
        if found is None:
            check_experiment_name(name)
            found = self.store.add_experiment(workspace.scope, name, {}, self.now())
            found = found or self.store.experiment_named(workspace.scope, name)
        assert found is not None
        if found.stage is Stage.DELETED:
            self.change_experiment(workspace, found.id, stage=Stage.ACTIVE)
        return replace(found, stage=Stage.ACTIVE)

    def experiment(self, workspace: Workspace, id: str) -> Experiment:
        """The experiment of that id; `0` is the workspace's default one, made on first use."""
        if id == "0":
            return self.ensure_experiment(workspace, DEFAULT_EXPERIMENT)
        found = self.store.experiment(workspace.scope, id)
        if found is None:
            raise _missing(f"No Experiment with id={id} exists")
        return found

    def experiment_named(self, workspace: Workspace, name: str) -> Experiment:
        """The experiment of that name, deleted or not."""
        found = self.store.experiment_named(workspace.scope, name)
        if found is None:
            raise _missing(f"Could not find experiment with name '{name}'")
        return found

    def change_experiment(
        self,
        workspace: Workspace,
        id: str,
        *,
        name: str | None = None,
        stage: Stage | None = None,
    ) -> None:
        """Rename, delete or restore an experiment."""
        experiment = self.experiment(workspace, id)
        if name is not None:
            check_experiment_name(name)
        changed = self.store.change_experiment(
            workspace.scope, experiment.id, name=name, stage=stage, now=self.now()
        )
        if not changed:
            raise TrackingError(
                Code.RESOURCE_ALREADY_EXISTS, f"Experiment '{name}' already exists."
            )

    def set_experiment_tag(
        self, workspace: Workspace, id: str, name: str, value: str | None
    ) -> None:
        """Set a tag of an experiment, or remove it."""
        experiment = self.experiment(workspace, id)
        check_tag(name, value or "")
        if not self.store.set_experiment_tag(workspace.scope, experiment.id, name, value):
            raise _missing(f"No tag with name: {name} in experiment with id {id}")

    # Runs

    def create_run(
        self,
        workspace: Workspace,
        experiment_id: str,
        *,
        name: str,
        user: str,
        started: int | None,
        tags: Mapping[str, str],
    ) -> TrackedRun:
        """A new run of a tracking client. Its name is also a tag, and may come as one."""
        experiment = self.experiment(workspace, experiment_id)
        if experiment.stage is not Stage.ACTIVE:
            raise TrackingError(
                Code.INVALID_PARAMETER_VALUE,
                f"The experiment {experiment.id} must be in the 'active' state. "
                f"Current state is {experiment.stage}.",
            )
        for key, value in tags.items():
            check_tag(key, value)
        run_id = self._new_id()
        name = name or tags.get(RUN_NAME_TAG) or _name_for(run_id)
        check_tag(RUN_NAME_TAG, name)
        run = TrackedRun(
            run_id=run_id,
            experiment_id=experiment.id,
            name=name,
            user=user or tags.get(USER_TAG, ""),
            started=started if started is not None else self.now(),
            tags={**tags, RUN_NAME_TAG: name},
        )
        if not self.store.add_run(workspace.scope, run):
            raise TrackingError(Code.RESOURCE_ALREADY_EXISTS, f"Run with id={run_id} exists")
        return run

    def run(self, workspace: Workspace, run_id: str) -> TrackedRun:
        """A run with all its data."""
        run = self.store.run(workspace.scope, run_id)
        if run is None:
            raise _missing(f"Run with id={run_id} not found")
        return run

    def runs(self, workspace: Workspace, run_ids: Sequence[str]) -> Mapping[str, TrackedRun]:
        """Those of the runs that are there, with all their data."""
        return {run.run_id: run for run in self.store.runs(workspace.scope, run_ids)}

    def run_header(self, workspace: Workspace, run_id: str) -> TrackedRun:
        """A run without metrics, params, tags and links."""
        run = self.store.run_header(workspace.scope, run_id)
        if run is None:
            raise _missing(f"Run with id={run_id} not found")
        return run

    def update_run(
        self,
        workspace: Workspace,
        run_id: str,
        *,
        status: str | None,
        ended: int | None,
        name: str | None,
    ) -> TrackedRun:
        """Change a run as a client wants it; answers how it is then.

        The status and the end of a job's run are the service's: such a change is taken and dropped.
        """
        run = self._active_run(workspace, run_id)
        if status is not None and status not in RUN_STATUSES:
            raise TrackingError(
                Code.INVALID_PARAMETER_VALUE,
                f"Invalid value \"{status}\" for parameter 'status' supplied: "
                f"it must be one of {', '.join(RUN_STATUSES)}.",
            )
        if name:
            check_tag(RUN_NAME_TAG, name)
            self.store.log(workspace.scope, run_id, (), (), [(RUN_NAME_TAG, name)])
        if not run.owned and (status is not None or ended is not None):
            over = status in ("FINISHED", "FAILED", "KILLED")
            end = ended if ended is not None else (self.now() if over else None)
            self.store.change_run(workspace.scope, run_id, status=status or run.status, ended=end)
        if name:
            self.store.change_run(workspace.scope, run_id, name=name)
        return self.run_header(workspace, run_id)

    def change_stage(self, workspace: Workspace, run_id: str, stage: Stage) -> None:
        """Delete a run or restore it. The run of a job stays as long as the job."""
        run = self.run_header(workspace, run_id)
        if run.owned and stage is Stage.DELETED:
            raise TrackingError(
                Code.INVALID_PARAMETER_VALUE,
                f"Run {run_id} belongs to a job of the workspace and cannot be deleted by a "
                "tracking client.",
            )
        self.store.change_run(workspace.scope, run_id, stage=stage)

    def search_runs(self, workspace: Workspace, search: RunSearch) -> Sequence[TrackedRun]:
        """The runs that match, the latest started first unless `search` orders otherwise."""
        experiments = [self.experiment(workspace, id).id for id in search.experiments if id == "0"]
        known = [id for id in search.experiments if id != "0"]
        _check_limit(search.limit, _MOST_RESULTS)
        return self.store.search_runs(
            workspace.scope, replace(search, experiments=[*known, *experiments])
        )

    def log(
        self,
        workspace: Workspace,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[tuple[str, str]] = (),
        tags: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Keep metrics, params and tags of a run: all of them, or none."""
        check_batch(metrics, params, tags)
        self.store.log(workspace.scope, run_id, metrics, params, tags)
        for name, value in tags:
            if name == RUN_NAME_TAG:
                self.store.change_run(workspace.scope, run_id, name=value)
        for listener in self._listeners:
            listener(workspace, run_id, metrics)

    def remove_tag(self, workspace: Workspace, run_id: str, name: str) -> None:
        """Forget a tag of a run."""
        self._active_run(workspace, run_id)
        if not self.store.remove_tag(workspace.scope, run_id, name):
            raise _missing(f"No tag with name: {name} in run with id {run_id}")

    def add_links(self, workspace: Workspace, run_id: str, links: Sequence[Link]) -> None:
        """Keep what a run read or wrote."""
        self._active_run(workspace, run_id)
        self.store.add_links(workspace.scope, run_id, links)

    def history(
        self, workspace: Workspace, run_id: str, name: str, *, limit: int, offset: int = 0
    ) -> Sequence[Metric]:
        """Every value of a metric, by time, step and value."""
        self.run_header(workspace, run_id)
        _check_limit(limit, _MOST_HISTORY)
        return self.store.history(workspace.scope, run_id, name, limit=limit, offset=offset)

    # Logged models

    def create_model(
        self,
        workspace: Workspace,
        experiment_id: str,
        *,
        name: str,
        type: str,
        source_run: str,
        params: Mapping[str, str],
        tags: Mapping[str, str],
        place: Callable[[str, str, str], str],
    ) -> LoggedModel:
        """A new logged model, not yet ready. `place(run id, name, model id)` chooses its folder."""
        experiment = self.experiment(workspace, experiment_id)
        if source_run:
            self.run_header(workspace, source_run)
        model_id = f"m-{self._new_id()}"
        name = name or _name_for(model_id[2:])
        check_model_name(name)
        now = self.now()
        model = LoggedModel(
            model_id=model_id,
            experiment_id=experiment.id,
            name=name,
            folder=place(source_run, name, model_id),
            type=type,
            source_run=source_run,
            created=now,
            updated=now,
            params=params,
            tags=tags,
        )
        self.store.add_model(workspace.scope, model)
        return model

    def model(self, workspace: Workspace, model_id: str) -> LoggedModel:
        """A logged model with its data."""
        model = self.store.model(workspace.scope, model_id)
        if model is None:
            raise _missing(f"Logged model with ID '{model_id}' not found.")
        return model

    def change_model(
        self,
        workspace: Workspace,
        model_id: str,
        *,
        status: str | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str | None] | None = None,
    ) -> LoggedModel:
        """Change what is given of a logged model; answers how it is then."""
        self.model(workspace, model_id)
        self.store.change_model(
            workspace.scope, model_id, status=status, params=params, tags=tags, now=self.now()
        )
        return self.model(workspace, model_id)

    def _active_run(self, workspace: Workspace, run_id: str) -> TrackedRun:
        run = self.run_header(workspace, run_id)
        if run.stage is not Stage.ACTIVE:
            raise not_active(run_id, run.stage)
        return run


def _check_limit(limit: int, most: int) -> None:
    if not 0 < limit <= most:
        raise TrackingError(
            Code.INVALID_PARAMETER_VALUE,
            f"Invalid value {limit} for parameter 'max_results' supplied: it must be "
            f"between 1 and {most}.",
        )


def not_active(run_id: str, stage: str) -> TrackingError:
    """The refusal to change a run that was deleted."""
    return TrackingError(
        Code.INVALID_PARAMETER_VALUE,
        f"The run {run_id} must be in the 'active' state. Current state is {stage}.",
    )


def _missing(message: str) -> TrackingError:
    return TrackingError(Code.RESOURCE_DOES_NOT_EXIST, message)


_FIRST = "able bold calm deft eager fond glad keen lively merry neat proud quick rapid sunny wise"
_SECOND = "brook canal creek delta fjord lagoon mill pond rill river sluice spring stream tarn weir"


def _name_for(id: str) -> str:
    """A name people can say, from the digits of an id: `calm-river-417`."""
    digits = int.from_bytes(id.encode()[-12:], "big")
    first, second = _FIRST.split(), _SECOND.split()
    return (
        f"{first[digits % len(first)]}-{second[digits // 16 % len(second)]}-{digits // 256 % 1000}"
    )
