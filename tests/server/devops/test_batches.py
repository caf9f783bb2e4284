"""Pushes, ends of runs and crashes in the wrong moment: each push has one run, the newest last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from devopsserver import DevopsServer

from penstock.devops.queueing.requests import Person
from penstock.devops.starting.book import Decided, Happened
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


def commits(server: DevopsServer, go: Path, count: int) -> list[str]:
    """The commits of main, of which the first has the YAML; no pipeline knows of them yet."""
    first = server.commit({"azure-pipelines.yml": pipeline(go)})
    return [first, *(server.commit({"a": str(n)}, f"Change {n}") for n in range(count))]


def runs(server: DevopsServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get("penstock/runs")["value"]
    return found[::-1]


def test_a_run_that_a_crash_left_without_its_decision_does_not_hold_back_its_own_push(
    server: DevopsServer, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    first, second = commits(server, go, 1)
    server.pipeline()
    with alone(server) as (starts, book):
        book.is_dead = True
        with pytest.raises(ConnectionAbortedError):
            starts.pushed(pushed(server, 70, first, second))
        book.is_dead = False
        (started,) = starts.pushed(pushed(server, 70, first, second))
        assert [run["id"] for run in runs(server)] == [started.run]
        assert book.held(server.pipeline()) == []
        # A further word of the same push tells its run again.
        assert starts.pushed(pushed(server, 70, first, second)) == [started]
    go.touch()
    server.ended(started.run)


def test_the_run_of_held_pushes_is_made_once_whenever_the_server_dies(
    server: DevopsServer, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    first, second, third = commits(server, go, 2)
    number = server.pipeline()
    with alone(server) as (starts, book):
        (running,) = starts.pushed(pushed(server, 70, first, second))
        assert starts.pushed(pushed(server, 71, second, third)) == []
        go.touch()
        server.ended(running.run)
        go.unlink()
        ended = end_of(running.run, number, second)
        book.is_dead = True
        with pytest.raises(ConnectionAbortedError):
            starts.ended(ended)
        book.is_dead = False
        starts.ended(ended)
        assert [run["commit"] for run in runs(server)] == [second, third]
        assert book.held(number) == []
    go.touch()
    server.ended(runs(server)[1]["id"])


def test_a_push_that_comes_before_the_end_of_a_run_is_seen_takes_the_held_ones_with_it(
    server: DevopsServer, tmp_path: Path
) -> None:
    """Else the older commit would run behind the newer one."""
    go = tmp_path / "go"
    first, second, third, fourth = commits(server, go, 3)
    number = server.pipeline()
    with alone(server) as (starts, book):
        (running,) = starts.pushed(pushed(server, 70, first, second))
        assert starts.pushed(pushed(server, 71, second, third)) == []
        assert [held.new for held in book.held(number)] == [third]
        go.touch()
        server.ended(running.run)
        (last,) = starts.pushed(pushed(server, 72, third, fourth))
        assert book.held(number) == []
        server.ended(last.run)
    assert [run["commit"] for run in runs(server)] == [second, fourth]


def test_the_end_of_a_run_that_is_seen_late_is_not_taken_for_a_held_push(
    server: DevopsServer, tmp_path: Path
) -> None:
    """A newer run goes on by then and holds back a push, which is the one to run after it."""
    go = tmp_path / "go"
    first, second, third, fourth = commits(server, go, 3)
    number = server.pipeline()
    with alone(server) as (starts, book):
        (early,) = starts.pushed(pushed(server, 70, first, second))
        go.touch()
        server.ended(early.run)
        go.unlink()
        (later,) = starts.pushed(pushed(server, 71, second, third))
        assert starts.pushed(pushed(server, 72, third, fourth)) == []
        assert starts.ended(end_of(early.run, number, second)) == []
        assert [held.new for held in book.held(number)] == [fourth]
        go.touch()
        server.ended(later.run)
        (last,) = starts.ended(end_of(later.run, number, third))
        assert book.held(number) == []
        server.ended(last.run)
    assert [run["commit"] for run in runs(server)] == [second, third, fourth]


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
