"""Runs that wait for people: the real engine, store and checks; restarts, a clock that jumps.

Only the jobs are faked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.devops.plans.planner import plan_pipeline
from penstock.devops.plans.planning import Surroundings
from penstock.devops.projectlibrary import ProjectLibrary
from penstock.devops.protecting.approvals import AlreadyDecided, ApprovalStatus
from penstock.devops.protecting.checkpoints import Checkpoints
from penstock.devops.protecting.checkpointstore import Checkpoint
from penstock.devops.protecting.checks import (
    DAY,
    NO_PERMISSION,
    ApprovalCheck,
    Check,
    ExclusiveLock,
    Settings,
)
from penstock.devops.protecting.protection import Protection
from penstock.devops.resources import EVERY_PIPELINE, Actor, Kept, ResourceType
from penstock.engine.events import Result
from penstock.engine.plan import Plan
from penstock.engine.ports import Executor
from penstock.engine.requests import CheckWork, Repository, Work
from penstock.engine.scheduler import Scheduler
from penstock.engine.state import Phase, RunState
from penstock.engine.testing import FakeExecutor
from penstock.language.compiler import compile_pipeline
from penstock.language.templates.files import LocalFiles
from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.library.checks import Checks
from penstock.store.library.keys import KeyFile
from penstock.store.library.resources import Resources
from penstock.store.library.secrets import Secrets
from penstock.store.owners import Owner
from penstock.store.runs import Runs

ADA = Actor(id="id-ada", name="ada", display_name="Ada")
GRACE = Actor(id="id-grace", name="grace", display_name="Grace")
YES, NO = ApprovalStatus.APPROVED, ApprovalStatus.REJECTED
GROUP, ENVIRONMENT = ResourceType.VARIABLE_GROUP, ResourceType.ENVIRONMENT

DEPLOY = """
stages:
- stage: Build
  jobs: [{job: Compile, steps: [{script: make}]}]
- stage: Deploy
  jobs:
  - deployment: Push
    environment: prod
    strategy: {runOnce: {deploy: {steps: [{script: push}]}}}
  - job: Always
    condition: always()
    steps: [{script: tell}]
"""


class NoTasks:
    def find(self, reference: str) -> object:
        from penstock.devops.plans.catalog import TaskFacts

        return TaskFacts(name=reference, friendly_name=reference)

    def names(self) -> list[str]:
        return []

    def problems(self, step: object) -> list[str]:
        return []


class WatchedStore:
    """The store of checkpoints; it counts who asks what waits, and fails as it is told."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self.asked = 0
        self.faults: list[Exception] = []
        self.faults_of_checks: list[Exception] = []

    def checks(self, project: str, resources: Any) -> Any:
        if self.faults_of_checks:
            raise self.faults_of_checks.pop()
        return self._checks.checks(project, resources)

    def waiting(self) -> list[Checkpoint]:
        self.asked += 1
        if self.faults:
            raise self.faults.pop()
        return self._checks.waiting()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._checks, name)


