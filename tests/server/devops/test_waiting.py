"""What waits for people, as REST tells it: over restarts, an upgrade of the store, and days."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from devopsserver import DevopsServer, devops_server, until

from penstock.devops.protecting.checks import DAY
from penstock.store.database import STATE
from penstock.store.migrations import upgrade
from penstock.store.people.audit import Actor
from penstock.store.people.members import Role

TWO_DAYS, THIRTY_DAYS = 2 * 24 * 60, 30 * 24 * 60
OLDER = sorted((Path(__file__).parents[2] / "store" / "library" / "older").glob("schema_*.sql"))
BEGAN = 1_764_000_000.0


def deploying(environment: str) -> str:
    return f"""
stages:
- stage: Build
  jobs: [{{job: Make, steps: [{{checkout: none}}, {{bash: echo made}}]}}]
- stage: Deploy
  jobs:
  - deployment: Push
    environment: {environment}
    strategy: {{runOnce: {{deploy: {{steps: [{{bash: echo pushed}}]}}}}}}
"""


def later(days: int) -> Callable[[], float]:
    """A clock that many days on."""
    return lambda: time.time() + days * DAY


def approved_by_admin(server: DevopsServer, environment: str, minutes: int) -> None:
    """An environment that asks for approval, and how long it waits for the answer."""
    made = server.post("distributedtask/environments", {"name": environment})
    me = server.services.people.accounts.named("admin")
    resource = {"type": "environment", "id": str(made["id"])}
    check = {
        "type": {"name": "Approval"},
        "resource": resource,
        "timeout": minutes,
        "settings": {"approvers": [{"id": me.id}]},
    }
    server.post("pipelines/checks/configurations", check)
    place = f"/Demo/_apis/pipelines/pipelinePermissions/environment/{made['id']}"
    assert server.ask("PATCH", place, {"allPipelines": {"authorized": True}}).status == 200


def approval(server: DevopsServer, run: int) -> dict[str, Any]:
    """The one approval of a run, once it is asked for."""
    path = f"pipelines/approvals?runId={run}"
    (found,) = until(lambda: server.get(path)["value"], "an approval is asked for")
    return dict(found)


def answer(server: DevopsServer, asked: dict[str, Any], **headers: str) -> int:
    body = [{"approvalId": asked["id"], "status": "approved"}]
    return server.ask("PATCH", "/Demo/_apis/pipelines/approvals", body, **headers).status


def stages(page: dict[str, Any]) -> dict[str, str]:
    return {r["name"]: r["result"] for r in page["records"] if r["type"] == "Stage"}


def test_what_waits_stands_as_it_was_set_over_restarts_and_three_days(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with devops_server(tmp_path, home, is_left=True) as server:
        approved_by_admin(server, "prod", THIRTY_DAYS)
        approved_by_admin(server, "stage", TWO_DAYS)
        server.commit({"long.yml": deploying("prod"), "short.yml": deploying("stage")})
        server.pipeline("Long", "long.yml"), server.pipeline("Short", "short.yml")
        long, short = server.run(name="Long"), server.run(name="Short")
        asked = {run: approval(server, run) for run in (long, short)}
        admin = f"Bearer {server.token}"
    with devops_server(tmp_path, home, is_left=True) as server:
        assert {run: approval(server, run)["status"] for run in asked} == dict.fromkeys(
            asked, "pending"
        )
        assert {run: approval(server, run)["id"] for run in asked} == {
            run: one["id"] for run, one in asked.items()
        }
        assert server.get(f"penstock/runs/{long}")["result"] is None
    with devops_server(tmp_path, home, clock=later(days=3)) as server:
        page = server.ended(short)
        assert stages(page) == {"Build": "succeeded", "Deploy": "skipped"}
        assert approval(server, short)["status"] == "timedOut"
        assert answer(server, asked[short], Authorization=admin) == 409
        assert approval(server, long)["status"] == "pending"
        assert answer(server, asked[long], Authorization=admin) == 200
        page = server.ended(long)
        assert stages(page) == {"Build": "succeeded", "Deploy": "succeeded"}


@contextmanager
def of_older_store(folder: Path, file: Path, days: int) -> Iterator[DevopsServer]:
    """A server on the store that an older one left in the project Demo, so many days after it."""
    version, home = int(file.stem.removeprefix("schema_")), folder / "home"
    home.mkdir(mode=0o700)
    upgrade(home / "state.db", STATE.name, f"state_{version:04}")
    connection = sqlite3.connect(home / "state.db")
    connection.executescript(file.read_text(encoding="utf-8"))
    connection.execute("INSERT INTO projects VALUES ('p', 'Demo', '', 0, 0)")
    connection.execute("INSERT INTO accounts VALUES ('id-ada', 'ada', 'Ada', '', 0, 0, 0)")
    connection.execute("UPDATE runs SET project = 'p', pipeline = 7")
    connection.commit()
    connection.close()
    offset = BEGAN + days * DAY - time.time()
    with devops_server(folder, home, clock=lambda: time.time() + offset) as server:
        yield server


def token_of_ada(server: DevopsServer) -> str:
    people, by = server.services.people, Actor(id="test", name="test")
    account = people.accounts.named("ada")
    people.members.set_role(server.project, account, Role.CONTRIBUTOR, by=by)
    expires = time.time() + DAY
    _, secret = people.tokens.create(account, name="t", scope="app_token", expires=expires, by=by)
    return secret


@pytest.mark.parametrize("file", OLDER, ids=lambda file: file.stem)
@pytest.mark.parametrize("days", [1, 3])
def test_what_waited_before_an_upgrade_stands_as_it_was_set(
    tmp_path: Path, file: Path, days: int
) -> None:
    with of_older_store(tmp_path, file, days) as server:
        ada = f"Bearer {token_of_ada(server)}"
        long, short = approval(server, 1), approval(server, 2)
        assert long["status"] == "pending"
        assert answer(server, long, Authorization=ada) == 200
        # Its programs and its repository were of another machine, so it does not get far.
        assert stages(server.ended(1)) == {"Build": "succeeded", "Deploy": "failed"}
        if days < 2:
            assert short["status"] == "pending"
            assert answer(server, short, Authorization=ada) == 200
        ends = ("failed", "approved") if days < 2 else ("skipped", "timedOut")
        assert (stages(server.ended(2))["Deploy"], approval(server, 2)["status"]) == ends
