"""The one line that says why a command failed."""

from __future__ import annotations

import pytest

from penstock.agent.command_endings import judge, telling_line
from penstock.agent.process import Exit
from penstock.engine.events import Result

TRACEBACK = "Traceback (most recent call last):"


@pytest.mark.parametrize(
    ("ended", "last", "said"),
    [
        (Exit(0), ["all good"], (Result.SUCCEEDED, "")),
        (Exit(3), [], (Result.FAILED, "the command ended with exit code 3")),
        (
            Exit(1),
            [TRACEBACK, "  File x", "ValueError: boom"],
            (Result.FAILED, "the command ended with exit code 1: ValueError: boom"),
        ),
        (
            Exit(127),
            ["bash: line 1: foo: command not found"],
            (
                Result.FAILED,
                "the command ended with exit code 127: bash: line 1: foo: command not found",
            ),
        ),
        (
            Exit(137, signal=9),
            [],
            (
                Result.FAILED,
                "the command ended with exit code 137 "
                "(killed by SIGKILL; the machine may be out of memory)",
            ),
        ),
        (
            Exit(139),
            ["Segmentation fault"],
            (
                Result.FAILED,
                "the command ended with exit code 139 (killed by SIGSEGV): Segmentation fault",
            ),
        ),
        (Exit(255), [], (Result.FAILED, "the command ended with exit code 255")),
        (Exit(0, canceled=True), ["stopping"], (Result.CANCELED, "")),
        (
            Exit(143, timed_out=True),
            ["x"],
            (Result.CANCELED, "stopped after 60 s, the time limit of the job"),
        ),
    ],
)
def test_how_an_exit_is_judged(ended: Exit, last: list[str], said: tuple[Result, str]) -> None:
    assert judge(ended, last, 60.0) == said


def test_a_process_of_several_is_named() -> None:
    result, message = judge(Exit(1), ["x"], None, 2)
    assert (result, message) == (
        Result.FAILED,
        "process 2 of the command ended with exit code 1: x",
    )


@pytest.mark.parametrize(
    ("lines", "telling"),
    [
        ([], ""),
        (["one", "", "two", " "], "two"),
        (["KeyError: 'x'", "View run at http://x"], "KeyError: 'x'"),
        (
            [TRACEBACK, "  File x", "my.NotThere: gone", "bye"],
            "my.NotThere: gone",
        ),
        (
            [
                TRACEBACK,
                "  a",
                "KeyError: 1",
                "",
                "During handling",
                TRACEBACK,
                "  b",
                "ValueError: 2",
            ],
            "ValueError: 2",
        ),
        (["/x.py:1: FutureWarning: old", "done"], "done"),
        (["Error in the middle of text", "end"], "end"),
        (["E" * 1000], "E" * 300),
    ],
)
def test_the_telling_line(lines: list[str], telling: str) -> None:
    assert telling_line(lines) == telling