class Server:
    """The parts of a server that runs wait in; `restart` makes all of them anew.

    It lives in the present, or begins `at` another time.
    """

    def __init__(self, root: Path, at: float | None = None) -> None:
        self.root = root
        self.offset = 0.0 if at is None else at - time.time()
        self._start()

    def _start(self) -> None:
        home = Home(self.root / "home")
        home.make()
        self.database = open_state(home)
        self.owner = Owner(home.owners)
        self.runs = Runs(self.database, self.owner)
        secrets = Secrets(self.database, KeyFile(home.secrets_key))
        self.resources = Resources(self.database, secrets)
        self.library = ProjectLibrary(self.resources, secrets)
        self.checks = Checks(self.database, self.now)
        self.jobs = FakeExecutor()
        self.scheduler = Scheduler(self.runs, self._executor_for, lambda s, n: ())
        self.jobs.connect(self.scheduler)
        self.watched = WatchedStore(self.checks)
        self.checkpoints = Checkpoints(
            self.watched,  # type: ignore[arg-type]
            self.resources,
            post=self.scheduler.post,
            is_over=self._is_over,
            clock=self.now,
            try_again=(0.01, 0.02, 0.03),
        )
        self.scheduler.subscribe(self.checkpoints.event)

    def now(self) -> float:
        return time.time() + self.offset

    def _executor_for(self, work: Work) -> Executor:
        return self.checkpoints if isinstance(work, CheckWork) else self.jobs

    def _is_over(self, run: str, stage: str) -> bool:
        try:
            return self.scheduler.read(
                run, lambda s: s.finished or s.nodes[stage].phase is Phase.FINISHED
            )
        except KeyError:
            return True

    def stop(self) -> None:
        self.checkpoints.close()
        self.scheduler.close()
        self.database.close()
        self.owner.close()

    def restart(self, after: float = 0.0) -> None:
        self.stop()
        self.offset += after
        self._start()
        self.scheduler.recover()

    # Runs

    def plan(self, text: str, pipeline: int = 7, branch: str = "refs/heads/main") -> Plan:
        folder = self.root / "commit"
        folder.mkdir(exist_ok=True)
        (folder / "azure-pipelines.yml").write_text(text)
        files = LocalFiles(folder)
        compiled = compile_pipeline("azure-pipelines.yml", files)
        assert compiled.pipeline is not None
        planned = plan_pipeline(
            compiled.pipeline,
            Surroundings(
                library=self.library.for_run("p", files),
                catalog=NoTasks(),  # type: ignore[arg-type]
                repositories={"self": Repository(alias="self", name="p", url=str(folder))},
                protection=Protection(project="p", pipeline=pipeline, requester=ADA, branch=branch),
            ),
        )
        assert planned.diagnostics == ()
        return planned.plan

    def start(self, text: str = DEPLOY, pipeline: int = 7, **more: str) -> str:
        run = self.runs.new_id()
        self.scheduler.start(run, self.plan(text, pipeline, **more), {"kind": "pipeline"})
        return run

    def words(self, run: str) -> dict[str, str]:
        def view(state: RunState) -> dict[str, str]:
            return {id: str(n.result or n.phase) for id, n in state.nodes.items()}

        return self.scheduler.read(run, view)

    def message(self, run: str, node: str) -> str:
        return self.scheduler.read(run, lambda state: state.nodes[node].message)

    def protect(self, settings: Settings, name: str = "prod", timeout: float = 30 * DAY) -> Kept:
        kept = self.resources.ensure("p", ENVIRONMENT, name, ADA, EVERY_PIPELINE)
        check = Check(resource=kept.resource, settings=settings, timeout=timeout)
        self.checks.add("p", check, ADA)
        return kept

    def waits(self, run: str, for_what: str) -> None:
        """Wait until the newest checkpoint of the run says so."""

        def says() -> bool:
            found = self.checkpoints.of_run(run)
            return bool(found) and for_what in found[-1].message and found[-1].result is None

        eventually(says)

    def status(self, approval: str) -> ApprovalStatus:
        found = self.checks.approval(approval)
        assert found is not None
        return found.status

    def approval(self, run: str) -> str:
        (only,) = self.checks.approvals_in("p", run=run, status=ApprovalStatus.PENDING)
        return only.id


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.005)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


APPROVED_BY_ADA = ApprovalCheck(approvers=(ADA,), instructions="look first")


def test_a_stage_without_protected_resources_has_no_checkpoint(server: Server) -> None:
    plan = server.plan("steps:\n- script: make\n")
    assert not any(node.gate for node in plan.nodes)


def test_an_environment_is_made_at_its_first_use_and_asks_nobody(server: Server) -> None:
    run = server.start()
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED
    kept = server.resources.named("p", ENVIRONMENT, "prod")
    assert kept is not None
    assert [g.pipeline for g in server.resources.grants("p", kept.resource)] == [7]
    assert [c.result for c in server.checkpoints.of_run(run)] == [Result.SUCCEEDED]


