"""The fold of a run's events: idempotent, and the same whatever order late words come in."""

from __future__ import annotations

from itertools import permutations

import pytest
from engine_plans import FAILED, OK, group, job, plan, stage

from penstock.engine.events import (
    CancelRequested,
    Event,
    IssueLogged,
    NodeExpanded,
    NodeFinished,
    NodePhase,
    NodeQueued,
    NodeStarted,
    Output,
    RunChanged,
    RunFinished,
    StepFinished,
    StepStarted,
)
from penstock.engine.state import Phase, replay
from penstock.engine.testing import Simulation

ONE = plan(job("a"))
QUEUED = NodeQueued(at=1.0, node="a")
STARTED = NodeStarted(at=2.0, node="a", worker="agent")
STEP_STARTED = StepStarted(at=3.0, node="a", step="1", name="Build")
STEP_FINISHED = StepFinished(at=4.0, node="a", step="1", name="Build", result=OK, lines=7)
ISSUE = IssueLogged(at=3.5, node="a", step="1", kind="warning", message="careful", line=3)
FINISHED = NodeFinished(at=5.0, node="a", result=OK, outputs={"s.v": Output(value="1")})
AGENT: tuple[Event, ...] = (STARTED, STEP_STARTED, ISSUE, STEP_FINISHED, FINISHED)


def test_a_node_goes_from_pending_to_finished() -> None:
    state = replay(ONE, ())
    seen = [state.nodes["a"].phase]
    for event in (QUEUED, STARTED, FINISHED):
        assert state.apply(event)
        seen.append(state.nodes["a"].phase)
    assert seen == ["pending", "queued", "running", "finished"]
    node = state.nodes["a"]
    assert (node.queued_at, node.started_at, node.finished_at) == (1.0, 2.0, 5.0)
    assert (node.worker, node.result, node.outputs) == ("agent", OK, {"s.v": Output(value="1")})


@pytest.mark.parametrize("event", [QUEUED, *AGENT], ids=lambda e: type(e).__name__)
def test_the_same_event_again_changes_nothing(event: Event) -> None:
    events = (QUEUED, *AGENT)
    state = replay(ONE, events)
    assert not state.apply(event)
    assert state == replay(ONE, events)


@pytest.mark.parametrize("late", range(len(AGENT)))
def test_an_agents_event_that_comes_late_leads_to_the_same_state(late: int) -> None:
    on_time = AGENT[:late] + AGENT[late + 1 :]
    assert replay(ONE, (QUEUED, *on_time, AGENT[late])) == replay(ONE, (QUEUED, *AGENT))


def test_an_agents_events_in_any_order_lead_to_the_same_state() -> None:
    on_time = replay(ONE, (QUEUED, *AGENT))
    for events in permutations(AGENT):
        assert replay(ONE, (QUEUED, *events)) == on_time


def test_the_first_end_of_a_node_counts() -> None:
    state = replay(ONE, (QUEUED, STARTED, FINISHED))
    assert not state.apply(NodeFinished(at=9.0, node="a", result=FAILED, message="late"))
    assert (state.nodes["a"].result, state.nodes["a"].message) == (OK, "")


@pytest.mark.parametrize(
    "event",
    [
        STARTED,
        NodeStarted(at=1.0, node="nobody"),
        NodeQueued(at=1.0, node="nobody"),
        NodeFinished(at=1.0, node="nobody", result=OK),
        NodePhase(at=1.0, node="nobody", phase="Running"),
        StepStarted(at=1.0, node="nobody", step="1", name="x"),
        NodeExpanded(at=1.0, node="nobody", nodes=()),
        NodeExpanded(at=1.0, node="a", nodes=(job("b"),)),
        CancelRequested(at=1.0, node="nobody"),
        CancelRequested(at=1.0, node="a", told=True),
    ],
    ids=repr,
)
def test_what_cannot_have_happened_is_ignored(event: Event) -> None:
    state = replay(ONE, ())
    assert not state.apply(event)
    assert state == replay(ONE, ())


def test_a_job_is_not_queued_before_its_stage_is_open() -> None:
    state = replay(plan(stage("s", job("a"))), ())
    assert not state.apply(NodeQueued(at=1.0, node="s/a"))
    assert state.nodes["s/a"].phase is Phase.PENDING


def test_an_open_group_does_not_end_before_its_children() -> None:
    events = (NodeQueued(at=1.0, node="s"), NodeStarted(at=1.0, node="s"))
    state = replay(plan(stage("s", job("a"))), events)
    assert not state.apply(NodeFinished(at=2.0, node="s", result=OK))
    assert state.nodes["s"].phase is Phase.RUNNING


def test_the_latest_service_phase_is_kept_and_late_ones_are_not() -> None:
    events = [
        NodePhase(at=at, node="a", phase=p) for at, p in ((1.0, "Preparing"), (3.0, "Running"))
    ]
    state = replay(ONE, (QUEUED, *events))
    assert not state.apply(NodePhase(at=2.0, node="a", phase="Queued"))
    assert not state.apply(events[0])
    assert state.nodes["a"].service_phase == "Running"


def test_a_skipped_step_has_no_start() -> None:
    state = replay(ONE, (QUEUED, STARTED, STEP_FINISHED))
    step = state.nodes["a"].steps["1"]
    assert (step.started_at, step.finished_at, step.result, step.lines) == (None, 4.0, OK, 7)


def test_facts_about_the_run_are_kept_in_order() -> None:
    number = RunChanged(at=1.0, name="number", value="20251122.1")
    tags = [RunChanged(at=2.0 + n, name="tag", value=f"t{n}") for n in range(2)]
    state = replay(ONE, (number, *tags, number))
    assert state.facts == {"number": ["20251122.1"], "tag": ["t0", "t1"]}


def test_issues_are_kept_once() -> None:
    other = IssueLogged(at=3.5, node="a", step="1", kind="warning", message="careful", line=4)
    assert replay(ONE, (QUEUED, ISSUE, other, ISSUE)).issues == [ISSUE, other]


def test_the_run_ends_once() -> None:
    state = replay(ONE, (RunFinished(at=7.0, result=OK),))
    assert not state.apply(RunFinished(at=8.0, result=FAILED))
    assert (state.finished, state.result, state.finished_at) == (True, OK, 7.0)


def test_children_are_listed_in_the_order_of_the_plan() -> None:
    state = replay(plan(stage("s", job("b"), group("m", job("x")), job("a")), job("z")), ())
    assert [n.node.id for n in state.children("s")] == ["s/b", "s/m", "s/a"]
    assert [n.node.id for n in state.children(None)] == ["s", "z"]
    assert state.children("z") == []
    assert [n.node.id for n in state.ancestors("s/m/x")] == ["s/m", "s"]


def test_a_cancel_that_comes_twice_counts_once() -> None:
    simulation = Simulation(plan(job("a"), job("b", "always()", after="a")))
    cancel = CancelRequested(at=5.0, reason="stop")
    simulation.post(cancel)
    simulation.end("a")
    simulation.post(cancel)
    assert simulation.asked_to_stop == {"a": "stop"}
    assert simulation.run().nodes["b"].result is OK


def test_replay_gives_the_state_the_run_had() -> None:
    simulation = Simulation(
        plan(
            stage("s", group("m", job("x"), job("y")), job("b", after="m")), stage("t", after="s")
        ),
        results={"s/m/x": FAILED},
    )
    simulation.run()
    assert replay(simulation.plan, simulation.events) == simulation.state
