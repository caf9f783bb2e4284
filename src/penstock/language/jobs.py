"""Checks of single jobs: what they refer to, their strategies, and numbers and words of settings.

The schema of the service takes any text for most settings; here one that means nothing is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from penstock.language.casing import fold_case
from penstock.language.pipeline import (
    Canary,
    Container,
    DeploymentJob,
    Job,
    Matrix,
    Parallel,
    Pipeline,
    Resources,
    Rolling,
    Step,
    Text,
    step_lists,
)
from penstock.language.source import Diagnostic, Severity
from penstock.language.yaml import Scalar

MOST_LEGS = 256
_NUMBER = "-?[0-9]+"
_WHOLE = re.compile(r"\s*[0-9]{1,9}\s*")
_INLINE = "[a-z]+://"
_FETCHES = {"download": "pipeline", "downloadBuild": "build", "getPackage": "package"}
_CLEANABLE = ("outputs", "resources", "all")
_BOOLEANS = ("true", "false")
_MORE_BOOLEANS = ("yes", "no", "on", "off", "y", "n")
_MOST_RETRIES = 10
_REPOSITORY_TYPES = ("git", "github", "githubenterprise", "bitbucket")
_PACKAGE_TYPES = ("npm", "NuGet")
_CONTAINER_TYPES = ("ACR",)
_COMMANDS = ("any", "restricted")
_CHECKOUT_FLAGS = ("clean", "fetchTags", "lfs", "persistCredentials")
_AGENT_BOOLEANS = ("1", "$true", "0", "$false")
_SUBMODULES = ("true", "recursive", "false")


def check_jobs(pipeline: Pipeline, *, is_complete: bool = True) -> Iterator[Diagnostic]:
    """Everything that is wrong with single jobs.

    With `is_complete` false parts are missing because of other errors: then names that lead
    nowhere are not reported.
    """
    if is_complete:
        yield from _check_images(pipeline.resources)
        yield from _check_types(pipeline.resources)
    for stage in pipeline.stages:
        for job in stage.jobs:
            yield from _check_strategy(job)
            yield from _check_settings(job)
            if is_complete:
                yield from _check_references(job, pipeline.resources)


# --- what a job refers to


def _check_references(job: Job | DeploymentJob, resources: Resources) -> Iterator[Diagnostic]:
    containers = [one.alias for one in resources.containers if one.alias]
    for container in (job.container, *job.services.values()):
        yield from _check_container(container, containers)
    for steps in step_lists(job):
        for step in steps:
            yield from _check_step(step, resources)
            yield from _check_target(step, containers)


def _check_container(container: Container | None, known: list[Text]) -> Iterator[Diagnostic]:
    """A text is the name of a resource, or else an image with a tag or digest."""
    if container is None or container.image is not None:
        return
    name = container.alias
    if name is None:
        if container.options or container.env or container.ports or container.volumes:
            yield _no_image(container, "this container")
        return
    if _is_open(name) or ":" in name.value or "@" in name.value or _has(known, name):
        return
    yield _no_container(name, known, f"for an image, write its tag too: {name.value}:latest")


def _check_images(resources: Resources) -> Iterator[Diagnostic]:
    """A container has an image, or the registry of Azure that keeps it (`type: ACR`)."""
    for container in resources.containers:
        if container.image is None and "type" not in container.other:
            name = container.alias.value if container.alias else ""
            yield _no_image(container, f'the container "{name}"')


def _check_types(resources: Resources) -> Iterator[Diagnostic]:
    """The schema takes any text; the pages of the resources name the types there are."""
    for container in resources.containers:
        kind = container.other.get("type")
        if isinstance(kind, Scalar):
            yield from _check_type("container", Text(kind.value, kind.span), _CONTAINER_TYPES)
    for repository in resources.repositories:
        yield from _check_type("repository", repository.type, _REPOSITORY_TYPES)
    for package in resources.packages:
        yield from _check_type("package", package.type, _PACKAGE_TYPES)


def _check_type(kind: str, type: Text | None, known: tuple[str, ...]) -> Iterator[Diagnostic]:
    if type is None or _is_open(type) or type.value.lower() in map(str.lower, known):
        return
    yield Diagnostic(
        code="PS1103",
        severity=Severity.WARNING,
        message=f'there is no type "{type.value}" of a {kind} resource',
        span=type.span,
        help=f"write {_either(known)}",
    )


def _either(words: Sequence[str]) -> str:
    """The words as a choice: `a, b or c`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _no_image(container: Container, subject: str) -> Diagnostic:
    return Diagnostic(
        code="PS1104",
        message=f'{subject} needs "image"',
        span=container.span,
        help='add "image: NAME:TAG"; of a registry in Azure "type: ACR" and the names it needs',
    )


