"""The rules of tracking over the real database. MLflow's words: its REST API documentation."""

import math
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from penstock.ml.tracking import PARENT_TAG, Tracking
from penstock.ml.tracking_search import RUNS, parse_filter, parse_order
from penstock.ml.tracking_store import Link, RunSearch, Stage, TrackedRun, View
from penstock.ml.tracking_values import Code, Metric, TrackingError
from penstock.ml.workspaces import Workspace
from penstock.store.database import Database, open_metrics
from penstock.store.home import Home
from penstock.store.ml.tracking import SqlTracking

WORKSPACE = Workspace(subscription="s", resource_group="g", name="ws")
OTHER = Workspace(subscription="s", resource_group="g", name="other")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_metrics(Home(tmp_path))
    yield database
    database.close()


@pytest.fixture
def tracking(database: Database) -> Tracking:
    times = iter(range(1000, 1_000_000))
    return Tracking(SqlTracking(database), now=lambda: next(times))


def new_run(tracking: Tracking, experiment: str = "0", name: str = "", **tags: str) -> TrackedRun:
    return tracking.create_run(WORKSPACE, experiment, name=name, user="me", started=None, tags=tags)


@contextmanager
def refused(code: Code, message: str) -> Iterator[None]:
    with pytest.raises(TrackingError, match=re.escape(message)) as error:
        yield
    assert error.value.code is code


# Experiments


def test_experiments_are_of_one_workspace(tracking: Tracking) -> None:
    made = tracking.create_experiment(WORKSPACE, "diabetes", {"team": "a"})
    assert tracking.experiment(WORKSPACE, made.id).tags == {"team": "a"}
    assert tracking.experiment_named(WORKSPACE, "diabetes") == made
    assert tracking.create_experiment(OTHER, "diabetes", {}).id != made.id
    with refused(Code.RESOURCE_DOES_NOT_EXIST, f"No Experiment with id={made.id} exists"):
        tracking.experiment(OTHER, made.id)


@pytest.mark.parametrize("id", ["7", "x", "-1", "1.5", "９", "9" * 30])
def test_an_experiment_that_is_not_there_is_named(tracking: Tracking, id: str) -> None:
    with refused(Code.RESOURCE_DOES_NOT_EXIST, f"No Experiment with id={id} exists"):
        tracking.experiment(WORKSPACE, id)


def test_experiment_0_is_the_default_of_its_workspace(tracking: Tracking) -> None:
    default = tracking.experiment(WORKSPACE, "0")
    assert default.name == "Default"
    assert tracking.experiment(WORKSPACE, "0").id == default.id
    assert tracking.experiment(OTHER, "0").id != default.id


def test_a_name_is_taken_once_deleted_or_not(tracking: Tracking) -> None:
    made = tracking.create_experiment(WORKSPACE, "a", {})
    other = tracking.create_experiment(WORKSPACE, "b", {})
    with refused(Code.RESOURCE_ALREADY_EXISTS, "Experiment 'a' already exists."):
        tracking.create_experiment(WORKSPACE, "a", {})
    with refused(Code.RESOURCE_ALREADY_EXISTS, "Experiment 'a' already exists."):
        tracking.change_experiment(WORKSPACE, other.id, name="a")
    tracking.change_experiment(WORKSPACE, made.id, stage=Stage.DELETED)
    with refused(Code.RESOURCE_ALREADY_EXISTS, "Experiment 'a' already exists."):
        tracking.create_experiment(WORKSPACE, "a", {})
    tracking.change_experiment(WORKSPACE, other.id, name="c")
    assert tracking.experiment(WORKSPACE, other.id).name == "c"


def test_a_deleted_experiment_takes_no_runs_until_it_is_restored(tracking: Tracking) -> None:
    made = tracking.create_experiment(WORKSPACE, "a", {})
    tracking.change_experiment(WORKSPACE, made.id, stage=Stage.DELETED)
    with refused(Code.INVALID_PARAMETER_VALUE, "must be in the 'active' state"):
        new_run(tracking, made.id)
    tracking.change_experiment(WORKSPACE, made.id, stage=Stage.ACTIVE)
    assert new_run(tracking, made.id).experiment_id == made.id


