"""The life of the steps of a job: condition, macros, task, retries, result."""

from __future__ import annotations

import time
from collections.abc import Mapping

from penstock.agent import tasks
from penstock.agent.conditions import condition_holds
from penstock.agent.context import JobContext, Outcome, StepContext, failed
from penstock.agent.log import StepLog
from penstock.agent.logging_commands import merge, obey_line
from penstock.agent.patterns import PatternRefused
from penstock.agent.process import Cancellation
from penstock.agent.server import ToolMissing
from penstock.agent.tasks.contract import Task, input_problems, resolve_inputs
from penstock.agent.variables import expand_macros, neutralize
from penstock.engine.events import Result, StepFinished, StepStarted
from penstock.engine.requests import Step

_RULE = "=" * 78
_SKIPPING = "Skipping step due to condition evaluation."
_TIMED_OUT = "The task has timed out."


def run_steps(job: JobContext) -> None:
    """Do the steps in order; the result is in `job.result`, their ends are noted for reporting."""
    for step in job.work.steps:
        _run_step(job, step)


def open_log(job: JobContext, identifier: str) -> StepLog:
    """The log of a step or of another part of the job."""
    request = job.request

    def write(text: str) -> None:
        job.server.write_log(request.run, request.node, identifier, text)

    log = StepLog(write, job.masker)
    log.debug_shown = (job.variables.get("System.Debug") or "").lower() == "true"
    return log


def _run_step(job: JobContext, step: Step) -> None:
    if job.cancellation.requested:
        job.result = Result.CANCELED
    variables = job.variables
    variables.set("Agent.JobStatus", job.result[0].upper() + job.result[1:])
    warnings = variables.recompute()
    name = neutralize(variables.expand(step.display_name or step.task))
    variables.set("Task.DisplayName", name)
    variables.recompute()
    shown = job.masker.mask_line(name)
    log = open_log(job, step.id)
    try:
        runs = condition_holds(step.condition, variables, job.result)
    except Exception as error:  # noqa: BLE001 - any fault of the expression fails this step only
        job.report(StepStarted(at=time.time(), node=job.request.node, step=step.id, name=shown))
        context = _context(job, step, log, {}, None)
        context.issue("error", f'the condition "{step.condition}" cannot be evaluated: {error}')
        _finish(context, shown, Result.FAILED, job.masker.mask_line(str(error)))
        return
    if not runs:
        log.line(_SKIPPING)
        log.flush()
        job.note(_ending(job, step, shown, Result.SKIPPED, "", log.lines))
        return
    job.report(StepStarted(at=time.time(), node=job.request.node, step=step.id, name=shown))
    log.section(f"Starting: {name}")
    for warning in warnings:
        log.warning(warning)
    context, outcome = _attempt(job, step, log)
    _finish(context, shown, outcome.result, job.masker.mask_line(outcome.message))


def _attempt(job: JobContext, step: Step, log: StepLog) -> tuple[StepContext, Outcome]:
    """Do a step, again while it fails and may be retried."""
    deadline = None if not step.timeout else time.monotonic() + step.timeout
    retry = 0
    while True:
        context, outcome = _do(job, step, log, deadline)
        again = outcome.result is Result.FAILED and retry < step.retries
        if not again or context.cancellation.requested:
            break
        if deadline is not None and time.monotonic() >= deadline:
            break
        pause = job.timing.retry_seconds(retry)
        retry += 1
        context.issue(
            "warning", f"{outcome.message} Retry {retry} of {step.retries} in {pause:g} seconds."
        )
        log.flush()
        with job.turn.waiting():
            stopped = _stop_of(job).wait(pause)
        if stopped:
            break
    if outcome.result is Result.FAILED and _is_true(job.variables.expand(step.continue_on_error)):
        outcome = Outcome(Result.SUCCEEDED_WITH_ISSUES, outcome.message)
    return context, outcome


