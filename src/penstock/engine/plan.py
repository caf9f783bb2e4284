"""What can run: a flat tuple of nodes, each naming its parent. Both services make these."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from penstock.engine.requests import DEFAULT_CONDITION, Variable, Work
from penstock.records import record


@record
class Node:
    """One thing that can run, or a group of such things.

    `id` is unique in the run (`deployDev/publishPipeline`); `key` is unique among siblings and is
    the name conditions and outputs use (`publishPipeline`). `kind` is a word for views (`stage`,
    `job`, `deployment`, `command` ...), never decided upon. A node with `work` is a leaf that an
    executor does; one without is a group, finished by its children. `depends_on` holds ids of
    siblings. `condition` is a v1 expression; `variables` are evaluated (runtime expressions too)
    when the node becomes ready, and are inherited by its children.
    A node that `expands` is a group too, whatever its `work`: its children come when it opens,
    made by its service from `expansion` (a matrix's `$[ ]` expression).
    `output_aliases` are pairs `(alias, of)`: outputs known as `of.x` answer to `alias.x` as well
    (a deployment's hook by the name of its job); with `of` empty all outputs do, and to it only.
    A `gate` is a leaf that is done first in its group: until it has succeeded no sibling starts,
    whatever its condition; when it ends otherwise they are skipped. Nothing depends on it by name.
    Durations are seconds; None means no limit. `timeout` counts from the start, not from queueing.
    """

    id: str
    key: str
    kind: str
    display_name: str = ""
    parent: str | None = None
    depends_on: tuple[str, ...] = ()
    condition: str = DEFAULT_CONDITION
    variables: tuple[Variable, ...] = ()
    work: Work | None = None
    expands: bool = False
    gate: bool = False
    max_parallel: int | None = None
    timeout: float | None = None
    cancel_timeout: float = 300.0
    continue_on_error: str = "false"
    fail_fast: bool = False
    expansion: str = ""
    output_aliases: tuple[tuple[str, str], ...] = ()


@record
class Plan:
    """A run before anything happened. `variables` are those of the run, seen by every node.

    `start_time` is what `pipeline.startTime` answers, in seconds since 1970; the scheduler fills
    it in when it is None.
    """

    nodes: tuple[Node, ...]
    variables: tuple[Variable, ...] = ()
    fail_fast: bool = False
    start_time: float | None = None


class InvalidPlan(Exception):
    """the nodes of a plan do not fit together"""


def check_nodes(
    nodes: Sequence[Node], parent: Node | None = None, known: Container[str] = ()
) -> None:
    """Refuse nodes that could never all end; the fault is the planner's, never the user's.

    `parent` is the node that expanded into them (None: they are a whole plan) and `known` the ids
    the run has already. Raises `InvalidPlan` naming the node.
    """
    by_id: dict[str, Node] = {}
    for node in nodes:
        if node.id in by_id or node.id in known:
            raise InvalidPlan(f'two nodes are called "{node.id}"')
        by_id[node.id] = node
    for node in nodes:
        _check_place(node, parent, by_id)
    _check_gates(nodes)
    _check_cycles(by_id)


def _check_place(node: Node, root: Node | None, by_id: Mapping[str, Node]) -> None:
    if node.parent != (root.id if root else None):
        parent = by_id.get(node.parent or "")
        if parent is None or (parent.work is not None and not parent.expands):
            raise InvalidPlan(f'node "{node.id}" is in "{node.parent}", which is not a group here')
    for dependency in node.depends_on:
        if dependency not in by_id or by_id[dependency].parent != node.parent:
            raise InvalidPlan(f'node "{node.id}" depends on "{dependency}", which is not beside it')


def _check_gates(nodes: Sequence[Node]) -> None:
    gates: dict[str | None, str] = {}
    for node in nodes:
        if not node.gate:
            continue
        if node.work is None or node.expands or node.depends_on:
            raise InvalidPlan(f'gate "{node.id}" is no leaf that can be done first')
        if node.parent in gates:
            raise InvalidPlan(f'"{node.parent}" has two gates')
        gates[node.parent] = node.id
    for node in nodes:
        if any(dependency in gates.values() for dependency in node.depends_on):
            raise InvalidPlan(f'node "{node.id}" depends on a gate')


def _check_cycles(by_id: Mapping[str, Node]) -> None:
    """Take away what waits for nothing that is left, until nothing can be taken away."""
    waiting = {n.id: {d for d in (n.parent, *n.depends_on) if d in by_id} for n in by_id.values()}
    dependents: dict[str | None, list[str]] = {}
    for id, needs in waiting.items():
        for need in needs:
            dependents.setdefault(need, []).append(id)
    free = [id for id, needs in waiting.items() if not needs]
    for id in free:
        del waiting[id]
        for dependent in dependents.get(id, ()):
            waiting[dependent].discard(id)
            if not waiting[dependent]:
                free.append(dependent)
    if waiting:
        raise InvalidPlan(f"these nodes wait for each other: {', '.join(waiting)}")