def test_tags_of_an_experiment_are_set_and_removed(tracking: Tracking) -> None:
    made = tracking.create_experiment(WORKSPACE, "a", {})
    tracking.set_experiment_tag(WORKSPACE, made.id, "k", "1")
    tracking.set_experiment_tag(WORKSPACE, made.id, "k", "2")
    assert tracking.experiment(WORKSPACE, made.id).tags == {"k": "2"}
    tracking.set_experiment_tag(WORKSPACE, made.id, "k", None)
    with refused(Code.RESOURCE_DOES_NOT_EXIST, "No tag with name: k"):
        tracking.set_experiment_tag(WORKSPACE, made.id, "k", None)


@pytest.mark.parametrize("value", ["2", None])
def test_the_store_sets_no_tag_of_another_workspace(tracking: Tracking, value: str | None) -> None:
    made = tracking.create_experiment(WORKSPACE, "a", {"k": "1"})
    assert not tracking.store.set_experiment_tag(OTHER.scope, made.id, "k", value)
    assert tracking.experiment(WORKSPACE, made.id).tags == {"k": "1"}


# Runs


def test_a_run_has_a_name_that_is_also_a_tag(tracking: Tracking) -> None:
    assert new_run(tracking, name="mine").tags["mlflow.runName"] == "mine"
    assert new_run(tracking, **{"mlflow.runName": "tagged"}).name == "tagged"
    unnamed = new_run(tracking)
    assert unnamed.name
    assert tracking.run(WORKSPACE, unnamed.run_id).tags["mlflow.runName"] == unnamed.name
    tracking.log(WORKSPACE, unnamed.run_id, tags=[("mlflow.runName", "by tag")])
    assert tracking.run(WORKSPACE, unnamed.run_id).name == "by tag"
    tracking.update_run(WORKSPACE, unnamed.run_id, status=None, ended=None, name="by update")
    again = tracking.run(WORKSPACE, unnamed.run_id)
    assert (again.name, again.tags["mlflow.runName"]) == ("by update", "by update")


def test_a_run_keeps_what_is_logged(tracking: Tracking) -> None:
    run = new_run(tracking)
    tracking.log(
        WORKSPACE,
        run.run_id,
        [Metric("loss", 0.5, 1, 1), Metric("loss", 0.25, 2, 2), Metric("acc", 1, 1, 0)],
        [("alpha", "0.1"), ("empty", "")],
        [("who", "日本 🚀")],
    )
    kept = tracking.run(WORKSPACE, run.run_id)
    assert {metric.name: metric.value for metric in kept.metrics} == {"loss": 0.25, "acc": 1.0}
    assert kept.params == {"alpha": "0.1", "empty": ""}
    assert kept.tags["who"] == "日本 🚀"
    assert tracking.history(WORKSPACE, run.run_id, "loss", limit=10) == [
        Metric("loss", 0.5, 1, 1),
        Metric("loss", 0.25, 2, 2),
    ]


def test_what_is_no_number_and_what_has_no_end_come_back(tracking: Tracking) -> None:
    run = new_run(tracking)
    values = [math.nan, math.inf, -math.inf, 1.7976931348623157e308, 5e-324, -0.0]
    tracking.log(
        WORKSPACE, run.run_id, [Metric(f"m{n}", value, 1) for n, value in enumerate(values)]
    )
    kept = {metric.name: metric.value for metric in tracking.run(WORKSPACE, run.run_id).metrics}
    assert math.isnan(kept["m0"])
    assert [kept[f"m{n}"] for n in range(1, 6)] == values[1:]


def test_the_latest_value_is_that_of_the_greatest_step_then_time_then_value(
    tracking: Tracking,
) -> None:
    run = new_run(tracking)
    for value, time, step in [(1, 10, 5), (2, 99, 4), (3, 11, 5), (2.5, 11, 5), (4, 1, 5)]:
        tracking.log(WORKSPACE, run.run_id, [Metric("m", value, time, step)])
    assert tracking.run(WORKSPACE, run.run_id).metrics == (Metric("m", 3.0, 11, 5),)


def test_the_same_metric_sent_again_is_kept_once(tracking: Tracking) -> None:
    run = new_run(tracking)
    for _ in range(3):
        tracking.log(WORKSPACE, run.run_id, [Metric("m", 1, 1, 1), Metric("m", math.nan, 1, 1)])
    assert len(tracking.history(WORKSPACE, run.run_id, "m", limit=10)) == 2


