"""Records of what tracking clients log, and what keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Protocol

from penstock.ml.tracking_search import Condition, Order
from penstock.ml.tracking_values import Metric
from penstock.records import record


class Stage(StrEnum):
    """Whether something is there or was deleted; what was deleted can be restored."""

    ACTIVE = "active"
    DELETED = "deleted"


class View(StrEnum):
    """Which stages a search looks at."""

    ACTIVE_ONLY = "ACTIVE_ONLY"
    DELETED_ONLY = "DELETED_ONLY"
    ALL = "ALL"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages this view shows."""
        match self:
            case View.ACTIVE_ONLY:
                return (Stage.ACTIVE,)
            case View.DELETED_ONLY:
                return (Stage.DELETED,)
        return (Stage.ACTIVE, Stage.DELETED)


@record
class Experiment:
    """A named set of runs. Times are milliseconds since 1970."""

    id: str
    name: str
    stage: Stage = Stage.ACTIVE
    created: int
    updated: int
    tags: Mapping[str, str] = field(default_factory=dict)


@record
class Link:
    """What a run read or wrote: `kind` is `dataset`, `model_input` or `model_output`; `key` is
    unique for a kind in a run, `body` is as the client sent it."""

    kind: str
    key: str
    body: Mapping[str, object]


@record
class TrackedRun:
    """A run. `owned` says that it belongs to a job. `metrics` are the latest of each name.

    Times are milliseconds since 1970.
    """

    run_id: str
    experiment_id: str
    name: str = ""
    user: str = ""
    status: str = "RUNNING"
    stage: Stage = Stage.ACTIVE
    owned: bool = False
    started: int | None = None
    ended: int | None = None
    metrics: tuple[Metric, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()


@record
class LoggedModel:
    """A model that a run logged. `folder` is its place below the workspace's artifact store."""

    model_id: str
    experiment_id: str
    name: str
    folder: str
    status: str = "LOGGED_MODEL_PENDING"
    type: str = ""
    source_run: str = ""
    created: int
    updated: int
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()


@record
class RunSearch:
    """Which runs, in which order, and which of them: `offset` and `limit`."""

    experiments: Sequence[str]
    stages: Sequence[Stage] = (Stage.ACTIVE,)
    conditions: Sequence[Condition] = ()
    orders: Sequence[Order] = ()
    limit: int = 1000
    offset: int = 0


class TrackingStore(Protocol):
    """Keeps tracked things. `scope` is a workspace's. Every call is one transaction; calls may come
    from several threads. What is asked for and is not there is None."""

    def add_experiment(
        self, scope: str, name: str, tags: Mapping[str, str], now: int
    ) -> Experiment | None:
        """Keep a new experiment; None when the name is taken."""

    def experiment(self, scope: str, id: str) -> Experiment | None:
        """The experiment of that id."""

    def experiment_named(self, scope: str, name: str) -> Experiment | None:
        """The experiment of that name, deleted or not."""

    def experiments(self, scope: str) -> Sequence[Experiment]:
        """All experiments, newest first."""

    def change_experiment(
        self, scope: str, id: str, *, name: str | None, stage: Stage | None, now: int
    ) -> bool:
        """Change what is given; False when the name is taken."""

    def set_experiment_tag(self, scope: str, id: str, name: str, value: str | None) -> bool:
        """Set a tag, or remove it (None); False when there is no such experiment, or no such tag to
        remove."""

    def add_run(self, scope: str, run: TrackedRun) -> bool:
        """Keep a new run with its tags; False when its id is taken."""

    def run(self, scope: str, run_id: str) -> TrackedRun | None:
        """A run with all its data."""

    def runs(self, scope: str, run_ids: Sequence[str]) -> Sequence[TrackedRun]:
        """Those of the runs that are there, in no order, with all their data."""

    def run_header(self, scope: str, run_id: str) -> TrackedRun | None:
        """A run without metrics, params, tags and links."""

    def search_runs(self, scope: str, search: RunSearch) -> Sequence[TrackedRun]:
        """The runs that match, with their data."""

    def change_run(
        self,
        scope: str,
        run_id: str,
        *,
        name: str | None = None,
        stage: Stage | None = None,
        status: str | None = None,
        ended: int | None = None,
    ) -> None:
        """Change what is given and nothing else; a status comes with its end, or with none."""

    def log(
        self,
        scope: str,
        run_id: str,
        metrics: Sequence[Metric],
        params: Sequence[tuple[str, str]],
        tags: Sequence[tuple[str, str]],
    ) -> None:
        """Keep all of it, or none. Raises `TrackingError` when the run is not there or was deleted,
        or when a param has another value already. The same metric twice is kept once."""

    def remove_tag(self, scope: str, run_id: str, name: str) -> bool:
        """Forget a tag; False when there was none."""

    def add_links(self, scope: str, run_id: str, links: Sequence[Link]) -> None:
        """Keep links; those that are there already stay."""

    def history(
        self, scope: str, run_id: str, name: str, *, limit: int, offset: int = 0
    ) -> Sequence[Metric]:
        """Every value of a metric by time, step and value."""

    def add_model(self, scope: str, model: LoggedModel) -> None:
        """Keep a new logged model."""

    def model(self, scope: str, model_id: str) -> LoggedModel | None:
        """A logged model with its data."""

    def models(self, scope: str, experiments: Sequence[str]) -> Sequence[LoggedModel]:
        """The logged models of experiments, newest first."""

    def models_of_run(self, scope: str, run_id: str) -> Sequence[LoggedModel]:
        """The models that a run logged, without their data."""

    def change_model(
        self,
        scope: str,
        model_id: str,
        *,
        status: str | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str | None] | None = None,
        now: int,
    ) -> None:
        """Change what is given; a tag that becomes None is removed."""

    def remove_model(self, scope: str, model_id: str) -> None:
        """Forget a logged model."""
