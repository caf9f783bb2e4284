"""The places of a graph's nodes: in order, without overlap, whatever the graph."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from penstock.server.graph_layout import Box, lay_out

NAMES = [f"n{number}" for number in range(12)]
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=4))


def overlap(one: Box, other: Box) -> bool:
    return abs(one.x - other.x) < one.width and abs(one.y - other.y) < one.height - 0.2


@given(GRAPHS)
def test_no_box_lies_on_another_and_all_are_in_the_picture(graph: dict[str, list[str]]) -> None:
    layout = lay_out(list(graph), graph)
    assert sorted(box.id for box in layout.boxes) == sorted(graph)
    assert not [pair for pair in combinations(layout.boxes, 2) if overlap(*pair)]
    for box in layout.boxes:
        assert 0 <= box.x <= layout.width - box.width
        assert -0.1 <= box.y <= layout.height - box.height + 0.1


@given(GRAPHS)
def test_lines_go_from_left_to_right(graph: dict[str, list[str]]) -> None:
    layout = lay_out(list(graph), graph)
    left = {box.id: box.x for box in layout.boxes}
    for line in layout.lines:
        assert line.start in graph[line.end]
        assert left[line.start] < left[line.end]
        across = [x for x, _ in line.points]
        assert across == sorted(across)


def test_a_chain_is_a_row_and_what_joins_stands_in_the_middle() -> None:
    layout = lay_out(["a", "b", "c", "d"], {"b": ["a"], "c": ["a"], "d": ["b", "c"]})
    place = {box.id: (box.x, box.y) for box in layout.boxes}
    assert place["a"][0] < place["b"][0] == place["c"][0] < place["d"][0]
    middle = (place["b"][1] + place["c"][1]) / 2
    assert (place["a"][1], place["d"][1]) == (middle, middle)


def test_what_is_no_node_and_what_closes_a_circle_is_not_drawn() -> None:
    layout = lay_out(["a", "b"], {"a": ["b", "nobody", "a"], "b": ["a"]})
    assert len(layout.lines) == 1


def test_nothing_is_an_empty_picture() -> None:
    layout = lay_out([], {})
    assert (layout.boxes, layout.lines, layout.width, layout.height) == ((), (), 0.0, 0.0)