def test_a_param_never_changes(tracking: Tracking) -> None:
    run = new_run(tracking)
    tracking.log(WORKSPACE, run.run_id, params=[("a", "1")])
    tracking.log(WORKSPACE, run.run_id, params=[("a", "1")])
    with pytest.raises(TrackingError) as error:
        tracking.log(WORKSPACE, run.run_id, params=[("a", "2")])
    assert error.value.code is Code.INVALID_PARAMETER_VALUE
    assert error.value.message == (
        "Changing param values is not allowed. Param with key='a' was already logged with"
        f" value='1' for run ID='{run.run_id}'. Attempted logging new value '2'."
    )


def test_a_batch_is_kept_whole_or_not_at_all(tracking: Tracking) -> None:
    run = new_run(tracking)
    tracking.log(WORKSPACE, run.run_id, params=[("a", "1")])
    for metrics, params in (
        ([Metric("m", 1, 1)], [("b", "1"), ("a", "2")]),
        ([Metric("m", 1, 1), Metric("bad$", 1, 1)], [("b", "1")]),
    ):
        with pytest.raises(TrackingError):
            tracking.log(WORKSPACE, run.run_id, metrics, params, [("t", "1")])
    kept = tracking.run(WORKSPACE, run.run_id)
    assert (kept.metrics, kept.params, "t" in kept.tags) == ((), {"a": "1"}, False)


def test_a_deleted_run_takes_nothing_until_it_is_restored(tracking: Tracking) -> None:
    run = new_run(tracking)
    tracking.change_stage(WORKSPACE, run.run_id, Stage.DELETED)
    message = f"The run {run.run_id} must be in the 'active' state. Current state is deleted."
    with refused(Code.INVALID_PARAMETER_VALUE, message):
        tracking.log(WORKSPACE, run.run_id, [Metric("m", 1, 1)])
    with refused(Code.INVALID_PARAMETER_VALUE, message):
        tracking.update_run(WORKSPACE, run.run_id, status="FINISHED", ended=None, name=None)
    tracking.change_stage(WORKSPACE, run.run_id, Stage.ACTIVE)
    tracking.log(WORKSPACE, run.run_id, [Metric("m", 1, 1)])


def test_an_unknown_run_is_named(tracking: Tracking) -> None:
    own = new_run(tracking)
    for workspace, run_id in ((WORKSPACE, "nope"), (OTHER, own.run_id)):
        for act in (
            lambda w, r: tracking.run(w, r),
            lambda w, r: tracking.log(w, r, [Metric("m", 1, 1)]),
            lambda w, r: tracking.update_run(w, r, status=None, ended=None, name="x"),
            lambda w, r: tracking.change_stage(w, r, Stage.DELETED),
            lambda w, r: tracking.history(w, r, "m", limit=1),
            lambda w, r: tracking.remove_tag(w, r, "t"),
            lambda w, r: tracking.add_links(w, r, []),
        ):
            with refused(Code.RESOURCE_DOES_NOT_EXIST, f"Run with id={run_id} not found"):
                act(workspace, run_id)


def test_a_client_ends_its_own_run(tracking: Tracking) -> None:
    run = new_run(tracking)
    ended = tracking.update_run(WORKSPACE, run.run_id, status="FINISHED", ended=77, name=None)
    assert (ended.status, ended.ended) == ("FINISHED", 77)
    resumed = tracking.update_run(WORKSPACE, run.run_id, status="RUNNING", ended=None, name=None)
    assert (resumed.status, resumed.ended) == ("RUNNING", None)
    with refused(Code.INVALID_PARAMETER_VALUE, "Invalid value \"DONE\" for parameter 'status'"):
        tracking.update_run(WORKSPACE, run.run_id, status="DONE", ended=None, name=None)


# The runs of jobs


def test_the_run_of_a_job_is_there_before_the_job(tracking: Tracking) -> None:
    experiment = tracking.create_job_run(WORKSPACE, "diabetes", "icy_nut", "pipeline", None, "ada")
    same = tracking.create_job_run(WORKSPACE, "diabetes", "child", "train", "icy_nut", "ada")
    assert experiment == same == tracking.experiment_named(WORKSPACE, "diabetes").id
    child = tracking.run(WORKSPACE, "child")
    assert (child.name, child.user, child.status, child.owned) == ("train", "ada", "RUNNING", True)
    assert child.tags[PARENT_TAG] == "icy_nut"


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED", "RUNNING", "SCHEDULED"])
def test_a_client_cannot_end_the_run_of_a_job(tracking: Tracking, status: str) -> None:
    tracking.create_job_run(WORKSPACE, "e", "job", "train", None, "ada")
    answer = tracking.update_run(WORKSPACE, "job", status=status, ended=5, name=None)
    assert (answer.status, answer.ended) == ("RUNNING", None)


