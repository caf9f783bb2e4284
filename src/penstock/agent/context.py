"""What a job and a step hold while they run: variables, folders, log, results so far."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from penstock.agent.log import StepLog
from penstock.agent.machine import Machine
from penstock.agent.masking import Masker
from penstock.agent.process import Cancellation, Exit, Household, Listener, Patience, run_process
from penstock.agent.reporting import Reporter
from penstock.agent.server import JobServer
from penstock.agent.sources import Sources
from penstock.agent.turns import Turn
from penstock.agent.variables import Variables
from penstock.agent.workspace import Workspace
from penstock.engine.events import Event, IssueLogged, Output, Result
from penstock.engine.requests import Endpoint, JobRequest, Repository, Step, StepsWork
from penstock.records import record

_ISSUES_KEPT = 10
_DONE_GRACE = 5.0


@record(kw_only=False)
class Outcome:
    """How a task ended. `message` is one line for people, without a final newline."""

    result: Result = Result.SUCCEEDED
    message: str = ""


SUCCEEDED = Outcome()


def failed(message: str) -> Outcome:
    """The outcome of a task whose work failed."""
    return Outcome(Result.FAILED, message)


@record
class Timing:
    """How long the agent waits. `retry_seconds` is asked with 0 before the first retry; the Azure
    agent waits (n+1) squared."""

    patience: Patience = Patience()
    retry_seconds: Callable[[int], float] = lambda retry: float((retry + 1) ** 2)
    done_grace: float = _DONE_GRACE


class JobContext:
    """One running job. Belongs to one thread; only the cancellations are touched by others.

    `cancellation` is the wish to stop the job; steps that run after it (`always()`) are stopped by
    `deadline`. `environ` is the environment of the agent, `environment` what every process of the
    job starts from.
    """

    def __init__(
        self,
        *,
        request: JobRequest,
        work: StepsWork,
        server: JobServer,
        reporter: Reporter,
        machine: Machine,
        cancellation: Cancellation,
        workspace: Workspace,
        timing: Timing,
        sources: Sources,
        turn: Turn,
        environ: Mapping[str, str],
    ) -> None:
        self.request = request
        self.work = work
        self.server = server
        self.reporter = reporter
        self.machine = machine
        self.cancellation = cancellation
        self.deadline = Cancellation()
        self.workspace = workspace
        self.timing = timing
        self.sources = sources
        self.turn = turn
        self.environ = environ
        self.masker = Masker()
        self.variables = Variables(self.masker)
        self.household = Household()
        self.environment: dict[str, str] = {}
        self.path_prepended: list[str] = []
        self.endpoints: dict[str, Endpoint] = {e.id.lower(): e for e in work.endpoints}
        self.outputs: dict[str, Output] = {}
        self.result = Result.SUCCEEDED
        self.message = ""
        self.sources_ready = False
        self._events: list[Event] = []
        self._timers: list[threading.Timer] = []

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something after a while, unless the job is over by then."""
        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), action)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def close(self) -> tuple[str, ...]:
        """End what the job left running and free its workspace; the processes that were ended."""
        for timer in self._timers:
            timer.cancel()
        try:
            return self.household.close()
        finally:
            self.workspace.close()

    def note(self, *events: Event) -> None:
        """Keep events to be reported with the next `report`."""
        self._events += events

    def report(self, *events: Event) -> None:
        """Report what was noted, then these."""
        self.reporter.say(self.take_noted(*events))

    def take_noted(self, *events: Event) -> list[Event]:
        """What was noted and not reported, then these; they are no longer noted."""
        noted, self._events = [*self._events, *events], []
        return noted

    def endpoint(self, name: str) -> Endpoint | None:
        """A service connection by id or name, ignoring case."""
        wanted = name.lower()
        named = (e for e in self.endpoints.values() if e.name.lower() == wanted)
        return self.endpoints.get(wanted) or next(named, None)

    def repository(self, alias: str) -> Repository | None:
        """A repository of the pipeline by alias, ignoring case."""
        wanted = alias.lower()
        return next((r for r in self.work.repositories if r.alias.lower() == wanted), None)


class StepState:
    """What the logging commands of a step have asked for so far."""

    def __init__(self) -> None:
        self.result: Result | None = None
        self.message = ""
        self.done = False
        self.errors = 0
        self.warnings = 0
        self.task_variables: dict[str, str] = {}


