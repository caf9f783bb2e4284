"""The loop with real threads: what is written before what, who may fail, and starting again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from engine_plans import CANCELED, FAILED, OK, STEPS, group, job, plan, stage, variables

from penstock.engine.clock import steady_clock
from penstock.engine.events import (
    CancelRequested,
    Event,
    IssueLogged,
    NodeFinished,
    NodeQueued,
    NodeStarted,
    Result,
    StepStarted,
)
from penstock.engine.plan import InvalidPlan, Node, Plan
from penstock.engine.requests import JobRequest
from penstock.engine.scheduler import RunStopped, Scheduler, SchedulerClosed
from penstock.engine.state import RunState
from penstock.engine.testing import FakeClock, FakeExecutor, MemoryJournal

SECONDS = 20.0


class Bench:
    """A scheduler on fakes, and the events its listeners saw."""

    def __init__(
        self,
        executor: FakeExecutor | None = None,
        journal: MemoryJournal | None = None,
        expand: Callable[[RunState, Node], tuple[Node, ...]] | None = None,
        **options: Any,
    ) -> None:
        self.clock = options.get("clock") or FakeClock()
        self.journal = journal or MemoryJournal()
        self.executor = executor or FakeExecutor()
        self.scheduler = Scheduler(
            self.journal,
            options.get("executor_for", lambda work: self.executor),
            expand or (lambda state, node: ()),
            self.clock,
        )
        self.executor.connect(self.scheduler)
        self.clock.on_change = self.scheduler.tick
        self.seen: list[tuple[str, Event]] = []
        self.scheduler.subscribe(lambda run, event: self.seen.append((run, event)))

    def run(self, plan: Plan, id: str = "1") -> Result:
        self.scheduler.start(id, plan, {"name": "demo"})
        return self.scheduler.wait(id, SECONDS)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what another thread does."""
        end = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.001)

    def kept(self, run: str = "1") -> list[Event]:
        return self.journal.load(run)[1]


Make = Callable[..., Bench]


@pytest.fixture
def make() -> Iterator[Make]:
    benches: list[Bench] = []

    def build(*arguments: Any, **options: Any) -> Bench:
        benches.append(Bench(*arguments, **options))
        return benches[-1]

    yield build
    for bench in benches:
        bench.scheduler.close()
    assert not [t for t in threading.enumerate() if t.name == "scheduler"]


TWO_STAGES = plan(
    stage("build", job("compile"), job("lint")), stage("deploy", job("ship"), after="build")
)


def test_a_run_goes_to_its_end_and_is_kept(make: Make) -> None:
    bench = make()
    assert bench.run(TWO_STAGES) is OK
    assert bench.journal.headers["1"] == {"name": "demo"}
    assert [f"{type(e).__name__} {getattr(e, 'node', '')}".strip() for e in bench.kept()] == [
        "NodeQueued build",
        "NodeStarted build",
        "NodeQueued build/compile",
        "NodeQueued build/lint",
        "NodeStarted build/compile",
        "NodeFinished build/compile",
        "NodeStarted build/lint",
        "NodeFinished build/lint",
        "NodeFinished build",
        "NodeQueued deploy",
        "NodeStarted deploy",
        "NodeQueued deploy/ship",
        "NodeStarted deploy/ship",
        "NodeFinished deploy/ship",
        "NodeFinished deploy",
        "RunFinished",
    ]
    assert bench.seen == [("1", event) for event in bench.kept()]
    assert bench.scheduler.state("1").result is OK


def test_a_request_carries_evaluated_variables_and_the_attempt(make: Make) -> None:
    bench = make()
    bench.run(
        plan(
            job("a", variables=variables(x="$[ variables.y ]")),
            variables=variables(y="$[ coalesce('', 'from the run') ]"),
        )
    )
    (request,) = bench.executor.requests
    assert {v.name: v.value for v in request.variables} == {
        "y": "from the run",
        "x": "from the run",
    }
    assert (request.run, request.node, request.attempt) == ("1", "a", 1)


def test_the_start_time_of_the_plan_is_the_clocks(make: Make) -> None:
    bench = make()
    bench.run(plan(job("a", "eq(format('{0:yyyy}', pipeline.startTime), '1970')")))
    assert bench.journal.load("1")[0].start_time == bench.clock.now


