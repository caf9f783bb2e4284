"""Agents on a wire that repeats, disorders and delays what they say, and a server that dies.

The state is at every moment the one of a run whose agents are heard at once: of each leaf, all that
came up to the first thing that is still missing, once and in the order in which it was said.

`pytest --hypothesis-profile=thorough tests/engine/test_wire.py` tries 10,000 histories.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from engine_plans import FAILED, ISSUES, OK
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from test_properties import expand, plans

from penstock.engine.events import (
    CancelRequested,
    Event,
    IssueLogged,
    NodeFinished,
    NodePhase,
    NodeStarted,
    Output,
    Result,
    RunChanged,
    StepFinished,
    StepStarted,
)
from penstock.engine.plan import Plan
from penstock.engine.reports import Report
from penstock.engine.requests import JobRequest
from penstock.engine.scheduler import Scheduler
from penstock.engine.state import Phase, RunState, replay
from penstock.engine.testing import MemoryJournal
from penstock.engine.turn import take_turn

RUN = "1"
SECONDS = 60.0


@dataclass(slots=True)
class Leaf:
    """What the agent of a leaf is to say, has said, and knows to be kept."""

    request: JobRequest
    script: list[list[Event]]
    said: int = 0
    kept: int = 0

    def report(self, number: int, kept: int) -> Report:
        request = self.request
        return Report(
            run=request.run,
            node=request.node,
            attempt=request.attempt,
            number=number,
            events=tuple(self.script[number - 1]),
            kept=kept,
        )


@dataclass(slots=True)
class Arrived:
    """What came of a leaf since the server was started: the numbers, and up to which there is no
    gap in them. Up to `told` the run has heard of it."""

    numbers: set[int] = field(default_factory=set)
    whole: int = 0
    told: int = 0


class Heard:
    """The run whose agents are heard at once: each thing once, and nothing before its time."""

    def __init__(self, plan: Plan, now: float) -> None:
        self.state = RunState(replace(plan, start_time=now))
        self.arrived: dict[str, Arrived] = {}
        self.take(now)

    def take(self, now: float, *events: Event) -> None:
        take_turn(self.state, events, now, expand)

    def hear(self, leaf: Leaf, number: int, kept: int, now: float) -> None:
        arrived = self.arrived.setdefault(leaf.request.node, Arrived())
        if self.has_ended(leaf):
            return
        arrived.numbers.add(number)
        arrived.whole = max(arrived.whole, kept)
        while arrived.whole + 1 in arrived.numbers:
            arrived.whole += 1
        due = leaf.script[arrived.told : arrived.whole]
        arrived.told = max(arrived.told, arrived.whole)
        self.take(now, *(event for report in due for event in report))

    def has_ended(self, leaf: Leaf) -> bool:
        return self.state.nodes[leaf.request.node].phase is Phase.FINISHED

    def forget(self) -> None:
        """What came before its time was in the memory of the server that was killed."""
        for arrived in self.arrived.values():
            arrived.numbers, arrived.whole = set(), 0


class RemoteAgents:
    """Executors on other machines: they outlive the server and take each leaf once."""

    def __init__(self, seed: int, clock: Callable[[], float]) -> None:
        self.leaves: dict[str, Leaf] = {}
        self.chance = random.Random(seed)
        self.clock = clock

    def submit(self, request: JobRequest) -> None:
        if request.node not in self.leaves:
            script = script_of(request, self.chance, self.clock())
            self.leaves[request.node] = Leaf(request, script)

    def cancel(self, run: str, node: str, reason: str) -> None:
        """What is asked of an agent crosses what it says; here it does its work to the end."""

    def recover(self, run: str, node: str) -> bool:
        return node in self.leaves


def script_of(request: JobRequest, chance: random.Random, at: float) -> list[list[Event]]:
    """All that an agent will say of a leaf: reports, of one or more events each."""
    node = request.node
    events: list[Event] = [NodeStarted(at=at, node=node, worker=f"agent of {node}")]
    for step in range(chance.randrange(3)):
        at += 1.0
        name = f"{step}"
        events.append(StepStarted(at=at, node=node, step=name, name=name))
        for line in range(chance.randrange(3)):
            kind = chance.choice(["error", "warning"])
            events.append(
                IssueLogged(at=at, node=node, step=name, kind=kind, message="m", line=line)
            )
        if chance.random() < 0.3:
            events.append(RunChanged(at=at, name="number", value=f"{node}.{step}"))
        if chance.random() < 0.3:
            events.append(NodePhase(at=at, node=node, phase=chance.choice(["Running", "Ending"])))
        ended = chance.choice([OK, ISSUES, FAILED])
        events.append(StepFinished(at=at, node=node, step=name, name=name, result=ended, lines=3))
    result = chance.choice([OK, OK, ISSUES, FAILED, Result.CANCELED])
    outputs = {"s.v": Output(value=node)} if chance.random() < 0.5 else {}
    events.append(NodeFinished(at=at + 1.0, node=node, result=result, outputs=outputs))
    reports: list[list[Event]] = []
    while events:
        size = chance.randrange(1, 4)
        reports.append(events[:size])
        events = events[size:]
    return reports


class Wire(RuleBasedStateMachine):
    """The server under test, and beside it the same run with agents that are heard at once.

    Both have the same clock, which stands still but where a rule moves it.
    """

    @initialize(plan=plans(), seed=st.integers(0, 2**32))
    def begin(self, plan: Plan, seed: int) -> None:
        self.now = 1_000_000.0
        self.agents = RemoteAgents(seed, lambda: self.now)
        self.journal = MemoryJournal()
        self.scheduler = self.made_scheduler()
        self.expected = Heard(plan, self.now)
        # Reports on their way: node, number, what their sender knew to be kept.
        self.wire: list[tuple[str, int, int]] = []
        self.scheduler.start(RUN, plan, {})
        self.settle()

    def made_scheduler(self) -> Scheduler:
        return Scheduler(self.journal, lambda work: self.agents, expand, lambda: self.now)

    def settle(self) -> None:
        """Wait until the server has done what it was asked."""
        self.scheduler.post(RUN, wait=True)

    def leaf(self, which: int) -> Leaf:
        leaves = list(self.agents.leaves.values())
        return leaves[which % len(leaves)]

    # What agents do

    @precondition(lambda self: self.agents.leaves)
    @rule(which=st.integers(0, 30), count=st.integers(1, 4))
    def an_agent_speaks(self, which: int, count: int) -> None:
        leaf = self.leaf(which)
        for _ in range(min(count, len(leaf.script) - leaf.said)):
            leaf.said += 1
            self.wire.append((leaf.request.node, leaf.said, leaf.kept))

    @precondition(lambda self: self.agents.leaves)
    @rule(which=st.integers(0, 30))
    def an_agent_repeats_what_it_does_not_know_to_be_kept(self, which: int) -> None:
        leaf = self.leaf(which)
        for number in range(leaf.kept + 1, leaf.said + 1):
            self.wire.append((leaf.request.node, number, leaf.kept))

    # What the wire does

    @precondition(lambda self: self.wire)
    @rule(which=st.integers(0, 100), is_answered=st.booleans())
    def a_report_comes_through(self, which: int, is_answered: bool) -> None:
        self.deliver(*self.wire.pop(which % len(self.wire)), is_answered)

    @precondition(lambda self: self.wire)
    @rule(which=st.integers(0, 100))
    def a_report_comes_through_and_again_later(self, which: int) -> None:
        self.deliver(*self.wire[which % len(self.wire)], False)

    @precondition(lambda self: self.wire)
    @rule(which=st.integers(0, 100))
    def a_report_is_lost(self, which: int) -> None:
        self.wire.pop(which % len(self.wire))

    def deliver(self, node: str, number: int, kept: int, is_answered: bool) -> None:
        leaf = self.agents.leaves[node]
        answer = self.scheduler.report(leaf.report(number, kept), wait=True)
        self.expected.hear(leaf, number, kept, self.now)
        if is_answered and answer is not None:
            leaf.kept = max(leaf.kept, answer)

    # What people, time and the server do

    @rule(which=st.integers(0, 30), whole=st.booleans())
    def somebody_cancels(self, which: int, whole: bool) -> None:
        nodes = list(self.expected.state.nodes)
        node = None if whole else nodes[which % len(nodes)]
        self.scheduler.cancel(RUN, node, "enough")
        self.settle()
        self.expected.take(self.now, CancelRequested(at=self.now, node=node, reason="enough"))

    @rule(seconds=st.sampled_from([5.0, 40.0, 100.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.scheduler.tick()
        self.settle()
        self.expected.take(self.now)

    @precondition(lambda self: not self.expected.state.finished)
    @rule()
    def the_server_is_started_anew(self) -> None:
        self.scheduler.close()
        self.scheduler = self.made_scheduler()
        self.scheduler.recover()
        self.settle()
        self.expected.forget()

    @invariant()
    def the_state_is_that_of_agents_that_are_heard_at_once(self) -> None:
        assert self.scheduler.state(RUN) == self.expected.state

    def teardown(self) -> None:
        """The wire is whole again: agents repeat until all is said and kept, and the run ends."""
        if not hasattr(self, "scheduler"):
            return
        done: set[str] = set()
        while waiting := [node for node in self.agents.leaves if node not in done]:
            done.add(waiting[0])
            leaf = self.agents.leaves[waiting[0]]
            for number in range(1, len(leaf.script) + 1):
                self.deliver(waiting[0], number, leaf.kept, True)
        try:
            assert self.scheduler.wait(RUN, SECONDS) is self.expected.state.result
            self.the_state_is_that_of_agents_that_are_heard_at_once()
            assert replay(*self.journal.load(RUN)) == self.expected.state
        finally:
            self.scheduler.close()


TestWire = Wire.TestCase
TestWire.settings = settings(stateful_step_count=40, deadline=None)
