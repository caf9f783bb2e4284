"""A store that an older penstock left, with runs that wait for people: they stand as they were set.

`older/schema_N.sql` holds the rows of such a store; the tables are those of that version, by its
migrations. A new version of the schema adds a file and leaves the others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_checkpoints import ADA, YES, Server

from penstock.devops.protecting.approvals import AlreadyDecided, ApprovalStatus
from penstock.devops.protecting.checks import DAY
from penstock.engine.events import Result
from penstock.store.database import STATE, version_of
from penstock.store.migrations import upgrade

OLDER = sorted(Path(__file__).with_name("older").glob("schema_*.sql"))
BEGAN = 1_764_000_000.0
LONG, SHORT = "1", "2"


@contextmanager
def opened(root: Path, file: Path, now: float) -> Iterator[Server]:
    """The store of that version, opened by this program at that time; nothing is taken up yet."""
    version = int(file.stem.removeprefix("schema_"))
    (root / "home").mkdir(mode=0o700)
    path = root / "home" / "state.db"
    upgrade(path, STATE.name, f"state_{version:04}")
    connection = sqlite3.connect(path)
    connection.executescript(file.read_text(encoding="utf-8"))
    connection.close()
    assert version_of(path) == version
    server = Server(root, at=now)
    try:
        assert version_of(path) == STATE.version
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("file", OLDER, ids=lambda file: file.stem)
def test_what_waited_before_an_upgrade_waits_after_it(tmp_path: Path, file: Path) -> None:
    with opened(tmp_path, file, BEGAN + DAY) as server:
        asked = {run: server.approval(run) for run in (LONG, SHORT)}
        assert server.scheduler.recover() == [LONG, SHORT]
        for run in (LONG, SHORT):
            server.waits(run, "waits for approval by Ada")
            assert server.approval(run) == asked[run]
            assert server.words(run)["Deploy/@Checkpoint"] == "running"
            server.checkpoints.answer(asked[run], ADA, YES)
            assert server.scheduler.wait(run, 10) is Result.SUCCEEDED
        # The stage before it had been built, and is not built again.
        assert {request.node for request in server.jobs.requests} == {
            "Deploy/Always",
            "Deploy/Push/deploy",
        }


@pytest.mark.parametrize("file", OLDER, ids=lambda file: file.stem)
def test_three_days_later_only_what_was_set_so_has_expired(tmp_path: Path, file: Path) -> None:
    with opened(tmp_path, file, BEGAN + 3 * DAY) as server:
        asked = {run: server.approval(run) for run in (LONG, SHORT)}
        server.scheduler.recover()
        assert server.scheduler.wait(SHORT, 10) is Result.SUCCEEDED
        words = server.words(SHORT)
        assert (words["Deploy"], words["Deploy/Push"]) == ("skipped", "skipped")
        said = server.message(SHORT, "Deploy/@Checkpoint")
        assert said == 'nobody answered in time for environment "stage"'
        assert server.status(asked[SHORT]) is ApprovalStatus.TIMED_OUT
        with pytest.raises(AlreadyDecided):
            server.checkpoints.answer(asked[SHORT], ADA, YES)
        server.waits(LONG, "waits for approval by Ada")
        assert server.status(asked[LONG]) is ApprovalStatus.PENDING
        server.checkpoints.answer(asked[LONG], ADA, YES)
        assert server.scheduler.wait(LONG, 10) is Result.SUCCEEDED
