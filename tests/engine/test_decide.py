"""What a run does next: tables for both services, run to their end without threads.

Expected results: Azure Pipelines documentation (Conditions, Jobs, Deployment jobs) and the measured
truth table of the status functions; Azure ML pipeline job YAML reference
(continue_on_step_failure).
"""

from __future__ import annotations

import pytest
from engine_plans import (
    ABANDONED,
    CANCELED,
    FAILED,
    ISSUES,
    SKIPPED,
    command,
    group,
    job,
    plan,
    stage,
    variables,
)

from penstock.engine.decide import decide, worst
from penstock.engine.events import NodeFinished, NodeStarted, Result
from penstock.engine.plan import InvalidPlan, Node, Plan
from penstock.engine.testing import Simulation

BUILD_TEST_DEPLOY = plan(
    stage("build", job("compile"), job("lint")),
    stage("test", job("unit"), job("report", "always()", after="unit"), after="build"),
    stage("deploy", job("ship"), after="test"),
    stage("cleanup", job("sweep", "always()"), after="deploy", condition="always()"),
)


@pytest.mark.parametrize(
    "results, expected",
    [
        pytest.param(
            {},
            "build=succeeded test=succeeded deploy=succeeded cleanup=succeeded run=succeeded",
            id="all succeed",
        ),
        pytest.param(
            {"build/lint": FAILED},
            "build=failed build/compile=succeeded test=skipped test/report=skipped "
            "deploy=skipped cleanup=succeeded run=failed",
            id="a failed job fails its stage and skips what depends on it",
        ),
        pytest.param(
            {"test/unit": FAILED},
            "test/report=succeeded test=failed deploy=skipped run=failed",
            id="always() runs after a failure and does not mend it",
        ),
        pytest.param(
            {"build/lint": ISSUES},
            "build=succeededWithIssues test=succeeded deploy=succeeded run=succeededWithIssues",
            id="issues do not stop anything",
        ),
        pytest.param(
            {"cleanup/sweep": FAILED},
            "deploy=succeeded cleanup=failed run=failed",
            id="the worst result is the run's",
        ),
        pytest.param(
            {"build/lint": ABANDONED},
            "build=abandoned test=skipped cleanup=succeeded run=abandoned",
            id="an abandoned job",
        ),
    ],
)
def test_stages_and_jobs(results: dict[str, Result], expected: str) -> None:
    assert_words(Simulation(BUILD_TEST_DEPLOY, results=results), expected)


def assert_words(simulation: Simulation, expected: str) -> None:
    state = simulation.run()
    words = simulation.words() | {"run": str(state.result)}
    wanted = dict(pair.split("=") for pair in expected.split())
    assert {name: words[name] for name in wanted} == wanted


# Dependencies


def test_jobs_of_a_stage_start_together_and_stages_one_after_the_other() -> None:
    simulation = Simulation(BUILD_TEST_DEPLOY)
    assert simulation.in_hand == ["build/compile", "build/lint"]
    simulation.end("build/lint")
    assert simulation.in_hand == ["build/compile"]
    simulation.end("build/compile")
    assert simulation.in_hand == ["test/unit"]


def test_a_dependent_waits_for_every_leg_of_a_matrix() -> None:
    matrix = group("a", job("py39"), job("py310"), job("py311"))
    simulation = Simulation(plan(stage("s", matrix, job("b", after="a"))))
    assert simulation.in_hand == ["s/a/py39", "s/a/py310", "s/a/py311"]
    simulation.end("s/a/py310")
    simulation.end("s/a/py39")
    assert simulation.in_hand == ["s/a/py311"]
    simulation.end("s/a/py311")
    assert simulation.in_hand == ["s/b"]


def test_one_failed_leg_fails_the_job_and_the_others_go_on() -> None:
    matrix = group("a", job("x"), job("y"))
    simulation = Simulation(
        plan(stage("s", matrix, job("b", after="a"))), results={"s/a/x": FAILED}
    )
    assert_words(simulation, "s/a/x=failed s/a/y=succeeded s/a=failed s/b=skipped s=failed")


