"""The composition root: store, scheduler, agents and the loopback endpoint, put together.

`penstock run` has one for the length of one command, the background service until it is idle, and
`penstock up` until it is stopped.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.agent.machine import Machine
from penstock.agent.pool import LocalPool
from penstock.agent.workspace import sweep
from penstock.engine.clock import steady_clock
from penstock.engine.events import CancelRequested, Event, NodeStarted
from penstock.engine.plan import Node
from penstock.engine.ports import Executor
from penstock.engine.reports import Report
from penstock.engine.requests import CheckWork, CommandWork, Work
from penstock.engine.scheduler import Scheduler
from penstock.engine.state import RunState
from penstock.records import record
from penstock.server.listener import Listener, Tls
from penstock.store.agents import LocalJobServer
from penstock.store.database import open_state
from penstock.store.failurelog import FailureLog
from penstock.store.home import Home
from penstock.store.logs import Logs
from penstock.store.owners import Owner
from penstock.store.runs import Run, Runs
from penstock.store.runs.deployments import Deployments

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from penstock.cli.hosting.devopsservices import DevopsServices
    from penstock.cli.hosting.libraryservices import LibraryServices
    from penstock.cli.hosting.mlservices import MlServices
    from penstock.server.shares import Shares

JOB_SLOTS = 8
_HOME = "PENSTOCK_HOME"
_LOST = "the process that ran it is gone"
_SAME_SECONDS = 1.0

LogListener = Callable[[str, str, str, str], None]


@record
class Access:
    """How clients reach the endpoint."""

    url: str
    token: str


class Host:
    """Everything one process needs to run plans. Close it when done; it stops what still runs.

    `closing` is set when it is about to stop: answers that never end end then.
    """

    def __init__(
        self,
        home: Home,
        *,
        port: int = 0,
        tls_port: int | None = None,
        token: str = "",
        elsewhere: Access | None = None,
        is_server: bool = False,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        resumes: bool = True,
    ) -> None:
        """Opens the store and binds the endpoint; no thread works before the first run.

        With `elsewhere`, jobs are told of that service instead of this one. With a `tls_port` the
        endpoint can be reached over TLS too. Where it `is_server`, requests wait until `answer`:
        clients of the last server may come before this one knows how things stand. `environ` has
        the settings of the server. Runs, and what waits for people, go by `clock`. Unless it
        `resumes`, a run that this process leaves unfinished is not gone on with.
        """
        self.home = home
        home.make()
        self.owner = Owner(home.owners)
        self.database = open_state(home)
        self.runs = Runs(self.database, self.owner, clock, resumes=resumes)
        self.logs = Logs(home.logs, place=self._artifact_folder)
        self.deployments = Deployments(self.database)
        self._failures = FailureLog(home.root / "failures.log")
        self.log_listeners: list[LogListener] = []
        self.last_request = time.monotonic()
        self.closing = threading.Event()
        self._may_answer = threading.Event()
        if not is_server:
            self._may_answer.set()
        tls = None if tls_port is None else Tls(port=tls_port, certificate=self._certificate)
        self.listener = Listener(self._application, port, tls)
        self.access = Access(url=self.listener.url, token=token or os.urandom(32).hex())
        self.clock = clock
        self.scheduler = Scheduler(self.runs, self._executor_for, _expand, steady_clock(clock))
        self.agents = LocalJobServer(
            home,
            self.logs,
            self._report,
            on_log=self._on_log,
            place=self._artifact_folder,
            secure_file=lambda named: self.library.secure_file(named),
        )
        self._elsewhere = elsewhere
        self._environ = environ
        self._pool: LocalPool | None = None
        self._ml: MlServices | None = None
        self._devops: DevopsServices | None = None
        self._library: LibraryServices | None = None

    @cached_property
    def machine(self) -> Machine:
        """This machine, as jobs are told of it."""
        access = self._elsewhere or self.access
        return Machine(
            name=os.uname().nodename,
            work=self.home.work,
            tools=self.home.tools,
            cache=self.home.cache,
            bin=az_folder(self.home),
            service_url=access.url,
            service_token=access.token,
            environment=service_environment(access, self.home),
            clients=self._clients(),
        )

    @cached_property
    def shares(self) -> Shares:
        """What one person may have at once on this server."""
        from penstock.server.shares import shares_of

        return shares_of(self._environ)

    @property
    def ml(self) -> MlServices:
        """The Azure ML service of this host, made when it is first needed."""
        if self._ml is None:
            from penstock.cli.hosting.mlservices import MlServices

            self._ml = MlServices(self)
        return self._ml

    @property
    def has_ml(self) -> bool:
        """Whether anything asked for the Azure ML service yet."""
        return self._ml is not None

    @property
    def library(self) -> LibraryServices:
        """Libraries and checkpoints of this host, made when they are first needed."""
        if self._library is None:
            from penstock.cli.hosting.libraryservices import LibraryServices

            self._library = LibraryServices(self)
        return self._library

    def serve_devops(self) -> DevopsServices:
        """Be a server, whose endpoint answers as Azure DevOps too. To be called before the first
        request is answered."""
        from penstock.cli.hosting.devopsservices import DevopsServices

        self._devops = DevopsServices(self)
        return self._devops

    def answer(self) -> None:
        """From now on requests are answered."""
        self._may_answer.set()

    def token_of(self, run: str) -> str:
        """What the jobs of a run call the service with: on a server, a token of that run alone."""
        if self._devops is not None:
            return self._devops.job_token(run)
        return self.machine.service_token

    def job_executor(self) -> LocalPool:
        """The agents of pipeline jobs on this machine."""
        if self._pool is None:
            sweep(self.machine.work)
            self._pool = LocalPool(
                self.agents, self.machine, JOB_SLOTS, self.scheduler.post, self.token_of
            )
        return self._pool

    def recover(self) -> None:
        """Take up the runs of processes that are gone. Those of `penstock run` are ended: their
        secrets, and the terminals that watched them, went with their processes. Programs of jobs
        that outlived them are ended first."""
        self.ml.service.recover()
        self._take_up()

    def take_up_lost(self) -> None:
        """As `recover`, for the runs of processes that died since."""
        if self.runs.has_lost():
            sweep(self.machine.work)
            self._take_up()

    def _take_up(self) -> None:
        from penstock.agent import trees

        trees.end_left_behind(_HOME, str(self.home.root))
        first, unreadable = self._end_of_lost_run, self._note_unreadable
        if self._devops is None:
            self.scheduler.recover(first, on_unreadable=unreadable)
        else:
            self.scheduler.recover(first, self._devops.refilling.refill, unreadable)

    def _note_unreadable(self, run: str, error: Exception) -> None:
        self._failures.note(f"take up run {run}", error)

    def _end_of_lost_run(self, run: str) -> list[Event]:
        found = self.runs.get(run)
        if found is None or found.kind != "pipeline":
            return []
        reason = "" if found.pipeline is not None else _LOST
        if self._devops is not None:
            reason = self._devops.refilling.failures.get(run, reason)
        return [CancelRequested(at=self.scheduler.now(), reason=reason)] if reason else []

    def is_idle(self, seconds: float) -> bool:
        """Whether nothing runs and nobody asked for that long."""
        if time.monotonic() - self.last_request < seconds:
            return False
        return not any(run.owner == self.owner.name for run in self._unfinished())

    def cancel_all(self, reason: str) -> None:
        """Stop every run of this process and wait for their ends."""
        ours = [str(run.id) for run in self._unfinished() if run.owner == self.owner.name]
        for run in ours:
            self.scheduler.cancel(run, reason=reason)
        for run in ours:
            self.scheduler.wait(run)

    def _unfinished(self) -> list[Run]:
        return self.runs.unfinished_headers()

    def leave(self) -> None:
        """Close with jobs going on: their programs are ended, and what the store says of the runs
        stays as it is, to be taken up by `recover` of the next process."""
        from penstock.agent import trees

        self.scheduler.close()
        trees.end_all()
        self.close(patience=0.0)

    def close(self, *, patience: float = 5.0) -> None:
        """Stop accepting, stop deciding, let go of the store. Jobs that end just now have that many
        seconds to leave nothing behind."""
        self.closing.set()
        if self._devops is not None:
            self._devops.close()
        self.answer()
        self.listener.close()
        if self._devops is not None:
            self._devops.finish()
        if self._library is not None:
            self._library.close()
        self.scheduler.close()
        if self._pool is not None:
            self._pool.close(patience)
        self.logs.close()
        if self._ml is not None:
            self._ml.close()
        self.database.close()
        self.owner.close()

    def forget_files(self, run: str) -> None:
        """Remove the logs and artifacts of a run."""
        self.logs.forget(run)
        self.agents.forget(run)

    def take_over_files(self, run: str, other: str, node: str) -> None:
        """Copy the logs and artifacts of a node of one run to another run."""
        self.logs.take_over(run, other, node)
        self.agents.take_over(run, other, node)

    def on_failure(self, request: str, error: Exception) -> None:
        """Note a failure of ours that a client saw as status 500."""
        self._failures.note(request, error)

    def _clients(self) -> Mapping[str, str]:
        """How clients of Azure in jobs reach this server, where it speaks TLS."""
        if self._devops is None or not self.listener.tls_url:
            return {}
        from penstock.cli.hosting.azureclients import azure_ml_environment

        url, tls_url = self.listener.url, self.listener.tls_url
        return azure_ml_environment(url, tls_url, self.home, self._environ)

    def _certificate(self) -> Path:
        import datetime

        from penstock.server.certificates import Certificates

        certificates = Certificates(self.home.tls)
        certificates.make(datetime.datetime.now(datetime.UTC))
        return certificates.server

    def signing_key(self) -> bytes:
        """The key of links that need no token, made with the store and kept with it."""
        path = self.home.root / "signing.key"
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.write(descriptor, os.urandom(32))
            os.close(descriptor)
            draft.replace(path)
        return path.read_bytes()

    def _executor_for(self, work: Work) -> Executor:
        if isinstance(work, CheckWork):
            return self.library.checkpoints
        return self.ml.executor if isinstance(work, CommandWork) else self.job_executor()

    def _report(self, report: Report) -> None:
        report = self._by_own_clock(report)
        is_start = any(isinstance(event, NodeStarted) for event in report.events)
        self.scheduler.report(report, wait=is_start)

    def _by_own_clock(self, report: Report) -> Report:
        """What an agent says, by the clock of the runs where its own is behind.

        When the time of the machine was set back, jobs would be over theirs as they begin. Where it
        is ahead, as after a sleep of the machine, it is right: agents stop their jobs themselves.
        """
        behind = self.scheduler.now() - time.time()
        if behind < _SAME_SECONDS:
            return report
        events = tuple(replace(event, at=event.at + behind) for event in report.events)
        return replace(report, events=events)

    def _on_log(self, run: str, node: str, log: str, text: str) -> None:
        for listener in self.log_listeners:
            listener(run, node, log, text)

    def _artifact_folder(self, run: str, node: str) -> Path | None:
        return self._ml.artifact_folder(run, node) if self._ml is not None else None

    def _application(self) -> ASGIApp:
        self._may_answer.wait()
        app = self.ml.application() if self._devops is None else self._devops.application()

        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            self.last_request = time.monotonic()
            await app(scope, receive, send)

        return noted


def _expand(state: RunState, node: Node) -> tuple[Node, ...]:
    from penstock.devops.plans.legs import expand_matrix

    return expand_matrix(state, node)


def service_environment(access: Access, home: Home) -> Mapping[str, str]:
    """What a process needs to reach the service."""
    return {
        "PENSTOCK_ENDPOINT": access.url,
        "PENSTOCK_TOKEN": access.token,
        _HOME: str(home.root),
    }


def az_folder(home: Home) -> Path:
    """The folder with our `az`, made on first use and after an upgrade."""
    import sys
    import zlib

    from penstock import __version__

    folder = home.root / "bin" / f"{__version__}-{zlib.crc32(sys.executable.encode()):x}"
    if not (folder / "az").exists():
        from penstock.cli.hosting.launcher import write_launcher

        folder.mkdir(parents=True, exist_ok=True)
        write_launcher(folder)
    return folder
