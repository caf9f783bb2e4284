"""The local store as commands that only read it see it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.records import record
from penstock.store.agents import ml_places
from penstock.store.database import Database, open_state
from penstock.store.home import Home
from penstock.store.logs import Logs
from penstock.store.ml.jobs import SqlJobs
from penstock.store.owners import living
from penstock.store.runs import Run, Runs
from penstock.store.runs.deployments import Deployments


@record
class Store:
    """What is kept, for reading."""

    home: Home
    database: Database
    runs: Runs
    logs: Logs
    deployments: Deployments


@contextmanager
def open_store(home: Home | None = None) -> Iterator[Store]:
    """The user's store (or the one at `home`), made when it is not there yet."""
    home = home or Home.default(os.environ)
    home.make()
    database = open_state(home)
    logs = Logs(home.logs, place=ml_places(SqlJobs(database), home))
    try:
        yield Store(
            home=home,
            database=database,
            runs=Runs(database),
            logs=logs,
            deployments=Deployments(database),
        )
    finally:
        logs.close()
        database.close()


def lost(store: Store, runs: Iterable[Run]) -> set[int]:
    """Those of the runs that have not ended and whose process is gone."""
    going = [run for run in runs if run.state != "finished"]
    alive = living(store.home.owners, (run.owner for run in going))
    return {run.id for run in going if run.owner not in alive}


def find_run(store: Store, name: str) -> Run:
    """A run by its id, its number or `latest`. Raises Failure (exit 3) when there is none."""
    if name == "latest":
        newest = store.runs.list(limit=1, kind="pipeline")
        if newest:
            return newest[0]
        raise Failure("there is no run yet", "penstock run starts one", Exit.NOT_FOUND)
    found = store.runs.get(name)
    if found is None:
        by_number = store.runs.list(limit=1, number=name) or store.runs.list(limit=1, name=name)
        found = by_number[0] if by_number else None
    if found is None:
        raise Failure(
            f'there is no run "{name}"', "`penstock runs list` shows them", Exit.NOT_FOUND
        )
    return found
