"""What happened in a run: append-only, typed, versioned. The fold of these is the run's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from penstock.engine.plan import Node
from penstock.records import record


class Result(StrEnum):
    """How a node or a step ended. The two services have views of these words, none of their own."""

    SUCCEEDED = "succeeded"
    SUCCEEDED_WITH_ISSUES = "succeededWithIssues"
    FAILED = "failed"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    ABANDONED = "abandoned"


@record
class Output:
    """A value a node or one of its steps set for others."""

    value: str
    secret: bool = False


@record
class NodeQueued:
    """The node's condition held and its work was handed to an executor (a group starts at once)."""

    at: float
    node: str
    attempt: int = 1
    variables: Mapping[str, Output] = field(default_factory=dict)


@record
class NodeStarted:
    """A worker took the leaf, or a group opened."""

    at: float
    node: str
    worker: str = ""


@record
class NodeExpanded:
    """A node that expands got its children."""

    at: float
    node: str
    nodes: tuple[Node, ...]


@record
class NodePhase:
    """A leaf entered a phase its service shows (`Preparing`, `Running`, `Finalizing`)."""

    at: float
    node: str
    phase: str


@record
class NodeFinished:
    """A node ended. `message` is the reason in one line. `outputs` are by `step.variable`, or by
    output name for a command."""

    at: float
    node: str
    result: Result
    message: str = ""
    outputs: Mapping[str, Output] = field(default_factory=dict)


@record
class StepStarted:
    """A step of a job began; steps are records inside a node, not nodes."""

    at: float
    node: str
    step: str
    name: str


@record
class StepFinished:
    """A step of a job ended (a skipped step has no start)."""

    at: float
    node: str
    step: str
    name: str
    result: Result
    message: str = ""
    lines: int = 0


@record
class IssueLogged:
    """An error or a warning about a step (`step` empty: the job).

    `line` is 1-based in the step's log.
    """

    at: float
    node: str
    step: str
    kind: str
    message: str
    line: int | None = None
    data: Mapping[str, str] = field(default_factory=dict)


@record
class CancelRequested:
    """Someone asked to stop the run (`node` None) or one node and all below it.

    With `told` it is the engine's own note that it passed the request on to the leaf's executor.
    """

    at: float
    node: str | None = None
    reason: str = ""
    told: bool = False


@record
class RunChanged:
    """Something about the run itself: `number` (a new run number), `tag` (a tag was added)."""

    at: float
    name: str
    value: str


@record
class RunFinished:
    """Every node has ended; nothing follows."""

    at: float
    result: Result


Event = (
    NodeQueued
    | NodeStarted
    | NodeExpanded
    | NodePhase
    | NodeFinished
    | StepStarted
    | StepFinished
    | IssueLogged
    | CancelRequested
    | RunChanged
    | RunFinished
)
