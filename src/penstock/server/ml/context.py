"""What the Azure ML handlers are given, and how their refusals reach the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.ml.assets import Asset, AssetStore
from penstock.ml.catalog import as_made, find_workspace
from penstock.ml.datastores import UnsafePath
from penstock.ml.jobs import MlService
from penstock.ml.jobstore import Job
from penstock.ml.references import Problem
from penstock.ml.references import Refused as Rejected
from penstock.ml.tracking import Tracking
from penstock.ml.tracking_store import TrackedRun
from penstock.ml.tracking_values import TrackingError
from penstock.ml.workspaces import PROVIDER, Workspace
from penstock.records import record
from penstock.server.auth import Signer
from penstock.server.errors import Detail, Refused
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.server.shares import Shares
from penstock.store.logs import Logs

if TYPE_CHECKING:
    from starlette.responses import Response

GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
WORKSPACES = f"{GROUP}/providers/{PROVIDER}/workspaces"
WORKSPACE = f"{WORKSPACES}/{{workspace}}"
LINK_SECONDS = 30 * 24 * 3600.0
"""How long a link to a job's page or log is good for."""


ProjectOf = Callable[[Call, str], str | None]


@record
class MlHttp:
    """What the handlers need. `project_of(call, run)` names a run's project; empty for none, None
    where the caller may not see the run. `shares` are what one person may have at once.
    `is_closing` ends what streams."""

    service: MlService
    logs: Logs
    storage: Path
    signer: Signer
    tracking: Tracking
    shares: Shares
    project_of: ProjectOf = lambda call, run: ""
    is_closing: Callable[[], bool] = lambda: False

    @property
    def assets(self) -> AssetStore:
        """The documents of all workspaces."""
        return self.service.assets

    def metrics(self, workspace: Workspace, job: str) -> Mapping[str, float]:
        """The latest value of each metric of a job."""
        run = self.tracked(workspace, job)
        return {metric.name: metric.value for metric in run.metrics} if run is not None else {}

    def tracked(self, workspace: Workspace, job: str) -> TrackedRun | None:
        """What tracking clients logged of a job; None before its run is there."""
        try:
            return self.tracking.run(workspace, job)
        except TrackingError:
            return None

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.service.clock()

    def signed(self, base_url: str, path: str, *, write: bool = False) -> str:
        """A link that needs no token. `path` is decoded."""
        from urllib.parse import quote

        query = self.signer.query(path, expires=self.now() + LINK_SECONDS, write=write)
        return f"{base_url}{quote(path)}?{query}"


Handler = Callable[[MlHttp, Call], "Reply | Response"]


def row(
    ml: MlHttp,
    method: str,
    path: str,
    handler: Handler,
    *,
    permission: Permission | None = None,
    quick: bool = False,
) -> Route:
    """A row of the table for a handler. Reading is allowed to readers, all else to writers."""
    wanted = Permission.READ if method in ("GET", "HEAD") else Permission.WRITE

    def answer(call: Call) -> Reply | Response:
        try:
            return handler(ml, call)
        except Rejected as error:
            raise refusal(error.problems) from error
        except UnsafePath as error:
            raise Refused(400, "InvalidPath", str(error)) from error

    return Route(
        method=method, path=path, permission=permission or wanted, handler=answer, quick=quick
    )


def refusal(problems: tuple[Problem, ...]) -> Refused:
    """All problems of a request as one answer: 400, each with its place in the user's own words."""
    details = tuple(
        Detail(code=problem.code, message=problem.message, target=problem.target)
        for problem in problems
    )
    message = problems[0].message
    if len(problems) > 1:
        lines = (f"- {problem.target}: {problem.message}" for problem in problems)
        message = f"{len(problems)} problems:\n" + "\n".join(lines)
    return Refused(400, "UserError", message, target=problems[0].target, details=details)


def asked_workspace(call: Call) -> Workspace:
    """The workspace of the request's path, there or not."""
    return Workspace(
        subscription=call.parameters["subscription"],
        resource_group=call.parameters["group"],
        name=call.parameters["workspace"],
    )


def workspace_of(ml: MlHttp, call: Call) -> Workspace:
    """The workspace of the request's path, with its names as they were given when it was made."""
    return as_made(workspace_asset(ml, call))


def workspace_asset(ml: MlHttp, call: Call) -> Asset:
    """The kept workspace of the request's path."""
    workspace = asked_workspace(call)
    asset = find_workspace(ml.assets, workspace)
    if asset is None:
        group = workspace.resource_group
        raise Refused(
            404,
            "ResourceNotFound",
            f"The Resource '{PROVIDER}/workspaces/{workspace.name}' under resource group '{group}'"
            f" was not found; create it: az ml workspace create --name {workspace.name}"
            f" --resource-group {group}",
            target="workspace",
        )
    return asset


def job_of(ml: MlHttp, call: Call) -> Job:
    """The job of the request's path."""
    workspace, name = workspace_of(ml, call), call.parameters["job"]
    job = ml.service.jobs.get(workspace.scope, name)
    if job is None:
        raise Refused(404, "UserError", f"Job {name} not found", target="job")
    return job


def not_found(what: str) -> Refused:
    """The answer when a document is not there."""
    return Refused(404, "ResourceNotFound", f"{what} not found")


def user_of(call: Call) -> str:
    """Who calls."""
    return call.principal.name if call.principal is not None else "local"