def test_max_parallel_limits_how_many_legs_run_at_once() -> None:
    matrix = group("a", *(job(f"leg{n}") for n in range(5)), max_parallel=2)
    simulation = Simulation(plan(stage("s", matrix)))
    assert simulation.in_hand == ["s/a/leg0", "s/a/leg1"]
    simulation.begin("s/a/leg1")
    simulation.end("s/a/leg1")
    assert simulation.in_hand == ["s/a/leg0", "s/a/leg2"]


def test_a_skipped_leg_takes_no_place_among_the_parallel_ones() -> None:
    matrix = group("a", job("x", "false"), job("y"), job("z"), max_parallel=1)
    simulation = Simulation(plan(stage("s", matrix)))
    assert simulation.in_hand == ["s/a/y"]


# Skipping


def test_skipped_stage_skips_its_jobs_and_all_below() -> None:
    stages = stage("s", group("a", job("x"), job("y")), job("b"), condition="false")
    simulation = Simulation(plan(stages))
    assert set(simulation.words().values()) == {"skipped"}
    assert simulation.state.result is SKIPPED
    assert simulation.state.nodes["s"].message == "its condition does not hold: false"
    assert simulation.state.nodes["s/a"].message == "s did not run"


def test_a_stage_whose_jobs_are_all_skipped_is_skipped_and_so_is_what_needs_its_success() -> None:
    simulation = Simulation(plan(stage("a", job("x", "false")), stage("b", job("y"), after="a")))
    assert_words(simulation, "a/x=skipped a=skipped b=skipped run=skipped")


def test_a_stage_with_one_skipped_job_has_succeeded() -> None:
    assert_words(Simulation(plan(stage("a", job("x", "false"), job("y")))), "a=succeeded")


def test_a_stage_without_jobs_has_succeeded() -> None:
    assert_words(Simulation(plan(stage("a"))), "a=succeeded run=succeeded")


def test_a_run_without_nodes_has_succeeded() -> None:
    assert Simulation(Plan(nodes=())).state.result is Result.SUCCEEDED


# continueOnError


@pytest.mark.parametrize(
    "continue_on_error, job_result, dependent",
    [
        ("false", "failed", "skipped"),
        ("true", "succeededWithIssues", "succeeded"),
        ("True", "succeededWithIssues", "succeeded"),
        ("$[ variables.lenient ]", "succeededWithIssues", "succeeded"),
        ("$[ eq(variables.lenient, 'no') ]", "failed", "skipped"),
        ("$[ lt(1, 'x') ]", "failed", "skipped"),
    ],
)
def test_a_failed_job_that_continues_on_error_succeeded_with_issues(
    continue_on_error: str, job_result: str, dependent: str
) -> None:
    simulation = Simulation(
        plan(
            stage("s", job("a", continue_on_error=continue_on_error), job("b", after="a")),
            variables=variables(Lenient="true"),
        ),
        results={"s/a": FAILED},
    )
    assert_words(simulation, f"s/a={job_result} s/b={dependent}")


def test_a_matrix_that_continues_on_error_succeeded_with_issues() -> None:
    matrix = group("a", job("x"), job("y"), continue_on_error="true")
    simulation = Simulation(plan(stage("s", matrix)), results={"s/a/x": FAILED})
    assert_words(simulation, "s/a/x=failed s/a=succeededWithIssues s=succeededWithIssues")


def test_continue_on_error_does_not_forgive_a_cancel() -> None:
    simulation = Simulation(plan(job("a", continue_on_error="true")), results={"a": CANCELED})
    assert_words(simulation, "a=canceled run=canceled")


# Deployment jobs (runOnce)

HOOKS = (
    job("preDeploy"),
    job("deploy", after="preDeploy"),
    job("routeTraffic", after="preDeploy deploy"),
    job("on.success", after="preDeploy deploy routeTraffic"),
    job("on.failure", "failed()", after="preDeploy deploy routeTraffic"),
)


