"""What the engine writes down by itself holds no value of a secret."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_plans import ABANDONED, FAILED, job, plan, secret, variables

from penstock.engine import codec
from penstock.engine.events import NodeExpanded, Output
from penstock.engine.plan import Node, Plan
from penstock.engine.redaction import (
    event_refilled,
    event_without_secrets,
    refilled,
    secret_values,
    without_secrets,
)
from penstock.engine.requests import Endpoint, StepsWork, Variable
from penstock.engine.state import RunState
from penstock.engine.testing import Simulation


@pytest.mark.parametrize(
    "node, message",
    [
        (
            job("a", "gt(1, variables.password)"),
            "Unable to convert from String to Number. Value: '***'",
        ),
        (
            job("a", variables=(Variable(name="x", value="$[ gt(1, variables.password) ]"),)),
            "variable x: Unable to convert from String to Number. Value: '***'",
        ),
    ],
)
def test_an_error_of_an_expression_does_not_quote_a_secret(node: Node, message: str) -> None:
    simulation = Simulation(plan(node, variables=(secret("password", "hunter2-hunter2"),)))
    ended = simulation.run().nodes["a"]
    assert (ended.result, ended.message) == (ABANDONED, message)


def test_an_error_of_an_expression_does_not_quote_a_secret_output() -> None:
    asking = job("b", "gt(1, dependencies.a.outputs['s.key'])", after="a")
    outputs = {"a": {"s.key": Output(value="hunter2-hunter2", secret=True)}}
    ended = Simulation(plan(job("a"), asking), outputs=outputs).run().nodes["b"]
    assert ended.message == "Unable to convert from String to Number. Value: '***'"


def test_a_node_that_cannot_be_expanded_does_not_quote_a_secret() -> None:
    def expand(state: RunState, node: Node) -> tuple[Node, ...]:
        raise ValueError("no JSON but: hunter2-hunter2")

    node = job("a", expands=True)
    planned = plan(node, variables=(secret("password", "hunter2-hunter2"),))
    ended = Simulation(planned, expand=expand).run().nodes["a"]
    assert (ended.result, ended.message) == (FAILED, "a could not be expanded: no JSON but: ***")


def test_a_secret_shorter_than_six_characters_does_not_blot_out_a_message() -> None:
    simulation = Simulation(
        plan(job("a", "gt(1, 'text')"), variables=(secret("short", "e"), secret("none", "")))
    )
    message = simulation.run().nodes["a"].message
    assert message == "Unable to convert from String to Number. Value: 'text'"


def test_the_secrets_of_a_run_are_its_variables_and_outputs_longest_first() -> None:
    planned = plan(
        job("a", variables=(secret("inner", "inner-secret"), Variable(name="p", value="public"))),
        variables=(secret("outer", "the-outer-secret"), secret("unset", "")),
    )
    outputs = {"a": {"s.key": Output(value="an-output-secret-value", secret=True), "s.n": "bob"}}
    state = Simulation(planned, outputs=outputs).run()
    assert secret_values(state) == ("an-output-secret-value", "the-outer-secret", "inner-secret")


REGISTRY = Endpoint(
    id="r",
    name="registry",
    type="dockerregistry",
    url="u",
    scheme="UsernamePassword",
    parameters={"username": "ci", "Password": "of the registry"},
    secrets=("password",),
)


def test_a_plan_gets_back_from_a_fresh_one_what_was_not_kept() -> None:
    work = StepsWork(steps=(), endpoints=(REGISTRY,))
    fresh = plan(
        job("a", work=work, variables=(secret("Token", "of the job"), *variables(x="1"))),
        job("b", variables=variables(x="new")),
        variables=(secret("password", "of the run"),),
    )
    kept = codec.from_json(Plan, codec.to_json(without_secrets(fresh)))
    older = replace(kept, nodes=(kept.nodes[0], job("b", variables=variables(x="old"))))

    assert "of the" not in codec.to_json(older)
    filled = refilled(older, fresh)
    assert (filled.nodes[0], filled.variables) == (fresh.nodes[0], fresh.variables)
    assert filled.nodes[1].variables == variables(x="old")


def test_what_the_fresh_plan_does_not_know_stays_empty() -> None:
    kept = without_secrets(plan(job("a", variables=(secret("gone", "x"),))))
    assert refilled(kept, plan(job("b"))) == kept


def test_instances_of_a_job_get_back_the_secrets_of_their_job() -> None:
    work = StepsWork(steps=(), endpoints=(REGISTRY,))
    matrix = job("m", work=work, expands=True)
    leg = replace(job("m/one", work=work), parent="m")
    kept = event_without_secrets(NodeExpanded(at=1.0, node="m", nodes=(leg,)))
    assert "of the" not in codec.to_json(kept)
    assert event_refilled(kept, plan(matrix)) == NodeExpanded(at=1.0, node="m", nodes=(leg,))