def test_a_client_cannot_delete_the_run_of_a_job(tracking: Tracking) -> None:
    tracking.create_job_run(WORKSPACE, "e", "job", "train", None, "ada")
    with refused(Code.INVALID_PARAMETER_VALUE, "Run job belongs to a job of the workspace"):
        tracking.change_stage(WORKSPACE, "job", Stage.DELETED)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Completed", "FINISHED"),
        ("Failed", "FAILED"),
        ("Canceled", "KILLED"),
        ("NotResponding", "FAILED"),
    ],
)
def test_the_service_ends_the_run_of_a_job(tracking: Tracking, word: str, status: str) -> None:
    tracking.create_job_run(WORKSPACE, "e", "job", "train", None, "ada")
    tracking.end_job_run(WORKSPACE, "job", word)
    assert tracking.run(WORKSPACE, "job").status == status
    assert tracking.run(WORKSPACE, "job").ended is not None
    tracking.update_run(WORKSPACE, "job", status="RUNNING", ended=None, name=None)
    assert tracking.run(WORKSPACE, "job").status == status
    tracking.end_job_run(WORKSPACE, "unknown", word)


def test_a_job_tried_again_goes_on_with_its_run(tracking: Tracking) -> None:
    first = tracking.create_job_run(WORKSPACE, "e", "job", "train", None, "ada")
    tracking.log(WORKSPACE, "job", [Metric("m", 1, 1)])
    tracking.end_job_run(WORKSPACE, "job", "Failed")
    assert tracking.create_job_run(WORKSPACE, "e", "job", "train", None, "ada") == first
    again = tracking.run(WORKSPACE, "job")
    assert (again.status, again.ended, len(again.metrics)) == ("RUNNING", None, 1)


def test_a_deleted_experiment_comes_back_for_a_job(tracking: Tracking) -> None:
    made = tracking.create_experiment(WORKSPACE, "e", {})
    tracking.change_experiment(WORKSPACE, made.id, stage=Stage.DELETED)
    tracking.create_job_run(WORKSPACE, "e", "job", "train", None, "ada")
    assert tracking.experiment(WORKSPACE, made.id).stage is Stage.ACTIVE


# Searches


@pytest.fixture
def some(tracking: Tracking) -> dict[str, str]:
    """Runs by name: what each is found by."""
    ids = {}
    for name, loss, alpha in (
        ("low", 0.1, "1"),
        ("high", 0.9, "2"),
        ("nan", math.nan, "1"),
        ("none", None, None),
    ):
        run = new_run(tracking, name=name, team=f"team {name}")
        ids[name] = run.run_id
        metrics = [] if loss is None else [Metric("val loss", loss, 1, 1)]
        params = [] if alpha is None else [("alpha", alpha)]
        tracking.log(WORKSPACE, run.run_id, metrics, params)
    tracking.add_links(
        WORKSPACE,
        ids["low"],
        [
            Link(
                kind="dataset",
                key="d",
                body={
                    "dataset": {"name": "diabetes", "digest": "abc"},
                    "tags": [{"key": "mlflow.data.context", "value": "training"}],
                },
            )
        ],
    )
    tracking.update_run(WORKSPACE, ids["high"], status="FINISHED", ended=5000, name=None)
    gone = new_run(tracking, name="gone")
    tracking.change_stage(WORKSPACE, gone.run_id, Stage.DELETED)
    return ids


