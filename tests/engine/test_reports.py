"""What executors say is taken in once and in order; what is not theirs to say is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from engine_plans import FAILED, OK, job, plan

from penstock.engine.events import (
    CancelRequested,
    Event,
    IssueLogged,
    NodeExpanded,
    NodeFinished,
    NodeQueued,
    NodeStarted,
    RunChanged,
    RunFinished,
    StepFinished,
    StepStarted,
)
from penstock.engine.reports import AHEAD, ForeignReport, Report, Reports, check_own
from penstock.engine.scheduler import Scheduler
from penstock.engine.testing import FakeExecutor, MemoryJournal


def said(number: int, *events: Event, kept: int = 0, node: str = "a", attempt: int = 1) -> Report:
    given = events or (StepStarted(at=float(number), node=node, step=str(number), name="x"),)
    return Report(run="1", node=node, attempt=attempt, number=number, events=given, kept=kept)


def steps(events: list[Event]) -> list[str]:
    return [event.step for event in events if isinstance(event, StepStarted)]


def test_reports_are_handed_on_in_order_and_once() -> None:
    reports = Reports()
    assert steps(reports.take(said(2))) == []
    assert steps(reports.take(said(3))) == []
    assert steps(reports.take(said(1))) == ["1", "2", "3"]
    assert [reports.take(said(n)) for n in (1, 2, 3)] == [[], [], []]
    assert steps(reports.take(said(4))) == ["4"]


def test_leaves_do_not_wait_for_each_other() -> None:
    reports = Reports()
    assert reports.take(said(2, node="a")) == []
    assert steps(reports.take(said(1, node="b"))) == ["1"]


def test_after_a_restart_the_sender_says_where_to_go_on() -> None:
    """It has heard that five are kept, and knows nothing of the sixth."""
    reports = Reports()
    assert reports.take(said(3, kept=2)) != []  # one that was on its way for long
    assert reports.take(said(7, kept=5)) == []
    assert steps(reports.take(said(6, kept=5))) == ["6", "7"]


def test_what_is_before_its_time_by_far_is_not_held() -> None:
    reports = Reports()
    assert reports.take(said(AHEAD + 1)) == []
    assert steps(reports.take(said(1))) == ["1"]
    for number in range(2, AHEAD + 1):
        assert len(reports.take(said(number))) == 1
    assert reports.take(said(AHEAD + 1)) != []


def test_a_report_is_kept_once_it_is_written() -> None:
    reports = Reports()
    reports.take(said(1))
    reports.take(said(3))
    assert reports.kept("a", 1) == 0
    reports.keep()
    assert (reports.kept("a", 1), reports.kept("b", 1)) == (1, 0)


@pytest.mark.parametrize(
    "event",
    [
        NodeStarted(at=1.0, node="b"),
        NodeFinished(at=1.0, node="b", result=OK),
        IssueLogged(at=1.0, node="", step="", kind="error", message="not mine"),
        NodeQueued(at=1.0, node="a"),
        NodeExpanded(at=1.0, node="a", nodes=()),
        CancelRequested(at=1.0, node="a", told=True),
        RunFinished(at=1.0, result=OK),
    ],
    ids=repr,
)
def test_an_executor_speaks_of_its_own_leaf_only(event: Event) -> None:
    with pytest.raises(ForeignReport, match="is not for the executor of a to report"):
        check_own(said(1, NodeStarted(at=1.0, node="a"), event))


# In the scheduler


class Held:
    """A run of two jobs that are in an executor's hands."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.executor = FakeExecutor(alive=["a", "b"])  # it never says anything by itself
        self.scheduler = self._scheduler()
        self.scheduler.start("1", plan(job("a"), job("b")), {})
        self.scheduler.post("1", wait=True)

    def _scheduler(self) -> Scheduler:
        return Scheduler(self.journal, lambda work: self.executor, lambda state, node: ())

    def restart(self) -> None:
        self.scheduler.close()
        self.scheduler = self._scheduler()
        self.scheduler.recover()
        self.scheduler.post("1", wait=True)

    def kept(self) -> list[Event]:
        return self.journal.load("1")[1]


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held()
    yield made
    made.scheduler.close()