@pytest.mark.parametrize(
    "results, expected",
    [
        ({}, "s/d/on.success=succeeded s/d/on.failure=skipped s/d=succeeded s/next=succeeded"),
        (
            {"s/d/preDeploy": FAILED},
            "s/d/deploy=skipped s/d/routeTraffic=skipped s/d/on.success=skipped "
            "s/d/on.failure=succeeded s/d=failed s/next=skipped",
        ),
        (
            {"s/d/routeTraffic": FAILED},
            "s/d/deploy=succeeded s/d/on.failure=succeeded s/d=failed s/next=skipped",
        ),
    ],
)
def test_deployment_hooks(results: dict[str, Result], expected: str) -> None:
    deployment = group("d", *HOOKS, kind="deployment")
    simulation = Simulation(plan(stage("s", deployment, job("next", after="d"))), results=results)
    assert_words(simulation, expected)


# Azure ML pipeline jobs

ML = (
    command("prep"),
    command("other"),
    command("train", after="prep"),
    command("score", after="train"),
)


def test_ml_nodes_that_do_not_need_the_failed_one_go_on() -> None:
    simulation = Simulation(plan(*ML), results={"prep": FAILED})
    assert_words(simulation, "prep=failed other=succeeded train=skipped score=skipped run=failed")


def test_ml_pipeline_that_stops_on_step_failure_cancels_what_runs_and_starts_nothing() -> None:
    simulation = Simulation(plan(*ML, command("late", after="other"), fail_fast=True))
    simulation.begin("other")
    simulation.end("prep", FAILED)
    assert simulation.asked_to_stop == {"other": "prep failed"}
    assert simulation.words()["train"] == "skipped"
    assert_words(simulation, "other=canceled late=skipped score=skipped run=failed")
    assert simulation.dispatched == ["prep", "other"]


def test_a_nested_group_is_stopped_with_the_rest_when_a_group_fails_fast() -> None:
    inner = group("inner", command("x"), command("y", after="x"))
    simulation = Simulation(plan(group("p", command("a"), inner, fail_fast=True), command("free")))
    simulation.end("p/a", FAILED)
    assert simulation.asked_to_stop == {"p/inner/x": "a failed"}
    assert_words(
        simulation,
        "p/inner/x=canceled p/inner/y=skipped p/inner=canceled p=failed free=succeeded run=failed",
    )


def test_fail_fast_does_not_count_failures_that_are_forgiven() -> None:
    nodes = (command("a", continue_on_error="true"), command("b"))
    simulation = Simulation(plan(*nodes, fail_fast=True), results={"a": FAILED})
    assert_words(simulation, "a=succeededWithIssues b=succeeded run=succeededWithIssues")


# Nodes that expand


def test_a_matrix_known_only_at_run_time_runs_its_legs() -> None:
    matrix = job("a", expands=True, max_parallel=2, work=None)
    legs = tuple(
        Node(id=f"s/a/{n}", key=n, kind="job", parent="s/a", work=job("x").work) for n in "xyz"
    )
    simulation = Simulation(
        plan(stage("s", matrix, job("b", after="a"))), expand=lambda state, node: legs
    )
    assert simulation.in_hand == ["s/a/x", "s/a/y"]
    assert_words(simulation, "s/a/z=succeeded s/a=succeeded s/b=succeeded")


def test_a_node_with_work_that_expands_is_done_by_its_children_only() -> None:
    legs = (Node(id="a/x", key="x", kind="job", parent="a", work=job("x").work),)
    simulation = Simulation(plan(job("a", expands=True)), expand=lambda state, node: legs)
    assert_words(simulation, "a=succeeded a/x=succeeded")
    assert simulation.dispatched == ["a/x"]


def test_a_node_that_expands_into_nothing_has_succeeded() -> None:
    simulation = Simulation(plan(job("a", expands=True)), expand=lambda state, node: ())
    assert_words(simulation, "a=succeeded run=succeeded")


def test_an_expansion_sees_the_outputs_of_what_the_node_depends_on() -> None:
    seen: list[str] = []

    def expand(state, node):  # type: ignore[no-untyped-def]
        seen.append(state.nodes["gen"].outputs["s.legs"].value)
        return ()

    Simulation(
        plan(job("gen"), job("a", after="gen", expands=True)),
        outputs={"gen": {"s.legs": "{}"}},
        expand=expand,
    ).run()
    assert seen == ["{}"]


