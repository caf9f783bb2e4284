"""What happened, which pipelines there are, and what was decided: the records of triggers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from penstock.language.pipeline import Pipeline
from penstock.language.source import Diagnostic, Span, has_errors
from penstock.records import record

_ZEROS = "0" * 40


class Reason(StrEnum):
    """Why a run was started, in the words of the service's REST interface."""

    INDIVIDUAL_CI = "individualCI"
    BATCHED_CI = "batchedCI"
    PULL_REQUEST = "pullRequest"
    SCHEDULE = "schedule"
    RESOURCE_TRIGGER = "resourceTrigger"


class Outcome(StrEnum):
    """What becomes of a pipeline at an event.

    HELD waits for the end of a run that is going on; FAILED is a run that is recorded as failed at
    once, because the YAML cannot be read.
    """

    RUN = "run"
    HELD = "held"
    FAILED = "failed"
    NONE = "none"


# --- events


@record
class Push:
    """A branch or tag that was moved, made or deleted by a push.

    `messages` are those of the commits of the push, newest first; `changed_paths` are from the root
    of the repository, None where they are not known (then every path filter lets it through). A
    commit of zeros, or none, stands for nothing: as `old_commit` the ref is new, as `new_commit` it
    was deleted. `id` and `address` are the repository's, where they are known.
    """

    repository: str
    ref: str
    old_commit: str
    new_commit: str
    project: str = ""
    id: str = ""
    address: str = ""
    messages: tuple[str, ...] = ()
    changed_paths: tuple[str, ...] | None = None
    pusher: str = ""

    @property
    def is_tag(self) -> bool:
        """Whether a tag was pushed."""
        return self.ref.startswith("refs/tags/")

    @property
    def is_deleted(self) -> bool:
        """Whether the branch or tag is gone."""
        return not self.new_commit.strip("0")


@record
class PullRequestChanged:
    """A pull request was opened, or one of its branches moved.

    `commit` is the merge of the two branches, which is what would run. `is_closed` when it was
    completed or abandoned.
    """

    repository: str
    number: int
    target_ref: str
    commit: str
    project: str = ""
    changed_paths: tuple[str, ...] | None = None
    is_draft: bool = False
    is_closed: bool = False


@record
class RunCompleted:
    """A run of a pipeline ended; or, with `ended_stage`, one of its stages while it goes on.

    `result` and the values of `stages` are the service's words (`succeeded`, `failed` ...). Stages
    that are None are not known: the result of the run stands for all of them. With
    `has_told_stages` their ends were events of their own; otherwise the end of the run stands for
    them. `known` is what else is known of it, by the names that variables of a pipeline resource
    have (`runName`).
    """

    definition: str
    repository: str
    ref: str
    commit: str
    result: str = ""
    project: str = ""
    run: int = 0
    tags: tuple[str, ...] = ()
    stages: Mapping[str, str] | None = field(default_factory=dict)
    ended_stage: str | None = None
    has_told_stages: bool = False
    known: Mapping[str, str] = field(default_factory=dict)


@record
class Due:
    """The time of a schedule has come, for one branch of one pipeline.

    `cron` is the text by which the schedule is known in the YAML of that branch, `place` its number
    among the schedules there; `commit` is the head of the branch.
    """

    definition: str
    ref: str
    commit: str
    cron: str
    time: datetime
    place: int = 0


@record
class Published:
    """Another system has something new: an image, a package, a build that ended, a webhook.

    `name` is that of the image without its tag, of the package, of the build's source, or of the
    webhook's connection; `version` is the tag of the image. `body` is what a webhook posted, as
    Python has JSON.
    """

    kind: str
    name: str
    version: str = ""
    body: object = None


Event: TypeAlias = Push | PullRequestChanged | RunCompleted | Due | Published


# --- pipelines


@record
class Going:
    """A run of a pipeline that has not ended."""

    run: int
    ref: str
    reason: str
    pull_request: int | None = None


@record
class Definition:
    """A pipeline of a project, with the YAML that decides about an event, and what it is doing.

    The YAML is that of the pushed commit, of the merge commit of a pull request, of the branch of a
    schedule; of the default branch for runs of other pipelines and pushes to other repositories.
    `pipeline` may lack the parts that `diagnostics` are about. `held` are the pushes that a run
    held back, oldest first; `scheduled` maps branches to the commit of their last successful run by
    a schedule, and is None where runs are not known.
    """

    name: str
    repository: str
    pipeline: Pipeline | None
    diagnostics: tuple[Diagnostic, ...] = ()
    project: str = ""
    path: str = ""
    default_ref: str = "refs/heads/main"
    is_enabled: bool = True
    going: tuple[Going, ...] = ()
    held: tuple[Push, ...] = ()
    scheduled: Mapping[str, str] | None = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Whether its YAML could be read."""
        return self.pipeline is not None and not has_errors(self.diagnostics)


# --- decisions


@record
class Decision:
    """What becomes of one pipeline at an event, and why, in a sentence for people.

    `span` is the place of the YAML that decided, where there is one. A run is of `ref` at `commit`;
    an empty commit means the newest. `cancels` are runs that this one replaces; `alias` names
    the resource that started it. `variables` are the predefined ones that come with the reason,
    `sources` the refs at which further repositories are read, by alias.
    """

    definition: str
    outcome: Outcome
    why: str
    reason: Reason | None = None
    span: Span | None = None
    ref: str = ""
    commit: str = ""
    cancels: tuple[int, ...] = ()
    alias: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether a run starts now."""
        return self.outcome is Outcome.RUN