def test_an_approved_stage_runs(server: Server) -> None:
    server.protect(APPROVED_BY_ADA)
    run = server.start()
    server.waits(run, "waits for approval by Ada")
    assert server.words(run)["Deploy/Always"] == "pending"
    (asked,) = server.checks.approvals_in("p")
    assert asked.instructions == "look first"

    server.checkpoints.answer(server.approval(run), ADA, YES, "fine")
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED
    assert server.words(run)["Deploy/Push/deploy"] == "succeeded"
    with pytest.raises(AlreadyDecided):
        server.checkpoints.answer(asked.id, ADA, NO)


def test_a_rejected_stage_fails_and_none_of_its_jobs_runs(server: Server) -> None:
    server.protect(APPROVED_BY_ADA)
    run = server.start()
    server.waits(run, "approval")
    server.checkpoints.answer(server.approval(run), ADA, NO, "not today")
    assert server.scheduler.wait(run, 10) is Result.FAILED
    words = server.words(run)
    assert (words["Deploy"], words["Deploy/Push"], words["Deploy/Always"]) == (
        "failed",
        "skipped",
        "skipped",
    )
    assert server.message(run, "Deploy/Always") == "rejected by Ada: not today"


def test_a_canceled_run_ends_the_approval(server: Server) -> None:
    server.protect(APPROVED_BY_ADA)
    run = server.start()
    server.waits(run, "approval")
    asked = server.approval(run)
    server.scheduler.cancel(run, reason="enough")
    assert server.scheduler.wait(run, 10) is Result.CANCELED
    found = server.checks.approval(asked)
    assert found is not None and found.status is ApprovalStatus.CANCELED


def test_permission_is_granted_from_the_waiting_run_and_kept(server: Server) -> None:
    kept = server.resources.create("p", GROUP, "settings", ADA, body={"variables": {"a": "1"}})
    text = "variables:\n- group: settings\nsteps:\n- script: make\n"
    run = server.start(text)
    server.waits(run, f'{NO_PERMISSION}: variable group "settings"')
    assert server.jobs.requests == []
    server.resources.grant("p", kept.resource, 7, ADA)
    server.checkpoints.changed()
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED
    assert server.scheduler.wait(server.start(text), 10) is Result.SUCCEEDED
    other = server.start(text, pipeline=8)
    server.waits(other, NO_PERMISSION)
    server.resources.grant("p", kept.resource, EVERY_PIPELINE, ADA)
    server.checkpoints.changed()
    assert server.scheduler.wait(other, 10) is Result.SUCCEEDED


def test_a_check_that_is_added_while_a_run_waits_holds_for_it(server: Server) -> None:
    server.protect(APPROVED_BY_ADA)
    run = server.start()
    server.waits(run, "approval")
    kept = server.protect(ApprovalCheck(approvers=(GRACE,)))
    server.checkpoints.changed()
    eventually(lambda: len(server.checks.approvals_in("p", run=run)) == 2)
    asked = {a.steps[0].approver.name: a.id for a in server.checks.approvals_in("p", run=run)}
    server.checkpoints.answer(asked["ada"], ADA, YES)
    server.waits(run, "approval by Grace")
    server.checkpoints.answer(asked["grace"], GRACE, YES)
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED
    assert kept.name == "prod"


def test_a_manual_stage_waits_for_a_person(server: Server) -> None:
    run = server.start(
        "stages:\n- stage: Later\n  trigger: manual\n  jobs:\n  - job: J\n"
        "    steps: [{script: make}]\n"
    )
    server.waits(run, 'stage "Later" waits to be started by a person')
    server.checkpoints.answer(server.approval(run), GRACE, YES)
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED


