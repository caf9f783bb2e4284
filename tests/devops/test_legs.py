"""A matrix known only at run time: its legs, and which of their variables are secrets."""

from __future__ import annotations

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
