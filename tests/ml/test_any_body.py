"""Whatever a client sends, it gets an answer: a plan, or problems in words."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlbench import Bench, bound, node, pipeline, shared

from penstock.engine.plan import check_nodes
from penstock.ml.planner import plan_job
from penstock.ml.resolver import Resolver
from penstock.store.database import open_state
from penstock.store.home import Home

FOLDER = {"type": "uri_folder"}
STORE = "azureml://datastores/workspaceblobstore/paths"
SMALL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from(
        [
            "",
            "x",
            "..",
            "azureml:",
            "azureml:d@latest",
            "azureml://jobs/x",
            "azureml://jobs/x/outputs/y/paths/../z",
            "azureml://datastores/workspaceblobstore/paths/../../x",
            "${{parent.inputs.x}}",
            "${{parent.jobs.a.outputs.o}}",
            "${{parent.jobs.b.inputs.i}}",
            "${{",
            "/subscriptions/1/resourceGroups/2/providers/3/workspaces/4",
            "PT",
            "1e999",
        ]
    ),
    st.text(max_size=5),
)
ANYTHING = st.recursive(
    SMALL,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One store for all examples, which planning only reads, and bodies that are right."""
    database = open_state(Home(Path(tmp_path_factory.mktemp("home"))))
    bench = Bench(database)
    yield bench, bodies(bench)
    database.close()


def bodies(shop: Bench) -> list[dict[str, Any]]:
    inner = shop.component("i", command="echo", inputs={"i": FOLDER}, outputs={"o": FOLDER})
    outer = shop.component(
        "o",
        type="pipeline",
        inputs={"i": FOLDER, "n": {"type": "integer", "default": "3"}},
        outputs={"o": FOLDER},
        jobs={"c": node(inner, inputs={"i": bound("parent.inputs.i")}, outputs={"o": shared("o")})},
    )
    data = {
        "uri": f"{STORE}/x/",
        "job_input_type": "uri_folder",
    }
    whole = pipeline(
        {
            "a": node(
                inner,
                inputs={"i": data},
                limits={"timeout": "PT1H"},
                resources={"instance_count": 2},
            ),
            "b": node(outer, type="pipeline", inputs={"i": bound("parent.jobs.a.outputs.o")}),
        },
        inputs={"x": {"value": "1", "jobInputType": "literal"}},
        outputs={"r": {"jobOutputType": "uri_folder", "uri": f"{STORE}/${{{{name}}}}"}},
    )
    command = {
        "jobType": "Command",
        "command": "echo",
        "environmentId": "azureml:AzureML-x@latest",
        "inputs": {"i": {"uri": "https://x", "jobInputType": "uri_folder", "mode": "Direct"}},
        "outputs": {"o": {"jobOutputType": "uri_file"}},
        "distribution": {"distributionType": "PyTorch", "processCountPerInstance": 2},
        "environmentVariables": {"A": "b"},
    }
    return [whole, command]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part of a JSON value."""
    found = [path]
    if isinstance(value, dict):
        for key, entry in value.items():
            found += places(entry, (*path, key))
    return found


def test_the_bodies_to_start_from_are_right(shop: Any) -> None:
    bench, right = shop
    for body in right:
        assert bench.plan(body).plan.nodes
        assert bench.said() == []


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(choices=st.data())
def test_any_change_of_a_body_is_planned_or_refused(shop: Any, choices: st.DataObject) -> None:
    bench, right = shop
    body = copy.deepcopy(choices.draw(st.sampled_from(right)))
    for _ in range(choices.draw(st.integers(1, 3))):
        path = choices.draw(st.sampled_from(places(body)[1:]))
        holder = body
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = choices.draw(ANYTHING)
    resolver = Resolver(workspace=bench.resolver.workspace, assets=bench.assets, jobs=bench.jobs)
    numbers = iter(range(1000))
    planned = plan_job(body, "root", resolver, lambda: f"child-{next(numbers)}")
    for problem in resolver.problems:
        assert problem.message
        assert problem.code
    if not resolver.problems:
        check_nodes(planned.plan.nodes)
        json.dumps([child.name for child in planned.children])
        assert len(planned.plan.nodes) >= 1