def test_what_a_file_of_the_commit_asks_for_holds_too(server: Server) -> None:
    folder = server.root / "commit" / ".penstock" / "environments"
    folder.mkdir(parents=True)
    (folder / "prod.yml").write_text("approvers: [grace]\nbranches: [refs/heads/main]\n")
    run = server.start()
    server.waits(run, "approval by grace")
    server.checkpoints.answer(server.approval(run), GRACE, YES)
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED
    other = server.start(branch="refs/heads/topic")
    assert server.scheduler.wait(other, 10) is Result.FAILED
    assert 'branch "refs/heads/topic" may not use' in server.message(other, "Deploy/@Checkpoint")


# Restart, and a clock that jumps (three days on)


def test_an_approval_is_still_pending_after_a_restart_and_three_days(server: Server) -> None:
    server.protect(APPROVED_BY_ADA)
    run = server.start()
    server.waits(run, "approval")
    asked = server.approval(run)
    server.restart(after=3 * DAY)
    server.waits(run, "approval")
    assert server.approval(run) == asked
    assert server.words(run)["Deploy/@Checkpoint"] == "running"
    server.checkpoints.answer(asked, ADA, YES)
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED
    built = [request.node for request in server.jobs.requests]
    assert sorted(built) == ["Deploy/Always", "Deploy/Push/deploy"]


def test_an_approval_with_two_days_has_expired_after_three(server: Server) -> None:
    server.protect(APPROVED_BY_ADA, timeout=2 * DAY)
    run = server.start()
    server.waits(run, "approval")
    asked = server.approval(run)
    server.restart(after=3 * DAY)
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED
    words = server.words(run)
    assert (words["Deploy"], words["Deploy/Always"]) == ("skipped", "skipped")
    found = server.checks.approval(asked)
    assert found is not None and found.status is ApprovalStatus.TIMED_OUT
    with pytest.raises(AlreadyDecided):
        server.checkpoints.answer(asked, ADA, YES)


def test_an_approval_expires_while_the_server_is_up(server: Server) -> None:
    server.protect(APPROVED_BY_ADA, timeout=0.2)
    run = server.start()
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED
    assert server.words(run)["Deploy"] == "skipped"


def test_an_answer_of_the_moment_before_a_crash_is_not_lost(server: Server) -> None:
    """Kept in the store, and the server stops before the run has heard of it."""
    server.protect(APPROVED_BY_ADA)
    run = server.start()
    server.waits(run, "approval")
    found = server.checks.approval(server.approval(run))
    assert found is not None
    server.checkpoints.close()
    approved = replace(found, status=YES, modified=found.created + 1)
    assert server.checks.decide(found, approved)
    server.restart()
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED


def test_a_checkpoint_that_had_passed_before_a_crash_is_told_again(server: Server) -> None:
    server.protect(APPROVED_BY_ADA)
    run = server.start()
    server.waits(run, "approval")
    (checkpoint,) = server.checkpoints.of_run(run)
    server.checkpoints.close()
    server.checks.keep(replace(checkpoint, result=Result.SUCCEEDED, closed=server.now()))
    server.restart()
    assert server.scheduler.wait(run, 10) is Result.SUCCEEDED


# The lock

LOCKED = DEPLOY + "lockBehavior: sequential\n"


def ready(server: Server, run: str) -> bool:
    return any(r.run == run and r.node == "Deploy/Push/deploy" for r in server.jobs.requests)


def test_sequential_runs_take_the_lock_in_their_order(server: Server) -> None:
    server.protect(ExclusiveLock())
    server.jobs.held = {"Deploy/Push/deploy"}
    first = server.start(LOCKED)
    eventually(lambda: ready(server, first))
    second = server.start(LOCKED, pipeline=8)
    server.waits(second, f"the lock is held by run {first}")
    third = server.start(LOCKED)
    server.waits(third, "the lock is held by")
    server.jobs.finish(first, "Deploy/Push/deploy")
    eventually(lambda: ready(server, second))
    server.waits(third, f"the lock is held by run {second}")
    server.jobs.finish(second, "Deploy/Push/deploy")
    eventually(lambda: ready(server, third))
    server.jobs.finish(third, "Deploy/Push/deploy")
    assert [server.scheduler.wait(run, 10) for run in (first, second, third)] == (
        [Result.SUCCEEDED] * 3
    )


