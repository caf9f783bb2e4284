"""What goes on with jobs, read once for all who look.

Writers in this process say what they touched (`Feeds.on_...`), and a feed reads just that, when the
first of its readers asks; the others find it read. What another process does is looked for every
few seconds, once for all readers too. A feed keeps what changed by number (`changes`): whoever has
come to a number gets what changed since, be it a second or an hour ago.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Protocol, TypeVar

from penstock.engine.events import Event
from penstock.ml.executionlog import EXECUTION_LOG
from penstock.ml.failures import is_log, log_names
from penstock.ml.jobstore import Job
from penstock.ml.tracking_values import Metric
from penstock.ml.workspaces import Workspace
from penstock.records import record
from penstock.server.live import Wakeups
from penstock.server.ml.context import MlHttp
from penstock.server.ml.studio.changes import Ledger, Numbers, Points, Word
from penstock.server.ml.studio.rows import job_rows, node_metrics, node_names

LOOK_SECONDS = 2.0
"""How often jobs that another process runs are looked at."""
_MOST_ROWS = 2_000
_RECENT = 50
_RECENT_SECONDS = 60.0


class Feed(Protocol):
    """What readers of one thing share. Writers' calls say whether it concerns the feed."""

    key: str
    is_over: bool

    def refresh(self, now: float) -> None:
        """Read what was touched since the last time; in a worker thread. `now` is in seconds of
        any steady clock."""

    def since(self, after: int | None, upto: int) -> list[Word]:
        """What changed after a number, up to another one; all for a reader who begins (None)."""

    def on_event(self, run: str) -> bool:
        """Something happened in an engine run."""

    def on_log(self, run: str, node: str, log: str) -> bool:
        """A log of a node has more lines."""

    def on_logged(self, scope: str, run_id: str, metrics: Sequence[Metric]) -> bool:
        """Something was logged of a tracked run, which has the name of its job."""

    def on_job(self, job: Job) -> bool:
        """A job is new, was changed or has ended."""


_SomeFeed = TypeVar("_SomeFeed", "JobFeed", "WorkspaceFeed")


class Feeds:
    """The feeds that someone reads. A feed lives as long as it has readers.

    The `on_...` methods are for the writers, from any thread; they cost next to nothing where
    nobody reads.
    """

    def __init__(self, ml: MlHttp) -> None:
        self._ml = ml
        self.wakeups = Wakeups()
        self.numbers = Numbers()
        self._lock = threading.Lock()
        self._feeds: weakref.WeakValueDictionary[str, JobFeed | WorkspaceFeed] = (
            weakref.WeakValueDictionary()
        )

    def of_job(self, job: Job) -> JobFeed:
        """The feed of a job and its child jobs."""
        return self._shared(JobFeed(self._ml, job, self.numbers))

    def of_workspace(self, workspace: Workspace) -> WorkspaceFeed:
        """The feed of the jobs that are submitted in a workspace."""
        return self._shared(WorkspaceFeed(self._ml, workspace, self.numbers))

    def on_event(self, run: str, event: Event) -> None:
        """The scheduler's events; to be subscribed after the job service's own."""
        self._touch(lambda feed: feed.on_event(run))

    def on_log(self, run: str, node: str, log: str, text: str) -> None:
        """What was appended to a log of a node."""
        self._touch(lambda feed: feed.on_log(run, node, log))

    def on_logged(self, workspace: Workspace, run_id: str, metrics: Sequence[Metric]) -> None:
        """What a tracking client logged."""
        self._touch(lambda feed: feed.on_logged(workspace.scope, run_id, metrics))

    def on_job(self, job: Job) -> None:
        """A job is new, was changed or has ended."""
        self._touch(lambda feed: feed.on_job(job))

    def _touch(self, concerns: Callable[[Feed], bool]) -> None:
        if not self._feeds:
            return
        with self._lock:
            feeds = list(self._feeds.values())
        self.wakeups.changed(*(feed.key for feed in feeds if concerns(feed)))

    def _shared(self, made: _SomeFeed) -> _SomeFeed:
        with self._lock:
            found = self._feeds.get(made.key)
            if isinstance(found, type(made)):
                return found
            self._feeds[made.key] = made
        return made


@record(kw_only=False, frozen=False)
class _Touched:
    """What writers said since the last look. `everything` is so at first, and for what another
    process does."""

    everything: bool = False
    moved: bool = False
    jobs: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    logs: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.everything or self.moved or self.jobs or self.runs or self.logs)


