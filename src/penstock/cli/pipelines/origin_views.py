"""The final YAML beside the places that its lines came from, as text and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from penstock.cli.terminal import one_line
from penstock.language.canonical import Line
from penstock.language.origins import Frame, Origins

_DIM, _RESET = "\x1b[2m", "\x1b[0m"


def origins_text(lines: Sequence[Line], origins: Origins, *, color: bool) -> str:
    """Each line behind its place. Where the way to it changes, `#` lines tell of it: the steps
    that are new, or, back on an earlier way, the step that it is back in."""
    dim, reset = (_DIM, _RESET) if color else ("", "")
    places = [str(line.begins.span.source.label) + f":{line.begins.span.line}" for line in lines]
    width = max(map(len, places), default=0)
    rows: list[str] = []
    way: tuple[Frame, ...] = ()
    before: Line | None = None
    for place, line in zip(places, lines, strict=True):
        frames = origins.innermost(line.within)
        if frames != way:
            indent = " " * (width + 2 + len(line.text) - len(line.text.lstrip()))
            rows += [f"{indent}{dim}# {step}{reset}" for step in _change(way, frames, line)]
            way = frames
        goes_on = before is not None and line.begins is before.begins
        gutter = f"{'' if goes_on else place:{width}}"
        rows.append(f"{dim}{gutter}{reset}  {one_line(line.text)}".rstrip())
        before = line
    return "\n".join(rows)


def origins_data(lines: Sequence[Line], origins: Origins) -> list[dict[str, Any]]:
    """A row for each line: its text, where it came from, and the way to there, outermost first."""
    return [
        {
            "line": number,
            "text": line.text,
            "file": line.begins.span.source.label,
            "fileLine": line.begins.span.line,
            "way": [
                {"kind": frame.kind, "detail": frame.detail, "place": str(frame.span)}
                for frame in origins.innermost(line.within)
            ],
        }
        for number, line in enumerate(lines, 1)
    ]


def _change(old: tuple[Frame, ...], new: tuple[Frame, ...], line: Line) -> Iterator[str]:
    shared = 0
    while shared < min(len(old), len(new)) and old[shared] == new[shared]:
        shared += 1
    if new[shared:]:
        yield from map(_step, new[shared:])
    elif new:
        yield f"back in {_step(new[-1])}"
    else:
        yield f"back in {line.begins.span.source.label}"


def _step(frame: Frame) -> str:
    return one_line(f"{frame.kind} {frame.detail}  ({frame.span})")
