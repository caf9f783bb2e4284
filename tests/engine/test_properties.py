"""What holds for every plan and every history: each run ends, in order, nothing twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from engine_plans import STEPS
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.engine import codec
from penstock.engine.events import (
    Event,
    NodeExpanded,
    NodeFinished,
    NodeQueued,
    Result,
    RunFinished,
)
from penstock.engine.plan import Node, Plan
from penstock.engine.scheduler import Scheduler
from penstock.engine.state import Phase, RunState, replay
from penstock.engine.status import GOOD
from penstock.engine.testing import FakeExecutor, MemoryJournal, Simulation

CONDITIONS = (
    *["succeeded()"] * 8,
    *["always()"] * 5,
    *["failed()"] * 2,
    "succeededOrFailed()",
    "not(canceled())",
    "canceled()",
    "false",
    "eq(variables.v, 'x')",
    "lt(1, 'x')",
)
ANSWERS = (
    Result.SUCCEEDED,
    Result.SUCCEEDED_WITH_ISSUES,
    Result.FAILED,
    Result.CANCELED,
    Result.ABANDONED,
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    nodes: list[Node] = []
    for number in range(draw(st.integers(2, 12))):
        parents = [None, *(n.id for n in nodes if n.work is None)]
        parent = draw(st.sampled_from(parents))
        siblings = [n.id for n in nodes if n.parent == parent]
        some = st.lists(st.sampled_from(siblings), unique=True, max_size=3)
        is_leaf = draw(st.booleans())
        nodes.append(
            Node(
                id=f"n{number}",
                key=f"n{number}",
                kind="any",
                parent=parent,
                depends_on=tuple(draw(some)) if siblings else (),
                condition=draw(st.sampled_from(CONDITIONS)),
                work=STEPS if is_leaf else None,
                expands=draw(st.integers(0, 4)) == 0,
                max_parallel=None if is_leaf else draw(st.sampled_from([None, 1, 2])),
                timeout=draw(st.sampled_from([None, 30.0])),
                cancel_timeout=10.0,
                continue_on_error=draw(st.sampled_from(["false", "true"])),
                fail_fast=draw(st.integers(0, 3)) == 0,
            )
        )
    gated = draw(st.lists(st.sampled_from([n.id for n in nodes if n.work is None] or [""])))
    for group in dict.fromkeys(filter(None, gated)):
        gate = Node(id=f"{group}!", key="gate", kind="any", parent=group, work=STEPS, gate=True)
        nodes.append(replace(gate, condition=draw(st.sampled_from(CONDITIONS))))
    return Plan(nodes=tuple(nodes), fail_fast=draw(st.booleans()))


def expand(state: RunState, node: Node) -> tuple[Node, ...]:
    """Two leaves, the second after the first."""
    first = Node(id=f"{node.id}.1", key="1", kind="any", parent=node.id, work=STEPS)
    second = replace(first, id=f"{node.id}.2", key="2", depends_on=(first.id,))
    return (first, second)


# What may happen next: (what, which, how it ends)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["begin", "end", "end", "end", "again", "cancel", "sleep"]),
        st.integers(0, 30),
        st.sampled_from(ANSWERS),
    ),
    min_size=10,
    max_size=30,
)


def play(simulation: Simulation, moves: list[tuple[str, int, Result]]) -> None:
    """Let the history happen, then let everything answer until the run ends."""
    for what, which, result in moves:
        if simulation.state.finished:
            return
        leaves, nodes = simulation.in_hand, list(simulation.state.nodes)
        if what == "begin" and leaves:
            simulation.begin(leaves[which % len(leaves)])
        elif what == "end" and leaves:
            simulation.end(leaves[which % len(leaves)], result)
        elif what == "again" and simulation.events:
            simulation.post(simulation.events[which % len(simulation.events)])
        elif what == "cancel":
            simulation.cancel(nodes[which % len(nodes)] if which % 3 else None)
        elif what == "stop" or (what == "sleep" and simulation.wake_at is not None):
            simulation.sleep()
    simulation.run()


@settings(max_examples=400, deadline=None)
@given(plans(), MOVES)
def test_every_run_ends_in_order_with_nothing_twice(
    plan: Plan, moves: list[tuple[str, int, Result]]
) -> None:
    simulation = Simulation(plan, expand=expand)
    play(simulation, moves)
    assert simulation.unfinished() == []
    assert max(Counter(simulation.dispatched).values(), default=1) == 1
    assert_order(simulation.state, simulation.events)


def assert_order(state: RunState, events: list[Event]) -> None:
    """Nothing begins before what it waits for has ended and what it is in has begun."""
    begun: set[str] = set()
    ended: set[str] = set()
    for event in events:
        match event:
            case NodeQueued(node=id):
                node = state.nodes[id].node
                assert id not in begun | ended
                assert set(node.depends_on) <= ended
                assert node.parent is None or node.parent in begun - ended
                gate = state.groups[node.parent].gate
                assert gate in (None, id) or (gate in ended and state.nodes[gate].result in GOOD)
                begun.add(id)
            case NodeFinished(node=id):
                assert id not in ended
                assert begun & {child.node.id for child in state.children(id)} <= ended
                ended.add(id)
            case NodeExpanded(node=id):
                assert id in begun - ended
    assert isinstance(events[-1], RunFinished)
    assert ended == set(state.nodes)


@settings(max_examples=200, deadline=None)
@given(plans(), MOVES)
def test_no_more_run_at_once_than_a_group_allows(
    plan: Plan, moves: list[tuple[str, int, Result]]
) -> None:
    simulation = Simulation(plan, expand=expand)
    play(simulation, moves)
    active: Counter[str | None] = Counter()
    state = simulation.state
    for event in simulation.events:
        if isinstance(event, NodeQueued):
            parent = state.nodes[event.node].node.parent
            active[parent] += 1
            limit = state.nodes[parent].node.max_parallel if parent else None
            assert limit is None or active[parent] <= limit
        elif isinstance(event, NodeFinished) and state.nodes[event.node].queued_at is not None:
            active[state.nodes[event.node].node.parent] -= 1


@settings(max_examples=200, deadline=None)
@given(plans(), MOVES)
def test_replay_from_json_gives_the_same_state(
    plan: Plan, moves: list[tuple[str, int, Result]]
) -> None:
    simulation = Simulation(plan, expand=expand)
    play(simulation, moves)
    kept = [codec.to_json(event) for event in simulation.events]
    again = replay(
        codec.from_json(Plan, codec.to_json(plan)), [codec.from_json(Event, e) for e in kept]
    )
    assert again == simulation.state


@settings(max_examples=200, deadline=None)
@given(plans(), MOVES, st.randoms(use_true_random=False))
def test_agents_words_twice_and_late_lead_to_the_same_state(
    plan: Plan, moves: list[tuple[str, int, Result]], random: object
) -> None:
    """Every event of the history is delivered again at random later points."""
    simulation = Simulation(plan, expand=expand)
    play(simulation, moves)
    noisy: list[Event] = []
    for event in simulation.events:
        noisy.append(event)
        noisy += random.choices(noisy, k=random.randrange(3))  # type: ignore[attr-defined]
    assert replay(plan, noisy) == simulation.state


@settings(max_examples=150, deadline=None)
@given(plans(), MOVES, st.floats(0, 1))
def test_a_crash_at_any_event_still_ends_with_each_leaf_finished_once(
    plan: Plan, moves: list[tuple[str, int, Result]], where: float
) -> None:
    simulation = Simulation(plan, expand=expand)
    play(simulation, moves)
    kept = simulation.events[: int(where * (len(simulation.events) - 1))]
    journal = MemoryJournal()
    journal.create("1", plan, {})
    journal.append("1", kept)
    executor = FakeExecutor()
    scheduler = Scheduler(journal, lambda work: executor, expand, lambda: simulation.now)
    executor.connect(scheduler)
    try:
        assert scheduler.recover() == ["1"]
        scheduler.wait("1", timeout=5)
    finally:
        scheduler.close()
    _, events = journal.load("1")
    assert events[: len(kept)] == kept
    assert_order(replay(plan, events), events)
    before = replay(plan, kept)
    begun = [id for id, n in before.nodes.items() if n.phase in (Phase.RUNNING, Phase.FINISHED)]
    again = [request.node for request in executor.requests]
    assert not set(again) & set(begun)
    assert max(Counter(again).values(), default=1) == 1