def names(tracking: Tracking, filter: str = "", *orders: str, **more: object) -> list[str]:
    search = RunSearch(
        experiments=["0"],
        conditions=parse_filter(filter, RUNS),
        orders=[parse_order(order, RUNS) for order in orders],
        **more,  # type: ignore[arg-type]
    )
    return [run.name for run in tracking.search_runs(WORKSPACE, search)]


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("", {"low", "high", "nan", "none"}),
        ("metrics.`val loss` > 0.5", {"high"}),
        ("metrics.`val loss` < 0.5", {"low"}),
        ("metrics.`val loss` != 0.1", {"high"}),
        ("metrics.`val loss` >= 0.1 and metrics.`val loss` <= 0.9", {"low", "high"}),
        ("metrics.other > 0", set()),
        ("params.alpha = '1'", {"low", "nan"}),
        ("params.alpha != '1'", {"high"}),
        ("params.alpha IS NULL", {"none"}),
        ("params.alpha IS NOT NULL", {"low", "high", "nan"}),
        ("tags.team LIKE 'team %'", {"low", "high", "nan", "none"}),
        ("tags.team LIKE 'TEAM %'", set()),
        ("tags.team ILIKE 'TEAM N%'", {"nan", "none"}),
        ("tags.team LIKE 'team n_n'", {"nan"}),
        ("tags.team LIKE '*'", set()),
        ("tags.team LIKE '[a-z]%'", set()),
        ("run_name = 'low'", {"low"}),
        ("run_name IN ('low', 'high')", {"low", "high"}),
        ("run_name NOT IN ('low', 'high')", {"nan", "none"}),
        ("status = 'FINISHED'", {"high"}),
        ("end_time > 4999", {"high"}),
        ("user_id = 'me' and run_name LIKE '%o%'", {"low", "none"}),
        ("datasets.name = 'diabetes'", {"low"}),
        ("datasets.digest = 'abc' and datasets.context = 'training'", {"low"}),
        ("datasets.context = 'eval'", set()),
        ('tags.team = "\'; DROP TABLE runs; --"', set()),
    ],
)
def test_a_search_finds_what_meets_every_condition(
    tracking: Tracking, some: dict[str, str], filter: str, found: set[str]
) -> None:
    assert set(names(tracking, filter)) == found


@pytest.mark.parametrize(
    ("orders", "found"),
    [
        ([], ["none", "nan", "high", "low"]),
        (["start_time ASC"], ["low", "high", "nan", "none"]),
        (["metrics.`val loss`"], ["low", "high", "nan", "none"]),
        (["metrics.`val loss` DESC"], ["high", "low", "nan", "none"]),
        (["params.alpha DESC", "run_name"], ["high", "low", "nan", "none"]),
        (["tags.team DESC"], ["none", "nan", "low", "high"]),
        (["end_time"], ["high", "none", "nan", "low"]),
    ],
)
def test_a_search_is_ordered_with_what_is_absent_last(
    tracking: Tracking, some: dict[str, str], orders: list[str], found: list[str]
) -> None:
    assert names(tracking, "", *orders) == found


def test_a_search_comes_in_pages_and_by_stage(tracking: Tracking, some: dict[str, str]) -> None:
    assert names(tracking, limit=3) == ["none", "nan", "high"]
    assert names(tracking, limit=3, offset=3) == ["low"]
    assert names(tracking, stages=View.DELETED_ONLY.stages) == ["gone"]
    assert len(names(tracking, stages=View.ALL.stages)) == 5


def test_a_search_without_experiments_finds_nothing(tracking: Tracking, some: object) -> None:
    assert tracking.search_runs(WORKSPACE, RunSearch(experiments=[])) == []
    assert tracking.search_runs(OTHER, RunSearch(experiments=["1"])) == []
    assert tracking.search_runs(WORKSPACE, RunSearch(experiments=["1 OR 1=1", "-1"])) == []


@pytest.mark.parametrize("limit", [0, -1, 50_001])
def test_a_page_has_a_sane_size(tracking: Tracking, limit: int) -> None:
    with refused(Code.INVALID_PARAMETER_VALUE, "parameter 'max_results' supplied"):
        tracking.search_runs(WORKSPACE, RunSearch(experiments=["1"], limit=limit))


def test_a_search_returns_the_data_of_each_run(tracking: Tracking, some: dict[str, str]) -> None:
    search = RunSearch(experiments=["0"], conditions=parse_filter("run_name = 'low'", RUNS))
    found = tracking.search_runs(WORKSPACE, search)
    assert found == [tracking.run(WORKSPACE, some["low"])]
    assert found[0].links[0].body["dataset"] == {"name": "diabetes", "digest": "abc"}


def test_history_comes_in_pages(tracking: Tracking) -> None:
    run = new_run(tracking)
    tracking.log(WORKSPACE, run.run_id, [Metric("m", n, n, n) for n in range(10)])
    pages = [
        [m.step for m in tracking.history(WORKSPACE, run.run_id, "m", limit=4, offset=offset)]
        for offset in (0, 4, 8, 12)
    ]
    assert pages == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], []]
    assert tracking.history(WORKSPACE, run.run_id, "none", limit=4) == []


# Logged models