def test_by_run_latest_a_newer_run_of_the_pipeline_overtakes_those_that_wait(
    server: Server,
) -> None:
    server.protect(ExclusiveLock())
    server.jobs.held = {"Deploy/Push/deploy"}
    first = server.start()
    eventually(lambda: ready(server, first))
    second = server.start()
    server.waits(second, "the lock is held by")
    other = server.start(pipeline=8)
    server.waits(other, "the lock is held by")
    third = server.start()
    assert server.scheduler.wait(second, 10) is Result.CANCELED
    assert server.message(second, "Deploy") == f"run {third} of the pipeline is newer"
    assert server.words(second)["Deploy/Always"] == "skipped"
    server.jobs.finish(first, "Deploy/Push/deploy")
    eventually(lambda: ready(server, other))
    server.jobs.finish(other, "Deploy/Push/deploy")
    eventually(lambda: ready(server, third))
    server.jobs.finish(third, "Deploy/Push/deploy")
    assert server.scheduler.wait(third, 10) is Result.SUCCEEDED


def test_the_lock_of_a_run_that_died_is_free(server: Server) -> None:
    server.protect(ExclusiveLock())
    server.jobs.held = {"Deploy/Push/deploy"}
    first = server.start(LOCKED)
    eventually(lambda: ready(server, first))
    second = server.start(LOCKED)
    server.waits(second, "the lock is held by")
    server.restart()
    assert server.scheduler.wait(second, 10) is Result.SUCCEEDED


def test_a_deleted_run_takes_its_checkpoints_with_it(server: Server) -> None:
    run = server.start()
    server.scheduler.wait(run, 10)
    with server.database.transaction() as connection:
        connection.execute("DELETE FROM runs")
    assert server.checkpoints.of_run(run) == []


def test_a_store_that_fails_does_not_lose_what_waits(server: Server) -> None:
    server.protect(APPROVED_BY_ADA)
    run = server.start()
    server.waits(run, "approval")
    server.watched.faults = [OSError("disk"), OSError("disk")]
    server.checkpoints.answer(server.approval(run), ADA, YES)
    assert server.scheduler.wait(run, 20) is Result.SUCCEEDED
    assert server.watched.faults == []


def test_a_disk_that_is_full_for_a_while_fails_no_stage(server: Server) -> None:
    server.protect(APPROVED_BY_ADA)
    server.watched.faults_of_checks = [OSError("full"), OSError("full")]
    run = server.start()
    server.waits(run, "approval")
    server.watched.faults_of_checks = [OSError("full"), OSError("full"), OSError("full")]
    server.checkpoints.answer(server.approval(run), ADA, YES)
    assert server.scheduler.wait(run, 20) is Result.SUCCEEDED
    assert server.watched.faults_of_checks == []


def test_a_fault_that_lasts_fails_the_stage_and_says_so(server: Server) -> None:
    server.protect(APPROVED_BY_ADA)
    server.watched.faults_of_checks = [OSError("full")] * 10
    run = server.start()
    assert server.scheduler.wait(run, 20) is Result.FAILED
    said = server.message(run, "Deploy/@Checkpoint")
    assert said == "the checks could not be made: OSError: full"
    assert len(server.watched.faults_of_checks) == 6


def test_the_deadline_of_a_deleted_run_does_not_come_again_and_again(server: Server) -> None:
    server.protect(APPROVED_BY_ADA, timeout=0.5)
    run = server.start()
    server.waits(run, "approval")
    with server.database.transaction() as connection:
        connection.execute("DELETE FROM checkpoints")
    before = server.watched.asked
    eventually(lambda: server.watched.asked > before)
    time.sleep(0.3)
    assert server.watched.asked <= before + 2
    server.scheduler.cancel(run)