class JobFeed:
    """One job with its child jobs: their rows, the values they log, the lines of its own logs."""

    def __init__(self, ml: MlHttp, job: Job, numbers: Numbers) -> None:
        self.key = f"{job.workspace.scope}/jobs/{job.name}"
        self.is_over = False
        self._ml = ml
        self._job = job
        self._jobs: dict[str, Job] = {}
        self._ledger = Ledger(numbers)
        self._points = Points(numbers)
        self._lines: dict[str, int] = {}
        self._read: tuple[str, int, list[str]] | None = None
        self._execution: list[str] = []
        self._names: Mapping[str, str] = {}
        self._seen: dict[str, object] = {}
        self._touching, self._looking = threading.Lock(), threading.Lock()
        self._touched = _Touched(everything=True)
        self._looked_at = 0.0

    def on_event(self, run: str) -> bool:
        """A node of the job has moved."""
        if run != self._job.run:
            return False
        with self._touching:
            self._touched.moved = True
        return True

    def on_log(self, run: str, node: str, log: str) -> bool:
        """A log of the job itself has more lines."""
        job = self._job
        if run != job.run or node != job.node or job.type == "Pipeline" or not is_log(log):
            return False
        with self._touching:
            self._touched.logs.add(log)
        return True

    def on_logged(self, scope: str, run_id: str, metrics: Sequence[Metric]) -> bool:
        """The job or a child logged something."""
        if scope != self._job.workspace.scope or run_id not in self._jobs:
            return False
        if metrics:
            self._points.add(run_id, metrics)
        with self._touching:
            self._touched.jobs.add(run_id)
        return True

    def on_job(self, job: Job) -> bool:
        """The job or a child was changed or has ended."""
        if job.run != self._job.run:
            return False
        with self._touching:
            self._touched.jobs.add(job.name)
        return True

    @property
    def lines(self) -> Mapping[str, int]:
        """How many lines each log of the job has, as of the last look."""
        return dict(self._lines)

    def read(self, log: str, first: int, most: int) -> list[str]:
        """Lines of a log of the job. Those that all readers want now are read once."""
        if log == EXECUTION_LOG and self._job.type == "Pipeline":
            return self._execution[first - 1 : first - 1 + most]
        last = self._read
        if last is not None and last[:2] == (log, first) and len(last[2]) <= most:
            return last[2]
        lines = self._ml.logs.read(self._job.run, self._job.node, log, first, most)
        self._read = (log, first, lines)
        return lines

    def since(self, after: int | None, upto: int) -> list[Word]:
        """Rows that changed and values that were added. A reader who begins gets every row."""
        words = self._ledger.since(after or 0, upto)
        if after is None:
            return words
        if after < self._points.whole_since:
            return [*words, Word(number=upto, name="gap", data={})]
        return [*words, *self._points.since(after, upto)]

    def refresh(self, now: float) -> None:
        """Read what was touched since the last time."""
        with self._looking:
            if self.is_over:
                return
            with self._touching:
                touched, self._touched = self._touched, _Touched()
            if not touched and now - self._looked_at >= LOOK_SECONDS:
                self._looked_at = now
                touched.everything = not self._ml.service.is_here(self._job)
            if touched:
                self._look(touched)

    def _look(self, touched: _Touched) -> None:
        if not self._read_jobs(touched):
            self.is_over = True
            return
        changed = set(self._jobs) if touched.everything else touched.jobs & self._jobs.keys()
        if touched.everything or touched.moved:
            changed |= self._moved()
        self._tell(changed)
        self._count_lines(touched)
        self.is_over = bool(self._job.status)

    def _read_jobs(self, touched: _Touched) -> bool:
        """The records as they are now; False where the job is gone."""
        jobs, scope, name = self._ml.service.jobs, self._job.workspace.scope, self._job.name
        if touched.everything:
            family: list[Job | None] = [jobs.get(scope, name), *jobs.children(scope, name)]
        else:
            family = [jobs.get(scope, each) for each in touched.jobs & self._jobs.keys()]
        is_first = not self._jobs
        self._jobs |= {job.name: job for job in family if job is not None}
        if name not in self._jobs:
            return False
        self._job = self._jobs[name]
        if is_first:
            self._points.begin()
        return True

    def _moved(self) -> set[str]:
        """The jobs whose state is not what it was."""
        jobs = list(self._jobs.values())
        states = self._ml.service.states(jobs)
        now = {job.name: (s.status, s.started) for job, s in zip(jobs, states, strict=True)}
        before, self._seen = self._seen, dict(now)
        return {name for name, state in now.items() if before.get(name) != state}

    def _tell(self, names: set[str]) -> None:
        if not names:
            return
        jobs = [self._jobs[name] for name in self._jobs if name in names]
        tracked = self._ml.tracking.runs(self._job.workspace, [job.name for job in jobs])
        for job, shown in zip(jobs, job_rows(self._ml, jobs, tracked), strict=True):
            if job.name == self._job.name:
                own = tracked.get(job.name)
                shown["params"] = dict(own.params) if own is not None else {}
            self._ledger.tell("job", job.name, shown, job.origin)

    def _count_lines(self, touched: _Touched) -> None:
        ml, job = self._ml, self._job
        if job.type == "Pipeline":
            if touched.everything or touched.moved or job.status:
                self._names = self._names or ml.service.names(job)
                self._execution = ml.service.execution_log(job, self._names).splitlines()
                self._lines[EXECUTION_LOG] = len(self._execution)
            return
        logs = set(touched.logs)
        if touched.everything or job.status:
            logs |= {*self._lines, *log_names(ml.logs, job.run, job.node)}
        for log in sorted(logs):
            self._lines[log] = ml.logs.line_count(job.run, job.node, log)


