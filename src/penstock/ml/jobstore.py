"""What is kept of ML jobs: one record per job and per child job, and who keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Protocol

from penstock.ml.fields import Json
from penstock.ml.workspaces import Workspace
from penstock.records import record


@record
class JobOutput:
    """An output of a job: its full URI, and the asset to register when the job completes."""

    uri: str
    type: str
    asset_name: str = ""
    asset_version: str = ""


@record
class Job:
    """A job, or a child job of a pipeline. Names are unique in a workspace.

    `run` and `node` say which part of which engine run it is; `node` is empty for a whole pipeline.
    `parent` and `root` are names of jobs; a root has an empty parent and is its own root.
    `document` is what the client sent; a child's has what the service shows of a run (display name,
    properties, tags). `status` is set once it cannot change any more; until then the run's state
    tells. `origin` is the pipeline run, job and step that submitted it (`RUN/NODE/STEP`).
    """

    workspace: Workspace
    name: str
    type: str
    run: str
    node: str = ""
    parent: str = ""
    root: str
    key: str = ""
    display_name: str
    experiment: str
    experiment_id: str = ""
    document: Json
    outputs: Mapping[str, JobOutput] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    origin: str = ""
    archived: bool = False
    status: str = ""
    error: str = ""
    error_code: str = ""
    created_at: float
    started_at: float | None = None
    ended_at: float | None = None

    @property
    def is_root(self) -> bool:
        """Whether someone submitted it, rather than a pipeline starting it."""
        return not self.parent


class JobStore(Protocol):
    """Keeps jobs. Every call is one transaction; calls may come from several threads."""

    def add(self, jobs: Sequence[Job]) -> None:
        """Keep new jobs, all or none. Raises `JobExists` when a name is taken in its workspace."""

    def change(
        self, scope: str, name: str, change: Callable[[Job], Job], *, durable: bool = True
    ) -> Job | None:
        """Replace a job by what `change` makes of it; None when there is no such job.

        One that is not `durable` may be taken back by a power cut, until the next durable change
        of anything that is kept beside it.
        """

    def get(self, scope: str, name: str) -> Job | None:
        """The job of that name in a workspace (`Workspace.scope`)."""

    def roots(self, scope: str) -> Sequence[Job]:
        """The jobs that someone submitted in a workspace, newest first."""

    def page(self, scope: str, *, before: str = "", limit: int) -> Sequence[Job]:
        """Jobs that someone submitted in a workspace, newest first: those older than `before`."""

    def children(self, scope: str, parent: str) -> Sequence[Job]:
        """The child jobs of a job, in the order of the graph."""

    def of_run(self, run: str) -> Sequence[Job]:
        """All jobs of one engine run, the root first."""

    def find(self, name: str) -> Sequence[Job]:
        """Jobs of that name in any workspace."""

    def started_by(self, origin_run: str) -> Sequence[Job]:
        """The root jobs that a pipeline run submitted, in order."""

    def unfinished(self) -> Sequence[Job]:
        """The root jobs whose end is not known yet."""


class JobExists(Exception):
    """a job of that name is there already"""
