"""A run's state as the timeline of Azure DevOps: stages, phases, jobs, tasks, each with its parent.

Pure. Ids are the same for the same part of the same run, whoever asks and whenever. A log's number
is made of the places of its node and its step, which only ever get followers, never move.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import Any

from penstock.devops.plans.gates import CHECKPOINT
from penstock.devops.protecting.checkpointstore import Checkpoint
from penstock.devops.protecting.checks import Item, ItemStatus
from penstock.engine.events import IssueLogged, Result
from penstock.engine.requests import Step, StepsWork
from penstock.engine.state import NodeState, Phase, RunState
from penstock.records import record
from penstock.server.devops.wire import moment

_NAMESPACE = uuid.UUID("7d2c3f0a-6f61-4a53-9f5e-0c8d9f6d1b42")

_STEPS = 1000
_LONGEST_NAME = 200


@record
class LogPlace:
    """Where a log is: its number in the run, its node, its step's id, the step's name, the id of
    its record, and how many lines it had."""

    id: int
    node: str
    step: str
    name: str
    record: str
    lines: int = 0


@record(kw_only=False, frozen=False)
class Timeline:
    """The records of a run, and its logs by number."""

    records: list[dict[str, Any]] = field(default_factory=list)
    logs: dict[int, LogPlace] = field(default_factory=dict)

    def record(self, id: str) -> dict[str, Any] | None:
        """The record of that id."""
        return next((r for r in self.records if r["id"] == id), None)


def record_id(run: str, kind: str, node: str, step: str = "") -> str:
    """The id of a record: `kind` is Stage, Phase, Job or Task."""
    return str(uuid.uuid5(_NAMESPACE, "\0".join((run, kind, node, step))))


def make_timeline(
    run: str,
    state: RunState,
    line_count: Callable[[str, str], int] | None = None,
    checkpoints: Iterable[Checkpoint] = (),
) -> Timeline:
    """The timeline of a run. `line_count(node, step)` is how many lines a log has now;
    `checkpoints` are those of the run, whose items are shown below its stages."""
    timeline = Timeline()
    builder = _Builder(run, state, timeline, line_count or (lambda node, step: 0))
    builder.checkpoints = {checkpoint.node: checkpoint for checkpoint in checkpoints}
    for order, stage in enumerate(state.children(None), 1):
        builder.stage(stage, order)
    return timeline


@record(kw_only=False, frozen=False)
class _Builder:
    run: str
    state: RunState
    timeline: Timeline
    line_count: Callable[[str, str], int]
    places: dict[str, int] = field(default_factory=dict)
    issues: dict[tuple[str, str], list[IssueLogged]] = field(default_factory=dict)
    checkpoints: dict[str, Checkpoint] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {id: place for place, id in enumerate(self.state.nodes, 1)}
        for issue in self.state.issues:
            self.issues.setdefault((issue.node, issue.step), []).append(issue)

    def stage(self, stage: NodeState, order: int) -> None:
        """A stage and all below it."""
        if stage.node.kind != "stage":  # a plan of bare jobs
            self.phase(stage, None, order)
            return
        record = self._of_node("Stage", stage, None, order)
        self.timeline.records.append(record)
        for number, job in enumerate(self.state.children(stage.node.id), 1):
            self.phase(job, record["id"], number)

    def phase(self, job: NodeState, parent: str | None, order: int) -> None:
        """A job as the YAML has it; its legs or hooks are the jobs below it."""
        if job.node.kind == CHECKPOINT:
            self._checkpoint(job, parent, order)
            return
        record = self._of_node("Phase", job, parent, order)
        self.timeline.records.append(record)
        if self.state.is_leaf(job.node.id):
            self.job(job, record["id"], 1)
            return
        for number, leaf in enumerate(self.state.children(job.node.id), 1):
            self.job(leaf, record["id"], number)

    def _checkpoint(self, gate: NodeState, parent: str | None, order: int) -> None:
        """What holds a stage, and each thing it waits for or has passed."""
        record = self._of_node("Checkpoint", gate, parent, order)
        self.timeline.records.append(record)
        checkpoint = self.checkpoints.get(gate.node.id)
        if checkpoint is None:
            return
        record["reason"] = checkpoint.message or record["reason"]
        for number, item in enumerate(checkpoint.items, 1):
            self.timeline.records.append(self._item(checkpoint, item, record, number))

    def _item(
        self, checkpoint: Checkpoint, item: Item, parent: dict[str, Any], order: int
    ) -> dict[str, Any]:
        place = f"{item.kind}/{item.check}/{item.resource.id if item.resource else ''}"
        id = item.approval or record_id(self.run, "Checkpoint", checkpoint.node, place)
        found = _record(
            id=id,
            parent=parent["id"],
            kind=f"Checkpoint.{item.kind}",
            name=item.name,
            identifier=f"{parent['identifier']}.{order}",
            order=order,
        )
        is_over = item.status is not ItemStatus.PENDING
        found.update(
            node=checkpoint.node,
            startTime=moment(checkpoint.opened),
            finishTime=moment(checkpoint.closed) if is_over else None,
            state="completed" if is_over else "inProgress",
            result=_OF_ITEM[item.status] if is_over else None,
            reason=item.message or None,
        )
        return found

    def job(self, leaf: NodeState, parent: str, order: int) -> None:
        """What one agent does, with its steps."""
        if leaf.phase is Phase.FINISHED and leaf.queued_at is None and leaf.node.kind == "hook":
            return  # a hook that was not needed
        record = self._of_node("Job", leaf, parent, order)
        record["workerName"] = leaf.worker or None
        self.timeline.records.append(record)
        self.timeline.records.extend(self._tasks(leaf, record["id"]))

    def _of_node(
        self, kind: str, node: NodeState, parent: str | None, order: int
    ) -> dict[str, Any]:
        id, issues = node.node.id, self.issues.get((node.node.id, ""), [])
        below = [i for i in self.state.issues if i.node == id or i.node.startswith(f"{id}/")]
        record = _record(
            id=record_id(self.run, kind, id),
            parent=parent,
            kind=kind,
            name=node.node.display_name or node.node.key,
            identifier=id.replace("/", "."),
            order=order,
        )
        record.update(
            startTime=moment(node.started_at),
            finishTime=moment(node.finished_at),
            state=_state(node),
            result=None if node.result is None else str(node.result),
            attempt=max(node.attempt, 1),
            reason=node.message or (node.cancel_reason if node.canceling else "") or None,
            node=id,
            queueTime=moment(node.queued_at),
            errorCount=sum(1 for issue in below if issue.kind == "error"),
            warningCount=sum(1 for issue in below if issue.kind == "warning"),
        )
        if kind != "Phase":
            record["issues"] = [_issue(issue) for issue in issues]
        if kind == "Job" and node.result is Result.ABANDONED and not issues:
            record["issues"] = [_plain_issue(node.message)]
            record["errorCount"] += 1
        return record

    def _tasks(self, leaf: NodeState, parent: str) -> Iterator[dict[str, Any]]:
        work = leaf.node.work
        planned = {s.id: s for s in work.steps} if isinstance(work, StepsWork) else {}
        names = {id: step.name for id, step in leaf.steps.items()}
        # While the job runs, the steps that it has not begun are shown too.
        if leaf.phase in (Phase.QUEUED, Phase.RUNNING):
            for id, one in planned.items():
                names.setdefault(id, one.display_name or one.task.partition("@")[0])
        for place, (id, name) in enumerate(names.items(), 1):
            record = _record(
                id=record_id(self.run, "Task", leaf.node.id, id),
                parent=parent,
                kind="Task",
                name=name[:_LONGEST_NAME],
                identifier=f"{leaf.node.id.replace('/', '.')}.{id}",
                order=place,
            )
            self._plan_task(record, leaf, id, planned.get(id))
            if id in leaf.steps:
                self._tell_task(record, leaf, id)
            yield record

    def _plan_task(
        self, record: dict[str, Any], leaf: NodeState, id: str, planned: Step | None
    ) -> None:
        """What is known of a step before it begins, and its issues."""
        issues = self.issues.get((leaf.node.id, id), [])
        record.update(
            node=leaf.node.id,
            step=id,
            issues=[_issue(issue) for issue in issues],
            errorCount=sum(1 for issue in issues if issue.kind == "error"),
            warningCount=sum(1 for issue in issues if issue.kind == "warning"),
            workerName=leaf.worker or None,
            refName=planned.name if planned is not None else None,
        )
        if planned is not None:
            task, _, version = planned.task.partition("@")
            record["task"] = {"id": None, "name": task, "version": version}

    def _tell_task(self, record: dict[str, Any], leaf: NodeState, id: str) -> None:
        """How a step that has begun stands, and its log."""
        step = leaf.steps[id]
        ended = step.result or (leaf.result if leaf.phase is Phase.FINISHED else None)
        record.update(
            startTime=moment(step.started_at),
            finishTime=moment(step.finished_at or (leaf.finished_at if ended else None)),
            state="completed" if ended else "inProgress",
            result=None if ended is None else str(ended),
            reason=step.message or None,
        )
        self._log(record, leaf.node.id, id, step.name)

    def _log(self, record: dict[str, Any], node: str, step: str, name: str) -> None:
        told = self.state.nodes[node].steps[step]
        # What a step that has ended said of its log saves a look at the file.
        lines = told.lines if told.result is not None and told.lines else 0
        lines = lines or self.line_count(node, step)
        if not lines:
            return
        place = list(self.state.nodes[node].steps).index(step) + 1
        log = self.places[node] * _STEPS + place
        self.timeline.logs[log] = LogPlace(
            id=log, node=node, step=step, name=name, record=record["id"], lines=lines
        )
        record["log"] = {"id": log, "type": "Container", "url": None}
        record["lineCount"] = lines


_OF_ITEM = {
    ItemStatus.PASSED: "succeeded",
    ItemStatus.FAILED: "failed",
    ItemStatus.TIMED_OUT: "failed",
    ItemStatus.CANCELED: "canceled",
}


def _state(node: NodeState) -> str:
    match node.phase:
        case Phase.FINISHED:
            return "completed"
        case Phase.RUNNING:
            return "inProgress"
    return "pending"


def _record(
    *, id: str, parent: str | None, kind: str, name: str, identifier: str, order: int
) -> dict[str, Any]:
    return {
        "previousAttempts": [],
        "id": id,
        "parentId": parent,
        "type": kind,
        "name": name,
        "startTime": None,
        "finishTime": None,
        "currentOperation": None,
        "percentComplete": None,
        "state": "pending",
        "result": None,
        "resultCode": None,
        "changeId": 0,
        "lastModified": None,
        "workerName": None,
        "order": order,
        "details": None,
        "errorCount": 0,
        "warningCount": 0,
        "url": None,
        "log": None,
        "task": None,
        "attempt": 1,
        "identifier": identifier,
        "issues": [],
        "queueTime": None,
        "lineCount": 0,
        "reason": None,
        "node": "",
        "step": None,
    }


def _issue(issue: IssueLogged) -> dict[str, Any]:
    data = {key: str(value) for key, value in issue.data.items()}
    if issue.line is not None:
        data["logFileLineNumber"] = str(issue.line)
    return {"type": issue.kind, "category": "General", "message": issue.message, "data": data}


def _plain_issue(message: str) -> dict[str, Any]:
    return {"type": "error", "category": "General", "message": message, "data": {}}
