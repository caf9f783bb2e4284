"""Processes that live and die together, and do not disturb each other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.agent.command_variables import Rank
from penstock.agent.gang import free_ports, run_gang
from penstock.agent.process import Cancellation, Exit, run_process


def gang(size: int) -> list[Rank]:
    return [Rank(number, number, 0, {}) for number in range(size)]


def test_processes_of_a_gang_do_not_disturb_each_other(tmp_path: Path) -> None:
    """What one process leaves behind is ended; what another has just started is not."""
    for _ in range(15):
        lines: list[str] = []

        def run_one(rank: Rank, cancellation: Cancellation, lines: list[str] = lines) -> Exit:
            return run_process(
                ["bash", "-c", f"echo {rank.number}"],
                cwd=tmp_path,
                env=dict(os.environ),
                on_line=lambda stream, line: lines.append(line),
                cancellation=cancellation,
            )

        _, ended = run_gang(gang(4), run_one, Cancellation())
        assert (ended.code, sorted(lines)) == (0, ["0", "1", "2", "3"])


def test_the_first_to_fail_decides() -> None:
    def run_one(rank: Rank, cancellation: Cancellation) -> Exit:
        if rank.number == 2:
            return Exit(5)
        cancellation.wait()
        return Exit(143, canceled=True)

    rank, ended = run_gang(gang(4), run_one, Cancellation())
    assert (rank.number, ended.code) == (2, 5)


def test_all_are_stopped_when_the_job_is_canceled() -> None:
    cancellation = Cancellation()
    reasons = []

    def run_one(rank: Rank, stop: Cancellation) -> Exit:
        cancellation.request("enough")
        stop.wait()
        reasons.append(stop.reason)
        return Exit(143, canceled=True)

    run_gang(gang(3), run_one, cancellation)
    assert reasons == ["enough"] * 3


def test_one_that_cannot_be_run_is_an_error_after_all_have_ended() -> None:
    ended = []

    def run_one(rank: Rank, stop: Cancellation) -> Exit:
        if rank.number == 1:
            raise OSError("no")
        stop.wait()
        ended.append(rank.number)
        return Exit(143, canceled=True)

    with pytest.raises(OSError, match="no"):
        run_gang(gang(3), run_one, Cancellation())
    assert sorted(ended) == [0, 2]


def test_free_ports_differ() -> None:
    assert len(set(free_ports(5))) == 5