def test_a_leaf_is_handed_over_only_after_its_queueing_is_kept(make: Make) -> None:
    bench = make()
    kept_before: list[bool] = []

    class Watching(FakeExecutor):
        def submit(self, request: JobRequest) -> None:
            queued = [e.node for e in bench.kept() if isinstance(e, NodeQueued)]
            kept_before.append(request.node in queued)
            super().submit(request)

    bench.executor = Watching()
    bench.executor.connect(bench.scheduler)
    bench.run(TWO_STAGES)
    assert kept_before == [True, True, True]


def test_what_follows_from_an_event_is_kept_in_the_same_piece(make: Make) -> None:
    pieces: list[list[str]] = []

    class Pieces(MemoryJournal):
        def append(self, run: str, events: Sequence[Event]) -> None:
            pieces.append([type(e).__name__ for e in events])
            super().append(run, events)

    bench = make(FakeExecutor(held=["a"]), Pieces())
    bench.scheduler.start("1", plan(job("a"), job("b", after="a")), {})
    bench.until(lambda: bool(bench.executor.requests))
    bench.executor.finish("1", "a")
    bench.scheduler.wait("1", SECONDS)
    assert ["NodeFinished", "NodeQueued"] in pieces


def test_listeners_are_told_after_the_write_and_in_order(make: Make) -> None:
    bench = make()
    late: list[Event] = []
    bench.scheduler.subscribe(lambda run, event: late.extend([event][: event not in bench.kept()]))
    unsubscribe = bench.scheduler.subscribe(lambda run, event: late.append(event))
    unsubscribe()
    bench.run(TWO_STAGES)
    assert late == []


