"""Checks of the numbers and words of a job's settings.

The schema of the service takes any text for most of them; here one that means nothing is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.language.pipeline import (
    DeploymentJob,
    Job,
    Matrix,
    Parallel,
    Pool,
    Step,
    Text,
    step_lists,
)
from penstock.language.source import Diagnostic, Severity
from penstock.language.templates.complaints.shapes import one_of

_WHOLE = re.compile(r"\s*[0-9]{1,9}\s*")
_CLEANABLE = ("outputs", "resources", "all")
_BOOLEANS = ("true", "false")
_MORE_BOOLEANS = ("yes", "no", "on", "off", "y", "n")
_MOST_RETRIES = 10
_LONGEST_CANCEL = 35790
_COMMANDS = ("any", "restricted")
_CHECKOUT_FLAGS = ("clean", "fetchTags", "lfs", "persistCredentials")
_AGENT_BOOLEANS = ("1", "$true", "0", "$false")
_SUBMODULES = ("true", "recursive", "false")
_BESIDE_POOL = (
    "workspace",
    "strategy",
    "container",
    "services",
    "steps",
    "variables",
    "condition",
    "dependsOn",
    "continueOnError",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
)
_IN_STRATEGY = ("matrix", "parallel", "maxParallel")


def check_settings(job: Job | DeploymentJob) -> Iterator[Diagnostic]:
    """The settings of a job and of its steps that mean nothing."""
    yield from _check_number("timeoutInMinutes", job.timeout_in_minutes)
    yield from _check_cancel_timeout(job.cancel_timeout_in_minutes)
    yield from check_word("workspace.clean", job.workspace_clean, _CLEANABLE)
    yield from check_word("continueOnError", job.continue_on_error, _BOOLEANS)
    if isinstance(job.strategy, Parallel):
        yield from _check_number("parallel", job.strategy.count)
        if job.strategy.count.value.strip() == "0":
            yield _no_effect("parallel", job.strategy.count, "write how many jobs it becomes")
    if isinstance(job.strategy, Parallel | Matrix):
        yield from _check_number("maxParallel", job.strategy.max_parallel)
    for steps in step_lists(job):
        for step in steps:
            yield from _check_number("timeoutInMinutes", step.timeout_in_minutes)
            yield from _check_retries(step.retry_count)
            yield from check_word("continueOnError", step.continue_on_error, _BOOLEANS)
            yield from check_word("enabled", step.enabled, _BOOLEANS, _MORE_BOOLEANS)
            if step.target is not None:
                yield from check_word("target.commands", step.target.commands, _COMMANDS)
            if step.keyword == "checkout":
                yield from _check_checkout_settings(step)


def check_pool(pool: Pool | None) -> Iterator[Diagnostic]:
    """Settings of a job that are indented into its pool, as once on the page of deployment jobs."""
    for name, value in pool.other.items() if pool else ():
        if name in _BESIDE_POOL or name in _IN_STRATEGY:
            place = 'under "strategy:", which stands' if name in _IN_STRATEGY else "indented less,"
            yield Diagnostic(
                code="PS2016",
                severity=Severity.WARNING,
                message=f'"{name}" belongs to a job, so it has no effect in its pool',
                span=value.span,
                help=f'write it {place} beside "pool:"',
            )


def _check_checkout_settings(step: Step) -> Iterator[Diagnostic]:
    """The agent takes its default for what it does not know (its GitSourceProvider)."""
    depth = step.inputs.get("fetchDepth")
    if depth and not is_open(depth) and not _WHOLE.fullmatch(depth.value):
        yield _no_effect("fetchDepth", depth, "write how many commits; 0 fetches all of them")
    for flag in _CHECKOUT_FLAGS:
        yield from check_word(flag, step.inputs.get(flag), _BOOLEANS, _AGENT_BOOLEANS)
    yield from check_word("submodules", step.inputs.get("submodules"), _SUBMODULES, _AGENT_BOOLEANS)


def _check_number(key: str, text: Text | None) -> Iterator[Diagnostic]:
    if text is None or is_open(text) or _WHOLE.fullmatch(text.value):
        return
    yield Diagnostic(
        code="PS2011",
        message=f'"{key}" takes a whole number, and there is "{text.value}"',
        span=text.span,
        help="write digits only",
    )


def _check_cancel_timeout(text: Text | None) -> Iterator[Diagnostic]:
    yield from _check_number("cancelTimeoutInMinutes", text)
    if text and _WHOLE.fullmatch(text.value) and not 1 <= int(text.value) <= _LONGEST_CANCEL:
        yield Diagnostic(
            code="PS2011",
            severity=Severity.WARNING,
            message=f'"cancelTimeoutInMinutes" is from 1 to {_LONGEST_CANCEL}, '
            f"and here is {text.value.strip()}",
            span=text.span,
            help="leave it out for 5 minutes",
        )


def _check_retries(text: Text | None) -> Iterator[Diagnostic]:
    yield from _check_number("retryCountOnTaskFailure", text)
    if text and _WHOLE.fullmatch(text.value) and int(text.value) > _MOST_RETRIES:
        yield Diagnostic(
            code="PS2011",
            severity=Severity.WARNING,
            message=f"the service tries a task again {_MOST_RETRIES} times at most, "
            f"and here is {text.value.strip()}",
            span=text.span,
            help=f"write a number from 0 to {_MOST_RETRIES}",
        )


def check_word(
    key: str, text: Text | None, words: tuple[str, ...], unsaid: tuple[str, ...] = ()
) -> Iterator[Diagnostic]:
    """A warning of a text that is not one of `words`; `unsaid` are taken as well."""
    if text is None or is_open(text):
        return
    if text.value.strip().lower() in map(str.lower, (*words, *unsaid)):
        return
    yield _no_effect(key, text, f"write {one_of(words)}")


def _no_effect(key: str, text: Text, help: str) -> Diagnostic:
    return Diagnostic(
        code="PS1103",
        severity=Severity.WARNING,
        message=f'"{text.value}" is not a value that "{key}" takes, so it has no effect',
        span=text.span,
        help=help,
    )


def is_open(name: Text) -> bool:
    """Whether a name is known only when the run has begun, or a template left it empty."""
    return "$" in name.value or not name.value
