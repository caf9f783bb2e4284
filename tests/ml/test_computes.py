"""How many commands run at once on a compute. Sizes are those of `az ml compute create`."""

from __future__ import annotations

import pytest
from mlbench import PREFIX, Bench, node, pipeline

from penstock.engine.events import NodeFinished, NodeStarted, Result
from penstock.engine.requests import JobRequest
from penstock.engine.state import RunState
from penstock.ml.compute import ComputeExecutor, slots


@pytest.mark.parametrize(
    ("compute", "expected"),
    [("local", 8), ("serverless", 8), ("wide", 4), ("cpu-cluster", 1), ("laptop", 1), ("none", 1)],
)
def test_size_of_a_compute(bench: Bench, compute: str, expected: int) -> None:
    scale = {"scaleSettings": {"maxNodeCount": 4}}
    bench.put("computes", "wide", properties={"computeType": "AmlCompute", "properties": scale})
    bench.put("computes", "laptop", properties={"computeType": "ComputeInstance"})
    assert slots(bench.assets, PREFIX, compute, 8) == expected


class Recorder:
    """An executor that only notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.canceled: list[str] = []

    def submit(self, request: JobRequest) -> None:
        self.asked.append(request.node)

    def cancel(self, run: str, node: str, reason: str) -> None:
        self.canceled.append(node)

    def recover(self, run: str, node: str) -> bool:
        return node == "a"


class Table:
    """A compute executor over a plan of independent nodes."""

    def __init__(self, bench: Bench, size: int, instances: dict[str, int]) -> None:
        run = bench.component("1", command="echo")
        jobs = {key: node(run, resources={"instance_count": n}) for key, n in instances.items()}
        self.plan = bench.plan(pipeline(jobs)).plan
        self.state = RunState(self.plan)
        self.inner = Recorder()
        self.posted: list[tuple[str, object]] = []
        self.executor = ComputeExecutor(
            self.inner,
            lambda workspace, compute: size,
            lambda run, event: self.posted.append((run, event)),
            lambda run: self.state,
        )
        for planned in self.plan.nodes:
            assert planned.work is not None
            self.executor.submit(
                JobRequest(run="1", node=planned.id, attempt=1, display_name="", work=planned.work)
            )

    def end(self, id: str) -> None:
        self.executor.on_event("1", NodeFinished(at=1.0, node=id, result=Result.SUCCEEDED))


def test_no_more_nodes_run_than_the_compute_has(bench: Bench) -> None:
    table = Table(bench, 2, {"a": 1, "b": 1, "c": 1, "d": 1})
    assert table.inner.asked == ["a", "b"]
    table.executor.on_event("1", NodeStarted(at=1.0, node="a"))
    assert table.inner.asked == ["a", "b"]
    table.end("b")
    assert table.inner.asked == ["a", "b", "c"]
    table.end("b")
    assert table.inner.asked == ["a", "b", "c"]


def test_instances_count(bench: Bench) -> None:
    table = Table(bench, 3, {"a": 2, "b": 2, "c": 1})
    assert table.inner.asked == ["a"]
    table.end("a")
    assert table.inner.asked == ["a", "b", "c"]


def test_node_that_wants_more_than_there_is_gets_all(bench: Bench) -> None:
    table = Table(bench, 2, {"a": 5, "b": 1})
    assert table.inner.asked == ["a"]
    table.end("a")
    assert table.inner.asked == ["a", "b"]


def test_waiting_node_ends_at_once_when_canceled(bench: Bench) -> None:
    table = Table(bench, 1, {"a": 1, "b": 1, "c": 1})
    table.executor.cancel("1", "b", "enough")
    table.executor.cancel("1", "a", "enough")
    assert table.inner.canceled == ["a"]
    assert [event for _, event in table.posted] == [
        NodeFinished(at=0.0, node="b", result=Result.CANCELED, message="enough")
    ]
    table.end("b")
    table.end("a")
    assert table.inner.asked == ["a", "c"]


def test_recovery_is_the_other_executors(bench: Bench) -> None:
    table = Table(bench, 1, {"a": 1})
    assert table.executor.recover("1", "a")
    assert not table.executor.recover("1", "b")