@pytest.mark.parametrize(
    "children, message",
    [
        (None, "a could not be expanded: the matrix is not an object"),
        (
            (Node(id="other", key="x", kind="job", parent="b"),),
            'a could not be expanded: node "other" is in "b", which is not a group here',
        ),
        (
            (Node(id="a", key="x", kind="job", parent="a"),),
            'a could not be expanded: two nodes are called "a"',
        ),
    ],
)
def test_an_expansion_that_goes_wrong_fails_the_node(
    children: tuple[Node, ...] | None, message: str
) -> None:
    def expand(state, node):  # type: ignore[no-untyped-def]
        if children is None:
            raise ValueError("the matrix is not an object")
        return children

    simulation = Simulation(plan(job("a", expands=True), job("b", after="a")), expand=expand)
    assert_words(simulation, "a=failed b=skipped run=failed")
    assert simulation.state.nodes["a"].message == message


# Canceling


def test_cancel_stops_running_jobs_skips_the_rest_and_still_runs_always() -> None:
    simulation = Simulation(BUILD_TEST_DEPLOY)
    simulation.begin("build/compile")
    simulation.cancel(reason="The run was canceled by a person.")
    assert simulation.asked_to_stop == dict.fromkeys(
        ["build/compile", "build/lint"], "The run was canceled by a person."
    )
    assert_words(
        simulation,
        "build/compile=canceled build=canceled test=skipped deploy=skipped "
        "cleanup/sweep=succeeded cleanup=succeeded run=canceled",
    )
    assert simulation.state.nodes["build/lint"].message == "The run was canceled by a person."
    assert simulation.dispatched == ["build/compile", "build/lint", "cleanup/sweep"]


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("succeeded()", "skipped"),
        ("failed()", "skipped"),
        ("succeededOrFailed()", "skipped"),
        ("always()", "succeeded"),
        ("canceled()", "succeeded"),
        ("not(canceled())", "skipped"),
        ("eq(variables['x'], '1')", "succeeded"),
        ("and(succeeded(), eq(variables['x'], '1'))", "skipped"),
    ],
)
def test_only_jobs_whose_condition_holds_under_cancel_run_after_it(
    condition: str, expected: str
) -> None:
    """Documentation, Conditions: a condition without a status function ignores the cancel."""
    simulation = Simulation(
        plan(job("a"), job("b", condition, after="a"), variables=variables(x="1"))
    )
    simulation.cancel()
    assert_words(simulation, f"a=canceled b={expected} run=canceled")


def test_canceled_holds_for_no_job_of_a_run_that_was_not_canceled() -> None:
    simulation = Simulation(plan(job("a"), job("b", "canceled()", after="a")))
    assert_words(simulation, "a=succeeded b=skipped run=succeeded")


def test_canceling_one_stage_leaves_the_others_alone() -> None:
    simulation = Simulation(
        plan(stage("a", job("x"), job("y", after="x")), stage("b", job("z")), stage("c", after="a"))
    )
    simulation.cancel("a", "enough")
    assert simulation.asked_to_stop == {"a/x": "enough"}
    assert_words(
        simulation, "a/x=canceled a/y=skipped a=canceled b=succeeded c=skipped run=canceled"
    )


def test_a_second_cancel_stops_the_clean_up_that_ran_because_of_the_first() -> None:
    simulation = Simulation(plan(job("a"), job("b", "always()", after="a")))
    simulation.cancel()
    simulation.end("a")
    assert simulation.in_hand == ["b"]
    simulation.cancel()
    assert "b" in simulation.asked_to_stop
    assert_words(simulation, "a=canceled b=canceled run=canceled")


def test_a_run_whose_jobs_all_succeeded_in_spite_of_the_cancel_has_succeeded() -> None:
    simulation = Simulation(plan(job("a")))
    simulation.cancel()
    simulation.end("a", Result.SUCCEEDED)
    assert simulation.state.result is Result.SUCCEEDED


def test_a_node_that_was_to_expand_is_canceled_instead() -> None:
    simulation = Simulation(
        plan(stage("s", job("a"), job("m", "always()", after="a", expands=True)))
    )
    simulation.cancel(reason="stop")
    simulation.end("s/a")
    assert simulation.words()["s/m"] == "canceled"
    assert simulation.state.nodes["s/m"].message == "stop"


# Time


