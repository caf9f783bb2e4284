"""Starts runs by themselves: pushes, schedules, pull requests, the ends of other runs.

`devops.triggers` decides; this asks for what it needs and does what it says. An event that comes a
second time, after a crash, starts nothing twice: a run knows its cause.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from penstock.devops import triggers
from penstock.devops.definitions import Definition, Definitions
from penstock.devops.queueing.requests import PULL_REQUEST, Person
from penstock.devops.schedules import branch_schedules, due
from penstock.devops.sources import SourceMissing, SourceRepository, Sources
from penstock.devops.starting.book import Happened, Started, TriggerBook
from penstock.devops.starting.deciding import DRAFT, Deciding
from penstock.devops.starting.facts import Facts, Place
from penstock.devops.starting.occasions import Ended, Moved, Proposed, Pushed


class Starts:
    """Does what events ask for, one event at a time. Methods may be called from any thread."""

    def __init__(
        self,
        *,
        definitions: Definitions,
        sources: Sources,
        facts: Facts,
        deciding: Deciding,
        book: TriggerBook,
    ) -> None:
        self._definitions = definitions
        self._sources = sources
        self._facts = facts
        self._deciding = deciding
        self._book = book
        # Two events at once could both find that no run holds back theirs.
        self._lock = threading.Lock()
        self._behind: dict[int, datetime] = {}

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

    def look(
        self, last: datetime, now: datetime, failed: Callable[[Definition, Exception], None]
    ) -> datetime:
        """Start what is due by its schedule since the last look; the time for the next one.

        A pipeline that could not be looked at is told to `failed`, stands in no other's way, and is
        looked at from the same time on the next time.
        """
        for definition in self._definitions.list():
            since = self._behind.pop(definition.id, last)
            try:
                with self._lock:
                    self._due(definition, since, now)
            except SourceMissing:
                continue
            except Exception as error:  # noqa: BLE001 - the top of a loop: recorded
                self._behind[definition.id] = since
                failed(definition, error)
        return due((), last, now).checked

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
        places = self._concerned(push.project, push.repository, move)
        return self._deciding.decide(happened, event, places, push.by)

    def _push_event(self, repository: SourceRepository, move: Moved, pusher: str) -> triggers.Push:
        messages: tuple[str, ...] = ()
        paths: tuple[str, ...] | None = ()
        if move.new.strip("0"):
            old = move.old if move.old.strip("0") else ""
            commits = self._sources.changes(repository, old, move.new)
            messages = tuple(commit.message for commit in commits)
            base = old
            if not old and move.ref != repository.default_branch:
                # Of a new branch, what it changed since it left the default one (Azure Repos Git,
                # "Behavior of triggers when new branches are created").
                base = self._sources.fork(repository, move.new)
            paths = self._sources.changed_paths(repository, base, move.new)
        return triggers.Push(
            repository=repository.name,
            project=repository.project_name,
            id=repository.id,
            address=repository.address,
            ref=move.ref,
            old_commit=move.old,
            new_commit=move.new,
            messages=messages,
            changed_paths=paths,
            pusher=pusher,
        )

    def _concerned(self, project: str, repository: str, move: Moved) -> list[Place]:
        """The pipelines that a push may start.

        Those of the repository itself go by what was pushed; others of the project by their own
        default branch, as far as they have resources.
        """
        places = (
            (definition, move.ref, move.new)
            if definition.repository == repository
            else self._facts.place_of_resources(definition)
            for definition in self._definitions.list(project)
        )
        return [place for place in places if place is not None]

    # Pull requests

    def _proposed(self, pull: Proposed) -> list[Started]:
        # One that is published is decided about again; what its draft ran is not run twice.
        key = f"pullRequest:{pull.number}:{pull.head}{DRAFT if pull.is_draft else ''}"
        if self._book.is_decided(key):
            return []
        repository = self._sources.repository(pull.repository, pull.project)
        event = triggers.PullRequestChanged(
            repository=repository.name,
            project=repository.project_name,
            number=pull.number,
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
        places = [
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
        return self._deciding.decide(happened, event, places, pull.by, more)

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
            known={
                "projectID": repository.project,
                "pipelineID": str(source.id),
                "runName": run.number,
                "runURI": f"vstfs:///Build/Build/{run.run}",
                "requestedFor": run.by.name,
                "requestedForID": run.by.id,
            },
        )
        places = self._concerned_by_end(source, run.ref)
        if not places:
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
        return self._deciding.decide(happened, event, places, run.by)

    def _concerned_by_end(self, source: Definition, ref: str) -> list[Place]:
        """The pipelines that the end of a run of `source` may start: itself, where a push to the
        branch is held back until then, and others by their resources."""
        held = [one for one in self._book.held(source.id) if one.ref == ref]
        places = (
            (source, held[-1].ref, held[-1].new)
            if held and definition.id == source.id
            else self._facts.place_of_resources(definition)
            for definition in self._definitions.list(source.project)
        )
        return [place for place in places if place is not None]

    # Schedules

    def _due(self, definition: Definition, last: datetime, now: datetime) -> None:
        repository = self._sources.repository(definition.repository, definition.project)
        for ref, commit in self._sources.branches(repository):
            if not self._facts.may_have_schedules(definition, commit):
                continue
            facts = self._facts.of(definition, ref, commit)
            for event in due(branch_schedules(facts, ref, commit), last, now).due:
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
                self._deciding.decide(happened, event, [(definition, ref, commit)], Person())
