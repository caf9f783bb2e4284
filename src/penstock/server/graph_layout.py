"""Places the nodes of a directed graph in layers from left to right: a pure function.

A node's layer is the length of the longest path to it; inside the layers, sweeps that move each
node to the middle of its neighbours keep lines from crossing; lines over several layers are led
around what lies between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import pairwise

from penstock.records import record

_SWEEPS = 8
NODE_WIDTH, NODE_HEIGHT = 180.0, 56.0
_GAP_X, _GAP_Y = 64.0, 24.0
_LANE = 8.0
_LIGHT = 0.001


@record
class Box:
    """Where a node is: its top left corner and its size."""

    id: str
    x: float
    y: float
    width: float = NODE_WIDTH
    height: float = NODE_HEIGHT


@record
class Line:
    """A line from the right of one node to the left of another, through points."""

    start: str
    end: str
    points: tuple[tuple[float, float], ...]


@record
class Layout:
    """The whole picture; `width` and `height` hold all of it."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


@record(kw_only=False, frozen=False)
class _Layered:
    """Layers of names; a line that passes a layer has a place of its own there."""

    layers: list[list[str]]
    before: dict[str, list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)
    passing: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def lay_out(nodes: Sequence[str], depends_on: Mapping[str, Sequence[str]]) -> Layout:
    """The places of the nodes. What depends on no node, or closes a circle, is not drawn."""
    edges = _without_circles(nodes, depends_on)
    layered = _layers(nodes, edges)
    for sweep in range(_SWEEPS):
        _order(layered, backwards=bool(sweep % 2))
    middles = _places(layered)
    return _picture(layered, edges, middles)