def test_a_job_that_runs_longer_than_its_timeout_is_canceled_with_the_text_of_the_service() -> None:
    simulation = Simulation(plan(job("a", timeout=3600.0)))
    simulation.begin("a", worker="Agent 1")
    assert simulation.wake_at == simulation.now - 1.0 + 3600.0
    simulation.sleep()
    text = "The job running on agent Agent 1 ran longer than the maximum time of 60 minutes."
    assert simulation.asked_to_stop == {"a": text}
    assert [(issue.kind, issue.message) for issue in simulation.state.issues] == [("error", text)]
    assert_words(simulation, "a=canceled run=canceled")
    assert simulation.state.nodes["a"].message == text


def test_the_timeout_counts_from_the_start_not_from_queueing() -> None:
    simulation = Simulation(plan(job("a", timeout=10.0)))
    assert simulation.wake_at is None
    simulation.now += 1000.0
    simulation.begin("a")
    assert simulation.asked_to_stop == {}


def test_a_timeout_of_a_group_stops_all_in_it() -> None:
    simulation = Simulation(plan(group("p", command("a"), command("b", after="a"), timeout=90.0)))
    simulation.sleep()
    text = "The job ran longer than the maximum time of 1.5 minutes."
    assert simulation.asked_to_stop == {"p/a": text}
    assert_words(simulation, "p/a=canceled p/b=skipped p=canceled")
    assert simulation.state.nodes["p"].message == text


@pytest.mark.parametrize("started, result", [(True, "abandoned"), (False, "canceled")])
def test_an_unanswered_cancel_ends_the_job_after_the_cancel_timeout_and_a_minute(
    started: bool, result: str
) -> None:
    simulation = Simulation(plan(job("a", cancel_timeout=300.0)))
    if started:
        simulation.begin("a")
    simulation.cancel(reason="stop")
    assert simulation.wake_at == simulation.now + 360.0
    simulation.sleep()
    assert simulation.words()["a"] == result
    assert (
        simulation.state.nodes["a"].message == "stop (the agent did not answer the request to stop)"
    )


def test_a_canceled_job_is_given_its_cancel_timeout_even_if_its_timeout_passes_meanwhile() -> None:
    simulation = Simulation(plan(job("a", timeout=5.0, cancel_timeout=300.0)))
    simulation.begin("a")
    simulation.cancel(reason="stop")
    simulation.now += 100.0
    simulation.post()
    assert simulation.asked_to_stop == {"a": "stop"}
    assert simulation.words()["a"] == "running"


# The parts


def test_worst_result() -> None:
    order = [SKIPPED, Result.SUCCEEDED, ISSUES, CANCELED, ABANDONED, FAILED]
    assert [worst(order[: n + 1]) for n in range(len(order))] == order


def test_decide_asks_for_nothing_twice_once_it_is_applied() -> None:
    simulation = Simulation(BUILD_TEST_DEPLOY)
    assert decide(simulation.state, simulation.now) == []
    simulation.cancel()
    assert [type(a).__name__ for a in decide(simulation.state, simulation.now)] == ["Wake"]


def test_late_words_of_a_job_that_has_ended_change_nothing() -> None:
    simulation = Simulation(plan(job("a"), job("b", after="a")))
    simulation.begin("a")
    simulation.end("a")
    before = list(simulation.events)
    simulation.post(
        NodeFinished(at=9.0, node="a", result=FAILED), NodeStarted(at=9.0, node="a", worker="late")
    )
    assert simulation.events == before
    assert simulation.words()["a"] == "succeeded"


@pytest.mark.parametrize(
    "nodes, message",
    [
        ((job("a"), job("a")), 'two nodes are called "a"'),
        ((job("a", after="b"),), 'node "a" depends on "b", which is not beside it'),
        (
            (job("a"), *stage("s", job("b")), job("c", after="s/b")),
            'node "c" depends on "s/b", which is not beside it',
        ),
        ((job("a", after="b"), job("b", after="a")), "these nodes wait for each other: a, b"),
        ((job("a", parent="nowhere"),), 'node "a" is in "nowhere", which is not a group here'),
        ((job("a"), job("b", parent="a")), 'node "b" is in "a", which is not a group here'),
        (
            (
                Node(id="a", key="a", kind="x", parent="b"),
                Node(id="b", key="b", kind="x", parent="a"),
            ),
            "these nodes wait for each other: a, b",
        ),
    ],
)
def test_a_plan_that_could_never_end_is_refused(nodes: tuple[Node, ...], message: str) -> None:
    with pytest.raises(InvalidPlan) as caught:
        Simulation(Plan(nodes=nodes))
    assert str(caught.value) == message