def _do(
    job: JobContext, step: Step, log: StepLog, deadline: float | None
) -> tuple[StepContext, Outcome]:
    """One attempt of a step."""
    stop = Cancellation()
    parent = _stop_of(job)
    forget = parent.on_request(lambda: stop.request(parent.reason))
    context = _context(job, step, log, {}, deadline)
    context.cancellation = stop
    try:
        outcome = _run_task(context, job, step)
    finally:
        forget()
    state = context.state
    if parent.requested and not state.done:
        outcome = Outcome(Result.CANCELED, parent.reason or "The operation was canceled.")
    elif deadline is not None and time.monotonic() >= deadline and not state.done:
        outcome = failed(_TIMED_OUT)
    elif state.done:
        outcome = Outcome(state.result or Result.SUCCEEDED, state.message)
    elif state.result is not None:
        worst = merge(state.result, outcome.result)
        outcome = Outcome(worst, outcome.message or state.message)
    if outcome.message and outcome.result in (Result.FAILED, Result.CANCELED):
        context.issue("error", outcome.message)
    return context, outcome


def _run_task(context: StepContext, job: JobContext, step: Step) -> Outcome:
    try:
        task = tasks.find(step.task)
    except tasks.UnknownTask as error:
        return failed(f"{error} ({step.place})" if step.place else str(error))
    if step.target and step.target.lower() != "host":
        return failed(f'target "{step.target}": steps cannot run in containers yet')
    try:
        context.environment = {n: _expand(job, v) for n, v in step.env.items()}
        bad = [n for n, v in context.environment.items() if not n or "=" in n or "\0" in n + v]
        if bad:
            return failed(f'env "{bad[0]}" cannot be an environment variable')
        resolved = resolve_inputs(task, step.inputs)
        context.inputs = {n: _expand(job, v) for n, v in resolved.values.items()}
        context.restricted = step.restricted_commands or task.restricted
        context.settable = step.settable_variables
        if context.settable is None:
            context.settable = task.settable
        if task.has_header:
            _write_header(context.log, task)
        for unknown in resolved.unknown:
            context.issue("warning", _unknown_input(task, unknown))
        problems = input_problems(task, context.inputs)
        if problems:
            return failed("; ".join(problems))
        return task.run(context)
    except (ToolMissing, PatternRefused) as error:
        return failed(str(error))
    except OSError as error:
        return failed(f"the machine refused it: {error}")


def _expand(job: JobContext, text: str) -> str:
    """Macros of variables, then of the environment, each once, as the Azure agent has it."""
    if "$(" not in text:
        return text
    return expand_macros(job.variables.expand(text), job.environment.get)


def _finish(context: StepContext, name: str, result: Result, message: str) -> None:
    job, log = context.job, context.log
    log.section(f"Finishing: {name}")
    log.flush()
    if (
        result in (Result.FAILED, Result.SUCCEEDED_WITH_ISSUES)
        and job.result is not Result.CANCELED
    ):
        if result is Result.FAILED and job.result is not Result.FAILED:
            job.message = f"{name}: {message}" if message else name
        job.result = merge(job.result, result)
    job.note(_ending(job, context.step, name, result, message, log.lines))


def _ending(
    job: JobContext, step: Step, name: str, result: Result, message: str, lines: int
) -> StepFinished:
    return StepFinished(
        at=time.time(),
        node=job.request.node,
        step=step.id,
        name=name,
        result=result,
        message=message,
        lines=lines,
    )


def _context(
    job: JobContext,
    step: Step,
    log: StepLog,
    inputs: Mapping[str, str],
    deadline: float | None,
) -> StepContext:
    return StepContext(
        job=job,
        step=step,
        log=log,
        cancellation=job.cancellation,
        inputs=inputs,
        environment={},
        deadline=deadline,
        restricted=step.restricted_commands,
        settable=step.settable_variables,
        obey=obey_line,
    )


def _stop_of(job: JobContext) -> Cancellation:
    """What stops a step now: the wish to cancel the job or, after that, the end of its grace."""
    return job.deadline if job.result is Result.CANCELED else job.cancellation


def _is_true(text: str) -> bool:
    return text.strip().lower() == "true"


def _write_header(log: StepLog, task: Task) -> None:
    log.text(
        f"{_RULE}\n"
        f"Task         : {task.friendly_name}\n"
        f"Description  : {task.description}\n"
        f"Version      : {task.version or task.major}\n"
        "Author       : Penstock\n"
        f"{_RULE}"
    )


def _unknown_input(task: Task, name: str) -> str:
    from penstock.language.diagnostics import nearest

    spellings = [s for item in task.inputs for s in (*item.aliases, item.name)]
    guess = nearest(name, spellings)
    hint = f'; did you mean "{guess}"?' if guess else ""
    return f'{task.reference} has no input "{name}": it is not used{hint}'