class StepContext:
    """One running step: what a task may use.

    `inputs` are by lower-case name, aliases resolved, macros expanded. `environment` holds the
    step's own `env`. A task runs programs with `run`, writes to `log` and returns an `Outcome`.
    `obey` carries out the logging command in a line, and says whether there was one.
    """

    def __init__(
        self,
        *,
        job: JobContext,
        step: Step,
        log: StepLog,
        cancellation: Cancellation,
        inputs: Mapping[str, str],
        environment: Mapping[str, str],
        deadline: float | None,
        restricted: bool,
        settable: tuple[str, ...] | None,
        obey: Callable[[StepContext, str], bool],
    ) -> None:
        self.job = job
        self.step = step
        self.log = log
        self.cancellation = cancellation
        self.inputs = inputs
        self.environment = environment
        self.deadline = deadline
        self.restricted = restricted
        self.settable = settable
        self._obey = obey
        self.state = StepState()
        self.wrote_errors = False

    @property
    def variables(self) -> Variables:
        """The variables of the job."""
        return self.job.variables

    @property
    def workspace(self) -> Workspace:
        """The folders of the job."""
        return self.job.workspace

    def input(self, name: str) -> str:
        """The value of an input, without white space around it; empty where there is none."""
        return self.inputs.get(name.lower(), "")

    def flag(self, name: str) -> bool:
        """Whether an input is `true`, ignoring case, as task-lib's getBoolInput has it."""
        return self.input(name).lower() == "true"

    def switch(self, name: str) -> bool:
        """Whether an input is on, as the agent's own checkout reads it (ConvertToBoolean)."""
        return self.input(name).lower() in ("true", "1", "$true")

    def path(self, text: str) -> Path:
        """A `filePath` input: from the repository's folder; the default directory where empty."""
        if not text:
            return self.workspace.default_directory
        root = self.variables.get("Build.Repository.LocalPath") or self.workspace.sources
        return root / Path(text)

    def issue(self, kind: str, text: str, data: Mapping[str, str] | None = None) -> None:
        """Write an error or a warning to the log and record it; the first ten of each are kept."""
        if kind == "error":
            self.log.error(text)
            self.state.errors += 1
            count = self.state.errors
        else:
            self.log.warning(text)
            self.state.warnings += 1
            count = self.state.warnings
        if count > _ISSUES_KEPT:
            return
        mask = self.job.masker.mask_line
        self.job.note(
            IssueLogged(
                at=time.time(),
                node=self.job.request.node,
                step=self.step.id,
                kind=kind,
                message=mask(text),
                line=self.log.lines,
                data={name: mask(value) for name, value in (data or {}).items()},
            )
        )

    def set_output(self, name: str, value: str) -> None:
        """Set an output variable of the task, by the name of the step as on the Azure agent."""
        full = f"{self.step.name or self.step.id}.{name}"
        self.job.outputs[full] = Output(value=value)
        self.variables.set(full, value, readonly=True)

    def process_environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a program of this step (in the order of the Azure agent)."""
        job = self.job
        environment = {
            **job.environment,
            **self.environment,
            **job.variables.environment(),
            **job.variables.listing(),
            "PENSTOCK_ORIGIN": f"{job.request.run}/{job.request.node}/{self.step.id}",
            **(extra or {}),
        }
        if job.path_prepended:
            path = environment.get("PATH", "")
            environment["PATH"] = ":".join([*job.path_prepended, *([path] if path else [])])
        return environment

    def run(
        self,
        argv: list[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        separate_errors: bool = False,
        on_line: Callable[[str], None] | None = None,
    ) -> Exit:
        """Run a program of the step; its lines go to the log, logging commands in them are obeyed.

        `env` is added to the step's environment. With `on_line` its output goes there instead and
        commands nothing. Raises `ToolMissing` where there is no such program.
        """
        timeout = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
        listen: Listener = self._listen
        listen_piece: Listener = self._listen_piece
        if on_line is not None:
            listen = listen_piece = lambda _, text: on_line(text)
        self.log.flush()
        ended = run_process(
            argv,
            cwd=cwd,
            env=self.process_environment(env),
            on_line=listen,
            on_piece=listen_piece,
            on_idle=self._hand_on,
            cancellation=self.cancellation,
            timeout=timeout,
            merge_stderr=not separate_errors,
            household=self.job.household,
            patience=self.job.timing.patience,
            waiting=self.job.turn.waiting,
        )
        if ended.held:
            self.log.line(
                "A process that the step left in the background still holds its output. "
                "The step goes on without it; what it writes from now on is lost."
            )
        return ended

    def _listen(self, stream: str, text: str) -> None:
        if stream == "err":
            self.wrote_errors = True
        if "##vso" in text and not self.log.is_inside(stream) and self._obey(self, text):
            return
        self.log.output(stream, text)

    def _listen_piece(self, stream: str, text: str) -> None:
        self.wrote_errors = self.wrote_errors or stream == "err"
        self.log.piece(stream, text)

    def _hand_on(self) -> None:
        self.log.flush()
        self.job.report()
