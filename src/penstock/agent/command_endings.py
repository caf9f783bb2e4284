"""Says in one line how a command ended and why, from its exit and the last lines of its log."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable

from penstock.agent.process import Exit
from penstock.engine.events import Result

_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt)(:|$)")
_LONGEST = 300


def judge(
    ended: Exit, last: Iterable[str], timeout: float | None, rank: int | None = None
) -> tuple[Result, str]:
    """The result of an exit and its reason. `last` are the last lines of the log, `rank` the number
    of the process where there were several. A time limit cancels, as in Azure ML."""
    if ended.timed_out:
        return Result.CANCELED, f"stopped after {timeout:g} s, the time limit of the job"
    if ended.canceled:
        return Result.CANCELED, ""
    if ended.code == 0:
        return Result.SUCCEEDED, ""
    who = "the command" if rank is None else f"process {rank} of the command"
    line = telling_line(last)
    return Result.FAILED, f"{who} {_way(ended)}" + (f": {line}" if line else "")


def telling_line(lines: Iterable[str]) -> str:
    """The line that tells most of why a program failed: that of an exception, else the last."""
    found = last = ""
    inside = False
    for line in lines:
        if not line.strip():
            continue
        last = line.strip()
        if line.startswith(_TRACEBACK):
            inside = True
        elif (inside and not line[0].isspace()) or _EXCEPTION.match(line):
            found, inside = last, False
    return (found or last)[:_LONGEST]


def _way(ended: Exit) -> str:
    number = ended.signal
    if number is None and ended.code > 128:
        number = ended.code - 128
    try:
        name = signal.Signals(number).name if number else ""
    except ValueError:
        name = ""
    if not name:
        return f"ended with exit code {ended.code}"
    memory = "; the machine may be out of memory" if name == "SIGKILL" else ""
    return f"ended with exit code {ended.code} (killed by {name}{memory})"
