"""Pushes, ends of runs and crashes in the wrong moment: each push has one run, the newest last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from devopsserver import DevopsServer

from penstock.devops.queueing.requests import Person
from penstock.devops.starting.book import Decided, Happened, Started
from penstock.devops.starting.deciding import Deciding
from penstock.devops.starting.facts import Facts
from penstock.devops.starting.occasions import Ended, Moved, Pushed
from penstock.devops.starting.starts import Starts
from penstock.devops.triggers import Going
from penstock.server.devops.builds.views import full_ref
from penstock.store.hosting.pushes import Pusher, RefUpdate
from penstock.store.pipelines.triggers import Triggers
from penstock.store.runs.lists import RunQuery

MAIN = "refs/heads/main"


def pipeline(go: Path) -> str:
    """Runs that end once a file is there."""
    return f"""
trigger: {{batch: true, branches: {{include: ['*']}}}}
steps: [{{checkout: none}}, {{bash: 'until [ -e {go} ]; do sleep 0.02; done'}}]
"""


class DyingBook(Triggers):
    """A book that cannot be written when a decision is to be kept, as when the server dies then."""

    is_dead = False

    def decide(self, happened: Happened, decisions: Sequence[Decided]) -> None:
        if self.is_dead:
            raise ConnectionAbortedError
        super().decide(happened, decisions)


def starts_of(server: DevopsServer, book: Triggers) -> Starts:
    """What starts runs, without the thread and the listeners that the server has for it."""
    services = server.services

    def going(pipeline: int) -> list[Going]:
        states = ("queued", "running", "canceling")
        found = services.lists.find(RunQuery(pipelines=(pipeline,), states=states))
        reasons = {"BatchedCI": "batchedCI", "IndividualCI": "individualCI"}
        return [Going(run=r.id, ref=full_ref(r), reason=reasons[r.reason]) for r in found]

    facts = Facts(
        sources=services.sources,
        preparing=services.preparing,
        book=book,
        going=going,
        scheduled=lambda pipeline, ref: "",
    )
    return Starts(
        definitions=services.definitions,
        sources=services.sources,
        facts=facts,
        deciding=Deciding(
            facts=facts, queueing=services.queueing, book=book, cancel=lambda run, why: None
        ),
        book=book,
    )


@contextmanager
def alone(server: DevopsServer) -> Iterator[tuple[Starts, DyingBook]]:
    """Only the test starts runs."""
    server.services.triggers.close()
    book = DyingBook(server.host.database)
    yield starts_of(server, book), book


def pushed(server: DevopsServer, number: int, old: str, new: str) -> Pushed:
    move = Moved(ref=MAIN, old=old, new=new)
    return Pushed(
        id=number,
        project=server.project,
        repository=server.repository,
        by=Person(name="Ada"),
        at=1.0,
        moves=(move,),
    )


def end_of(run: int, pipeline: int, commit: str) -> Ended:
    return Ended(
        run=run,
        pipeline=pipeline,
        ref=MAIN,
        commit=commit,
        result="succeeded",
        tags=(),
        stages=(),
        by=Person(),
        at=2.0,
    )


@dataclass(frozen=True, slots=True)
class Main:
    """The commits of main, and a pipeline whose runs go on until they are let end. Only the test
    starts runs."""

    server: DevopsServer
    go: Path
    commits: Sequence[str]
    pipeline: int
    starts: Starts
    book: DyingBook

    def push(self, number: int) -> Sequence[Started]:
        """Tell of the push of the commit of that number, counted from 1."""
        old, new = self.commits[number - 1 : number + 1]
        return self.starts.pushed(pushed(self.server, 70 + number, old, new))

    def end(self, run: int) -> None:
        """Let what goes on end."""
        self.go.touch()
        self.server.ended(run)
        self.go.unlink()

    def tell_end(self, run: int, number: int) -> Sequence[Started]:
        """Tell of the end of a run of the commit of that number."""
        return self.starts.ended(end_of(run, self.pipeline, self.commits[number]))

    def held(self) -> list[int]:
        """The numbers of the commits whose pushes wait."""
        return [self.commits.index(one.new) for one in self.book.held(self.pipeline)]

    def run_of(self) -> list[int]:
        """The numbers of the commits that have runs, in the order of the runs."""
        return [self.commits.index(run["commit"]) for run in runs(self.server)]


@pytest.fixture
def main(server: DevopsServer, tmp_path: Path) -> Iterator[Main]:
    """Four commits, of which the first has the YAML; no pipeline was there when they came."""
    go = tmp_path / "go"
    first = server.commit({"azure-pipelines.yml": pipeline(go)})
    commits = [first, *(server.commit({"a": str(n)}, f"Change {n}") for n in range(1, 4))]
    number = server.pipeline()
    with alone(server) as (starts, book):
        yield Main(server, go, commits, number, starts, book)
    go.touch()
    for run in runs(server):
        server.ended(run["id"])


def runs(server: DevopsServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get("penstock/runs")["value"]
    return found[::-1]


def test_a_run_that_a_crash_left_without_its_decision_does_not_hold_back_its_own_push(
    main: Main,
) -> None:
    main.book.is_dead = True
    with pytest.raises(ConnectionAbortedError):
        main.push(1)
    main.book.is_dead = False
    (started,) = main.push(1)
    assert [run["id"] for run in runs(main.server)] == [started.run]
    assert main.held() == []
    # A further word of the same push tells its run again.
    assert main.push(1) == [started]


def test_the_run_of_held_pushes_is_made_once_whenever_the_server_dies(main: Main) -> None:
    (running,) = main.push(1)
    assert main.push(2) == []
    main.end(running.run)
    main.book.is_dead = True
    with pytest.raises(ConnectionAbortedError):
        main.tell_end(running.run, 1)
    main.book.is_dead = False
    main.tell_end(running.run, 1)
    assert main.run_of() == [1, 2]
    assert main.held() == []


def test_a_push_that_comes_before_the_end_of_a_run_is_seen_takes_the_held_ones_with_it(
    main: Main,
) -> None:
    """Else the older commit would run behind the newer one."""
    (running,) = main.push(1)
    assert main.push(2) == []
    assert main.held() == [2]
    main.end(running.run)
    main.push(3)
    assert main.held() == []
    assert main.run_of() == [1, 3]


def test_the_end_of_a_run_that_is_seen_late_is_not_taken_for_a_held_push(main: Main) -> None:
    """A newer run goes on by then and holds back a push, which is the one to run after it."""
    (early,) = main.push(1)
    main.end(early.run)
    (later,) = main.push(2)
    assert main.push(3) == []
    assert main.tell_end(early.run, 1) == []
    assert main.held() == [3]
    main.end(later.run)
    main.tell_end(later.run, 2)
    assert main.held() == []
    assert main.run_of() == [1, 2, 3]


def test_pushes_of_a_repository_are_decided_about_in_their_order(server: DevopsServer) -> None:
    """One that was written down and not told yet comes before the next one."""
    first = server.commit({"azure-pipelines.yml": "steps: [{checkout: none}, {bash: 'true'}]"})
    second = server.commit({"a": "1"}, "Second", ref="side")
    services = server.services
    repository = services.repositories.get(server.repository)
    server.pipeline()
    services.pushes.move(
        repository, Pusher(name="Ada"), (RefUpdate(ref=MAIN, old=first, new=second),)
    )
    third = server.commit({"a": "2"}, "Third", ref="side")
    found = runs(server)
    assert [(run["branch"], run["commit"]) for run in found] == [("main", second), ("side", third)]
    for run in found:
        server.ended(run["id"])
