from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from penstock.engine.events import NodeFinished, NodeQueued, NodeStarted, Result
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import Variable
from penstock.engine.scheduler import Scheduler
from penstock.engine.state import RunState, replay
from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.runs import Runs
from penstock.store.runs.deployments import DeploymentLog, Deployments

PLAN = Plan(
    nodes=(
        Node(id="s", key="s", kind="stage"),
        Node(
            id="s/j",
            key="j",
            kind="deployment",
            parent="s",
            variables=(Variable(name="Environment.Name", value="prod"),),
        ),
    )
)
BEGIN = (
    NodeQueued(at=1.0, node="s"),
    NodeStarted(at=1.0, node="s"),
    NodeQueued(at=2.0, node="s/j"),
    NodeStarted(at=2.0, node="s/j"),
)
END = NodeFinished(at=3.0, node="s/j", result=Result.FAILED)


def test_an_environment_keeps_its_history_newest_first(tmp_path: Path) -> None:
    database = open_state(Home(tmp_path))
    deployments = Deployments(database)
    first = deployments.start("dev", definition="cd", run="1", stage="s", job="j", at=1.0)
    deployments.start("prod", definition="cd", run="1", stage="s", job="k", at=2.0)
    third = deployments.start("dev", definition="cd", run="2", stage="s", job="j", at=3.0)
    deployments.finish(first, "succeeded", 1.5)
    deployments.finish(first, "failed", 9.0)

    history = deployments.history("dev")
    assert [(entry.id, entry.result, entry.finished) for entry in history] == [
        (third, None, None),
        (first, "succeeded", 1.5),
    ]
    assert [entry.id for entry in deployments.history("dev", before=third)] == [first]
    assert [entry.environment for entry in deployments.of_run("1")] == ["dev", "prod"]
    assert deployments.history("test") == []
    database.close()


def test_a_deployment_ends_with_the_event_that_says_so(tmp_path: Path) -> None:
    database = open_state(Home(tmp_path))
    deployments, runs = Deployments(database), Runs(database)
    runs.create("1", PLAN, {}, BEGIN)
    deployments.start("prod", definition="cd", run="1", stage="s", job="j", at=2.0)
    deployments.start("prod", definition="cd", run="1", stage="s", job="other", at=2.0)
    # No listener hears of it: the process dies now.
    runs.append("1", [END])
    ended = {one.job: (one.result, one.finished) for one in deployments.of_run("1")}
    assert ended == {"j": ("failed", 3.0), "other": (None, None)}
    database.close()


class Standing:
    """A scheduler whose run stands as its events say."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def read(self, run: str, view: Callable[[RunState], Any]) -> Any:
        return view(replay(*self._runs.load(run)))


def test_a_deployment_whose_beginning_was_missed_is_noted_at_its_end(tmp_path: Path) -> None:
    database = open_state(Home(tmp_path))
    deployments, runs = Deployments(database), Runs(database)
    log = DeploymentLog(deployments, cast(Scheduler, Standing(runs)), runs.get)
    runs.create("1", PLAN, {"pipeline": "7", "project": "p", "definition": "cd"}, (*BEGIN, END))
    log.event("1", END)
    log.event("1", END)
    (found,) = deployments.history("PROD", project="p")
    assert (found.started, found.finished, found.result) == (2.0, 3.0, "failed")
    assert (found.run, found.stage, found.job, found.pipeline) == (1, "s", "j", 7)
    database.close()
