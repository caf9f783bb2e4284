"""The graph as indented text: each layer is one step further to the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.language.pipeline import UNNAMED_STAGE
from penstock.language.pipeline.pictures.outline import Box


def draw_lines(stages: Sequence[Box]) -> str:
    """One line a stage or job: its name, and what it waits for."""
    if len(stages) == 1 and stages[0].name == UNNAMED_STAGE:
        return "\n".join(_lines(stages[0].inside, ""))
    return "\n".join(_lines(stages, ""))


def _lines(boxes: Sequence[Box], indent: str) -> Iterator[str]:
    for box in boxes:
        lead = indent + "  " * box.layer
        parts = [f"{lead}{box.name}" if box.kind == "stage" else f"{lead}· {box.name}"]
        parts += [f'"{box.title}"'] if box.title else []
        parts += [box.detail] if box.detail else []
        line = " ".join(parts)
        if box.waits_for:
            line += f"  after {', '.join(box.waits_for)}"
        if box.condition:
            line += f"  if {box.condition}"
        yield line
        yield from _lines(box.inside, f"{lead}  ")
