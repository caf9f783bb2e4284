"""The order of a pipeline's nodes, from the bindings between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def order(edges: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """Sort nodes so that each comes after what it depends on; `edges` are by dependent.

    Returns the order and one cycle (`[a, b, a]`), which is empty when there is none. Nodes in a
    cycle, or behind one, are not in the order.
    """
    left = {node: edges.keys() & set(sources) for node, sources in edges.items()}
    ordered: list[str] = []
    while ready := [node for node, sources in left.items() if not sources]:
        ordered += ready
        for node in ready:
            del left[node]
        for sources in left.values():
            sources.difference_update(ready)
    return ordered, _cycle(left)


def _cycle(left: Mapping[str, set[str]]) -> list[str]:
    """Follow dependencies among nodes that all have one left; the walk must come round."""
    if not left:
        return []
    path = [next(iter(left))]
    while (node := min(left[path[-1]])) not in path:
        path.append(node)
    return [*path[path.index(node) :], node][::-1]
