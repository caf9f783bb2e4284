"""A run as a tree of lines: stages, jobs, steps, and the ML jobs that steps started.

Pure: takes what is known, gives text. The live view and the summary both draw with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from penstock.cli.terminal import columns, one_line
from penstock.records import record

MARKS = {
    "succeeded": "✓",
    "succeededWithIssues": "!",
    "failed": "✗",
    "canceled": "■",
    "skipped": "-",
    "abandoned": "✗",
    "running": "▸",
    "pending": "·",
}
COLORS = {
    "succeeded": "32",
    "succeededWithIssues": "33",
    "failed": "31",
    "canceled": "33",
    "abandoned": "31",
    "running": "36",
}


@record
class Branch:
    """One line of the tree and the lines below it. `state` is a key of `MARKS`; `word` is printed
    instead of it where a service has its own; `seconds` None is not printed."""

    name: str
    state: str
    word: str = ""
    seconds: float | None = None
    detail: str = ""
    children: tuple[Branch, ...] = field(default=())


def draw(branch: Branch, *, color: bool = False, width: int = 52, times: bool = True) -> str:
    """The tree as text, one line a branch, names padded to a common column; `times` False leaves
    out the column of durations."""
    return "\n".join(_lines(branch, "", "", color, width, times))


def seconds_text(seconds: float) -> str:
    """A duration as people read it: `0.4s`, `2m 05s`, `1h 02m`."""
    if seconds < 100:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"


def _lines(
    branch: Branch, lead: str, below: str, color: bool, width: int, times: bool
) -> Iterator[str]:
    mark = MARKS.get(branch.state, "·")
    name = f"{lead}{mark} {one_line(branch.name)}"
    word = branch.word or branch.state
    time = seconds_text(branch.seconds) if branch.seconds is not None else ""
    line = f"{name}{' ' * max(0, width - columns(name))}  {word:<19}"
    if times:
        line = f"{line}  {time:>8}"
    if branch.detail:
        line = f"{line}  {one_line(branch.detail)}"
    line = line.rstrip()
    if color and (code := COLORS.get(branch.state)):
        line = line.replace(mark, f"\x1b[{code}m{mark}\x1b[0m", 1)
    yield line
    for position, child in enumerate(branch.children, 1):
        last = position == len(branch.children)
        yield from _lines(
            child,
            below + ("└─ " if last else "├─ "),
            below + ("   " if last else "│  "),
            color,
            width,
            times,
        )
