import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from penstock.engine.events import (
    CancelRequested,
    Event,
    NodeFinished,
    NodeQueued,
    NodeStarted,
    Output,
    Result,
    RunChanged,
    RunFinished,
    StepStarted,
)
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import CommandWork, EnvironmentSpec, Step, StepsWork, Variable
from penstock.store.database import Database, open_state
from penstock.store.home import Home
from penstock.store.owners import Owner
from penstock.store.runs import Runs

PLAN = Plan(
    nodes=(
        Node(id="build", key="build", kind="stage"),
        Node(
            id="build/test",
            key="test",
            kind="job",
            parent="build",
            work=StepsWork(
                steps=(Step(id="step1", task="Bash@3", inputs={"script": "ünïcode 🚀"}),)
            ),
        ),
        Node(
            id="train",
            key="train",
            kind="command",
            work=CommandWork(
                job="j",
                root_job="r",
                experiment="e",
                experiment_id="1",
                workspace="/subscriptions/s/resourceGroups/g/providers/p/workspaces/w",
                command="python train.py",
                environment=EnvironmentSpec(id="env"),
            ),
        ),
    ),
    variables=(Variable(name="a", value="b"),),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_state(Home(tmp_path))
    yield database
    database.close()


@pytest.fixture
def runs(database: Database) -> Runs:
    return Runs(database, clock=lambda: 100.0)


def created(runs: Runs, **header: str) -> str:
    run = runs.new_id()
    runs.create(run, PLAN, header)
    return run


def test_a_run_comes_back_as_it_was_kept(runs: Runs) -> None:
    events: list[Event] = [
        NodeQueued(at=1.5, node="build", variables={"x": Output(value="1")}),
        NodeStarted(at=2.5, node="build"),
        NodeFinished(at=3.0, node="build", result=Result.FAILED, message="exit code 1"),
    ]
    run = created(runs)
    runs.append(run, events[:1])
    runs.append(run, events[1:])
    assert runs.load(run) == (PLAN, events)


def test_the_value_of_a_secret_is_not_kept(runs: Runs, database: Database) -> None:
    run = created(runs)
    secret = {"token": Output(value="s3cr3t-canary", secret=True)}
    runs.append(run, [NodeFinished(at=1, node="a", result=Result.SUCCEEDED, outputs=secret)])
    files = [path for path in database.path.parent.iterdir() if path.is_file()]
    assert not any(b"s3cr3t-canary" in path.read_bytes() for path in files)


def test_run_numbers_rise_and_are_never_given_twice(database: Database) -> None:
    given: list[str] = []
    runs = Runs(database)

    def take() -> None:
        given.extend(runs.new_id() for _ in range(20))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(run) for run in given) == list(range(1, 81))


