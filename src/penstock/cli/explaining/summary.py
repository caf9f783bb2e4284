"""What a run came to: its tree, the ML jobs that its steps started, and what failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from penstock.cli.explaining.tree import Branch
from penstock.engine.events import Result
from penstock.engine.requests import DEFAULT_CONDITION
from penstock.engine.state import NodeState, Phase, RunState, StepState
from penstock.language.pipeline import UNNAMED_STAGE
from penstock.records import record

_WITH_REASON = (Result.FAILED, Result.SUCCEEDED_WITH_ISSUES, Result.CANCELED)
_ML_STATES = {
    "Completed": "succeeded",
    "Failed": "failed",
    "Canceled": "canceled",
    "CancelRequested": "running",
    "NotStarted": "pending",
    "Queued": "pending",
}


@record
class MlJob:
    """An ML job as the tree shows it. `origin` is `RUN/NODE/STEP` of the step that submitted it;
    `seconds` is what it took so far; `workspace` and
    `resource_group` are names."""

    name: str
    title: str
    status: str
    seconds: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    origin: str = ""
    workspace: str = ""
    resource_group: str = ""
    children: tuple[MlJob, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it ended and not well."""
        return self.status in ("Failed", "Canceled", "NotResponding")


def run_tree(state: RunState, title: str, now: float, jobs: Sequence[MlJob] = ()) -> Branch:
    """The tree of a run as it is at `now`; a stage that the YAML did not name is left out."""
    children = tuple(_node(state, child, now, jobs) for child in state.children(None))
    if len(children) == 1 and children[0].name == UNNAMED_STAGE:
        children = children[0].children
    started = [n.started_at for n in state.nodes.values() if n.started_at is not None]
    ended = [n.finished_at for n in state.nodes.values() if n.finished_at is not None]
    end = max(ended, default=now) if state.finished else now
    return Branch(
        name=title,
        state=run_word(state),
        seconds=end - min(started) if started else None,
        children=children,
    )


def as_abandoned(branch: Branch) -> Branch:
    """The tree of a run whose process is gone: what it was doing is abandoned, what it had not
    begun is canceled, as `engine.Scheduler.recover` will record it."""
    ends = {"running": "abandoned", "pending": "canceled"}
    return replace(
        branch,
        state=ends.get(branch.state, branch.state),
        children=tuple(as_abandoned(child) for child in branch.children),
    )


def shown_path(id: str) -> str:
    """A node's id as people write it: without a stage that has no name."""
    return id.removeprefix(f"{UNNAMED_STAGE}/")


def run_word(state: RunState) -> str:
    """The run's result, or `running`."""
    return str(state.result) if state.result is not None else "running"


def failures(state: RunState) -> list[tuple[NodeState, StepState | None]]:
    """The steps that made a job fail, in order; a job that failed without one stands alone."""
    found: list[tuple[NodeState, StepState | None]] = []
    for node in state.nodes.values():
        if node.node.work is None or node.result not in (Result.FAILED, Result.ABANDONED):
            continue
        steps = [s for s in node.steps.values() if s.result is Result.FAILED]
        found += [(node, step) for step in steps] or [(node, None)]
    return found


def failed_jobs(jobs: Iterable[MlJob]) -> list[tuple[MlJob, MlJob]]:
    """Each failed ML job with the child that failed first, or with itself."""
    found = []
    for job in jobs:
        if job.failed:
            child = next((c for c in job.children if c.failed), job)
            found.append((job, child))
    return found


def job_tree(job: MlJob) -> Branch:
    """An ML job and its children."""
    metrics = ", ".join(f"{name} {_number(value)}" for name, value in job.metrics.items())
    return Branch(
        name=job.title,
        state=_ML_STATES.get(job.status, "running"),
        word=job.status,
        seconds=job.seconds,
        detail=metrics,
        children=tuple(job_tree(child) for child in job.children),
    )


def _number(value: float) -> str:
    return f"{value:.4g}" if value != int(value) or abs(value) >= 1e12 else str(int(value))


def _node(state: RunState, node: NodeState, now: float, jobs: Sequence[MlJob]) -> Branch:
    children = [_node(state, child, now, jobs) for child in state.children(node.node.id)]
    if node.node.kind == "deployment" and len(children) == 1:
        children = list(children[0].children)
    children += [_step(node, step, now, jobs) for step in node.steps.values()]
    return Branch(
        name=_title(node),
        state=_state(node),
        seconds=_seconds(node.started_at, node.finished_at, now),
        detail="" if _is_told_by_a_step(node) else _message(state, node),
        children=tuple(children),
    )


def _message(state: RunState, node: NodeState) -> str:
    """Why the node ended so; where the default condition did not hold, what failed before it."""
    is_default = node.node.condition.strip() in ("", DEFAULT_CONDITION)
    if node.result is not Result.SKIPPED or not is_default:
        return node.message
    from penstock.cli.explaining.explanations import why_not
    from penstock.engine.explanations import reason_of

    reason = reason_of(state, node.node.id)
    return why_not(reason) if reason.holds is False else node.message


def _title(node: NodeState) -> str:
    name = node.node.display_name or node.node.key
    if node.node.kind == "deployment":
        values = {v.name: v.value for v in node.node.variables}
        if environment := values.get("Environment.Name"):
            return f"{name} -> {environment}"
    return name


def _step(node: NodeState, step: StepState, now: float, jobs: Sequence[MlJob]) -> Branch:
    started_here = [job for job in jobs if job.origin.endswith(f"/{node.node.id}/{step.id}")]
    return Branch(
        name=step.name,
        state=str(step.result or node.result or "running"),
        seconds=_seconds(step.started_at, step.finished_at or node.finished_at, now),
        detail=step.message if step.result in _WITH_REASON else "",
        children=tuple(job_tree(job) for job in started_here),
    )


def _is_told_by_a_step(node: NodeState) -> bool:
    """Whether the line of a step says already why the node ended so."""
    if node.result in (None, Result.SUCCEEDED):
        return True
    return any(step.result is Result.FAILED and step.message for step in node.steps.values())


def _state(node: NodeState) -> str:
    if node.result is not None:
        return str(node.result)
    return "pending" if node.phase in (Phase.PENDING, Phase.QUEUED) else "running"


def _seconds(start: float | None, end: float | None, now: float) -> float | None:
    return None if start is None else (end if end is not None else now) - start
