"""The pool keeps the executor's promise: one `NodeFinished` for each job, come what may."""

import threading
import time
from dataclasses import replace

import pytest

from penstock.agent.pool import LocalPool
from penstock.agent.testing import MemoryJobServer, request_for, script
from penstock.engine.events import NodeFinished, Result
from penstock.engine.requests import Variable


class Ends:
    """Collects the ends of jobs, through whichever way they come."""

    def __init__(self):
        self.events = []
        self.changed = threading.Condition()

    def post(self, run, *events):
        with self.changed:
            self.events += [e for e in events if isinstance(e, NodeFinished)]
            self.changed.notify_all()

    def wait(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.events) >= count, timeout=30)
        return {event.node: event for event in self.events}


class Server(MemoryJobServer):
    """A server whose reports are noted as ends too; it may refuse to write logs."""

    def __init__(self, ends, broken=""):
        super().__init__()
        self.ends = ends
        self.broken = broken

    def report(self, report):
        super().report(report)
        self.ends.post(report.run, *report.events)

    def write_log(self, run, node, log, text):
        if self.broken and log == "step1":
            raise OSError(self.broken)
        super().write_log(run, node, log, text)


@pytest.fixture
def ends():
    return Ends()


def job(node, text, **settings):
    request = request_for(script(text), node=node, **settings)
    return replace(request, work=replace(request.work, definition_key=node))


def test_jobs_run_side_by_side_up_to_the_slots(machine, ends, tmp_path):
    pool = LocalPool(Server(ends), machine, 2, ends.post)
    both = f"[ -e {tmp_path}/a -a -e {tmp_path}/b ]"
    meet = (
        f"touch {tmp_path}/$ME; for i in $(seq 500); do {both} && exit 0; sleep 0.01; done; exit 1"
    )
    pool.submit(job("a", meet.replace("$ME", "a")))
    pool.submit(job("b", meet.replace("$ME", "b")))
    assert {e.result for e in ends.wait(2).values()} == {Result.SUCCEEDED}


def test_more_jobs_than_slots_wait_their_turn(machine, ends):
    pool = LocalPool(Server(ends), machine, 2, ends.post)
    for i in range(7):
        pool.submit(job(f"job{i}", "true"))
    assert len(ends.wait(7)) == 7
    assert sum(t.name.startswith("agent-") for t in threading.enumerate()) >= 2


def test_a_running_job_is_canceled(machine, ends):
    server = Server(ends)
    pool = LocalPool(server, machine, 1, ends.post)
    pool.submit(job("a", "echo begun; sleep 60"))
    while "begun" not in server.logs.get(("a", "step1"), ""):
        time.sleep(0.01)
    pool.cancel("1", "a", "stopped by ann")
    end = ends.wait(1)["a"]
    assert (end.result, end.message) == (Result.CANCELED, "stopped by ann")


def test_a_waiting_job_is_canceled_without_starting(machine, ends):
    server = Server(ends)
    pool = LocalPool(server, machine, 1, ends.post)
    pool.submit(job("a", "sleep 60"))
    pool.submit(job("b", "true"))
    pool.cancel("1", "b", "not needed")
    assert ends.wait(1)["b"].result is Result.CANCELED
    pool.cancel("1", "a", "enough")
    assert ends.wait(2)["a"].result is Result.CANCELED
    assert ("b", "step1") not in server.logs


def test_canceling_a_job_that_is_not_there_does_nothing(machine, ends):
    LocalPool(Server(ends), machine, 1, ends.post).cancel("1", "a", "")
    assert ends.events == []


def test_a_job_that_breaks_the_agent_fails_with_the_reason_and_no_traceback(machine, ends):
    pool = LocalPool(Server(ends, broken="disk of very-secret-value full"), machine, 1, ends.post)
    secret = [Variable(name="s", value="very-secret-value", secret=True)]
    pool.submit(job("a", "true", variables=secret))
    end = ends.wait(1)["a"]
    assert end.result is Result.FAILED
    assert end.message == "the agent could not do the job: OSError: disk of *** full"
    text = (machine.work / "_diag/agent.log").read_text()
    assert "Traceback" in text
    assert "very-secret-value" not in text


def test_a_broken_job_ends_where_the_agents_own_log_cannot_be_written(machine, ends):
    machine.work.mkdir(parents=True)
    (machine.work / "_diag").write_text("in the way")
    pool = LocalPool(Server(ends, broken="disk full"), machine, 1, ends.post)
    pool.submit(job("a", "true"))
    end = ends.wait(1)["a"]
    assert end.result is Result.FAILED
    assert end.message == "the agent could not do the job: OSError: disk full"


def test_the_pool_goes_on_after_a_broken_job(machine, ends):
    server = Server(ends, broken="disk full")
    pool = LocalPool(server, machine, 1, ends.post)
    pool.submit(job("a", "true"))
    ends.wait(1)
    server.broken = ""
    pool.submit(job("b", "true"))
    assert ends.wait(2)["b"].result is Result.SUCCEEDED


def test_nothing_is_recovered_after_a_crash(machine, ends):
    assert not LocalPool(Server(ends), machine, 1, ends.post).recover("1", "a")


def test_closing_waits_for_what_an_ended_job_leaves(machine, ends):
    class Last(Server):
        def report(self, report):
            super().report(report)
            if isinstance(report.events[-1], NodeFinished):
                time.sleep(0.2)
                self.tidied = True

    server = Last(ends)
    pool = LocalPool(server, machine, 1, ends.post)
    pool.submit(job("a", "true"))
    ends.wait(1)
    pool.close()
    assert server.tidied


def test_closing_does_not_wait_for_a_job_that_runs_on(machine, ends):
    pool = LocalPool(Server(ends), machine, 1, ends.post)
    pool.submit(job("a", "sleep 60"))
    pool.close(patience=0.05)
    assert ends.events == []
    pool.cancel("1", "a", "enough")
    ends.wait(1)


def test_the_jobs_of_a_run_have_its_token_masked_and_not_the_machines(machine, ends):
    """The variables page: `System.AccessToken` is a secret, so a script gets it by `env` only."""
    server = Server(ends)
    machine = replace(machine, service_url="http://127.0.0.1:1", service_token="token-of-all")
    pool = LocalPool(server, machine, 1, ends.post, lambda run: f"token-of-run-{run}")
    text = "echo [$SYSTEM_ACCESSTOKEN] $PENSTOCK_TOKEN; echo ${PENSTOCK_TOKEN#token-} ${#GIVEN}"
    step = script(text, env={"GIVEN": "$(System.AccessToken)"})
    pool.submit(request_for(step, node="a"))
    assert ends.wait(1)["a"].result is Result.SUCCEEDED
    assert server.output() == ["[] ***", "of-run-1 14"]


def test_a_run_without_a_token_does_not_start_its_job(machine, ends):
    def refuse(run):
        raise RuntimeError(f"run {run} has ended")

    LocalPool(Server(ends), machine, 1, ends.post, refuse).submit(job("a", "true"))
    end = ends.wait(1)["a"]
    assert (end.result, end.message) == (
        Result.FAILED,
        "the agent could not do the job: RuntimeError: run 1 has ended",
    )