def test_a_logged_model_has_params_tags_and_metrics(tracking: Tracking) -> None:
    run = new_run(tracking)
    model = tracking.create_model(
        WORKSPACE,
        run.experiment_id,
        name="clf",
        type="sklearn",
        source_run=run.run_id,
        params={"a": "1"},
        tags={"t": "1", "gone": "x"},
        place=lambda run_id, name, model_id: f"{run_id}/{name}",
    )
    assert model.status == "LOGGED_MODEL_PENDING"
    tracking.log(
        WORKSPACE,
        run.run_id,
        [
            Metric("acc", 0.1, 1, 1, model.model_id),
            Metric("acc", 0.2, 2, 2, model.model_id, ("d", "x")),
        ],
    )
    kept = tracking.change_model(
        WORKSPACE,
        model.model_id,
        status="LOGGED_MODEL_READY",
        params={"b": "2"},
        tags={"gone": None, "t": "2"},
    )
    assert (kept.status, kept.params, kept.tags) == (
        "LOGGED_MODEL_READY",
        {"a": "1", "b": "2"},
        {"t": "2"},
    )
    assert kept.metrics == (Metric("acc", 0.2, 2, 2, model.model_id, ("d", "x")),)
    assert kept.folder == f"{run.run_id}/clf"
    assert tracking.store.models(WORKSPACE.scope, [run.experiment_id]) == [kept]
    assert tracking.store.models(OTHER.scope, [run.experiment_id]) == []
    with refused(Code.RESOURCE_DOES_NOT_EXIST, f"Logged model with ID '{kept.model_id}' not found"):
        tracking.model(OTHER, kept.model_id)


def test_a_logged_model_of_an_unknown_run_is_refused(tracking: Tracking) -> None:
    with refused(Code.RESOURCE_DOES_NOT_EXIST, "Run with id=nope not found"):
        tracking.create_model(
            WORKSPACE,
            "0",
            name="m",
            type="",
            source_run="nope",
            params={},
            tags={},
            place=lambda *names: "x",
        )


# Many at once


def test_metrics_of_many_threads_are_all_kept_in_order(tracking: Tracking) -> None:
    run = new_run(tracking)

    def log(name: str) -> None:
        for step in range(100):
            tracking.log(WORKSPACE, run.run_id, [Metric(name, step, 1000 + step, step)])

    threads = [threading.Thread(target=log, args=(f"m{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n in range(4):
        kept = tracking.history(WORKSPACE, run.run_id, f"m{n}", limit=1000)
        assert [metric.step for metric in kept] == list(range(100))


KILLED = """
import sys
from pathlib import Path
from penstock.ml.tracking import Tracking
from penstock.ml.tracking_values import Metric
from penstock.ml.workspaces import Workspace
from penstock.store.database import open_metrics
from penstock.store.home import Home
from penstock.store.ml.tracking import SqlTracking
workspace = Workspace(subscription="s", resource_group="g", name="ws")
tracking = Tracking(SqlTracking(open_metrics(Home(Path(sys.argv[1])))))
tracking.create_job_run(workspace, "e", "job", "train", None, "ada")
step = 0
while True:
    tracking.log(workspace, "job", [Metric("a", step, step, step), Metric("b", step, step, step)])
    print(step, flush=True)
    step += 1
"""


def test_no_metric_is_lost_or_halved_when_the_process_is_killed(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(300):
        writer.stdout.readline()
    writer.kill()
    rest = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    writer.stdout.close()
    writer.wait()

    database = open_metrics(Home(tmp_path))
    store = SqlTracking(database)
    kept = {name: store.history(WORKSPACE.scope, "job", name, limit=10**7) for name in "ab"}
    database.close()
    assert [metric.step for metric in kept["a"]] == list(range(len(kept["a"])))
    assert len(kept["a"]) == len(kept["b"])
    assert len(kept["a"]) >= (rest[-1] if rest else 299) + 1


def test_a_search_over_many_runs_uses_the_index_of_its_experiment(database: Database) -> None:
    from penstock.store.ml.tracking_query import runs_query

    sql, parameters = runs_query("id", "scope", RunSearch(experiments=["1"]))
    plan = " ".join(
        row["detail"] for row in database.query(f"EXPLAIN QUERY PLAN {sql}", *parameters)
    )
    assert "runs_by_experiment" in plan or "sqlite_autoindex_runs" in plan
    assert "SCAN runs" not in plan