STARTED = NodeStarted(at=1.0, node="a", worker="w")
ENDED = NodeFinished(at=3.0, node="a", result=OK)
NUMBER = RunChanged(at=2.0, name="number", value="7")


def test_an_end_waits_for_what_was_said_before_it(held: Held) -> None:
    """Else the run would be over, and take in nothing more."""
    held.scheduler.post("1", NodeFinished(at=1.0, node="b", result=OK))
    step = StepFinished(at=2.0, node="a", step="s", name="s", result=OK)
    assert held.scheduler.report(said(3, ENDED), wait=True) == 0
    assert held.scheduler.report(said(1, STARTED), wait=True) == 1
    assert held.scheduler.report(said(2, step, NUMBER), wait=True) == 3
    assert held.scheduler.wait("1", 10) is OK
    state = held.scheduler.state("1")
    assert (state.nodes["a"].worker, list(state.nodes["a"].steps)) == ("w", ["s"])
    assert state.facts == {"number": ["7"]}
    assert held.kept()[-5:-1] == [STARTED, step, NUMBER, ENDED]


def test_what_was_said_last_counts_though_it_came_first(held: Held) -> None:
    later = RunChanged(at=3.0, name="number", value="8")
    held.scheduler.report(said(3, later), wait=True)
    held.scheduler.report(said(1, STARTED), wait=True)
    held.scheduler.report(said(2, NUMBER), wait=True)
    assert held.scheduler.state("1").facts == {"number": ["7", "8"]}


def test_late_words_of_a_leaf_that_was_given_up_are_not_wanted(held: Held) -> None:
    held.scheduler.report(said(1, STARTED), wait=True)
    held.scheduler.post("1", NodeFinished(at=2.0, node="a", result=FAILED), wait=True)
    before = held.kept()
    assert held.scheduler.report(said(2, ENDED, NUMBER), wait=True) is None
    assert held.kept() == before


def test_another_attempt_another_node_and_another_run_are_not_wanted(held: Held) -> None:
    before = held.kept()
    started = NodeStarted(at=1.0, node="c")
    assert held.scheduler.report(said(1, ENDED, attempt=2), wait=True) is None
    assert held.scheduler.report(said(1, started, node="c"), wait=True) is None
    assert held.scheduler.report(replace(said(1, STARTED), run="2"), wait=True) is None
    assert held.kept() == before


def test_a_foreign_report_changes_nothing(held: Held) -> None:
    before = held.kept()
    with pytest.raises(ForeignReport):
        held.scheduler.report(said(1, STARTED, NodeFinished(at=1.0, node="b", result=FAILED)))
    held.scheduler.post("1", wait=True)
    assert held.kept() == before


def test_reports_go_on_over_a_restart(held: Held) -> None:
    assert held.scheduler.report(said(1, STARTED), wait=True) == 1
    assert held.scheduler.report(said(2, NUMBER), wait=True) == 2  # an answer that is lost
    held.restart()
    assert held.scheduler.report(said(2, NUMBER, kept=1), wait=True) == 2
    assert held.scheduler.report(said(3, ENDED, kept=2), wait=True) == 3
    assert held.kept().count(NUMBER) == 1
    assert held.scheduler.state("1").nodes["a"].result is OK


def test_what_could_not_be_written_is_not_kept(held: Held) -> None:
    held.journal.error = OSError("full")
    assert held.scheduler.report(said(1, STARTED), wait=True) == 0
    held.journal.error = None
    assert held.scheduler.report(said(1, STARTED), wait=True) in (0, 1)
    while held.scheduler.report(said(1, STARTED), wait=True) == 0:
        held.scheduler.tick()
    assert held.kept().count(STARTED) == 1
