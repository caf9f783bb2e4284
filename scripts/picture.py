"""Draw what a command prints, in its colours, as an SVG picture.

`python scripts/picture.py OUT.svg COMMAND...` runs the command and draws its stdout below its line.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

COLUMNS = 96
ADVANCE, LEADING, SIZE, PAD = 7.8, 19, 13, 18
PAPER, INK, DIM = "#12161c", "#d5dbe3", "#8290a2"
COLORS = {
    "31": "#ff7b72",
    "32": "#5fd08a",
    "33": "#e3b341",
    "34": "#79b8ff",
    "35": "#d2a8ff",
    "36": "#56d4dd",
}
_WORDS = re.compile(r"\S+(?: \S+)*")
_SGR = re.compile(r"\x1b\[([0-9;]*)m")


class Run(NamedTuple):
    """Characters of one look that begin in a column."""

    column: int
    text: str
    color: str
    is_bold: bool


def runs_of(line: str) -> Iterator[Run]:
    """The runs of a line with colour sequences."""
    color, is_bold, column = INK, False, 0
    for number, piece in enumerate(_SGR.split(line)):
        if number % 2 == 0:
            for words in _WORDS.finditer(piece):  # SVG keeps no more than one space
                yield Run(column + words.start(), words.group(), color, is_bold)
            column += len(piece)
            continue
        for code in piece.split(";"):
            if code in ("", "0"):
                color, is_bold = INK, False
            elif code == "1":
                is_bold = True
            elif code == "2":
                color = DIM
            elif code in COLORS:
                color = COLORS[code]


def drawn(lines: list[str]) -> str:
    """The picture of lines with colour sequences."""
    columns = max(len(_SGR.sub("", line)) for line in lines)
    width, height = columns * ADVANCE + 2 * PAD, len(lines) * LEADING + 2 * PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" font-size="{SIZE}" '
        "font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\">",
        f"<title>{escape(_SGR.sub('', lines[0]))}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>',
    ]
    for row, line in enumerate(lines):
        y = PAD + row * LEADING + SIZE
        for run in runs_of(line):
            weight = ' font-weight="bold"' if run.is_bold else ""
            parts.append(
                f'<text x="{PAD + run.column * ADVANCE:g}" y="{y}" fill="{run.color}"{weight} '
                f'textLength="{len(run.text) * ADVANCE:g}">{escape(run.text)}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])


def typed(command: list[str]) -> list[str]:
    """The lines on which a person types a command, the long one broken."""
    lines = [""]
    for word in map(shlex.quote, command):
        if len(lines[-1]) + len(word) > COLUMNS:
            lines.append("   ")
        lines[-1] += f" {word}" if lines[-1].strip() else word
    return [
        f"\x1b[2m{'$' if number == 0 else ' '}\x1b[0m \x1b[1m{line}\x1b[0m"
        + (" \\" if number < len(lines) - 1 else "")
        for number, line in enumerate(lines)
    ]


def main() -> int:
    """Run the command and write the picture."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path)
    options.add_argument("command", nargs=argparse.REMAINDER)
    given = options.parse_args()
    done = subprocess.run(
        given.command,
        stdout=subprocess.PIPE,
        env={**os.environ, "FORCE_COLOR": "1"},
        text=True,
        check=False,
    )
    lines = [*typed(given.command), *done.stdout.rstrip("\n").split("\n")]
    given.out.write_text(drawn(lines), "utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