def _check_target(step: Step, known: list[Text]) -> Iterator[Diagnostic]:
    name = step.target.container if step.target else None
    if name is None or name.value.lower() == "host" or _is_open(name) or _has(known, name):
        return
    declare = 'write "host", or declare it: resources, containers, '
    yield _no_container(name, known, f'{declare}"- container: {name.value}"')


def _no_container(name: Text, known: list[Text], help: str) -> Diagnostic:
    return Diagnostic(
        code="PS2007",
        message=f'there is no container "{name.value}" among the resources of this pipeline',
        span=name.span,
        label="not declared",
        help=_guess(name, known) or help,
        service_text=f"A container resource with name {name.value} could not be found. The "
        "container resource does not exist. If you intended to specify an image, use NAME:TAG or "
        "NAME@DIGEST. For example, ubuntu:latest",
    )


def _check_step(step: Step, resources: Resources) -> Iterator[Diagnostic]:
    if step.keyword == "checkout":
        yield from _check_checkout(step, [one.alias for one in resources.repositories])
    elif step.keyword in _FETCHES:
        kind = _FETCHES[step.keyword]
        known = {
            "pipeline": [one.alias for one in resources.pipelines],
            "build": [one.alias for one in resources.builds],
            "package": [one.alias for one in resources.packages],
        }[kind]
        name = step.inputs.get("alias" if kind == "pipeline" else step.keyword)
        is_word = kind == "pipeline" and name and name.value.lower() in ("current", "none")
        if name and not is_word and not _is_open(name) and not _has(known, name):
            yield Diagnostic(
                code="PS2008",
                message=f'there is no {kind} "{name.value}" among the resources of this pipeline',
                span=name.span,
                label="not declared",
                help=_guess(name, known)
                or f'declare it: resources, {kind}s, "- {kind}: {name.value}"',
            )


def _check_checkout(step: Step, known: list[Text]) -> Iterator[Diagnostic]:
    name = step.inputs.get("repository")
    if name is None or name.value.lower() in ("self", "none", "") or _is_open(name):
        return
    if re.match(_INLINE, name.value) or _has(known, name):
        return
    yield Diagnostic(
        code="PS2006",
        message=f'there is no repository "{name.value}" among the resources of this pipeline',
        span=name.span,
        label="not declared",
        help=_guess(name, known)
        or f'declare it: resources, repositories, "- repository: {name.value}"',
        service_text=f"The checkout step references the repository '{name.value}' which is not "
        "defined by the pipeline",
    )


def _is_open(name: Text) -> bool:
    """Whether a name is known only when the run has begun, or a template left it empty."""
    return "$" in name.value or not name.value


def _has(known: Iterable[Text], name: Text) -> bool:
    return fold_case(name.value) in {fold_case(one.value) for one in known}


def _guess(name: Text, known: Iterable[Text]) -> str:
    from penstock.language.diagnostics import nearest

    close = nearest(name.value, [one.value for one in known])
    return f'did you mean "{close}"?' if close else ""


# --- strategies


def _check_strategy(job: Job | DeploymentJob) -> Iterator[Diagnostic]:
    strategy = job.strategy
    match strategy:
        case Matrix():
            yield from _check_matrix(strategy)
        case Rolling():
            yield from _check_rolling(strategy.max_parallel)
        case Canary():
            yield from _check_increments(strategy.increments)


def _check_matrix(matrix: Matrix) -> Iterator[Diagnostic]:
    """Names of legs are free: the documentation allows letters, digits and underscores, and the
    service runs open pipelines whose legs have hyphens and blanks (h5py, uno)."""
    count = len(matrix.names)
    if count > MOST_LEGS:
        yield Diagnostic(
            code="PS2009",
            message=f"the matrix has {count} legs, and there may be {MOST_LEGS}",
            span=matrix.span,
            help="make several jobs of it, or loop inside the job",
            service_text=f"The matrix expansion resulted in {count} jobs which exceeds the "
            f"maximum allowable job count of {MOST_LEGS}.",
        )