def test_many_runs_go_on_at_once(make: Make) -> None:
    bench = make()
    ids = [str(n) for n in range(50)]
    threads = [
        threading.Thread(target=bench.scheduler.start, args=(id, TWO_STAGES, {})) for id in ids
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {bench.scheduler.wait(id, SECONDS) for id in ids} == {OK}
    assert len(bench.executor.requests) == 150


def test_a_thousand_jobs_run_once_each(make: Make) -> None:
    bench = make()
    legs = [job(f"leg{n}", variables=variables(n=str(n))) for n in range(1000)]
    matrix = group("m", *legs, max_parallel=100)
    whole = plan(stage("s", matrix), stage("t", job("last"), after="s"), variables=variables(x="1"))
    assert bench.run(whole) is OK
    assert sorted(r.node for r in bench.executor.requests) == sorted(
        [*(f"s/m/leg{n}" for n in range(1000)), "t/last"]
    )


def test_an_idle_scheduler_sleeps(make: Make) -> None:
    class Counting(FakeClock):
        looks = 0

        def __call__(self) -> float:
            self.looks += 1
            return self.now

    clock = Counting()
    bench = make(FakeExecutor(held=["a"]), clock=clock)
    bench.scheduler.start("1", plan(job("a", timeout=3600.0)), {})
    bench.until(lambda: bool(bench.executor.requests))
    time.sleep(0.02)
    before = clock.looks
    time.sleep(0.05)
    assert clock.looks == before


# Canceling and time


def test_cancel_reaches_the_executor_and_ends_the_run(make: Make) -> None:
    bench = make(FakeExecutor(held=["a"]))
    bench.scheduler.start("1", plan(job("a"), job("b", after="a")), {})
    bench.until(lambda: bool(bench.executor.requests))
    bench.scheduler.cancel("1", reason="enough")
    assert bench.scheduler.wait("1", SECONDS) is CANCELED
    assert bench.executor.canceled == [("1", "a", "enough")]
    assert bench.scheduler.state("1").nodes["a"].message == "enough"


def test_one_node_can_be_canceled(make: Make) -> None:
    bench = make(FakeExecutor(held=["a", "b"]))
    bench.scheduler.start("1", plan(job("a"), job("b")), {})
    bench.until(lambda: len(bench.executor.requests) == 2)
    bench.scheduler.cancel("1", "a")
    bench.until(lambda: bool(bench.executor.canceled))
    bench.executor.finish("1", "b")
    bench.scheduler.wait("1", SECONDS)
    words = {id: n.result for id, n in bench.scheduler.state("1").nodes.items()}
    assert words == {"a": CANCELED, "b": OK}


def test_a_job_is_stopped_when_its_time_is_up(make: Make) -> None:
    bench = make(FakeExecutor(held=["a"]))
    bench.scheduler.start("1", plan(job("a", timeout=60.0)), {})
    bench.until(lambda: bool(bench.executor.requests))
    bench.clock.advance(-3600.0)
    bench.scheduler.post("1", wait=True)
    assert bench.executor.canceled == []
    bench.clock.advance(3600.0 + 61.0)
    assert bench.scheduler.wait("1", SECONDS) is CANCELED
    text = "The job running on agent fake ran longer than the maximum time of 1 minutes."
    assert bench.executor.canceled == [("1", "a", text)]


def test_a_limit_of_centuries_hinders_nobody() -> None:
    """2147483647 minutes is what people write for no limit."""
    executor, far = FakeExecutor(held=["a"]), 2147483647 * 60.0
    scheduler = Scheduler(MemoryJournal(), lambda work: executor, lambda state, node: ())
    executor.connect(scheduler)
    scheduler.start("1", plan(job("a", timeout=far)), {})
    scheduler.start("2", plan(job("b")), {})
    assert scheduler.wait("2", SECONDS) is OK
    executor.finish("1", "a")
    assert scheduler.wait("1", SECONDS) is OK
    scheduler.close()


def test_a_timeout_passes_by_itself() -> None:
    executor = FakeExecutor(held=["a"])
    scheduler = Scheduler(MemoryJournal(), lambda work: executor, lambda state, node: ())
    executor.connect(scheduler)
    scheduler.start("1", plan(job("a", timeout=0.02)), {})
    assert scheduler.wait("1", SECONDS) is CANCELED
    scheduler.close()


def test_a_job_that_does_not_answer_a_cancel_is_given_up(make: Make) -> None:
    bench = make(FakeExecutor(held=["a"], silent=["a"]))
    bench.scheduler.start("1", plan(job("a", cancel_timeout=5.0)), {})
    bench.until(lambda: bool(bench.executor.requests))
    bench.scheduler.cancel("1", reason="stop")
    bench.until(lambda: bool(bench.executor.canceled))
    bench.clock.advance(66.0)
    assert bench.scheduler.wait("1", SECONDS) is Result.ABANDONED
    bench.executor.finish("1", "a", OK)
    assert bench.scheduler.state("1").nodes["a"].result is Result.ABANDONED


# Others fail


def test_an_executor_that_refuses_a_job_fails_it(make: Make) -> None:
    class Refusing(FakeExecutor):
        def submit(self, request: JobRequest) -> None:
            if request.node == "a":
                raise OSError("no agent can be started")
            super().submit(request)

    bench = make(Refusing())
    assert bench.run(plan(job("a"), job("b", "failed()", after="a"))) is FAILED
    state = bench.scheduler.state("1")
    assert state.nodes["a"].message == (
        "the job could not be handed to an agent: no agent can be started"
    )
    assert state.nodes["b"].result is OK


def test_work_that_no_executor_does_fails_the_job(make: Make) -> None:
    def none_for(work: object) -> FakeExecutor:
        raise LookupError("nobody does this")

    bench = make(executor_for=none_for)
    assert bench.run(plan(job("a"))) is FAILED
    assert bench.scheduler.state("1").nodes["a"].message.endswith("nobody does this")


def test_an_executor_that_cannot_cancel_is_noted(make: Make) -> None:
    class Deaf(FakeExecutor):
        def cancel(self, run: str, node: str, reason: str) -> None:
            raise OSError("not reachable")

    bench = make(Deaf(held=["a"]))
    bench.scheduler.start("1", plan(job("a", cancel_timeout=1.0)), {})
    bench.until(lambda: bool(bench.executor.requests))
    bench.scheduler.cancel("1")
    bench.until(lambda: any(isinstance(e, IssueLogged) for _, e in bench.seen))
    bench.clock.advance(62.0)
    bench.scheduler.wait("1", SECONDS)
    assert [i.message for i in bench.scheduler.state("1").issues] == [
        "the agent could not be asked to stop: not reachable"
    ]


def test_a_listener_that_fails_is_noted_once_and_stops_nothing(make: Make) -> None:
    bench = make()

    def broken(run: str, event: Event) -> None:
        raise ValueError("bad view")

    bench.scheduler.subscribe(broken)
    assert bench.run(TWO_STAGES) is OK
    issues = bench.scheduler.state("1").issues
    assert [i.message for i in issues] == ["a listener failed: ValueError: bad view"]
    assert ("1", issues[0]) in bench.seen


def test_an_expansion_that_fails_fails_its_node(make: Make) -> None:
    def expand(state: RunState, node: Node) -> tuple[Node, ...]:
        raise ValueError("the matrix is not an object")

    bench = make(expand=expand)
    assert bench.run(plan(job("a", expands=True))) is FAILED


def test_a_write_that_fails_for_a_moment_is_repeated_before_anything_is_done(make: Make) -> None:
    bench = make()
    bench.journal.error = OSError("database is locked")
    bench.scheduler.start("1", plan(job("a")), {})
    time.sleep(0.03)
    assert (bench.executor.requests, bench.seen) == ([], [])
    bench.journal.error = None
    bench.clock.advance(1.0)
    assert bench.scheduler.wait("1", SECONDS) is OK
    assert bench.seen == [("1", event) for event in bench.kept()]


def test_a_run_whose_journal_cannot_be_written_is_stopped_and_others_go_on(make: Make) -> None:
    class Full(MemoryJournal):
        def append(self, run: str, events: Sequence[Event]) -> None:
            if run == "full" and any(isinstance(e, NodeFinished) for e in events):
                raise OSError("no space left on device")
            super().append(run, events)

    bench = make(FakeExecutor(held=["b"]), Full())
    bench.scheduler.start("full", plan(job("a"), job("b")), {})
    assert bench.run(TWO_STAGES) is OK
    with pytest.raises(RunStopped) as caught:
        bench.until(lambda: has_ended_after_a_while(bench, "full"))
    assert str(caught.value) == (
        "run full was stopped: its journal cannot be written: no space left on device"
    )
    assert [c[:2] for c in bench.executor.canceled] == [("full", "b")]
    assert bench.journal.unfinished() == ["full"]


def has_ended_after_a_while(bench: Bench, run: str) -> bool:
    bench.clock.advance(5.0)
    try:
        bench.scheduler.wait(run, 0.01)
    except TimeoutError:
        return False
    return True


def test_a_plan_that_cannot_end_is_refused_and_nothing_is_kept(make: Make) -> None:
    bench = make()
    with pytest.raises(InvalidPlan):
        bench.scheduler.start("1", plan(job("a", after="a")), {})
    assert bench.journal.runs == {}


def test_a_run_that_cannot_be_created_is_the_callers_error(make: Make) -> None:
    bench = make()
    bench.run(TWO_STAGES)
    with pytest.raises(ValueError, match="run 1 exists"):
        bench.scheduler.start("1", TWO_STAGES, {})


# Posting, waiting, reading


def test_post_can_wait_until_events_are_kept_and_listeners_know(make: Make) -> None:
    bench = make(FakeExecutor(held=["a"]))
    bench.scheduler.start("1", plan(job("a")), {})
    event = StepStarted(at=1.0, node="a", step="1", name="Build")
    bench.scheduler.post("1", event, wait=True)
    assert event in bench.kept()
    assert ("1", event) in bench.seen


def test_a_listener_may_post_and_does_not_wait_for_itself(make: Make) -> None:
    bench = make()

    def listener(run: str, event: Event) -> None:
        if isinstance(event, NodeFinished) and event.node == "a":
            bench.scheduler.post(run, CancelRequested(at=1.0, reason="seen"), wait=True)

    bench.scheduler.subscribe(listener)
    bench.run(plan(job("a"), job("b", after="a"), job("c", after="b")))
    assert bench.scheduler.state("1").cancel_reason == "seen"


def test_events_of_a_run_that_has_ended_are_dropped(make: Make) -> None:
    bench = make()
    bench.run(TWO_STAGES)
    before = bench.kept()
    bench.scheduler.post("1", NodeFinished(at=9.0, node="build", result=FAILED), wait=True)
    bench.scheduler.post("nobody", NodeFinished(at=9.0, node="a", result=FAILED), wait=True)
    assert bench.kept() == before


def test_a_run_that_ended_long_ago_is_read_from_the_journal(make: Make) -> None:
    bench = make()
    bench.run(TWO_STAGES)
    for n in range(20):
        bench.run(plan(job("x")), f"other{n}")
    assert bench.scheduler.wait("1", SECONDS) is OK
    assert bench.scheduler.state("1").nodes["deploy"].result is OK


def test_unknown_runs_and_impatience(make: Make) -> None:
    bench = make(FakeExecutor(held=["a"]))
    with pytest.raises(KeyError):
        bench.scheduler.state("nobody")
    with pytest.raises(KeyError):
        bench.scheduler.wait("nobody", SECONDS)
    bench.scheduler.start("1", plan(job("a")), {})
    with pytest.raises(TimeoutError):
        bench.scheduler.wait("1", 0.01)


def test_a_state_stands_still_while_it_is_read(make: Make) -> None:
    bench = make(FakeExecutor(held=["a"]))
    bench.scheduler.start("1", plan(job("a")), {})
    bench.until(lambda: bool(bench.executor.requests))

    def look(state: RunState) -> tuple[object, object]:
        before = state.nodes["a"].phase
        bench.executor.finish("1", "a")
        time.sleep(0.02)
        return before, state.nodes["a"].phase

    before, after = bench.scheduler.read("1", look)
    assert before == after


# Closing and starting again


def test_close_wakes_those_who_wait_and_takes_no_more(make: Make) -> None:
    bench = make(FakeExecutor(held=["a"]))
    bench.scheduler.start("1", plan(job("a")), {})
    bench.until(lambda: bool(bench.executor.requests))
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            bench.scheduler.wait("1", SECONDS)
        except SchedulerClosed as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    bench.scheduler.close()
    waiting.join(SECONDS)
    assert len(errors) == 1
    with pytest.raises(SchedulerClosed):
        bench.scheduler.post("1", NodeFinished(at=1.0, node="a", result=OK))
    with pytest.raises(SchedulerClosed):
        bench.scheduler.start("2", plan(job("a")), {})


class BrokenClock(FakeClock):
    """Tells no time any more once it `is_broken`."""

    is_broken = False

    def __call__(self) -> float:
        if self.is_broken:
            raise OSError("no clock")
        return super().__call__()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_the_scheduler_itself_leaves_nobody_waiting(make: Make) -> None:
    clock = BrokenClock()
    bench = make(FakeExecutor(held=["a"]), clock=clock)
    bench.scheduler.start("1", plan(job("a")), {})
    bench.until(lambda: bool(bench.executor.requests))
    clock.is_broken = True
    bench.scheduler.tick()
    with pytest.raises(SchedulerClosed):
        bench.scheduler.wait("1", SECONDS)
    clock.is_broken = False
    with pytest.raises(SchedulerClosed):
        bench.scheduler.start("2", plan(job("a")), {})


def test_what_was_posted_before_the_close_is_kept_but_starts_nothing(make: Make) -> None:
    bench = make(FakeExecutor(held=["a"]))
    bench.scheduler.start("1", plan(job("a"), job("b", after="a")), {})
    bench.until(lambda: bool(bench.executor.requests))
    entered, gate = threading.Event(), threading.Event()

    def slow(run: str, event: Event) -> None:
        entered.set()
        gate.wait(SECONDS)

    bench.scheduler.subscribe(slow)
    bench.scheduler.post("1", StepStarted(at=1.0, node="a", step="1", name="x"))
    entered.wait(SECONDS)
    bench.executor.finish("1", "a")
    closing = threading.Thread(target=bench.scheduler.close)
    closing.start()
    bench.until(lambda: refuses_to_start(bench))
    gate.set()
    closing.join(SECONDS)
    assert [e.node for e in bench.kept() if isinstance(e, NodeQueued)] == ["a", "b"]
    assert [r.node for r in bench.executor.requests] == ["a"]
    again = make(FakeExecutor(), bench.journal)
    assert again.scheduler.recover() == ["1"]
    assert again.scheduler.wait("1", SECONDS) is OK
    assert [r.node for r in again.executor.requests] == ["b"]


def refuses_to_start(bench: Bench) -> bool:
    try:
        bench.scheduler.post("nobody")
    except SchedulerClosed:
        return True
    return False


def interrupted(*events: Event) -> MemoryJournal:
    journal = MemoryJournal()
    journal.create("1", plan(job("a"), job("b", "always()", after="a")), {})
    journal.append("1", events)
    return journal


QUEUED = NodeQueued(at=1.0, node="a")
STARTED = NodeStarted(at=2.0, node="a", worker="w")


def test_a_job_that_had_not_begun_is_handed_over_again(make: Make) -> None:
    bench = make(FakeExecutor(), interrupted(QUEUED))
    assert bench.scheduler.recover() == ["1"]
    assert bench.scheduler.wait("1", SECONDS) is OK
    assert [r.node for r in bench.executor.requests] == ["a", "b"]
    assert [e.node for e in bench.kept() if isinstance(e, NodeQueued)] == ["a", "b"]


def test_a_job_whose_agent_lives_on_is_waited_for(make: Make) -> None:
    bench = make(FakeExecutor(alive=["a"]), interrupted(QUEUED, STARTED))
    bench.scheduler.recover()
    bench.scheduler.post("1", wait=True)
    assert bench.executor.requests == []
    bench.executor.finish("1", "a")
    assert bench.scheduler.wait("1", SECONDS) is OK
    assert [r.node for r in bench.executor.requests] == ["b"]


def test_a_job_whose_agent_is_gone_is_abandoned(make: Make) -> None:
    bench = make(FakeExecutor(), interrupted(QUEUED, STARTED))
    bench.scheduler.recover()
    assert bench.scheduler.wait("1", SECONDS) is Result.ABANDONED
    node = bench.scheduler.state("1").nodes["a"]
    assert (node.result, node.message) == (
        Result.ABANDONED,
        "the agent that ran this job is gone",
    )
    assert [r.node for r in bench.executor.requests] == ["b"]


def test_an_executor_without_a_memory_has_lost_its_jobs(make: Make) -> None:
    class Forgetful(FakeExecutor):
        def recover(self, run: str, node: str) -> bool:
            raise NotImplementedError

    bench = make(Forgetful(), interrupted(QUEUED, STARTED))
    bench.scheduler.recover()
    assert bench.scheduler.wait("1", SECONDS) is Result.ABANDONED


def test_a_cancel_that_was_on_its_way_is_sent_again(make: Make) -> None:
    told = CancelRequested(at=1_000_000.0, node="a", reason="stop", told=True)
    bench = make(FakeExecutor(alive=["a"]), interrupted(QUEUED, STARTED, told))
    bench.scheduler.recover()
    bench.scheduler.wait("1", SECONDS)
    assert bench.executor.canceled == [("1", "a", "stop")]


@pytest.mark.parametrize(
    "events, alive, result, asked",
    [
        ((QUEUED,), [], CANCELED, []),
        ((QUEUED,), ["a"], CANCELED, [("1", "a", "gone")]),
        ((QUEUED, STARTED), [], Result.ABANDONED, []),
        ((QUEUED, STARTED), ["a"], CANCELED, [("1", "a", "gone")]),
    ],
)
def test_a_run_that_must_not_go_on_is_canceled_before_anything_is_handed_over(
    make: Make,
    events: tuple[Event, ...],
    alive: list[str],
    result: Result,
    asked: list[tuple[str, str, str]],
) -> None:
    bench = make(FakeExecutor(alive=alive), interrupted(*events))
    bench.scheduler.recover(lambda run: [CancelRequested(at=3.0, reason="gone")])
    bench.scheduler.wait("1", SECONDS)
    assert bench.scheduler.state("1").nodes["a"].result is result
    assert bench.executor.canceled == asked
    assert [r.node for r in bench.executor.requests] == ["b"]


def test_a_run_that_cannot_be_read_keeps_no_other_from_going_on(make: Make) -> None:
    journal = MemoryJournal()
    for run in ("1", "2"):
        journal.create(run, plan(job("a")), {})

    def refill(run: str, made: Plan, events: list[Event]) -> tuple[Plan, list[Event]]:
        if run == "1":
            raise ValueError("half a plan")
        return made, events

    bench, unreadable = make(FakeExecutor(), journal), list[str]()
    taken = bench.scheduler.recover(
        refill=refill, on_unreadable=lambda run, error: unreadable.append(f"{run}: {error}")
    )
    assert (unreadable, taken) == (["1: half a plan"], ["2"])
    assert bench.scheduler.wait("2", SECONDS) is OK
    with pytest.raises(RunStopped, match="run 1 cannot be read: half a plan"):
        bench.scheduler.wait("1", SECONDS)


def test_recovering_twice_takes_up_a_run_once(make: Make) -> None:
    bench = make(FakeExecutor(held=["a"]), interrupted(QUEUED))
    assert bench.scheduler.recover() == ["1"]
    assert bench.scheduler.recover() == []


def test_a_steady_clock_starts_at_the_time_of_day() -> None:
    assert abs(steady_clock()() - time.time()) < 1.0


def test_work_of_the_steps_is_what_the_plan_says(make: Make) -> None:
    chosen: list[object] = []
    bench = make()
    headers: Mapping[str, str] = {}
    scheduler = Scheduler(
        MemoryJournal(),
        lambda work: chosen.append(work) or bench.executor,  # type: ignore[func-returns-value]
        lambda state, node: (),
    )
    bench.executor.connect(scheduler)
    scheduler.start("1", plan(job("a")), headers)
    assert scheduler.wait("1", SECONDS) is OK
    scheduler.close()
    assert chosen == [STEPS]