def test_events_of_many_threads_keep_one_order_without_gaps(runs: Runs) -> None:
    run = created(runs)

    def add(node: str) -> None:
        for number in range(20):
            runs.append(run, [NodeStarted(at=number, node=node), NodeStarted(at=number, node=node)])

    threads = [threading.Thread(target=add, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = runs.events(run)
    assert [sequence for sequence, _ in kept] == list(range(1, 161))
    for node in "0123":
        assert [e.at for _, e in kept if e.node == node] == [n // 2 for n in range(40)]  # type: ignore[union-attr]


def test_a_follower_reads_only_what_is_new(runs: Runs) -> None:
    run = created(runs)
    runs.append(run, [NodeStarted(at=1, node="a"), NodeStarted(at=2, node="b")])
    assert runs.events(run, after=1) == [(2, NodeStarted(at=2, node="b"))]
    assert runs.events(run, after=2) == []


def test_an_append_is_kept_whole_or_not_at_all(runs: Runs) -> None:
    run = created(runs)
    with pytest.raises(TypeError):
        runs.append(run, [NodeStarted(at=1, node="a"), NodeStarted(at=1, node=object())])  # type: ignore[arg-type]
    assert runs.events(run) == []


@pytest.mark.parametrize("run", ["7", "none", "", "-1", "1e3", "9" * 40, "٣"])
def test_an_unknown_run_is_named_not_invented(runs: Runs, run: str) -> None:
    with pytest.raises(KeyError):
        runs.load(run)
    assert runs.get(run) is None
    assert runs.events(run) == []


def test_events_for_an_unknown_run_are_refused(runs: Runs) -> None:
    with pytest.raises(KeyError):
        runs.append("7", [NodeStarted(at=1, node="a")])


def test_a_run_is_created_once(runs: Runs) -> None:
    run = created(runs)
    with pytest.raises(ValueError, match=f"run {run} is there already"):
        runs.create(run, PLAN, {})


def test_the_header_follows_the_events(runs: Runs) -> None:
    run = created(runs, kind="pipeline", name="ci", branch="main", message="Hello")
    header = runs.get(run)
    assert header is not None
    assert (header.state, header.created, header.started) == ("queued", 100.0, None)
    assert (header.name, header.branch, header.extra) == ("ci", "main", {"message": "Hello"})

    runs.append(run, [NodeQueued(at=5, node="build"), NodeStarted(at=6, node="build")])
    runs.append(run, [RunChanged(at=7, name="number", value="1.2.3")])
    header = runs.get(run)
    assert header is not None
    assert (header.state, header.started, header.number) == ("running", 5.0, "1.2.3")

    runs.append(run, [CancelRequested(at=8, node="build")])
    assert runs.get(run).state == "running"  # type: ignore[union-attr]
    runs.append(run, [CancelRequested(at=8)])
    assert runs.get(run).state == "canceling"  # type: ignore[union-attr]

    runs.append(run, [RunFinished(at=9, result=Result.CANCELED), CancelRequested(at=10)])
    header = runs.get(run)
    assert header is not None
    assert (header.state, header.result, header.finished) == ("finished", "canceled", 9.0)


def test_lists_are_newest_first_in_pages_and_by_filters(runs: Runs) -> None:
    for number in range(6):
        created(runs, kind="ml" if number % 2 else "pipeline", branch="main", name=f"n{number}")
    assert [run.id for run in runs.list(limit=4)] == [6, 5, 4, 3]
    assert [run.id for run in runs.list(limit=4, before=3)] == [2, 1]
    assert [run.id for run in runs.list(kind="ml", branch="main")] == [6, 4, 2]
    assert [run.id for run in runs.list(kind="ml", name="n3")] == [4]
    assert runs.list(kind="other") == []


def test_a_filter_that_is_none_is_refused(runs: Runs) -> None:
    with pytest.raises(ValueError, match="runs are not listed by colour"):
        runs.list(colour="red")


def test_lists_stay_indexed(database: Database) -> None:
    """100,000 runs stay fast only where no list walks all of them."""
    for where in ("kind = 'ml'", "definition = 'd'", "name = 'n'"):
        plan = database.query(
            f"EXPLAIN QUERY PLAN SELECT * FROM runs WHERE {where} AND id < 5 ORDER BY id DESC"
        )
        text = " ".join(row["detail"] for row in plan)
        assert "USING INDEX" in text, text
        assert "TEMP B-TREE" not in text, text
    plan = database.query("EXPLAIN QUERY PLAN SELECT id FROM runs WHERE state <> 'finished'")
    assert "runs_unfinished" in plan[0]["detail"]


def test_revisions_count_for_each_definition_and_prefix(runs: Runs) -> None:
    assert [runs.next_revision("ci", "20261122.") for _ in range(3)] == [1, 2, 3]
    assert runs.next_revision("ci", "20261123.") == 1
    assert runs.next_revision("other", "20261122.") == 1


def test_unfinished_runs_are_listed_oldest_first(runs: Runs) -> None:
    first, second, third = created(runs), created(runs), created(runs)
    runs.append(second, [RunFinished(at=1, result=Result.SUCCEEDED)])
    assert runs.unfinished() == [first, third]


CREATE_AND_WAIT = """
import sys
from pathlib import Path
from penstock.engine.plan import Plan
from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.owners import Owner
from penstock.store.runs import Runs
home = Home(Path(sys.argv[1]))
runs = Runs(open_state(home), Owner(home.owners))
runs.create(runs.new_id(), Plan(nodes=()), {})
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_run_is_taken_over_only_when_its_process_is_dead(tmp_path: Path) -> None:
    home = Home(tmp_path)
    database = open_state(home)
    owner = Owner(home.owners)
    runs = Runs(database, owner)
    other = subprocess.Popen(
        [sys.executable, "-c", CREATE_AND_WAIT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline() == b"ready\n"
    assert runs.unfinished() == []

    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert runs.unfinished() == ["1"]
    assert runs.get("1").owner == owner.name  # type: ignore[union-attr]
    assert [file.name for file in home.owners.iterdir()] == [owner.name]

    other.stdin.close()
    other.stdout.close()
    owner.close()
    database.close()


KILLED = """
import sys
from pathlib import Path
from penstock.engine.events import NodeStarted
from penstock.engine.plan import Plan
from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.runs import Runs
runs = Runs(open_state(Home(Path(sys.argv[1]))))
run = runs.new_id()
runs.create(run, Plan(nodes=()), {})
number = 0
while True:
    runs.append(run, [NodeStarted(at=number, node="a"), NodeStarted(at=number, node="b")])
    print(number, flush=True)
    number += 1
"""


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(50):
        writer.stdout.readline()
    writer.kill()
    acknowledged = [int(line) for line in writer.stdout.read().split()]
    writer.stdout.close()
    writer.wait()
    last = acknowledged[-1] if acknowledged else 49

    database = open_state(Home(tmp_path))
    events = [event for _, event in Runs(database).events("1")]
    database.close()
    assert len(events) in (2 * (last + 1), 2 * (last + 2))
    assert [event.at for event in events] == [n // 2 for n in range(len(events))]


class Watched(Database):
    """Notes which transactions wait for the disk."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, durable=True)
        self.waited: list[bool] = []

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[sqlite3.Connection]:
        self.waited.append(durable)
        return super().transaction(durable=durable)


@pytest.mark.parametrize(
    ("resumes", "waited"), [(True, [False, True, True]), (False, [False, False, True])]
)
def test_a_run_that_nobody_resumes_waits_for_the_disk_at_its_end_only(
    database: Database, resumes: bool, waited: list[bool]
) -> None:
    run = created(Runs(database))
    watched = Watched(database.path)
    runs = Runs(watched, resumes=resumes)
    for event in (
        StepStarted(at=1, node="build/test", step="step1", name="Bash"),
        NodeFinished(at=2, node="build/test", result=Result.SUCCEEDED),
        RunFinished(at=3, result=Result.SUCCEEDED),
    ):
        runs.append(run, [event])
    watched.close()
    assert watched.waited == waited
