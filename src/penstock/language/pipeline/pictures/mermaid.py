"""The graph as Mermaid text, for pages that draw it (GitHub, Azure DevOps wikis)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.language.pipeline import UNNAMED_STAGE
from penstock.language.pipeline.pictures.outline import Box

_ESCAPES = {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;"}


def draw_mermaid(stages: Sequence[Box]) -> str:
    """A flowchart from left to right; every stage is a subgraph with its jobs."""
    lines = ["flowchart LR"]
    if len(stages) == 1 and stages[0].name == UNNAMED_STAGE:
        lines += _boxes(stages[0].inside, "j", "  ")
        return "\n".join(lines)
    ids = {stage.name: f"s{number}" for number, stage in enumerate(stages, 1)}
    for stage in stages:
        id = ids[stage.name]
        lines.append(f'  subgraph {id}["{_label(stage)}"]')
        lines += _boxes(stage.inside, f"{id}j", "    ")
        lines.append("  end")
    lines += _edges(stages, ids, "  ")
    return "\n".join(lines)


def _boxes(jobs: Sequence[Box], prefix: str, indent: str) -> Iterator[str]:
    ids = {job.name: f"{prefix}{number}" for number, job in enumerate(jobs, 1)}
    for job in jobs:
        shape = ("([", "])") if job.kind == "deployment" else ("[", "]")
        yield f'{indent}{ids[job.name]}{shape[0]}"{_label(job)}"{shape[1]}'
    yield from _edges(jobs, ids, indent)


def _edges(boxes: Sequence[Box], ids: dict[str, str], indent: str) -> Iterator[str]:
    for box in boxes:
        for other in box.waits_for:
            yield f"{indent}{ids[other]} --> {ids[box.name]}"


def _label(box: Box) -> str:
    text = box.title or box.name
    text = f"{text} {box.detail}" if box.detail else text
    return "".join(_ESCAPES.get(character, character) for character in text)
