"""Keeps runs of pipeline definitions and begins them.

Where the YAML cannot be read or something is missing the run is kept as one that failed before it
began, with its diagnostics: the service's "information run".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from penstock.devops.definitions import QueueStatus
from penstock.devops.plans.numbering import numbered
from penstock.devops.queueing.headers import problem_events, problem_header, run_header
from penstock.devops.queueing.preparing import Prepared, Preparing
from penstock.devops.queueing.requests import RunRequest
from penstock.engine.events import Event
from penstock.engine.plan import Plan
from penstock.records import record


class NotQueued(Exception):
    """the run cannot be queued; the message says why"""


class RunBook(Protocol):
    """Where runs are numbered and kept."""

    def new_id(self) -> str:
        """A number that no run has or had."""

    def next_revision(self, definition: str, prefix: str) -> int:
        """What `$(Rev:r)` is for the next run."""

    def id_of_cause(self, cause: str) -> str | None:
        """The run that was started for this cause, if there is one."""

    def create(
        self, run: str, plan: Plan, header: Mapping[str, str], events: Sequence[Event] = ()
    ) -> None:
        """Keep a run with what happened in it already. `ValueError` for a known cause."""


class Start(Protocol):
    """Keeps a run and begins it, after events that are taken over from another one."""

    def __call__(
        self, run: str, plan: Plan, header: Mapping[str, str], events: Sequence[Event] = ()
    ) -> None:
        """As `Scheduler.start`."""


@record
class SecondTry:
    """What a run takes over from run `of`: events, and (by `copy(new run)`) logs and artifacts."""

    of: str
    events: Sequence[Event]
    copy: Callable[[str], None]


@record
class Queueing:
    """Queues runs. Every method may be called from any thread."""

    preparing: Preparing
    runs: RunBook
    start: Start
    clock: Callable[[], float]

    def known(self, cause: str) -> int | None:
        """The run that was made for a cause already, by a server that died before it could say."""
        found = self.runs.id_of_cause(cause)
        return int(found) if found is not None else None

    def queue(self, request: RunRequest, second_try: SecondTry | None = None) -> str:
        """Make the run and start it; its id. Raises NotQueued, SourceMissing, StageRefused."""
        if request.cause and (known := self.runs.id_of_cause(request.cause)):
            return known
        status = request.definition.settings.queue_status
        if status is not QueueStatus.ENABLED:
            raise NotQueued(f'the pipeline "{request.definition.name}" is {status}')
        prepared = self.preparing.prepare(request)
        run = self.runs.new_id()
        try:
            if prepared.is_sound and prepared.planned is not None:
                number, plan = self._numbered(run, prepared, prepared.planned.plan)
                header = run_header(prepared, number)
                if second_try is not None:
                    second_try.copy(run)
                    header["second_try_of"] = second_try.of
                self.start(run, plan, header, second_try.events if second_try else ())
            else:
                self._keep_failed(run, prepared)
        except ValueError:
            # Another thread was told of the same cause at the same time.
            known = self.runs.id_of_cause(request.cause)
            if known is None:
                raise
            return known
        return run

    def _numbered(self, run: str, prepared: Prepared, plan: Plan) -> tuple[str, Plan]:
        pipeline = prepared.compiled.pipeline
        return numbered(
            plan,
            pipeline.name.value if pipeline and pipeline.name else "",
            run=run,
            key=f"pipeline:{prepared.request.definition.id}",
            now=datetime.fromtimestamp(self.clock(), UTC),
            next_revision=self.runs.next_revision,
        )

    def _keep_failed(self, run: str, prepared: Prepared) -> None:
        number, plan = self._numbered(run, prepared, Plan(nodes=(), variables=prepared.variables))
        header = run_header(prepared, number) | problem_header(prepared.diagnostics)
        events = problem_events(prepared.diagnostics, self.clock())
        self.runs.create(run, plan, header, events)
