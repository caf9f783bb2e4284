"""What conditions and `$[ ]` variables see of a run.

The truth table of the status functions was measured on the service (agentless runs, 2026-08); the
syntax of outputs is that of the Azure Pipelines documentation: Expressions, Dependencies; Set
variables in scripts; Deployment jobs, Support for output variables.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from engine_plans import (
    ABANDONED,
    CANCELED,
    FAILED,
    ISSUES,
    OK,
    SKIPPED,
    group,
    job,
    plan,
    secret,
    stage,
    variables,
)

from penstock.engine.conditions import explain, run_variables, runtime_value
from penstock.engine.contexts import results_before
from penstock.engine.events import Output, Result
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import JobRequest, Variable
from penstock.engine.testing import Simulation
from penstock.engine.variables import make_request

# Status functions: True for these sets of direct dependencies


def results_of(word: str) -> list[Result]:
    letters = {"S": OK, "I": ISSUES, "F": FAILED, "C": CANCELED, "K": SKIPPED, "A": ABANDONED}
    return [letters[letter] for letter in word]


@pytest.mark.parametrize(
    "condition, true_for, false_for",
    [
        ("succeeded()", ["", "S", "I", "SI", "SS"], ["K", "F", "C", "A", "SK", "SF", "IA"]),
        ("failed()", ["F", "SF", "FK", "FA"], ["", "S", "I", "K", "C", "A", "SK"]),
        ("succeededOrFailed()", ["", "S", "I", "F", "SK", "FK", "FA"], ["K", "A", "C", "KK"]),
        ("always()", ["", "S", "F", "K", "C", "A"], []),
        ("canceled()", [], ["", "S", "F", "K", "C", "A"]),
        ("not(canceled())", ["", "S", "F", "K", "C", "A"], []),
        ("succeeded('d0')", ["S", "SK", "SF", "I"], ["F", "KS", "K"]),
        ("succeeded('D0', 'd1')", ["SS", "SI"], ["SK", "FS", "SF"]),
        ("failed('d0')", ["F", "FS", "FK"], ["S", "SF", "K", "A"]),
        ("failed('d0', 'd1')", ["SF", "FF"], ["SS", "SA"]),
        ("succeededOrFailed('d0')", ["S", "F", "SK", "FK"], ["K", "KS", "A"]),
        ("succeeded('nobody')", [], ["S", "F"]),
        ("failed('nobody')", [], ["S", "F"]),
        ("succeededOrFailed('nobody')", [], ["S", "F"]),
        ("eq(dependencies.d0.result, 'Skipped')", ["K"], ["S", "F"]),
        ("eq(dependencies.d0.result, 'SucceededWithIssues')", ["I"], ["S"]),
        ("eq(dependencies.d0.result, 'Abandoned')", ["A"], ["F"]),
        ("in(dependencies.d0.result, 'Succeeded', 'SucceededWithIssues')", ["S", "I"], ["F", "K"]),
    ],
)
def test_status_functions(condition: str, true_for: list[str], false_for: list[str]) -> None:
    for word in true_for:
        assert runs_after(condition, results_of(word)), f"{condition} after {word or 'nothing'}"
    for word in false_for:
        assert not runs_after(condition, results_of(word)), f"{condition} after {word or 'nothing'}"


def runs_after(condition: str, results: Sequence[Result]) -> bool:
    """Whether a job with this condition runs after jobs that ended so."""
    names = [f"d{n}" for n in range(len(results))]
    before = [job(n, "false" if r is SKIPPED else "") for n, r in zip(names, results, strict=True)]
    asking = job("asking", condition, after=" ".join(names))
    scripted = dict(zip(names, results, strict=True))
    return Simulation(plan(*before, asking), results=scripted).run().nodes["asking"].result is OK


@pytest.mark.parametrize(
    "condition, true_for, false_for",
    [
        ("", ["SS", "SI", "IS"], ["KS", "FS", "CS", "AS", "SK", "SF"]),
        ("succeeded()", ["SS", "SI", "IS"], ["KS", "FS", "CS", "AS", "SK", "SF"]),
        ("succeeded('d1')", ["SS", "KS", "FS", "CS", "AS", "KI"], ["SK", "SF", "FF"]),
        ("succeeded('d0', 'd1')", ["SS"], ["KS", "FS"]),
        ("failed()", ["FS", "FK", "SF"], ["SS", "KS", "AS", "CS", "SK"]),
        ("failed('d0')", ["FS", "FK"], ["SF", "SS"]),
        ("succeededOrFailed()", ["SS", "SK", "KS", "FK", "AS", "KF"], ["KK", "AK", "CK"]),
        ("always()", ["SS", "KK", "FK"], []),
        ("eq(dependencies.d1.result, 'Succeeded')", ["KS", "FS"], ["SK"]),
        ("eq(dependencies.d0.result, '')", ["SS", "KS"], []),
    ],
)
def test_status_functions_look_at_indirect_dependencies_too(
    condition: str, true_for: list[str], false_for: list[str]
) -> None:
    """After d1, which waits for d0 and runs or not whatever that came to.

    Azure Pipelines, Conditions: the requirement applies to direct and indirect dependencies,
    "computed recursively"; Expressions, succeeded: `succeeded('previousJobName')` is true though "a
    dependency further upstream failed", where without it the job is skipped.
    """
    for word in true_for:
        assert runs_at_the_end(condition, word), f"{condition} after {word}"
    for word in false_for:
        assert not runs_at_the_end(condition, word), f"{condition} after {word}"


def runs_at_the_end(condition: str, word: str) -> bool:
    first, second = results_of(word)
    chain = [
        job("d0", "false" if first is SKIPPED else ""),
        job("d1", "false" if second is SKIPPED else "always()", after="d0"),
        job("asking", condition, after="d1"),
    ]
    simulation = Simulation(plan(*chain), results={"d0": first, "d1": second})
    return simulation.run().nodes["asking"].result is OK


def test_a_long_chain_is_looked_through_at_any_link() -> None:
    names = [f"d{n}" for n in range(3000)]
    chain = [job(name, after=before) for name, before in zip(names, ["", *names], strict=False)]
    state = Simulation(plan(*chain)).state
    assert results_before(state, "d2999") == {None}


@pytest.mark.parametrize(
    "condition, runs",
    [
        ("", True),
        ("true", True),
        ("False", False),
        ("''", False),
        ("0", False),
        ("variables['flag']", True),  # the text `false` is not empty: conversion to boolean
        ("variables['none']", False),
        ("eq(variables.FLAG, 'FALSE')", True),
    ],
)
def test_the_value_of_a_condition_is_converted_to_boolean(condition: str, runs: bool) -> None:
    simulation = Simulation(plan(job("a", condition), variables=variables(flag="false")))
    assert (simulation.run().nodes["a"].result is OK) is runs


@pytest.mark.parametrize(
    "condition, message",
    [
        (
            "gt(1, 'not-a-number')",
            "Unable to convert from String to Number. Value: 'not-a-number'",
        ),
        (
            "eq(nothing.x, 1)",
            "Unrecognized value: 'nothing'. Located at position 4 within expression: "
            "'eq(nothing.x, 1)'. For more help, refer to "
            "https://go.microsoft.com/fwlink/?linkid=842996",
        ),
    ],
)
def test_a_condition_that_cannot_be_evaluated_abandons_the_node(
    condition: str, message: str
) -> None:
    simulation = Simulation(
        plan(job("a", condition), job("b", "failed()", after="a"), job("c", "always()", after="a"))
    )
    state = simulation.run()
    assert state.nodes["a"].result is ABANDONED
    assert state.nodes["a"].message == message
    assert state.nodes["b"].result is SKIPPED
    assert state.nodes["c"].result is OK


def test_a_status_function_is_not_for_variables() -> None:
    simulation = Simulation(plan(job("a", variables=variables(v="$[ succeeded() ]"))))
    assert simulation.words()["a"] == "abandoned"
    assert simulation.state.nodes["a"].message.startswith(
        "variable v: Unrecognized value: 'succeeded'."
    )


def test_conditions_of_jobs_are_asked_when_their_stage_opens() -> None:
    simulation = Simulation(
        plan(
            stage("a", job("x")),
            stage("b", job("y", "eq(stageDependencies.a.x.result, 'Failed')"), after="a"),
        )
    )
    assert simulation.words()["b/y"] == "pending"


# Outputs: every row of the table of syntaxes

DEPLOYMENT = group(
    "D", job("preDeploy"), job("deploy"), kind="deployment", output_aliases=(("D", "deploy"),)
)
RESOURCE = group("R", job("Deploy_vm1"), kind="deployment", output_aliases=(("R", "Deploy_vm1"),))
CANARY = group("C", job("deploy_10"), job("deploy_20"), kind="deployment")
ONE_JOB = job("O", kind="deployment", output_aliases=(("O", ""), ("Deploy", "")))
PRODUCERS = (
    job("A"),
    group("M", job("leg"), job("other")),
    group("P", job("Job1"), job("Job2")),
    DEPLOYMENT,
    RESOURCE,
    CANARY,
    ONE_JOB,
)
OUTPUTS = {
    f"S/{node}": {"s.v": f"from {node}", "s.Other": "x"}
    for node in [
        *("A", "M/leg", "P/Job1", "D/preDeploy", "D/deploy", "R/Deploy_vm1"),
        *("C/deploy_20", "O"),
    ]
}
JOB_OUTPUTS = [
    ("A.outputs['s.v']", "from A"),
    ("A.outputs['S.V']", "from A"),
    ("a.Outputs['s.v']", "from A"),
    ("M.outputs['leg.s.v']", "from M/leg"),
    ("P.outputs['Job1.s.v']", "from P/Job1"),
    ("D.outputs['D.s.v']", "from D/deploy"),
    ("D.outputs['Deploy.s.v']", "from D/deploy"),
    ("D.outputs['preDeploy.s.v']", "from D/preDeploy"),
    ("R.outputs['Deploy_vm1.s.v']", "from R/Deploy_vm1"),
    ("R.outputs['R.s.v']", "from R/Deploy_vm1"),
    ("C.outputs['deploy_20.s.v']", "from C/deploy_20"),
    ("O.outputs['O.s.v']", "from O"),
    ("O.outputs['Deploy.s.v']", "from O"),
    ("O.outputs['s.v']", ""),
    ("D.outputs['s.v']", ""),
    ("A.outputs['s.none']", ""),
    ("Nobody.outputs['s.v']", ""),
    ("A.result", "Succeeded"),
    ("M.result", "Succeeded"),
]


@pytest.mark.parametrize("syntax, expected", JOB_OUTPUTS)
def test_outputs_from_job_to_job(syntax: str, expected: str) -> None:
    consumer = job("consumer", after="A M P D R C O", variables=reading(f"dependencies.{syntax}"))
    simulation = Simulation(plan(stage("S", *PRODUCERS, consumer)), outputs=OUTPUTS)
    assert value_read(simulation, "S/consumer") == expected


@pytest.mark.parametrize("syntax, expected", JOB_OUTPUTS)
def test_outputs_from_a_stage_to_a_job_of_a_later_stage(syntax: str, expected: str) -> None:
    consumer = job("consumer", variables=reading(f"stageDependencies.S.{syntax}"))
    simulation = Simulation(
        plan(stage("S", *PRODUCERS), stage("T", consumer, after="S")), outputs=OUTPUTS
    )
    assert value_read(simulation, "T/consumer") == expected


@pytest.mark.parametrize(
    "syntax, expected",
    [
        ("outputs['A.s.v']", "from A"),
        ("outputs['M.leg.s.v']", "from M/leg"),
        ("outputs['P.Job1.s.v']", "from P/Job1"),
        ("outputs['D.D.s.v']", "from D/deploy"),
        ("outputs['D.Deploy.s.v']", "from D/deploy"),
        ("outputs['R.Deploy_vm1.s.v']", "from R/Deploy_vm1"),
        ("outputs['C.deploy_20.s.v']", "from C/deploy_20"),
        ("outputs['O.O.s.v']", "from O"),
        ("outputs['A.s.none']", ""),
        ("result", "Succeeded"),
    ],
)
@pytest.mark.parametrize("context", ["dependencies", "stageDependencies"])
def test_outputs_from_a_stage_to_the_condition_of_a_later_stage(
    context: str, syntax: str, expected: str
) -> None:
    """Either context, as in unoplatform/uno; the documentation has `dependencies`."""
    condition = f"eq({context}.S.{syntax}, '{expected}')"
    simulation = Simulation(
        plan(stage("S", *PRODUCERS), stage("T", job("j"), after="S", condition=condition)),
        outputs=OUTPUTS,
    )
    assert simulation.run().nodes["T"].result is OK


def test_the_outputs_of_what_is_not_a_direct_dependency_are_empty() -> None:
    consumer = job("consumer", after="B", variables=reading("dependencies.A.outputs['s.v']"))
    simulation = Simulation(
        plan(stage("S", job("A"), job("B", after="A"), consumer)), outputs=OUTPUTS
    )
    assert value_read(simulation, "S/consumer") == ""


def test_a_stage_sees_only_the_stages_it_depends_on() -> None:
    read = reading("stageDependencies.S.A.outputs['s.v']")
    simulation = Simulation(
        plan(
            stage("S", job("A")),
            stage("T", job("x"), after="S"),
            stage("U", job("consumer", variables=read), after="T"),
        ),
        outputs=OUTPUTS,
    )
    assert value_read(simulation, "U/consumer") == ""


def test_a_leg_of_a_matrix_sees_what_its_job_depends_on() -> None:
    read = reading("dependencies.A.outputs['s.v']")
    simulation = Simulation(
        plan(stage("S", job("A"), group("M", job("leg", variables=read), after="A"))),
        outputs=OUTPUTS,
    )
    assert value_read(simulation, "S/M/leg") == "from A"


def test_a_stage_variable_reads_the_outputs_of_the_stage_before() -> None:
    simulation = Simulation(
        plan(
            stage("S", job("A")),
            stage(
                "T",
                job("consumer"),
                after="S",
                variables=reading("stageDependencies.S.A.outputs['s.v']"),
            ),
        ),
        outputs=OUTPUTS,
    )
    assert value_read(simulation, "T/consumer") == "from A"


def reading(expression: str) -> tuple[Variable, ...]:
    return variables(read=f"$[ {expression} ]")


def value_read(simulation: Simulation, id: str) -> str:
    simulation.run()
    return next(v.value for v in request_of(simulation, id).variables if v.name == "read")


def request_of(simulation: Simulation, id: str) -> JobRequest:
    return make_request("1", simulation.state, id, run_variables(simulation.state))


# Variables


def test_the_nearest_variable_wins_and_names_ignore_case() -> None:
    simulation = Simulation(
        plan(
            stage(
                "s",
                group("m", job("leg", variables=variables(D="leg")), variables=variables(C="job")),
                variables=variables(B="stage", C="stage", D="stage"),
            ),
            variables=variables(a="run", b="run", c="run", d="run"),
        )
    )
    found = {v.name: v.value for v in request_of(simulation, "s/m/leg").variables}
    assert found == {"a": "run", "B": "stage", "C": "job", "D": "leg"}


def test_runtime_expressions_see_the_variables_before_them() -> None:
    simulation = Simulation(
        plan(
            job(
                "a",
                "eq(variables.three, 'run-2-3')",
                variables=variables(
                    two="$[ format('{0}-2', variables.one) ]",
                    three="$[format('{0}-3', variables['Two'])]",
                    late="$[ variables.later ]",
                    later="$[ 1 ]",
                    text="not $[ 1 ] alone",
                ),
            ),
            variables=variables(zero="run", one="$[ variables.zero ]"),
        )
    )
    found = {v.name: v.value for v in request_of(simulation, "a").variables}
    assert found == {
        "zero": "run",
        "one": "run",
        "two": "run-2",
        "three": "run-2-3",
        "late": "$[ 1 ]",
        "later": "1",
        "text": "not $[ 1 ] alone",
    }
    assert simulation.run().nodes["a"].result is OK


def test_a_variable_that_cannot_be_evaluated_abandons_a_node_that_would_run() -> None:
    broken = variables(v="$[ lt(1, 'x') ]")
    simulation = Simulation(plan(job("a", variables=broken), job("b", "false", variables=broken)))
    assert simulation.words() == {"a": "abandoned", "b": "skipped"}
    assert (
        simulation.state.nodes["a"].message
        == "variable v: Unable to convert from String to Number. Value: 'x'"
    )


def test_a_variable_of_the_run_that_cannot_be_evaluated_abandons_every_job() -> None:
    simulation = Simulation(plan(job("a"), variables=variables(v="$[ lt(1, 'x') ]")))
    assert simulation.words()["a"] == "abandoned"


def test_the_start_of_the_pipeline_and_resources_are_contexts() -> None:
    simulation = Simulation(
        plan(
            job(
                "a",
                variables=variables(
                    day="$[ format('{0:yyyyMMdd}', pipeline.startTime) ]",
                    text="$[ pipeline.startTime ]",
                    branch="$[ resources.repositories['self'].ref ]",
                    none="$[ resources.pipeline.upstream.sourceBranch ]",
                    source="$[ variables['resources.pipeline.upstream.sourceBranch'] ]",
                ),
            ),
            variables=(
                Variable(name="resources.repositories.self.ref", value="refs/heads/main"),
                Variable(name="resources.pipeline.upstream.sourceBranch", value="refs/heads/up"),
            ),
            start_time=1_760_000_000.5,
        )
    )
    found = {v.name: v.value for v in request_of(simulation, "a").variables}
    assert found["day"] == "20251009"
    assert found["text"] == "2025-10-09 08:53:20+00:00"
    assert found["branch"] == "refs/heads/main"
    # measured on the service: facts of pipeline resources are variables, and not in the context
    assert (found["none"], found["source"]) == ("", "refs/heads/up")


@pytest.mark.parametrize("text", ["$[ dependencies.gen.outputs['s.legs'] ]", "variables.legs"])
def test_what_a_node_expands_from_is_evaluated_as_the_node_sees_it(text: str) -> None:
    read = variables(legs="$[ dependencies.gen.outputs['s.legs'] ]")
    simulation = Simulation(
        plan(job("gen"), job("m", after="gen", variables=read)),
        outputs={"gen": {"s.legs": '{"a": {}}'}},
    )
    simulation.run()
    assert runtime_value(simulation.state, "m", text) == '{"a": {}}'


# Secrets


def test_a_secret_output_is_a_secret_where_it_is_read() -> None:
    simulation = Simulation(
        plan(
            job("A"),
            job(
                "B",
                after="A",
                variables=variables(
                    whole="$[ dependencies.A.outputs['s.key'] ]",
                    part="$[ format('key={0}', dependencies.A.outputs['s.key']) ]",
                    plain="$[ dependencies.A.outputs['s.name'] ]",
                    unrelated="$[ coalesce('', 'x') ]",
                ),
            ),
        ),
        outputs={"A": {"s.key": Output(value="hunter2", secret=True), "s.name": "bob"}},
    )
    simulation.run()
    request = request_of(simulation, "B")
    assert {v.name: v.secret for v in request.variables} == {
        "whole": True,
        "part": True,
        "plain": False,
        "unrelated": False,
    }
    assert request.secrets == ("hunter2", "key=hunter2")


def test_a_secret_stays_secret_when_an_inner_variable_gives_it_a_new_value() -> None:
    simulation = Simulation(
        plan(
            job("a", variables=variables(TOKEN="inner", copy="$[ variables.token ]")),
            variables=(secret("token", "outer"), secret("unset", "")),
        )
    )
    request = request_of(simulation, "a")
    assert {v.name: (v.value, v.secret) for v in request.variables} == {
        "TOKEN": ("inner", True),
        "unset": ("", True),
        "copy": ("inner", True),
    }
    assert request.secrets == ("inner",)


def test_what_is_kept_of_a_queued_node_are_only_the_values_that_were_evaluated() -> None:
    simulation = Simulation(plan(job("a", variables=variables(x="1", y="$[ 2 ]"))))
    queued = simulation.events[0]
    assert queued.variables == {"y": Output(value="2")}  # type: ignore[union-attr]
    state = simulation.state.nodes["a"]
    assert state.variables == {"x": Output(value="1"), "y": Output(value="2")}


# Requests


def test_a_request_has_all_that_the_leaf_needs() -> None:
    leaf = job(
        "a",
        display_name="Build it",
        timeout=60.0,
        cancel_timeout=5.0,
        variables=(Variable(name="x", value="1", readonly=True),),
    )
    simulation = Simulation(plan(leaf))
    assert request_of(simulation, "a") == JobRequest(
        run="1",
        node="a",
        attempt=1,
        display_name="Build it",
        work=leaf.work,  # type: ignore[arg-type]
        variables=(Variable(name="x", value="1", readonly=True),),
        timeout=60.0,
        cancel_timeout=5.0,
    )


# Explanations


def test_an_explanation_shows_the_evaluated_parts_of_a_condition() -> None:
    condition = "and(succeeded(), eq(variables.Branch, 'main'))"
    simulation = Simulation(plan(job("a", condition), variables=variables(branch="dev")))
    found = explain(simulation.state, "a")
    assert (found.condition, found.value, found.error) == (condition, False, "")
    root = found.trace.root
    assert root is not None
    assert [(part.text, part.value) for part in root.children] == [
        ("succeeded()", True),
        ("eq(variables.Branch, 'main')", False),
    ]


def test_an_explanation_of_the_past_is_as_it_was_before_the_cancel() -> None:
    simulation = Simulation(plan(job("a"), job("b", after="a")))
    simulation.cancel()
    simulation.run()
    assert explain(simulation.state, "a").value is True
    assert explain(simulation.state, "b").value is False


def test_an_explanation_of_an_error_says_it() -> None:
    simulation = Simulation(plan(job("a", "lt(1, 'x')")))
    found = explain(simulation.state, "a")
    assert found.value is None
    assert found.error == "Unable to convert from String to Number. Value: 'x'"


def test_a_pending_node_can_be_explained_too() -> None:
    nodes: tuple[Node, ...] = (job("a"), job("b", "eq(variables.v, '1')", after="a"))
    simulation = Simulation(Plan(nodes=nodes, variables=variables(v="$[ 1 ]")))
    assert explain(simulation.state, "b").value is True
