"""What can run: a flat tuple of nodes, each naming its parent. Both services make these."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.engine.requests import Variable, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One thing that can run, or a group of such things.

    `id` is unique in the run (`deployDev/publishPipeline`); `key` is unique among siblings and is
    the name conditions and outputs use (`publishPipeline`). `kind` is a word for views (`stage`,
    `job`, `deployment`, `command` ...), never decided upon. A node with `work` is a leaf that an
    executor does; one without is a group, finished by its children. `depends_on` holds ids of
    siblings. `condition` is a v1 expression; `variables` are evaluated (runtime expressions too)
    when the node becomes ready, and are inherited by its children.
    Durations are seconds; None means no limit.
    """

    id: str
    key: str
    kind: str
    display_name: str = ""
    parent: str | None = None
    depends_on: tuple[str, ...] = ()
    condition: str = "succeeded()"
    variables: tuple[Variable, ...] = ()
    work: Work | None = None
    expands: bool = False
    max_parallel: int | None = None
    timeout: float | None = None
    cancel_timeout: float = 300.0
    continue_on_error: str = "false"
    fail_fast: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run before anything happened. `variables` are those of the run, seen by every node."""

    nodes: tuple[Node, ...]
    variables: tuple[Variable, ...] = ()
    fail_fast: bool = False
