"""The graph as an SVG that stands alone: it follows the reader's light or dark colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from unicodedata import east_asian_width

from penstock.language.pipeline import UNNAMED_STAGE
from penstock.language.pipeline.pictures.layout import Layout, Size, lay_out
from penstock.language.pipeline.pictures.outline import Box

_LONGEST = 36
_CHARACTER = 7.4
_JOB_HEIGHT = 30.0
_HEAD = 30.0
_PAD = 14.0
_JOB_GAP = Size(32.0, 10.0)
_STAGE_GAP = Size(48.0, 20.0)
_STYLE = """\
    .penstock { color-scheme: light dark; --line: #57606a; --stage: #f6f8fa; --job: #ffffff;
      --edge: #d0d7de; --text: #1f2328; --accent: #0969da }
    @media (prefers-color-scheme: dark) {
      .penstock { --line: #8b949e; --stage: #161b22; --job: #0d1117; --edge: #30363d;
        --text: #e6edf3; --accent: #58a6ff }
    }
    .penstock text { font: 13px system-ui, sans-serif; fill: var(--text) }
    .penstock .head { font-weight: 600 }
    .penstock .stage { fill: var(--stage); stroke: var(--edge) }
    .penstock .job { fill: var(--job); stroke: var(--edge) }
    .penstock .deployment { fill: var(--job); stroke: var(--accent) }
    .penstock .line { fill: none; stroke: var(--line); stroke-width: 1.5 }
    .penstock .conditional { stroke-dasharray: 5 3 }"""


def draw_svg(stages: Sequence[Box]) -> str:
    """The picture. What has a condition has a dashed border and tells it when pointed at."""
    if len(stages) == 1 and stages[0].name == UNNAMED_STAGE:
        layout = _layout(stages[0].inside, [_job_size(b) for b in stages[0].inside], _JOB_GAP)
        body = list(_jobs(stages[0].inside, layout, _PAD, _PAD))
    else:
        layout = _layout(stages, [_stage_size(stage) for stage in stages], _STAGE_GAP)
        body = [*_lines(layout, _PAD, _PAD), *_stages(stages, layout)]
    width, height = layout.size.width + 2 * _PAD, layout.size.height + 2 * _PAD
    names = ", ".join(stage.name for stage in stages if stage.name != UNNAMED_STAGE)
    label = escape(f"pipeline: {names}" if names else "pipeline")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="penstock" width="{width:g}" '
            f'height="{height:g}" viewBox="0 0 {width:g} {height:g}" role="img" '
            f'aria-label="{label}">',
            f"  <style>\n{_STYLE}\n  </style>",
            '  <defs><marker id="penstock-end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="var(--line)"/>'
            "</marker></defs>",
            *(f"  {line}" for line in body),
            "</svg>",
        ]
    )


def _layout(boxes: Sequence[Box], sizes: Sequence[Size], gap: Size) -> Layout:
    return lay_out(
        {box.name: size for box, size in zip(boxes, sizes, strict=True)},
        {box.name: box.layer for box in boxes},
        {box.name: box.waits_for for box in boxes},
        gap=gap,
    )


def _inner(stage: Box) -> Layout:
    return _layout(stage.inside, [_job_size(job) for job in stage.inside], _JOB_GAP)


def _stage_size(stage: Box) -> Size:
    inner = _inner(stage).size
    width = max(inner.width, _text_width(_label(stage)))
    return Size(width + 2 * _PAD, _HEAD + inner.height + _PAD)


def _job_size(job: Box) -> Size:
    return Size(_text_width(_label(job)) + 2 * _PAD, _JOB_HEIGHT)


def _stages(stages: Sequence[Box], layout: Layout) -> Iterator[str]:
    for stage in stages:
        spot = layout.spots[stage.name]
        x, y = spot.x + _PAD, spot.y + _PAD
        yield from _box(stage, "stage", x, y, spot.width, spot.height)
        yield _text(_label(stage), x + _PAD, y + 20, "head")
        yield from _jobs(stage.inside, _inner(stage), x + _PAD, y + _HEAD)


def _jobs(jobs: Sequence[Box], layout: Layout, x: float, y: float) -> Iterator[str]:
    yield from _lines(layout, x, y)
    for job in jobs:
        spot = layout.spots[job.name]
        yield from _box(job, job.kind, x + spot.x, y + spot.y, spot.width, spot.height)
        yield _text(_label(job), x + spot.x + _PAD, y + spot.y + 20)


def _box(box: Box, kind: str, x: float, y: float, width: float, height: float) -> Iterator[str]:
    names = f"{kind} conditional" if box.condition else kind
    tip = f"{box.name}: {box.condition}" if box.condition else box.name
    yield (
        f'<rect class="{names}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
        f'rx="6"><title>{_escaped(tip)}</title></rect>'
    )


def _text(text: str, x: float, y: float, name: str = "") -> str:
    styled = f' class="{name}"' if name else ""
    return f'<text{styled} x="{x:g}" y="{y:g}">{_escaped(text)}</text>'


def _lines(layout: Layout, x: float, y: float) -> Iterator[str]:
    for points in layout.lines.values():
        yield f'<path class="line" marker-end="url(#penstock-end)" d="{_path(points, x, y)}"/>'


def _path(points: Sequence[tuple[float, float]], x: float, y: float) -> str:
    """Curves between layers, straight lines through them."""
    moved = [(px + x, py + y) for px, py in points]
    parts = [f"M{moved[0][0]:g} {moved[0][1]:g}"]
    for number, (start, end) in enumerate(pairwise(moved)):
        if number % 2:
            parts.append(f"L{end[0]:g} {end[1]:g}")
            continue
        middle = (start[0] + end[0]) / 2
        parts.append(f"C{middle:g} {start[1]:g} {middle:g} {end[1]:g} {end[0]:g} {end[1]:g}")
    return " ".join(parts)


def _label(box: Box) -> str:
    text = box.title or box.name
    text = f"{text} {box.detail}" if box.detail else text
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _text_width(text: str) -> float:
    return sum(2 * _CHARACTER if east_asian_width(c) in "WF" else _CHARACTER for c in text)


def _escaped(text: str) -> str:
    """Text for XML, without the characters that XML cannot hold."""
    return escape("".join(c for c in text if c >= " " and c not in "\ufffe\uffff"))