# Gates

GATED = plan(
    stage("build", job("compile")),
    stage(
        "deploy",
        job("check", "always()", gate=True, kind="checkpoint"),
        job("ship"),
        job("tell", "always()", after="ship"),
        job("mend", "failed()"),
        after="build",
    ),
    stage("after", job("sweep"), after="deploy", condition="always()"),
    stage("celebrate", job("party"), after="deploy"),
)


def test_nothing_of_a_gated_group_starts_before_its_gate_has_passed() -> None:
    simulation = Simulation(GATED)
    simulation.end("build/compile")
    assert simulation.in_hand == ["deploy/check"]
    simulation.begin("deploy/check")
    simulation.sleep()
    assert simulation.in_hand == ["deploy/check"]
    simulation.end("deploy/check")
    assert simulation.in_hand == ["deploy/ship"]


@pytest.mark.parametrize(
    "results, expected",
    [
        pytest.param(
            {},
            "deploy/check=succeeded deploy/ship=succeeded deploy/tell=succeeded "
            "deploy/mend=skipped deploy=succeeded celebrate=succeeded run=succeeded",
            id="approved",
        ),
        pytest.param(
            {"deploy/check": FAILED},
            "deploy/ship=skipped deploy/tell=skipped deploy/mend=skipped deploy=failed "
            "after=succeeded celebrate=skipped run=failed",
            id="rejected: jobs do not run whatever their conditions",
        ),
        pytest.param(
            {"deploy/check": SKIPPED},
            "deploy/ship=skipped deploy/tell=skipped deploy=skipped after=succeeded "
            "celebrate=skipped run=succeeded",
            id="an approval that timed out skips the stage",
        ),
        pytest.param(
            {"deploy/check": CANCELED},
            "deploy/tell=skipped deploy=canceled after=succeeded celebrate=skipped run=canceled",
            id="overtaken by a newer run",
        ),
        pytest.param(
            {"build/compile": FAILED},
            "deploy/check=skipped deploy=skipped after=succeeded run=failed",
            id="a stage that is not to run asks nobody",
        ),
        pytest.param(
            {"deploy/ship": FAILED},
            "deploy/check=succeeded deploy/tell=succeeded deploy/mend=skipped deploy=failed",
            id="jobs after the gate do not see it",
        ),
    ],
)
def test_gates(results: dict[str, Result], expected: str) -> None:
    assert_words(Simulation(GATED, results=results), expected)


def test_jobs_behind_a_shut_gate_say_what_the_gate_said() -> None:
    simulation = Simulation(GATED)
    simulation.end("build/compile")
    at = simulation.now
    said = "rejected by Ada: not today"
    simulation.post(NodeFinished(at=at, node="deploy/check", result=FAILED, message=said))
    assert simulation.state.nodes["deploy/tell"].message == said
    assert simulation.state.nodes["deploy"].message == said


def test_a_canceled_run_stops_a_waiting_gate_and_runs_none_of_its_jobs() -> None:
    simulation = Simulation(GATED)
    simulation.end("build/compile")
    simulation.begin("deploy/check")
    simulation.cancel(reason="enough")
    assert simulation.asked_to_stop == {"deploy/check": "enough"}
    assert_words(
        simulation,
        "deploy/check=canceled deploy/tell=skipped deploy=canceled after=canceled run=canceled",
    )


@pytest.mark.parametrize(
    "nodes, message",
    [
        (stage("s", job("a", gate=True), job("b", gate=True)), "two gates"),
        (stage("s", job("a", gate=True), job("b", after="a")), "depends on a gate"),
        (stage("s", job("b"), job("a", gate=True, after="b")), "can be done first"),
        (stage("s", job("a", gate=True, work=None)), "can be done first"),
    ],
)
def test_a_gate_that_could_not_work_is_refused(nodes: list[Node], message: str) -> None:
    with pytest.raises(InvalidPlan, match=message):
        Simulation(plan(nodes))
