"""The agents of this machine inside the server's own process: threads that do one job at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from penstock.agent.job import run_job
from penstock.agent.machine import Machine
from penstock.agent.masking import Masker
from penstock.agent.process import Cancellation
from penstock.agent.server import JobServer
from penstock.agent.shared import Shared
from penstock.agent.tidying import Tidying
from penstock.engine.events import NodeFinished, Result
from penstock.engine.requests import JobRequest, StepsWork

_DIAGNOSTICS = "_diag"


class _Job:
    def __init__(self, request: JobRequest) -> None:
        self.request = request
        self.cancellation = Cancellation()
        self.started = False
        self.agent = 0


class LocalPool:
    """Implements `engine.ports.Executor`. Threads are made when there is work, at most `slots`.

    `post` takes a run's events; each submitted job ends with exactly one `NodeFinished`, through
    `server.report` or, where the job never came to that, through `post`. `token_of` gives the token
    that the jobs of a run call the service with; without it that is the machine's.
    """

    def __init__(
        self,
        server: JobServer,
        machine: Machine,
        slots: int,
        post: Callable[..., None],
        token_of: Callable[[str], str] | None = None,
    ) -> None:
        self._server = server
        self._machine = machine
        self._slots = slots
        self._post = post
        self._token_of = token_of
        self._shared = Shared()
        self._tidying = Tidying(self._note_rest)
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._jobs: dict[tuple[str, str], _Job] = {}
        self._idle = 0
        self._threads = 0
        self._closing = False

    def submit(self, request: JobRequest) -> None:
        """Do the job as soon as a thread is free."""
        job = _Job(request)
        with self._changed:
            self._jobs[request.run, request.node] = job
            self._waiting.append(job)
            if self._idle >= len(self._waiting):
                self._changed.notify()
            elif self._threads < self._slots:
                self._threads += 1
                name = f"agent-{self._threads}"
                args = (self._threads,)
                threading.Thread(target=self._work, args=args, name=name, daemon=True).start()

    def cancel(self, run: str, node: str, reason: str) -> None:
        """Stop a job; one that has not begun ends at once."""
        with self._changed:
            job = self._jobs.get((run, node))
            if job is not None and not job.started:
                self._waiting.remove(job)
                del self._jobs[run, node]
        if job is None:
            return
        if job.started:
            job.cancellation.request(reason)
        else:
            self._end(job, Result.CANCELED, reason)

    def recover(self, run: str, node: str) -> bool:
        """Never: the jobs of a process end with it."""
        return False

    def close(self, patience: float = 5.0) -> None:
        """Return when all jobs have ended and left nothing behind, or after `patience` seconds.
        None is stopped."""
        with self._changed:
            self._closing = True
            self._changed.wait_for(lambda: not self._jobs, patience)
        self._tidying.close(patience)

    @property
    def slots(self) -> int:
        """How many jobs are done at once."""
        return self._slots

    def in_hand(self) -> list[tuple[str, str, int]]:
        """Run, node and agent (from 1) of every job that was given here and has not ended; those
        that wait, with agent 0, in the order in which they will be taken."""
        with self._changed:
            running = [job for job in self._jobs.values() if job.started]
            jobs = [*running, *self._waiting]
            return [(job.request.run, job.request.node, job.agent) for job in jobs]

    def _work(self, agent: int) -> None:
        while True:
            with self._changed:
                self._idle += 1
                while not self._waiting:
                    self._changed.wait()
                self._idle -= 1
                job = self._waiting.popleft()
                job.started, job.agent = True, agent
            self._do(job)

    def _do(self, job: _Job) -> None:
        request = job.request
        try:
            machine = self._machine_of(request.run)
            rest = run_job(request, self._server, machine, job.cancellation, shared=self._shared)
        except Exception as error:  # noqa: BLE001 - the top of a worker: recorded, and the job ends
            masker = _masker(request)
            kind = "steps" if isinstance(request.work, StepsWork) else "command"
            subject = f"run {request.run} node {request.node} ({kind})"
            with suppress(OSError):  # a full disk may be the failure: the job ends all the same
                record_failure(self._machine, subject, masker)
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            message = f"the agent could not do the job: {masker.mask_line(reason)}"
            self._forget(job)
            self._end(job, Result.FAILED, message)
        else:
            if rest is not None:
                self._tidying.remove(rest)
            self._forget(job)

    def _machine_of(self, run: str) -> Machine:
        if self._token_of is None:
            return self._machine
        return replace(self._machine, service_token=self._token_of(run))

    def _forget(self, job: _Job) -> None:
        key = (job.request.run, job.request.node)
        with self._changed:
            if self._jobs.get(key) is job:
                del self._jobs[key]
            if self._closing:
                self._changed.notify_all()

    def _note_rest(self, folder: Path) -> None:
        with suppress(OSError):
            record_failure(self._machine, f"cannot remove {folder}", Masker())

    def _end(self, job: _Job, result: Result, message: str) -> None:
        event = NodeFinished(at=time.time(), node=job.request.node, result=result, message=message)
        self._post(job.request.run, event)


def _masker(request: JobRequest) -> Masker:
    masker = Masker()
    for secret in (*request.secrets, *(v.value for v in request.variables if v.secret)):
        masker.add(secret)
    return masker


def record_failure(machine: Machine, subject: str, masker: Masker) -> Path:
    """Add the exception that is being handled to the agent's own log; the path of that."""
    import traceback

    folder = machine.work / _DIAGNOSTICS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "agent.log"
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = "".join(masker.mask_line(line) for line in traceback.format_exc().splitlines(True))
    with path.open("a", encoding="utf-8", errors="replace") as log:
        log.write(f"{stamp} {subject}\n{text}\n")
    return path