class WorkspaceFeed:
    """The rows of the jobs that are submitted in a workspace, as they change."""

    def __init__(self, ml: MlHttp, workspace: Workspace, numbers: Numbers) -> None:
        self.key = f"{workspace.scope}/jobs"
        self.is_over = False
        self._ml = ml
        self._workspace = workspace
        self._ledger = Ledger(numbers, _MOST_ROWS)
        self._roots: dict[str, str] = {}
        self._nodes: dict[str, list[str]] = {}
        self._going: dict[str, Job] = {}
        self._known: set[str] = set()
        self._touching, self._looking = threading.Lock(), threading.Lock()
        self._touched = _Touched(everything=True)
        self._looked_at = 0.0

    def on_event(self, run: str) -> bool:
        """A run has moved; whether it is one of our jobs is found out later."""
        with self._touching:
            self._touched.runs.add(run)
        return self._roots.get(run) != ""

    def on_log(self, run: str, node: str, log: str) -> bool:
        """Lists show no lines."""
        return False

    def on_logged(self, scope: str, run_id: str, metrics: Sequence[Metric]) -> bool:
        """A job of the workspace, or a child of one, logged something."""
        if scope != self._workspace.scope:
            return False
        with self._touching:
            self._touched.jobs.add(run_id)
        return True

    def on_job(self, job: Job) -> bool:
        """A job of the workspace is new, was changed or has ended."""
        if job.workspace.scope != self._workspace.scope:
            return False
        with self._touching:
            self._touched.jobs.add(job.root)
        return True

    def since(self, after: int | None, upto: int) -> list[Word]:
        """Rows that changed. A reader who begins has just read the list, and gets those that may
        have changed meanwhile."""
        words = self._ledger.since(after or 0, upto)
        if after is not None and after < self._ledger.whole_since:
            return [Word(number=upto, name="gap", data={}), *words]
        return words

    def refresh(self, now: float) -> None:
        """Read what was touched since the last time."""
        with self._looking:
            with self._touching:
                touched, self._touched = self._touched, _Touched()
            names = {self._root_of(name) for name in touched.jobs}
            names |= {self._root_of_run(run) for run in touched.runs}
            if touched.everything or now - self._looked_at >= LOOK_SECONDS:
                self._looked_at = now
                names |= self._elsewhere(touched.everything)
            self._tell(names - {""})

    def _elsewhere(self, is_first: bool) -> set[str]:
        """The jobs that may have changed without a word to us."""
        service, scope = self._ml.service, self._workspace.scope
        newest = {job.name: job for job in service.jobs.page(scope, limit=_RECENT)}
        if is_first:
            self._known = set(newest)
            since = self._ml.now() - _RECENT_SECONDS
            going = (job.name for job in service.jobs.unfinished() if job.workspace.scope == scope)
            ended = (job.name for job in newest.values() if (job.ended_at or 0.0) >= since)
            return {*going, *ended}
        fresh = newest.keys() - self._known
        self._known |= fresh
        elsewhere = (name for name, job in self._going.items() if not service.is_here(job))
        return {*fresh, *elsewhere}

    def _root_of(self, name: str) -> str:
        job = self._ml.service.jobs.get(self._workspace.scope, name)
        return job.root if job is not None else ""

    def _root_of_run(self, run: str) -> str:
        """The job that a run is; empty for other runs and for jobs of other workspaces."""
        if run not in self._roots:
            family = self._ml.service.jobs.of_run(run)
            ours = bool(family) and family[0].workspace.scope == self._workspace.scope
            self._roots[run] = family[0].root if ours else ""
            if len(self._roots) > _MOST_ROWS:
                del self._roots[next(iter(self._roots))]
        return self._roots[run]

    def _tell(self, names: set[str]) -> None:
        if not names:
            return
        ml, scope = self._ml, self._workspace.scope
        found = (ml.service.jobs.get(scope, name) for name in sorted(names))
        jobs = [job for job in found if job is not None]
        below = node_metrics(ml, self._workspace, [self._nodes_of(job) for job in jobs])
        for job, shown, metrics in zip(jobs, job_rows(ml, jobs), below, strict=True):
            shown["metrics"] = {**metrics, **shown["metrics"]}
            self._ledger.tell("job", job.name, shown, job.origin)
            self._known.add(job.name)
            if job.status:
                self._going.pop(job.name, None)
                self._nodes.pop(job.name, None)
            else:
                self._going[job.name] = job

    def _nodes_of(self, job: Job) -> list[str]:
        if job.name not in self._nodes:
            self._nodes[job.name] = node_names(self._ml, job)
        return self._nodes[job.name]
