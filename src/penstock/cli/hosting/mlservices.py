"""The Azure ML half of a host: service, tracking, computes and the HTTP application over them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from penstock.agent.pool import LocalPool
from penstock.cli.explaining.summary import MlJob
from penstock.engine.redaction import secret_values
from penstock.engine.scheduler import RunStopped
from penstock.ml.compute import ComputeExecutor, slots
from penstock.ml.jobs import MlService
from penstock.ml.jobstore import Job
from penstock.ml.tracking import Tracking
from penstock.ml.tracking_values import TrackingError
from penstock.ml.workspaces import Workspace
from penstock.store.agents import ml_places
from penstock.store.database import open_metrics
from penstock.store.ml.assets import SqlAssets
from penstock.store.ml.jobs import SqlJobs
from penstock.store.ml.tracking import SqlTracking

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from penstock.cli.hosting.host import Host
    from penstock.server.auth import Signer
    from penstock.server.ml.context import ProjectOf
    from penstock.server.routes import Route

COMMAND_SLOTS = 64


class MlServices:
    """Everything of Azure ML that one host needs. Methods may be called from any thread."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._metrics_database = open_metrics(host.home)
        self.tracking = Tracking(SqlTracking(self._metrics_database))
        self.assets = SqlAssets(host.database)
        self.jobs = SqlJobs(host.database)
        self.service = MlService(
            assets=self.assets,
            jobs=self.jobs,
            scheduler=host.scheduler,
            tracking=self.tracking,
            logs=host.logs,
            new_run=host.runs.new_id,
            new_name=_guid,
            clock=time.time,
        )
        processors = os.cpu_count() or 1
        self._pool = LocalPool(
            host.agents, host.machine, COMMAND_SLOTS, host.scheduler.post, host.token_of
        )
        self.executor = ComputeExecutor(
            self._pool,
            lambda workspace, compute: slots(self.assets, workspace, compute, processors),
            host.scheduler.post,
            host.scheduler.state,
            self._secrets_around,
        )
        self.artifact_folder = ml_places(self.jobs, host.home)
        self._names: dict[tuple[str, str], tuple[str, str]] = {}
        self._origins: dict[str, str] = {}
        # Room first: what waits for it need not wait until the end is kept.
        host.scheduler.subscribe(self.executor.on_event)
        host.scheduler.subscribe(self.service.on_event)

    def application(self) -> ASGIApp:
        """The HTTP application: ARM, Azure ML, run history, blobs, MLflow.

        Callers need the host's token.
        """
        from penstock.server.app import make_app
        from penstock.server.auth import one_token

        routes, signer = self.routes()
        return make_app(
            routes,
            one_token(self._host.access.token),
            signer=signer,
            on_failure=self._host.on_failure,
        )

    def routes(
        self, *, has_portal: bool = False, project_of: ProjectOf = lambda call, run: ""
    ) -> tuple[tuple[Route, ...], Signer]:
        """The routes of the application, and who checks their signed addresses. Made once.

        With a portal, its studio shows a job; without one there is a plain page. `project_of(call,
        run)` is the name of the project of a pipeline run, empty for none, None where the caller
        may not see the run.
        """
        from penstock.server.auth import Signer
        from penstock.server.ml import ml_routes
        from penstock.server.ml.context import MlHttp
        from penstock.server.ml.studio.feeds import Feeds
        from penstock.server.mlflow import mlflow_routes

        host = self._host
        http = MlHttp(
            service=self.service,
            logs=host.logs,
            storage=host.home.storage,
            signer=Signer(host.signing_key()),
            tracking=self.tracking,
            project_of=project_of,
            shares=host.shares,
            is_closing=host.closing.is_set,
        )
        feeds = Feeds(http)
        host.scheduler.subscribe(feeds.on_event)
        host.log_listeners.append(feeds.on_log)
        self.service.subscribe(feeds.on_job)
        self.tracking.subscribe(feeds.on_logged)
        routes = (
            *ml_routes(http, feeds, has_portal=has_portal),
            *mlflow_routes(self.tracking, self.assets, host.home.storage),
        )
        return routes, http.signer

    def names_of(self, run: str, node: str) -> tuple[str, str] | None:
        """What people call the root job and the node of an ML run; None for any other run."""
        if (run, node) not in self._names:
            family = self.jobs.of_run(run)
            for job in family:
                root = family[0].display_name or family[0].name
                self._names[run, job.node] = (root, job.key or job.display_name)
        return self._names.get((run, node))

    def jobs_of(self, origin_run: str) -> list[MlJob]:
        """The ML jobs that steps of a pipeline run started, as they stand now."""
        found = []
        for job in self.jobs.started_by(origin_run):
            children = [c for c in self.jobs.of_run(job.run) if not c.is_root]
            shown = tuple(self._shown(child, ()) for child in children)
            found.append(self._shown(job, shown))
        return found

    def wait_for_jobs_of(self, origin_run: str) -> None:
        """Return when every ML job that the run started has ended, or cannot go on."""
        for job in self.jobs.started_by(origin_run):
            if not job.status:
                with suppress(RunStopped, KeyError):
                    self._host.scheduler.wait(job.run)

    def cancel_jobs_of(self, origin_run: str) -> None:
        """Ask every ML job that the run started to stop."""
        for job in self.jobs.started_by(origin_run):
            self.service.cancel(job, "the pipeline run was canceled")

    def close(self) -> None:
        """Wait for what ended jobs leave, and let go of the metrics."""
        self._pool.close()
        self._metrics_database.close()

    def _metrics(self, workspace: Workspace, job: str) -> Mapping[str, float]:
        try:
            run = self.tracking.run(workspace, job)
        except TrackingError:
            return {}
        return {metric.name: metric.value for metric in run.metrics}

    def _secrets_around(self, run: str) -> tuple[str, ...]:
        """The secrets of the pipeline run whose step started an ML run: it may have passed them."""
        if run not in self._origins:
            root = next((job for job in self.jobs.of_run(run) if job.is_root), None)
            self._origins[run] = root.origin.partition("/")[0] if root is not None else ""
        origin = self._origins[run]
        try:
            return secret_values(self._host.scheduler.state(origin)) if origin else ()
        except KeyError:
            return ()

    def _shown(self, job: Job, children: tuple[MlJob, ...]) -> MlJob:
        status = self.service.status(job)
        started = self.service.started(job)
        end = job.ended_at or time.time()
        title = job.key or job.display_name or job.name
        if job.is_root and title != job.name:
            title = f"{title} ({job.name})"
        return MlJob(
            name=job.name,
            title=title,
            status=str(status),
            seconds=end - started if started is not None else None,
            metrics=self._metrics(job.workspace, job.name),
            error=job.error,
            origin=job.origin,
            workspace=job.workspace.name,
            resource_group=job.workspace.resource_group,
            children=children,
        )


def _guid() -> str:
    digits = os.urandom(16).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
