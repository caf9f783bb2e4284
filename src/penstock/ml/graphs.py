"""The graph of a pipeline job as people look at it: its nodes, the data they read, what feeds what.

It shows one level; a node that is a pipeline itself has a graph of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from penstock.engine.requests import CommandWork
from penstock.engine.state import RunState
from penstock.ml.statuses import Status, node_status, started_at
from penstock.records import record


@record
class GraphNode:
    """A node of the pipeline (`kind` is `command` or `pipeline`), or data from outside (`data`).

    `id` is the engine's node, or the URI of the data; `key` is the name in the YAML. Times are
    seconds since 1970.
    """

    id: str
    key: str
    kind: str
    status: Status | None = None
    message: str = ""
    started: float | None = None
    finished: float | None = None


@record
class GraphEdge:
    """`source` feeds `target`: the output and the input by name, empty where they only follow each
    other."""

    source: str
    target: str
    output: str = ""
    input: str = ""


@record
class JobGraph:
    """One level of a pipeline job, the nodes in the order of the YAML."""

    nodes: tuple[GraphNode, ...] = ()
    edges: tuple[GraphEdge, ...] = ()


def job_graph(state: RunState, parent: str) -> JobGraph:
    """The graph below a node; `parent` "" is the whole job."""
    children = [child.node.id for child in state.children(parent or None)]
    made = {uri: (child, name) for child in children for name, uri in _outputs(state, child)}
    nodes = [_node(state, child) for child in children]
    edges: list[GraphEdge] = []
    data: dict[str, GraphNode] = {}
    for child in children:
        fed: set[str] = set()
        for name, uri in _inputs(state, child):
            source, output = made.get(uri, (uri, ""))
            if source == child:
                continue
            if uri not in made:
                data.setdefault(uri, GraphNode(id=uri, key=_data_name(uri), kind="data"))
            edges.append(GraphEdge(source=source, target=child, output=output, input=name))
            fed.add(source)
        waits = state.nodes[child].node.depends_on
        edges += [GraphEdge(source=other, target=child) for other in waits if other not in fed]
    return JobGraph(nodes=(*data.values(), *nodes), edges=tuple(_each_once(edges)))


def _node(state: RunState, id: str) -> GraphNode:
    node = state.nodes[id]
    return GraphNode(
        id=id,
        key=node.node.key,
        kind="command" if state.is_leaf(id) else "pipeline",
        status=node_status(state, id),
        message=node.message,
        started=started_at(state, id),
        finished=node.finished_at,
    )


def _leaves(state: RunState, id: str) -> Iterator[CommandWork]:
    work = state.nodes[id].node.work
    if isinstance(work, CommandWork):
        yield work
    for child in state.children(id):
        yield from _leaves(state, child.node.id)


def _outputs(state: RunState, id: str) -> Iterator[tuple[str, str]]:
    for work in _leaves(state, id):
        for output in work.outputs:
            yield output.name, output.uri


def _inputs(state: RunState, id: str) -> Iterator[tuple[str, str]]:
    """What a node reads and does not make itself."""
    own = {uri for _, uri in _outputs(state, id)}
    for work in _leaves(state, id):
        for given in work.inputs:
            if given.uri is not None and given.uri not in own:
                yield given.name, given.uri


def _data_name(uri: str) -> str:
    parts = [part for part in uri.split("/") if part]
    return parts[-1] if parts else uri


def _each_once(edges: Iterable[GraphEdge]) -> Sequence[GraphEdge]:
    return tuple(dict.fromkeys(edges))
