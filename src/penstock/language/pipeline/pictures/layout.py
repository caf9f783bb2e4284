"""Places boxes in layers from left to right.

A line that passes a layer gets a row of its own there, so that it runs between the boxes; rows are
ordered by where their neighbours stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from penstock.records import record

_PASSING = 10.0
_SWEEPS = 4


@record(kw_only=False)
class Size:
    """The width and height of a box."""

    width: float
    height: float


@record(kw_only=False)
class Spot:
    """Where a box stands: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@record(kw_only=False)
class Layout:
    """The spots by name, for each line (from, to) the points it passes, and the size of it all."""

    spots: Mapping[str, Spot]
    lines: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]
    size: Size


@record(kw_only=False)
class _Item:
    """A box (`line` None) or the passing of a line through a layer."""

    key: str
    size: Size


def lay_out(
    sizes: Mapping[str, Size],
    layers: Mapping[str, int],
    waits: Mapping[str, Sequence[str]],
    *,
    gap: Size,
) -> Layout:
    """The layout of boxes that wait for others; `gap` is what is left between them."""
    columns: list[list[_Item]] = [[] for _ in range(1 + max(layers.values(), default=-1))]
    for name, size in sizes.items():
        columns[layers[name]].append(_Item(name, size))
    chains = {
        (other, name): _chain(other, name, layers, columns)
        for name in sizes
        for other in waits[name]
    }
    _order(columns, list(chains.values()))
    spots, size = _place(columns, gap)
    lines = {
        edge: tuple(point for key in chain for point in _points(spots[key], key, edge))
        for edge, chain in chains.items()
    }
    return Layout({name: spots[name] for name in sizes}, lines, size)


def _chain(
    start: str, end: str, layers: Mapping[str, int], columns: list[list[_Item]]
) -> list[str]:
    """The keys a line visits, with a passing item in each layer between."""
    keys = [start]
    for layer in range(layers[start] + 1, layers[end]):
        key = f"{start}\n{end}\n{layer}"
        columns[layer].append(_Item(key, Size(0, _PASSING)))
        keys.append(key)
    return [*keys, end]


def _order(columns: list[list[_Item]], chains: list[list[str]]) -> None:
    """Sort each layer by the mean row of the neighbours, forth and back a few times."""
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for chain in chains:
        for one, next_one in pairwise(chain):
            before.setdefault(next_one, []).append(one)
            after.setdefault(one, []).append(next_one)
    rows = {item.key: row for column in columns for row, item in enumerate(column)}
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        neighbours = before if forth else after
        order = columns[1:] if forth else list(reversed(columns[:-1]))
        for column in order:
            means = {
                item.key: _mean([rows[n] for n in neighbours.get(item.key, ())], rows[item.key])
                for item in column
            }
            column.sort(key=lambda item: means[item.key])
            rows.update((item.key, row) for row, item in enumerate(column))


def _mean(rows: list[int], own: int) -> float:
    return sum(rows) / len(rows) if rows else float(own)


def _place(columns: list[list[_Item]], gap: Size) -> tuple[dict[str, Spot], Size]:
    heights = [sum(i.size.height for i in c) + gap.height * (len(c) - 1) for c in columns]
    height = max(heights, default=0.0)
    spots: dict[str, Spot] = {}
    x = 0.0
    for column, tall in zip(columns, heights, strict=True):
        width = max((item.size.width for item in column), default=0.0)
        y = (height - tall) / 2
        for item in column:
            wide = item.size.width or width
            spots[item.key] = Spot(x, y, wide, item.size.height)
            y += item.size.height + gap.height
        x += width + gap.width
    return spots, Size(max(0.0, x - gap.width), height)


def _points(spot: Spot, key: str, edge: tuple[str, str]) -> tuple[tuple[float, float], ...]:
    middle = spot.y + spot.height / 2
    if key == edge[0]:
        return ((spot.x + spot.width, middle),)
    if key == edge[1]:
        return ((spot.x, middle),)
    return ((spot.x, middle), (spot.x + spot.width, middle))
