"""Runs one ML command: environment, code, inputs and outputs, processes, logs, what is kept."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path

from penstock.agent import files
from penstock.agent.command_endings import judge
from penstock.agent.command_line import UnknownReference, Values, expand
from penstock.agent.command_log import CommandLog
from penstock.agent.command_ports import (
    InputMissing,
    OutputLost,
    close_ports,
    keep_artifacts,
    open_ports,
)
from penstock.agent.command_variables import (
    DISTRIBUTIONS,
    Ports,
    Rank,
    job_variables,
    process_count,
    ranks,
)
from penstock.agent.environments import EnvironmentRefused, Prepared, lay_over, prepare
from penstock.agent.gang import free_ports, run_gang
from penstock.agent.machine import Machine
from penstock.agent.masking import Masker
from penstock.agent.process import Cancellation, Exit, run_process
from penstock.agent.reporting import Reporter
from penstock.agent.server import JobServer, NotFound, ToolMissing
from penstock.engine.events import Event, NodePhase, NodeStarted, Result
from penstock.engine.requests import CommandWork, JobRequest
from penstock.records import record

STANDARD_LOG = "user_logs/std_log.txt"
BUILD_LOG = "azureml-logs/20_image_build_log.txt"
AGENT_LOG = "system_logs/lifecycler/lifecycler.log"

_UNSAFE = re.compile(r"[^\w.-]")


@record(kw_only=False)
class Ended:
    """How a command ended, with the reason in one line, and what its caller has to remove.

    `folder` is the folder of a job that ended well; that of another job is kept to be looked at.
    """

    result: Result
    message: str
    folder: Path | None


def run_command(
    request: JobRequest,
    server: JobServer,
    reporter: Reporter,
    machine: Machine,
    cancellation: Cancellation,
) -> Ended:
    """Do the command of the request and say how it ended.

    Reports the start and the phases `Preparing`, `Running` and `Finalizing`. What fails because of
    the job is in the result; an exception means that the machine or the server failed.
    """
    assert isinstance(request.work, CommandWork)
    job = _Job(request, request.work, server, reporter, machine, cancellation)
    try:
        result, message = job.run()
        if cancellation.requested and result is not Result.SUCCEEDED:
            result, message = Result.CANCELED, cancellation.reason or "canceled"
        job.say_end(result, message)
    finally:
        job.agent_log.flush()
    folder = job.folder if result is Result.SUCCEEDED else None
    return Ended(result, job.masker.mask_line(message), folder)


class _Job:
    """One command on its way from request to result. Belongs to one thread."""

    def __init__(
        self,
        request: JobRequest,
        work: CommandWork,
        server: JobServer,
        reporter: Reporter,
        machine: Machine,
        cancellation: Cancellation,
    ) -> None:
        self.request = request
        self.work = work
        self.server = server
        self.reporter = reporter
        self.machine = machine
        self.cancellation = cancellation
        self.folder = machine.work / "jobs" / _UNSAFE.sub("_", f"{work.job}.{request.attempt}")
        self.directory = self.folder / "wd"
        self.masker = Masker()
        secrets = [variable.value for variable in request.variables if variable.secret]
        for secret in (*request.secrets, *secrets, machine.service_token):
            self.masker.add(secret)
        self.agent_log = self.log(AGENT_LOG)

    def log(self, name: str) -> CommandLog:
        """A log of this job."""
        run, node, server = self.request.run, self.request.node, self.server
        return CommandLog(lambda text: server.write_log(run, node, name, text), self.masker)

    def enter(self, phase: str, *before: Event) -> None:
        """Report a phase, after the events that come just before it."""
        self.say(phase)
        event = NodePhase(at=time.time(), node=self.request.node, phase=phase)
        self.reporter.say([*before, event])

    def say(self, text: str) -> None:
        """Write to the agent's own log."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for line in text.splitlines():
            self.agent_log.text(f"{stamp} {line}")

    def run(self) -> tuple[Result, str]:
        """Prepare, run, keep."""
        worker = self.machine.name
        self.enter("Preparing", NodeStarted(at=time.time(), node=self.request.node, worker=worker))
        if self.work.distribution not in ("", *DISTRIBUTIONS):
            known = ", ".join(DISTRIBUTIONS)
            message = f'distribution "{self.work.distribution}" is not supported; use {known}'
            return Result.FAILED, message
        try:
            self.fetch_code()
            ports = open_ports(self.work, self.server, self.folder / "inputs", self.directory)
            values = Values(inputs={**ports.literals, **ports.inputs}, outputs=ports.outputs)
            command = expand(self.work.command, values)
            variables = self.variables(self.prepare_environment(), ports, values)
        except (EnvironmentRefused, InputMissing, NotFound, UnknownReference) as error:
            return Result.FAILED, str(error)
        if self.cancellation.requested:
            return Result.CANCELED, ""
        try:
            result, message = self.start(command, variables)
        except ToolMissing as error:
            result, message = Result.FAILED, str(error)
        finally:
            lost = self.keep(ports)
        return (Result.FAILED, lost) if lost and result is Result.SUCCEEDED else (result, message)

    def keep(self, ports: Ports) -> str:
        """Keep what the command left; what of it cannot be kept that should be."""
        self.enter("Finalizing")
        lost, request = "", self.request
        try:
            for note in close_ports(self.work, self.server, ports):
                self.say(note)
        except OutputLost as error:
            lost = str(error)
        for note in keep_artifacts(request.run, request.node, self.server, self.directory):
            self.say(note)
        return lost

    def fetch_code(self) -> None:
        """Make a fresh working directory that holds a copy of the code."""
        files.remove(self.folder)
        self.directory.mkdir(parents=True)
        if self.work.code is not None:
            found = self.server.fetch(self.work.code, self.directory, writable=True)
            self.directory = found if found.is_dir() else self.directory
        for name in ("outputs", "logs"):
            if not (self.directory / name).exists():
                (self.directory / name).mkdir()

    def prepare_environment(self) -> Prepared:
        """The job's environment, a thin copy of a shared one."""
        log = self.log(BUILD_LOG)

        def write(text: str) -> None:
            log.text(text)
            log.flush()

        prepared = prepare(
            self.work.environment,
            self.machine,
            write,
            self.cancellation,
            fetch=lambda uri: self.server.fetch(uri, None),
        )
        return lay_over(prepared, self.folder / "env")

    def variables(self, prepared: Prepared, ports: Ports, values: Values) -> dict[str, str]:
        """The environment variables of the job; its own may refer to inputs and outputs."""
        own = self.work.environment_variables
        return {
            **job_variables(self.work, self.machine, prepared, ports, str(self.directory)),
            **{name: expand(value, values) for name, value in own.items()},
        }

    def start(self, command: str, variables: Mapping[str, str]) -> tuple[Result, str]:
        """Run the command as the processes it asks for, and judge how it ended."""
        self.say(f"working directory: {self.directory}")
        self.say(f"command: {command}")
        if self.work.instance_count > 1:
            self.say(f"{self.work.instance_count} instances are asked for: all are this machine")
        self.enter("Running")
        self.agent_log.flush()
        ports = free_ports(process_count(self.work)) if self.work.distribution else ()
        gang = ranks(self.work, ports)
        logs = {rank.number: self.log(_log_name(rank, len(gang))) for rank in gang}

        def run_one(rank: Rank, cancellation: Cancellation) -> Exit:
            env = {**variables, **rank.variables}
            return self.run_process(command, env, logs[rank.number], cancellation)

        started = time.monotonic()
        rank, ended = run_gang(gang, run_one, self.cancellation)
        self.say(f"exit code {ended.code} after {time.monotonic() - started:.1f} s")
        number = rank.number if len(gang) > 1 else None
        return judge(ended, logs[rank.number].last, self.work.timeout, number)

    def run_process(
        self,
        command: str,
        env: Mapping[str, str],
        log: CommandLog,
        cancellation: Cancellation,
    ) -> Exit:
        """Run one process of the command to its end."""
        try:
            return run_process(
                ["bash", "-c", command],
                cwd=self.directory,
                env=env,
                on_line=log.output,
                on_piece=log.piece,
                on_idle=log.flush,
                merge_stderr=True,
                cancellation=cancellation,
                timeout=self.work.timeout,
            )
        finally:
            log.flush()

    def say_end(self, result: Result, message: str) -> None:
        """Write how it ended, and where its files are kept if it did not end well."""
        if result is not Result.SUCCEEDED:
            self.say(f"the working directory is kept: {self.directory}")
        self.say(f"{result}: {message}" if message else str(result))


def _log_name(rank: Rank, count: int) -> str:
    """One process writes the standard log; of several each has its own."""
    if count == 1:
        return STANDARD_LOG
    width = len(str(count - 1))
    return f"user_logs/std_log_process_{rank.number:0{width}d}.txt"
