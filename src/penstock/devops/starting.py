"""Starts runs by themselves: pushes, schedules, the ends of other runs; each decision is kept.

`devops.triggers` decides; this asks for what it needs and does what it says. An event that comes a
second time, after a crash, starts nothing twice: a run knows its cause.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from penstock.devops import triggers
from penstock.devops.definitions import Definition, Definitions, QueueStatus
from penstock.devops.queueing import PULL_REQUEST, NotQueued, Person, Queueing, RunRequest
from penstock.devops.schedules import branch_schedules, due
from penstock.devops.sources import SourceMissing, SourceRepository, Sources
from penstock.devops.triggers import Decision, Event, Going, Outcome
from penstock.language.compiler import Compiled

_NO_FILE = "PS1201"
_KEPT = 500
_DRAFT = ":draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that could start runs: `kind` is `push`, `schedule`, `completion` or
    `pullRequest`. `key` is its own; `old` and `new` are commits; `about` is a line for people."""

    id: int = 0
    key: str
    project: str
    repository: str
    kind: str
    ref: str
    old: str = ""
    new: str = ""
    who: str = ""
    about: str = ""
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of one pipeline at an event: `outcome` is that of the decision, or `batched` for
    a push that was held back and has its run by now. `place` is the line of YAML that decided."""

    pipeline: int
    name: str
    outcome: str
    reason: str
    why: str
    place: str = ""
    run: int | None = None


class TriggerBook(Protocol):
    """Keeps what happened and what was decided."""

    def is_decided(self, key: str) -> bool:
        """Whether an event of that key was decided about already."""

    def started(self, key: str) -> list[Started]:
        """The runs that an event of that key started."""

    def decide(self, happened: Happened, decisions: Sequence[Decided]) -> None:
        """Keep an event with its decisions, once."""

    def held(self, pipeline: int) -> list[Happened]:
        """The pushes that a run of the pipeline holds back, oldest first."""

    def release(self, pipeline: int, ref: str, run: int | None) -> None:
        """The pushes to a branch that were held back have their run now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A branch or tag that a push moved: full ref, old and new commit (zeros for none)."""

    ref: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """An accepted push. `repository` and `project` are ids."""

    id: int
    project: str
    repository: str
    by: Person
    at: float
    moves: tuple[Moved, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A pull request that was opened, or whose source moved. `repository` and `project` are ids,
    `source` and `target` full refs; `head` is the commit of the source, `base` where it left the
    target, `merge` the commit of both merged, which runs."""

    number: int
    project: str
    repository: str
    source: str
    target: str
    head: str
    base: str
    merge: str
    title: str
    is_draft: bool
    by: Person
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run that ended: numbers of run and pipeline, full ref, the service's words for results."""

    run: int
    pipeline: int
    ref: str
    commit: str
    result: str
    tags: tuple[str, ...]
    stages: tuple[tuple[str, str], ...]
    by: Person
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A run that an event started, for whoever waits for the answer."""

    run: int
    pipeline: str


class Starts:
    """Does what events ask for, one event at a time. Methods may be called from any thread.

    `going(pipeline)` are its runs that have not ended; `scheduled(pipeline, ref)` the commit of its
    last successful run by a schedule; `cancel(run, why)` stops one that another replaces.
    """

    def __init__(
        self,
        *,
        definitions: Definitions,
        sources: Sources,
        queueing: Queueing,
        book: TriggerBook,
        going: Callable[[int], Sequence[Going]],
        scheduled: Callable[[int, str], str],
        cancel: Callable[[int, str], None],
        implied_ci: bool = True,
    ) -> None:
        self._definitions = definitions
        self._sources = sources
        self._queueing = queueing
        self._book = book
        self._going = going
        self._scheduled = scheduled
        self._cancel = cancel
        self._implied_ci = implied_ci
        # Two events at once could both find that no run holds back theirs.
        self._lock = threading.Lock()
        self._compiled: OrderedDict[tuple[object, ...], Compiled | None] = OrderedDict()

    def pushed(self, push: Pushed) -> list[Started]:
        """Start what a push starts."""
        with self._lock:
            started: list[Started] = []
            for move in push.moves:
                started += self._moved(push, move)
            return started

    def proposed(self, pull_request: Proposed) -> list[Started]:
        """Start what a pull request starts."""
        with self._lock:
            return self._proposed(pull_request)

    def ended(self, run: Ended) -> list[Started]:
        """Start what the end of a run starts."""
        with self._lock:
            return self._ended(run)

    def look(self, last: datetime, now: datetime) -> datetime:
        """Start what is due by its schedule since the last look; the time for the next one."""
        checked = now
        with self._lock:
            for definition in self._definitions.list():
                try:
                    checked = self._due(definition, last, now)
                except SourceMissing:
                    continue
        return checked

    # Pushes

    def _moved(self, push: Pushed, move: Moved) -> list[Started]:
        key = f"push:{push.id}:{move.ref}"
        if self._book.is_decided(key):
            return self._book.started(key)
        repository = self._sources.repository(push.repository, push.project)
        event = self._push_event(repository, move, push.by.name)
        happened = Happened(
            key=key,
            project=push.project,
            repository=push.repository,
            kind="push",
            ref=move.ref,
            old=move.old,
            new=move.new,
            who=push.by.name,
            about=event.messages[0].partition("\n")[0] if event.messages else "",
            at=push.at,
        )
        pipelines = self._concerned(push.project, push.repository, move)
        return self._decide(happened, event, pipelines, push.by)

    def _push_event(self, repository: SourceRepository, move: Moved, pusher: str) -> triggers.Push:
        messages: tuple[str, ...] = ()
        paths: tuple[str, ...] | None = ()
        if move.new.strip("0"):
            old = move.old if move.old.strip("0") else ""
            commits = self._sources.changes(repository, old, move.new)
            messages = tuple(commit.message for commit in commits)
            paths = self._sources.changed_paths(repository, old, move.new)
        return triggers.Push(
            repository=repository.name,
            project=repository.project_name,
            ref=move.ref,
            old_commit=move.old,
            new_commit=move.new,
            messages=messages,
            changed_paths=paths,
            pusher=pusher,
        )

    def _concerned(
        self, project: str, repository: str, move: Moved
    ) -> list[tuple[Definition, str, str]]:
        """The pipelines that a push may start, each with the ref and commit of the YAML that says.

        Those of the repository itself go by what was pushed; others of the project by their own
        default branch, as far as they have resources.
        """
        found = []
        for definition in self._definitions.list(project):
            if definition.repository == repository:
                found.append((definition, move.ref, move.new))
                continue
            place = self._default(definition)
            if place and self._may_have_resources(definition, place[1]):
                found.append((definition, *place))
        return found

    # Pull requests

    def _proposed(self, pull: Proposed) -> list[Started]:
        # One that is published is decided about again; what its draft ran is not run twice.
        key = f"pullRequest:{pull.number}:{pull.head}{_DRAFT if pull.is_draft else ''}"
        if self._book.is_decided(key):
            return []
        repository = self._sources.repository(pull.repository, pull.project)
        event = triggers.PullRequestChanged(
            repository=repository.name,
            project=repository.project_name,
            number=pull.number,
            source_ref=pull.source,
            target_ref=pull.target,
            commit=pull.merge,
            changed_paths=self._sources.changed_paths(repository, pull.base, pull.head),
            is_draft=pull.is_draft,
        )
        happened = Happened(
            key=key,
            project=pull.project,
            repository=pull.repository,
            kind="pullRequest",
            ref=f"refs/pull/{pull.number}/merge",
            new=pull.merge,
            who=pull.by.name,
            about=pull.title,
            at=pull.at,
        )
        pipelines = [
            (definition, happened.ref, pull.merge)
            for definition in self._definitions.list(pull.project)
            if definition.repository == pull.repository
        ]
        # https://learn.microsoft.com/azure/devops/pipelines/build/variables#system-variables
        more = {
            PULL_REQUEST: str(pull.number),
            "System.PullRequest.SourceBranch": pull.source,
            "System.PullRequest.SourceCommitId": pull.head,
            "System.PullRequest.SourceRepositoryURI": repository.address,
            "System.PullRequest.TargetBranch": pull.target,
            "System.PullRequest.targetBranchName": pull.target.removeprefix("refs/heads/"),
        }
        return self._decide(happened, event, pipelines, pull.by, more)

    # Ends of runs

    def _ended(self, run: Ended) -> list[Started]:
        source = self._definitions.get(run.pipeline)
        key = f"run:{run.run}"
        if source is None or self._book.is_decided(key):
            return []
        try:
            repository = self._sources.repository(source.repository, source.project)
        except SourceMissing:
            return []
        event = triggers.RunCompleted(
            definition=source.name,
            project=repository.project_name,
            repository=repository.name,
            ref=run.ref,
            commit=run.commit,
            result=run.result,
            run=run.run,
            tags=run.tags,
            stages=dict(run.stages),
        )
        pipelines = []
        for definition in self._definitions.list(source.project):
            if definition.id == source.id and self._book.held(definition.id):
                newest = [h for h in self._book.held(definition.id) if h.ref == run.ref]
                if newest:
                    pipelines.append((definition, newest[-1].ref, newest[-1].new))
                    continue
            place = self._default(definition)
            if place and self._may_have_resources(definition, place[1]):
                pipelines.append((definition, *place))
        if not pipelines:
            return []
        happened = Happened(
            key=key,
            project=source.project,
            repository=source.repository,
            kind="completion",
            ref=run.ref,
            new=run.commit,
            who=run.by.name,
            about=f"{source.name} {run.result}",
            at=run.at,
        )
        return self._decide(happened, event, pipelines, run.by)

    # Schedules

    def _due(self, definition: Definition, last: datetime, now: datetime) -> datetime:
        checked = now
        repository = self._sources.repository(definition.repository, definition.project)
        for ref, commit in self._sources.branches(repository):
            if not self._says(definition, commit, b"schedules", b"extends"):
                continue
            facts = self._facts(definition, ref, commit)
            look = due(branch_schedules(facts, ref, commit), last, now)
            checked = look.checked
            for event in look.due:
                moment = int(event.time.timestamp())
                key = f"schedule:{definition.id}:{ref}:{event.place}:{moment}"
                if self._book.is_decided(key):
                    continue
                happened = Happened(
                    key=key,
                    project=definition.project,
                    repository=definition.repository,
                    kind="schedule",
                    ref=ref,
                    new=commit,
                    about=event.cron,
                    at=event.time.timestamp(),
                )
                self._decide(happened, event, [(definition, ref, commit)], Person())
        return checked

    # All events

    def _decide(
        self,
        happened: Happened,
        event: Event,
        pipelines: Sequence[tuple[Definition, str, str]],
        by: Person,
        more: Mapping[str, str] = {},
    ) -> list[Started]:
        decided: list[Decided] = []
        started: list[Started] = []
        for definition, ref, commit in pipelines:
            facts = self._facts(definition, ref, commit, _cause(happened, definition))
            found = triggers.decide_triggers(event, [facts], implied_ci=self._implied_ci)
            for decision in found:
                if happened.kind in ("push", "pullRequest") and _lacks_file(decision):
                    why = f"the branch has no file {definition.path.lstrip('/')}"
                    decided.append(_kept(definition, decision, Outcome.NONE, why))
                    continue
                one = self._do(happened, definition, decision, by, more)
                decided.append(one)
                if one.run is not None:
                    started.append(Started(run=one.run, pipeline=definition.name))
        self._book.decide(happened, decided)
        return started

    def _do(
        self,
        happened: Happened,
        definition: Definition,
        decision: Decision,
        by: Person,
        more: Mapping[str, str],
    ) -> Decided:
        if decision.outcome not in (Outcome.RUN, Outcome.FAILED):
            return _kept(definition, decision, decision.outcome, decision.why)
        for run in decision.cancels:
            self._cancel(run, decision.why)
        request = RunRequest(
            definition=definition,
            ref=decision.ref,
            commit=decision.commit,
            reason=_variable(decision.reason or triggers.Reason.INDIVIDUAL_CI),
            requested_by=by,
            cause=_cause(happened, definition),
            more={**decision.variables, **more},
        )
        try:
            run = int(self._queueing.queue(request))
        except (NotQueued, SourceMissing) as error:
            return _kept(definition, decision, Outcome.NONE, str(error))
        if decision.reason is triggers.Reason.BATCHED_CI:
            # A push too may come when the run that held others back has just ended: it has theirs.
            self._book.release(definition.id, decision.ref, run)
        return _kept(definition, decision, decision.outcome, decision.why, run)

    def _facts(
        self, definition: Definition, ref: str, commit: str, cause: str = ""
    ) -> triggers.Definition:
        """What a decision goes by. The run that an event has made, before a crash, does not stand
        in the way of that event."""
        own = self._queueing.known(cause) if cause else None
        repository = self._sources.repository(definition.repository, definition.project)
        compiled = self._compile(definition, ref, commit)
        return triggers.Definition(
            name=definition.name,
            repository=repository.name,
            project=repository.project_name,
            path=definition.path.lstrip("/"),
            pipeline=compiled.partial if compiled else None,
            diagnostics=compiled.diagnostics if compiled else (),
            default_ref=definition.branch or repository.default_branch,
            is_enabled=definition.settings.queue_status is QueueStatus.ENABLED,
            going=tuple(run for run in self._going(definition.id) if run.run != own),
            held=tuple(
                triggers.Push(
                    repository=repository.name,
                    project=repository.project_name,
                    ref=one.ref,
                    old_commit=one.old,
                    new_commit=one.new,
                    pusher=one.who,
                )
                for one in self._book.held(definition.id)
            ),
            scheduled={ref: found} if (found := self._scheduled(definition.id, ref)) else {},
        )

    def _compile(self, definition: Definition, ref: str, commit: str) -> Compiled | None:
        """The YAML of a commit; None where there is no commit, as of a branch that was deleted."""
        if not commit.strip("0"):
            return None
        key = (definition.id, definition.revision, ref, commit)
        if key not in self._compiled:
            request = RunRequest(
                definition=definition, ref=ref, commit=commit, reason="IndividualCI"
            )
            self._compiled[key] = self._queueing.compiled(request)
            if len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
        return self._compiled[key]

    def _default(self, definition: Definition) -> tuple[str, str] | None:
        """The default branch of a pipeline and its commit."""
        try:
            repository = self._sources.repository(definition.repository, definition.project)
            ref = definition.branch or repository.default_branch
            return ref, self._sources.resolve(repository, ref)
        except SourceMissing:
            return None

    def _may_have_resources(self, definition: Definition, commit: str) -> bool:
        return self._says(definition, commit, b"resources", b"extends")

    def _says(self, definition: Definition, commit: str, *words: bytes) -> bool:
        """Whether the pipeline's own file holds one of the words; else it need not be compiled."""
        repository = self._sources.repository(definition.repository, definition.project)
        files = self._sources.files({"self": (repository, commit)})
        try:
            source = files.read("self", definition.path.lstrip("/"))
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, the compiler tells it
            return True
        text = source.text.encode() if source is not None else b""
        return any(word in text for word in words)


def _cause(happened: Happened, definition: Definition) -> str:
    """The name of an event for one pipeline: it has one run."""
    return f"{happened.key.removesuffix(_DRAFT)}:{definition.id}"


def _kept(
    definition: Definition,
    decision: Decision,
    outcome: Outcome,
    why: str,
    run: int | None = None,
) -> Decided:
    return Decided(
        pipeline=definition.id,
        name=definition.name,
        outcome=str(outcome),
        reason=str(decision.reason or ""),
        why=why,
        place=str(decision.span) if decision.span else "",
        run=run,
    )


def _lacks_file(decision: Decision) -> bool:
    return any(one.code == _NO_FILE and one.span is None for one in decision.diagnostics)


def _variable(reason: triggers.Reason) -> str:
    """A reason as the variable `Build.Reason` has it."""
    text = str(reason)
    return text[:1].upper() + text[1:]