def _check_rolling(most: Text | None) -> Iterator[Diagnostic]:
    """How many machines at a time: a number, or a share of them in per cent."""
    if most is None or _is_open(most):
        return
    text = most.value.strip()
    number, is_share = text.removesuffix("%"), text.endswith("%")
    service = None
    if not re.fullmatch(_NUMBER, number):
        service = f"{text} is not supported as rolling option."
    elif is_share and not 1 <= int(number[:9]) <= 100:
        service = "Percentage rolling value should be with in 1 to 100."
    elif not is_share and int(number[:9]) < 1:
        service = "Absolute rolling value should be greater than zero."
    if service is not None:
        yield Diagnostic(
            code="PS2010",
            message=f'"maxParallel" of a rolling deployment takes no "{text}"',
            span=most.span,
            help="write how many machines at a time, from 1, or a share of them from 1% to 100%",
            service_text=service,
        )


def _check_increments(increments: tuple[Text, ...]) -> Iterator[Diagnostic]:
    for one in increments:
        if not _is_open(one) and not re.fullmatch("[0-9]{1,2}|100", one.value.strip()):
            yield Diagnostic(
                code="PS2010",
                message=f'"increments" of a canary deployment takes no "{one.value}"',
                span=one.span,
                help="write shares in per cent without a sign, from 0 to 100: [10, 20]",
            )


# --- settings


def _check_settings(job: Job | DeploymentJob) -> Iterator[Diagnostic]:
    yield from _check_number("timeoutInMinutes", job.timeout_in_minutes)
    yield from _check_number("cancelTimeoutInMinutes", job.cancel_timeout_in_minutes)
    yield from _check_word("workspace.clean", job.workspace_clean, _CLEANABLE)
    yield from _check_word("continueOnError", job.continue_on_error, _BOOLEANS)
    if isinstance(job.strategy, Parallel):
        yield from _check_number("parallel", job.strategy.count)
    if isinstance(job.strategy, Parallel | Matrix):
        yield from _check_number("maxParallel", job.strategy.max_parallel)
    for steps in step_lists(job):
        for step in steps:
            yield from _check_number("timeoutInMinutes", step.timeout_in_minutes)
            yield from _check_retries(step.retry_count)
            yield from _check_word("continueOnError", step.continue_on_error, _BOOLEANS)
            yield from _check_word("enabled", step.enabled, _BOOLEANS, _MORE_BOOLEANS)
            if step.target is not None:
                yield from _check_word("target.commands", step.target.commands, _COMMANDS)
            if step.keyword == "checkout":
                yield from _check_checkout_settings(step)


def _check_checkout_settings(step: Step) -> Iterator[Diagnostic]:
    """The agent takes its default for what it does not know (its GitSourceProvider)."""
    depth = step.inputs.get("fetchDepth")
    if depth and not _is_open(depth) and not _WHOLE.fullmatch(depth.value):
        yield _no_effect("fetchDepth", depth, "write how many commits; 0 fetches all of them")
    for flag in _CHECKOUT_FLAGS:
        yield from _check_word(flag, step.inputs.get(flag), _BOOLEANS, _AGENT_BOOLEANS)
    yield from _check_word(
        "submodules", step.inputs.get("submodules"), _SUBMODULES, _AGENT_BOOLEANS
    )


def _check_number(key: str, text: Text | None) -> Iterator[Diagnostic]:
    if text is None or _is_open(text) or _WHOLE.fullmatch(text.value):
        return
    yield Diagnostic(
        code="PS2011",
        message=f'"{key}" takes a whole number, and there is "{text.value}"',
        span=text.span,
        help="write digits only",
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


def _check_word(
    key: str, text: Text | None, words: tuple[str, ...], unsaid: tuple[str, ...] = ()
) -> Iterator[Diagnostic]:
    """`unsaid` are words that are taken as well."""
    if text is None or _is_open(text) or text.value.strip().lower() in (*words, *unsaid):
        return
    yield _no_effect(key, text, "write " + _either([f'"{word}"' for word in words]))


def _no_effect(key: str, text: Text, help: str) -> Diagnostic:
    return Diagnostic(
        code="PS1103",
        severity=Severity.WARNING,
        message=f'"{text.value}" is not a value that "{key}" takes, so it has no effect',
        span=text.span,
        help=help,
    )
