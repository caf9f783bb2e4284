"""Layers, layouts and pictures of graphs."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.language.pipeline.pictures.layout import Layout, Size, Spot, lay_out
from penstock.language.pipeline.pictures.mermaid import draw_mermaid
from penstock.language.pipeline.pictures.outline import Box, layers_of
from penstock.language.pipeline.pictures.svg import draw_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_a_layer_is_one_more_than_the_latest_of_what_it_waits_for() -> None:
    waits = {"C": ("A", "B"), "A": (), "B": ("A",), "D": ("A",)}
    assert layers_of(waits) == {"A": 0, "B": 1, "D": 1, "C": 2}


def test_names_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="these wait for each other: A, B"):
        layers_of({"A": ("B",), "B": ("A",)})


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    names = [f"n{number}" for number in range(draw(st.integers(1, 12)))]
    return {
        name: tuple(draw(st.sets(st.sampled_from(names[:position]))) if position else ())
        for position, name in enumerate(names)
    }


@settings(deadline=None)
@given(graphs())
def test_boxes_never_overlap_and_lines_run_from_left_to_right(
    waits: dict[str, tuple[str, ...]],
) -> None:
    sizes = {name: Size(40.0 + 7 * number, 20.0 + number) for number, name in enumerate(waits)}
    layout = lay_out(sizes, layers_of(waits), waits, gap=Size(30, 10))
    spots = list(layout.spots.values())
    for position, one in enumerate(spots):
        assert not any(overlap(one, other) for other in spots[position + 1 :])
        assert 0 <= one.x <= layout.size.width - one.width + 0.001
        assert 0 <= one.y <= layout.size.height - one.height + 0.001
    assert set(layout.lines) == {(before, name) for name in waits for before in waits[name]}
    for points in layout.lines.values():
        assert [x for x, _ in points] == sorted(x for x, _ in points)


@settings(deadline=None)
@given(graphs())
def test_a_line_passes_no_box_in_the_layers_between(waits: dict[str, tuple[str, ...]]) -> None:
    sizes = {name: Size(50, 20) for name in waits}
    layout = lay_out(sizes, layers_of(waits), waits, gap=Size(30, 10))
    for edge in layout.lines:
        assert not any(passes(layout, edge, spot) for spot in layout.spots.values())


def passes(layout: Layout, edge: tuple[str, str], spot: Spot) -> bool:
    """Whether a straight part of the line, through a layer, lies in the box."""
    points = layout.lines[edge]
    straight = zip(points[1:-1:2], points[2:-1:2], strict=True)
    return any(
        start[0] < spot.x + spot.width
        and end[0] > spot.x
        and spot.y < start[1] < spot.y + spot.height
        for start, end in straight
    )


def overlap(one: Spot, other: Spot) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@given(st.text(max_size=30))
def test_any_title_makes_an_svg_that_can_be_read(title: str) -> None:
    title = title.encode("utf-8", "replace").decode()
    job = Box("J", "job", (), 0, title=title, condition=title)
    tree = ElementTree.fromstring(draw_svg([Box("S", "stage", (), 0, inside=(job,))]))
    assert next(tip.text for tip in tree.iter(f"{SVG}title")) == "S"
    assert len(list(tree.iter(f"{SVG}rect"))) == 2


@given(st.text(alphabet='"#<>&`[](){};|-', max_size=20))
def test_no_title_ends_a_mermaid_label(title: str) -> None:
    lines = draw_mermaid([Box("S", "stage", (), 0, title=f"x{title}")]).splitlines()
    assert len(lines) == 3
    assert lines[1].count('"') == 2
