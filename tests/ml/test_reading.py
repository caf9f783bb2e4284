"""How the service reads what clients send: references, fields in either spelling, durations."""

from __future__ import annotations

import pytest
from mlbench import PREFIX, WORKSPACE

from penstock.ml.bindings import Binding, NotABinding, Side, fill, parse_binding
from penstock.ml.fields import field, seconds
from penstock.ml.graph import order
from penstock.ml.references import Reference, parse_reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("azureml:d:3", Reference(kind="data", name="d", version="3")),
        ("d:3", Reference(kind="data", name="d", version="3")),
        ("azureml:d@latest", Reference(kind="data", name="d", label="latest")),
        ("azureml:d", Reference(kind="data", name="d")),
        (
            f"{PREFIX}/data/d/versions/3",
            Reference(kind="data", name="d", version="3", workspace=WORKSPACE),
        ),
        (
            f"azureml:{PREFIX}/data/d/labels/latest",
            Reference(kind="data", name="d", label="latest", workspace=WORKSPACE),
        ),
        (
            f"{PREFIX}/data/azureml:d/versions/3",
            Reference(kind="data", name="d", version="3", workspace=WORKSPACE),
        ),
        (
            "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
            Reference(kind="environments", name="sklearn-1.5", label="latest", registry="azureml"),
        ),
        (
            "azureml://registries/mine/components/c/versions/2",
            Reference(kind="components", name="c", version="2", registry="mine"),
        ),
        (
            "azureml://locations/local/workspaces/w/data/d/versions/1",
            Reference(kind="data", name="d", version="1"),
        ),
    ],
)
def test_forms_of_a_reference(text: str, reference: Reference) -> None:
    """Documentation, "asset references"; what azure-ai-ml sends."""
    assert parse_reference(text, "data") == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "./data",
        "https://x/y",
        "azureml://datastores/d/paths/p",
        "a b",
        "azureml:d\n",
        "azureml:d:1\n",
        "azureml:d\n@latest",
        "azureml://registries/mine/components/c/versions/2\n",
        "azureml://locations/local/workspaces/w/data/d/versions/1\n",
    ],
)
def test_what_is_no_reference(text: str) -> None:
    assert parse_reference(text, "data") is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (60, 60.0),
        (1.5, 1.5),
        ("60", 60.0),
        ("PT30S", 30.0),
        ("PT1H", 3600.0),
        ("PT1H30M5.5S", 5405.5),
        ("P1DT2H", 93600.0),
        ("P", None),
        ("PT", None),
        ("soon", None),
        (True, None),
        (None, None),
    ],
)
def test_durations(text: object, length: float | None) -> None:
    assert seconds(text) == length


def test_fields_are_read_in_either_spelling() -> None:
    """As azure-ai-ml has it: camelCase at the job, snake_case in its nodes, `computeId` in both."""
    assert field({"jobInputType": "a"}, "job_input_type") == "a"
    assert field({"job_input_type": "a"}, "job_input_type") == "a"
    assert field({"computeId": "a"}, "compute_id") == "a"
    assert field({"a": None}, "a", "default") == "default"
    assert field("no object", "a", "default") == "default"


@pytest.mark.parametrize(
    ("text", "binding"),
    [
        ("${{parent.inputs.x}}", Binding(side=Side.PARENT_INPUT, name="x")),
        ("  ${{ parent.inputs.group.x }} ", Binding(side=Side.PARENT_INPUT, name="group.x")),
        ("${{parent.outputs.x}}", Binding(side=Side.PARENT_OUTPUT, name="x")),
        ("${{parent.jobs.n.outputs.o}}", Binding(side=Side.NODE_OUTPUT, node="n", name="o")),
        ("${{parent.jobs.n.inputs.i}}", Binding(side=Side.NODE_INPUT, node="n", name="i")),
        ("${{jobs.n.outputs.o}}", Binding(side=Side.NODE_OUTPUT, node="n", name="o")),
        ("plain", None),
        ("$[[x]]", None),
        (7, None),
    ],
)
def test_bindings(text: object, binding: Binding | None) -> None:
    """YAML inventory, 1.14."""
    assert parse_binding(text) == binding


@pytest.mark.parametrize(
    "text", ["a${{parent.inputs.x}}", "${{parent.x}}", "${{inputs.x}}", "${{search_space.x}}"]
)
def test_what_is_no_binding(text: str) -> None:
    with pytest.raises(NotABinding):
        parse_binding(text)


def test_unknown_expressions_stay() -> None:
    known = {"name": "n"}.get
    assert fill("a/${{name}}/${{ name }}/${{other}}", known) == "a/n/n/${{other}}"


def test_order_keeps_dependencies_and_tells_of_a_cycle() -> None:
    assert order({"c": ["b"], "b": ["a"], "a": []}) == (["a", "b", "c"], [])
    assert order({"a": ["b", "b"], "b": []}) == (["b", "a"], [])
    assert order({"x": [], "a": ["b"], "b": ["a"], "c": ["a"]}) == (["x"], ["a", "b", "a"])
    assert order({"a": ["a"]}) == ([], ["a", "a"])
    assert order({}) == ([], [])