def _without_circles(
    nodes: Sequence[str], depends_on: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    known = set(nodes)
    edges = {
        (dependency, node)
        for node in nodes
        for dependency in depends_on.get(node, ())
        if dependency in known and dependency != node
    }
    waiting = dict.fromkeys(nodes, 0)
    following: dict[str, list[str]] = {node: [] for node in nodes}
    for start, end in edges:
        waiting[end] += 1
        following[start].append(end)
    free = [node for node in nodes if not waiting[node]]
    done: set[str] = set()
    for node in free:
        done.add(node)
        for end in following[node]:
            waiting[end] -= 1
            if not waiting[end]:
                free.append(end)
    place = {node: at for at, node in enumerate([*free, *(n for n in nodes if n not in done)])}
    return sorted(
        (edge for edge in edges if place[edge[0]] < place[edge[1]]),
        key=lambda edge: (place[edge[0]], place[edge[1]]),
    )


def _layers(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> _Layered:
    depth = dict.fromkeys(nodes, 0)
    for start, end in edges:  # in an order in which every start is final already
        depth[end] = max(depth[end], depth[start] + 1)
    layered = _Layered([[] for _ in range(max(depth.values(), default=-1) + 1)])
    for node in nodes:
        layered.layers[depth[node]].append(node)
    for start, end in edges:
        names = [f"\0{start}\0{end}\0{layer}" for layer in range(depth[start] + 1, depth[end])]
        for layer, name in enumerate(names, depth[start] + 1):
            layered.layers[layer].append(name)
        layered.passing[start, end] = names
        chain = [start, *names, end]
        for one, next_one in pairwise(chain):
            layered.after.setdefault(one, []).append(next_one)
            layered.before.setdefault(next_one, []).append(one)
    return layered


def _order(layered: _Layered, *, backwards: bool) -> None:
    """Sort each layer by the middle of the neighbours in the layer before (or after) it."""
    neighbours = layered.after if backwards else layered.before
    layers = layered.layers[::-1] if backwards else layered.layers
    for fixed, moved in pairwise(layers):
        place = {name: float(at) for at, name in enumerate(fixed)}
        scale = len(fixed) / max(len(moved), 1)
        middle = {
            name: _mean([place[n] for n in neighbours.get(name, ())], at * scale)
            for at, name in enumerate(moved)
        }
        moved.sort(key=lambda name: middle[name])


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _places(layered: _Layered) -> dict[str, float]:
    """The middle of every name from the top: as near to its neighbours as its layer lets it."""
    middles: dict[str, float] = {}
    for layer in layered.layers:
        _stack(layer, [_wish(layered.before, name, middles) for name in layer], middles)
    for layer in reversed(layered.layers[:-1]):
        wishes = []
        for name in layer:
            ahead = _wish(layered.after, name, middles)
            wishes.append(middles[name] if ahead is None else (ahead + middles[name]) / 2)
        _stack(layer, wishes, middles)
    top = min((middles[n] - _size(n) / 2 for layer in layered.layers for n in layer), default=0.0)
    return {name: middle - top for name, middle in middles.items()}


def _wish(
    neighbours: Mapping[str, Sequence[str]], name: str, middles: Mapping[str, float]
) -> float | None:
    known = [middles[n] for n in neighbours.get(name, ()) if n in middles]
    return sum(known) / len(known) if known else None


def _size(name: str) -> float:
    return _LANE if name.startswith("\0") else NODE_HEIGHT


def _stack(layer: Sequence[str], wishes: Sequence[float | None], middles: dict[str, float]) -> None:
    """Put a layer's names below each other without overlap, each as near as can be to its wish.

    Stacked without gaps to spare, each name wishes to move by some length. Names below may not move
    less than those above: where they wish to, they move together by the mean of their wishes.
    """
    offsets: list[float] = []
    blocks: list[_Block] = []
    top = 0.0
    for name, wish in zip(layer, wishes, strict=True):
        middle = top + _size(name) / 2
        offsets.append(middle)
        block = _Block(0.0, _LIGHT, 1) if wish is None else _Block(wish - middle, 1.0, 1)
        while blocks and blocks[-1].move > block.move:
            block = block.with_above(blocks.pop())
        blocks.append(block)
        top += _size(name) + (_GAP_Y if not name.startswith("\0") else _GAP_Y / 2)
    moves = (block.move for block in blocks for _ in range(block.names))
    for name, offset, move in zip(layer, offsets, moves, strict=True):
        middles[name] = offset + move


@record(kw_only=False)
class _Block:
    """Names that move together: by how much, how much they care, how many they are."""

    move: float
    weight: float
    names: int

    def with_above(self, other: _Block) -> _Block:
        """Both as one."""
        weight = self.weight + other.weight
        move = (self.move * self.weight + other.move * other.weight) / weight
        return _Block(move, weight, self.names + other.names)


def _picture(
    layered: _Layered, edges: Sequence[tuple[str, str]], middles: Mapping[str, float]
) -> Layout:
    column = {name: at for at, layer in enumerate(layered.layers) for name in layer}

    def left(name: str) -> float:
        return column[name] * (NODE_WIDTH + _GAP_X)

    boxes = tuple(
        Box(id=name, x=left(name), y=round(middles[name] - NODE_HEIGHT / 2, 1))
        for layer in layered.layers
        for name in layer
        if not name.startswith("\0")
    )
    lines = []
    for start, end in edges:
        points = [(left(start) + NODE_WIDTH, middles[start])]
        for name in layered.passing[start, end]:
            points += [(left(name), middles[name]), (left(name) + NODE_WIDTH, middles[name])]
        points.append((left(end), middles[end]))
        rounded = tuple((x, round(y, 1)) for x, y in points)
        lines.append(Line(start=start, end=end, points=rounded))
    columns = len(layered.layers)
    width = columns * NODE_WIDTH + max(columns - 1, 0) * _GAP_X
    height = max((box.y + box.height for box in boxes), default=0.0)
    passing = max((y for line in lines for _, y in line.points), default=0.0)
    return Layout(boxes=boxes, lines=tuple(lines), width=width, height=max(height, passing))
