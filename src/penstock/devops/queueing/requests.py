"""What is asked for when a run of a pipeline definition is asked for, and by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from penstock.devops.definitions import Definition
from penstock.records import record

MANUAL = "Manual"
"""The reason of a run that someone asks for, as `Build.Reason` has it."""
PULL_REQUEST = "System.PullRequest.PullRequestId"
"""The predefined variable that makes a run one of a pull request."""


@record
class Person:
    """Who asks for a run: an account's id, its display name and address."""

    id: str = ""
    name: str = ""
    email: str = ""


@record
class RunRequest:
    """What is asked for. `ref` is a full ref or empty for the pipeline's own branch; `commit` empty
    means the tip of it. `cause` names what happens once only (`push:7:3`): a second request of the
    same cause is the same run. `resources` are refs of further repositories by alias; `more` are
    predefined variables that come with the reason (of a pull request). `yaml` replaces the text of
    the pipeline's own file, for a preview.
    """

    definition: Definition
    ref: str = ""
    commit: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    resources: Mapping[str, str] = field(default_factory=dict)
    reason: str = MANUAL
    requested_by: Person = field(default_factory=Person)
    requested_for: Person | None = None
    cause: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    yaml: str | None = None
    diagnostics: bool = False
