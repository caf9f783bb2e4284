"""A matrix known only at run time: its legs, and which of their variables are secrets."""

from __future__ import annotations

import json

import pytest

from penstock.devops.plans.legs import expand_matrix
from penstock.engine.events import Output
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import StepsWork
from penstock.engine.testing import Simulation

MATRIX = '{"a": {"key": "first"}, "b": {"key": "second"}}'


def legs(expansion: str, output: Output) -> dict[str, list[tuple[str, str, bool]]]:
    """The legs of a job whose matrix may read the output `s.m` of job A: name, value, secrecy."""
    work = StepsWork(steps=())
    node = Node(
        id="B",
        key="B",
        kind="job",
        work=work,
        depends_on=("A",),
        expands=True,
        expansion=expansion,
    )
    planned = Plan(nodes=(Node(id="A", key="A", kind="job", work=work), node))
    state = Simulation(planned, outputs={"A": {"s.m": output}}, expand=expand_matrix).run()
    return {
        leg.node.key: [
            (v.name, v.value, v.secret)
            for v in leg.node.variables
            if not v.name.startswith("System.")
        ]
        for leg in state.children("B")
    }


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize(
    "expansion", ["$[ dependencies.A.outputs['s.m'] ]", "$[ lower(dependencies.A.outputs['s.m']) ]"]
)
def test_variables_of_a_matrix_that_comes_of_a_secret_are_secrets(
    expansion: str, secret: bool
) -> None:
    assert legs(expansion, Output(value=MATRIX, secret=secret)) == {
        "a": [("key", "first", secret)],
        "b": [("key", "second", secret)],
    }


def test_a_matrix_that_only_stands_beside_a_secret_has_public_variables() -> None:
    expansion = f"$[ coalesce('{MATRIX}', dependencies.A.outputs['s.m']) ]"
    assert legs(expansion, Output(value="hunter2-hunter2", secret=True)) == {
        "a": [("key", "first", False)],
        "b": [("key", "second", False)],
    }


@pytest.mark.parametrize(
    "given, message",
    [
        ('{"a": {}, "A": {}}', 'the matrix expression gave more than one leg of the name "A"'),
        ('{"": {}}', "the matrix expression gave a leg without a name"),
        ("[1]", "the matrix expression gave no object of objects but: [1]"),
        ('{"a": 1}', 'the matrix expression gave no object of objects but: {"a": 1}'),
        ("none", "the matrix expression gave no JSON object but: none"),
        (
            json.dumps({f"leg{n}": {} for n in range(257)}),
            "The matrix expansion resulted in 257 jobs which exceeds the maximum allowable job "
            "count of 256.",
        ),
    ],
)
def test_a_matrix_that_is_none_fails_its_job(given: str, message: str) -> None:
    expansion = "$[ dependencies.A.outputs['s.m'] ]"
    node = Node(
        id="B",
        key="B",
        kind="job",
        work=StepsWork(steps=()),
        depends_on=("A",),
        expands=True,
        expansion=expansion,
    )
    first = Node(id="A", key="A", kind="job", work=StepsWork(steps=()))
    outputs = {"A": {"s.m": Output(value=given)}}
    simulation = Simulation(Plan(nodes=(first, node)), outputs=outputs, expand=expand_matrix)
    failed = simulation.run().nodes["B"]
    assert str(failed.result) == "failed"
    assert failed.message.endswith(message)


def test_values_of_a_matrix_are_texts() -> None:
    given = '{"a": {"text": "1.50", "number": 2, "truth": true, "nothing": null}}'
    found = legs("$[ dependencies.A.outputs['s.m'] ]", Output(value=given))
    assert [(name, value) for name, value, _ in found["a"]] == [
        ("text", "1.50"),
        ("number", "2"),
        ("truth", "True"),
        ("nothing", ""),
    ]


@pytest.mark.parametrize("given", ["{}", ""])
def test_an_empty_matrix_is_one_plain_job(given: str) -> None:
    assert legs("$[ dependencies.A.outputs['s.m'] ]", Output(value=given)) == {"B": []}
