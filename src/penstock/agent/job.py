"""Does one job from its request to its last event, whatever happens in between."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from penstock.agent import files
from penstock.agent.checkout import count_checkouts
from penstock.agent.context import JobContext, Timing
from penstock.agent.machine import Machine
from penstock.agent.masking import MINIMUM
from penstock.agent.process import Cancellation
from penstock.agent.reporting import Reporter
from penstock.agent.server import JobServer
from penstock.agent.shared import Shared
from penstock.agent.workspace import open_workspace
from penstock.engine.events import (
    Event,
    NodeFinished,
    NodeStarted,
    Result,
    StepFinished,
    StepStarted,
)
from penstock.engine.requests import CommandWork, JobRequest, StepsWork

INITIALIZE = "initialize"
FINALIZE = "finalize"
HOST = "host"
"""The image that is this machine."""

# Variables by which a git hook or a shell prompt would lead a step's git to another repository.
_GIT_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
_ARCHITECTURES = {"x86_64": "X64", "amd64": "X64", "aarch64": "ARM64", "arm64": "ARM64"}


def run_job(
    request: JobRequest,
    server: JobServer,
    machine: Machine,
    cancellation: Cancellation,
    *,
    timing: Timing = Timing(),
    shared: Shared | None = None,
) -> Path | None:
    """Do one leaf and report it: `NodeStarted`, its steps, and at the very end `NodeFinished`.

    `shared` is the same for all jobs of a process.

    Returns when nothing of the job is left on the machine but, for an ML command that ended well,
    the folder that is the answer: its caller removes it, as nobody has to wait for that. What the
    work does wrong is in the result; an exception means that the machine or the server failed: then
    no `NodeFinished` was reported.
    """
    shared = shared or Shared()
    reporter = Reporter(server, request)
    rest: Path | None = None
    forget = _limit(request, machine, cancellation, shared)
    try:
        match request.work:
            case StepsWork() as work:
                with shared.turns.turn() as turn:
                    job = JobContext(
                        request=request,
                        work=work,
                        server=server,
                        reporter=reporter,
                        machine=machine,
                        cancellation=cancellation,
                        workspace=open_workspace(machine, work.definition_key or request.node),
                        timing=timing,
                        sources=shared.sources,
                        turn=turn,
                        environ=shared.environ,
                    )
                    last = _run_steps_work(job)
            case CommandWork():
                last, rest = _run_command_work(request, server, reporter, machine, cancellation)
    finally:
        forget()
    reporter.say(last)
    return rest


def _run_command_work(
    request: JobRequest,
    server: JobServer,
    reporter: Reporter,
    machine: Machine,
    cancellation: Cancellation,
) -> tuple[list[Event], Path | None]:
    """The last events of a command, and the folder that is to be removed after it."""
    from penstock.agent.commands import run_command

    ended = run_command(request, server, reporter, machine, cancellation)
    event = NodeFinished(
        at=time.time(), node=request.node, result=ended.result, message=ended.message
    )
    return [event], ended.folder


def _run_steps_work(job: JobContext) -> list[Event]:
    from penstock.agent.steps import run_steps

    request, work, cancellation = job.request, job.work, job.cancellation
    grace = request.cancel_timeout
    forget = cancellation.on_request(lambda: job.later(grace, job.deadline.request))
    try:
        _initialize(job)
        if work.image in ("", HOST):
            run_steps(job)
        else:
            job.result = Result.FAILED
            job.message = (
                f'image "{work.image}": jobs cannot run in containers yet; '
                'write "host" for it in .penstock/images.yml'
            )
    finally:
        forget()
        left = job.close()
    if left:
        _finalize(job, left)
    if cancellation.requested:
        job.result = Result.CANCELED
        job.message = cancellation.reason
    finished = NodeFinished(
        at=time.time(),
        node=request.node,
        result=job.result,
        message=job.masker.mask_line(job.message),
        outputs=job.outputs,
    )
    return job.take_noted(finished)


def _initialize(job: JobContext) -> None:
    """Make the folders and variables, and say in the log where the job runs."""
    from penstock.agent.steps import open_log

    request, work = job.request, job.work
    begun = time.time()
    job.report(
        NodeStarted(at=begun, node=request.node, worker=job.machine.name),
        StepStarted(at=begun, node=request.node, step=INITIALIZE, name="Initialize job"),
    )
    _mask_secrets(job)
    job.workspace.prepare(work.clean.lower(), fresh=work.pool.lower() == "default")
    _set_variables(job)
    job.environment = _environment(job)
    log = open_log(job, INITIALIZE)
    log.section("Starting: Initialize job")
    log.text(
        f"Agent name: '{job.machine.name}'\n"
        f"Current agent version: '{job.machine.version}'\n"
        f"Agent running as: '{job.environment.get('USER') or os.getuid()}'\n"
        f"Working folder: {job.workspace.root}"
    )
    for note in work.notes:
        log.text(f"Note: {note}")
    if not count_checkouts(job):
        files.empty(job.workspace.sources)
    for variable in request.variables:
        if variable.secret and 0 < len(variable.value) < MINIMUM:
            log.warning(
                f'the secret variable "{variable.name}" is shorter than {MINIMUM} characters, '
                "so it is not masked in logs"
            )
    log.section("Finishing: Initialize job")
    log.flush()
    job.note(_part(job, INITIALIZE, "Initialize job", log.lines))


def _mask_secrets(job: JobContext) -> None:
    for secret in (*job.request.secrets, job.machine.service_token):
        job.masker.add(secret)
    for endpoint in job.work.endpoints:
        for name in endpoint.secrets:
            job.masker.add(endpoint.parameters.get(name, ""))


def _finalize(job: JobContext, left: tuple[str, ...]) -> None:
    from penstock.agent.steps import open_log

    log = open_log(job, FINALIZE)
    name = "Finalize Job"
    job.note(StepStarted(at=time.time(), node=job.request.node, step=FINALIZE, name=name))
    log.section(f"Starting: {name}")
    log.line("Cleaning up orphan processes")
    for process in left:
        log.line(f"Terminate orphan process: {process}")
    log.section(f"Finishing: {name}")
    log.flush()
    job.note(_part(job, FINALIZE, name, log.lines))


def _part(job: JobContext, identifier: str, name: str, lines: int) -> StepFinished:
    return StepFinished(
        at=time.time(),
        node=job.request.node,
        step=identifier,
        name=name,
        result=Result.SUCCEEDED,
        lines=lines,
    )


def _set_variables(job: JobContext) -> None:
    request, workspace, machine = job.request, job.workspace, job.machine
    for variable in request.variables:
        job.variables.set(
            variable.name, variable.value, secret=variable.secret, readonly=variable.readonly
        )
    system = os.uname()
    values = {
        "Agent.BuildDirectory": workspace.root,
        "Agent.HomeDirectory": machine.work.parent,
        "Agent.Id": "1",
        "Agent.IsSelfHosted": "1",
        "Agent.JobName": request.display_name,
        "Agent.MachineName": system.nodename,
        "Agent.Name": machine.name,
        "Agent.OS": "Darwin" if sys.platform == "darwin" else "Linux",
        "Agent.OSArchitecture": _ARCHITECTURES.get(system.machine.lower(), system.machine.upper()),
        "Agent.OSVersion": system.release,
        "Agent.ReadOnlyVariables": "true",
        "Agent.RetainDefaultEncoding": "false",
        "Agent.RootDirectory": machine.work,
        "Agent.TempDirectory": workspace.temporary,
        "Agent.ToolsDirectory": machine.tools,
        "Agent.Version": machine.version,
        "Agent.WorkFolder": machine.work,
        "Build.ArtifactStagingDirectory": workspace.staging,
        "Build.BinariesDirectory": workspace.binaries,
        "Build.Repository.LocalPath": workspace.sources,
        "Build.SourcesDirectory": workspace.sources,
        "Build.StagingDirectory": workspace.staging,
        "Common.TestResultsDirectory": workspace.test_results,
        "Pipeline.Workspace": workspace.root,
        "System.ArtifactsDirectory": workspace.staging,
        "System.DefaultWorkingDirectory": workspace.sources,
        "System.WorkFolder": machine.work,
    }
    defaults = {
        "System.Culture": "en-US",
        "System.HostType": "build",
        "System.JobAttempt": request.attempt,
        "System.JobDisplayName": request.display_name,
    }
    for name, value in values.items():
        job.variables.set(name, str(value))
    if machine.service_token:
        job.variables.set("System.AccessToken", machine.service_token, secret=True)
    for name, value in defaults.items():
        if job.variables.get(name) is None:
            job.variables.set(name, str(value))


def _environment(job: JobContext) -> dict[str, str]:
    """What every process of the job starts from. Values of secrets are not inherited."""
    machine = job.machine
    secrets = set(job.request.secrets)
    secrets.update(v.value for v in job.request.variables if v.secret and v.value)
    environment = {
        name: value
        for name, value in job.environ.items()
        if name not in _GIT_VARIABLES and value not in secrets
    }
    environment.update(machine.environment)
    environment["TF_BUILD"] = "True"
    # So that git, run where there are no sources, finds no repository around the work folder.
    environment["GIT_CEILING_DIRECTORIES"] = str(machine.work)
    if machine.bin is not None:
        path = environment.get("PATH", os.defpath)
        environment["PATH"] = f"{machine.bin}:{path}"
    if machine.service_url:
        environment["PENSTOCK_ENDPOINT"] = machine.service_url
        environment["PENSTOCK_TOKEN"] = machine.service_token
    return environment


def _limit(
    request: JobRequest, machine: Machine, cancellation: Cancellation, shared: Shared
) -> Callable[[], None]:
    """Cancel the job when its time is up; returns what stops the clock."""
    if request.timeout is None:
        return lambda: None
    minutes = f"{request.timeout / 60:g}"
    reason = (
        f"The job running on agent {machine.name} ran longer than the maximum time of "
        f"{minutes} minutes. For more information, see the timeoutInMinutes of the job."
    )
    return shared.alarms.set(request.timeout, lambda: cancellation.request(reason))
