from pathlib import Path

from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.runs.deployments import Deployments


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
