"""Short ways to write plans in tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from penstock.engine.events import Result
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import CommandWork, EnvironmentSpec, StepsWork, Variable

STEPS = StepsWork(steps=())
COMMAND = CommandWork(
    job="job",
    root_job="root",
    experiment="demo",
    experiment_id="1",
    workspace="/subscriptions/s/resourceGroups/g/workspaces/w",
    command="true",
    environment=EnvironmentSpec(id="env"),
)

OK = Result.SUCCEEDED
ISSUES = Result.SUCCEEDED_WITH_ISSUES
FAILED = Result.FAILED
CANCELED = Result.CANCELED
SKIPPED = Result.SKIPPED
ABANDONED = Result.ABANDONED


def plan(*nodes: Node | Sequence[Node], **fields: Any) -> Plan:
    flat: list[Node] = []
    for item in nodes:
        flat.extend([item] if isinstance(item, Node) else item)
    return Plan(nodes=tuple(flat), **fields)


def stage(key: str, *jobs: Node | Sequence[Node], after: str = "", **fields: Any) -> list[Node]:
    """A stage and its jobs, whose ids and parents get the stage's key in front."""
    fields = {"kind": "stage", **fields}
    found = [Node(id=key, key=key, depends_on=tuple(after.split()), **fields)]
    for item in jobs:
        found += [_inside(key, n) for n in ([item] if isinstance(item, Node) else item)]
    return found


def job(key: str, condition: str = "succeeded()", *, after: str = "", **fields: Any) -> Node:
    """A job with steps; in a stage unless it stands alone in the plan."""
    fields = {"work": STEPS, "kind": "job", **fields}
    return Node(id=key, key=key, depends_on=tuple(after.split()), condition=condition, **fields)


def group(key: str, *children: Node | Sequence[Node], after: str = "", **fields: Any) -> list[Node]:
    """A job made of several: a matrix of legs, a deployment of hooks, a nested pipeline."""
    return stage(key, *children, after=after, **{"kind": "group", **fields})


def command(key: str, *, after: str = "", **fields: Any) -> Node:
    """A node of an Azure ML pipeline job."""
    return job(key, after=after, **{"work": COMMAND, "kind": "command", **fields})


def variables(**values: str) -> tuple[Variable, ...]:
    return tuple(Variable(name=name, value=value) for name, value in values.items())


def secret(name: str, value: str) -> Variable:
    return Variable(name=name, value=value, secret=True)


def _inside(parent: str, node: Node) -> Node:
    from dataclasses import replace

    return replace(
        node,
        id=f"{parent}/{node.id}",
        parent=f"{parent}/{node.parent}" if node.parent else parent,
        depends_on=tuple(f"{parent}/{d}" for d in node.depends_on),
    )
