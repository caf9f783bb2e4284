"""Checks of single jobs: what they and their steps refer to, and their strategies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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
from penstock.language.settings import check_pool, check_settings, check_word, is_open
from penstock.language.source import Diagnostic

MOST_LEGS = 256
_NUMBER = "-?[0-9]+"
_INLINE = "(git|github|githubenterprise|bitbucket)://"
_FETCHES = {"download": "pipeline", "downloadBuild": "build", "getPackage": "package"}
_ENVIRONMENT_RESOURCES = ("virtualMachine", "Kubernetes")
_TASK_VERSION = r"(\*|[0-9]+(\.(\*|[0-9]+(\.(\*|[0-9]+))?))?)(-test)?"


def check_jobs(pipeline: Pipeline, *, is_complete: bool = True) -> Iterator[Diagnostic]:
    """Everything that is wrong with single jobs.

    With `is_complete` false parts are missing because of other errors: then names that lead
    nowhere are not reported.
    """
    yield from check_pool(pipeline.pool)
    for stage in pipeline.stages:
        yield from check_pool(stage.pool)
        for job in stage.jobs:
            yield from check_pool(job.pool)
            yield from _check_strategy(job)
            yield from check_settings(job)
            if is_complete:
                yield from _check_references(job, pipeline.resources)


# --- what a job refers to


def _check_references(job: Job | DeploymentJob, resources: Resources) -> Iterator[Diagnostic]:
    if isinstance(job, DeploymentJob):
        yield from _check_environment(job)
    containers = [one.alias for one in resources.containers if one.alias]
    for container in (job.container, *job.services.values()):
        yield from _check_container(container, containers)
    for steps in step_lists(job):
        for step in steps:
            if step.keyword == "task":
                yield from _check_task(step, job)
            yield from _check_step(step, resources)
            yield from _check_target(step, containers)


def _check_container(container: Container | None, known: list[Text]) -> Iterator[Diagnostic]:
    """A text is the name of a resource, or else an image with a tag or digest."""
    if container is None or container.image is not None:
        return
    name = container.alias
    if name is None:
        if container.options or container.env or container.ports or container.volumes:
            yield Diagnostic(
                code="PS1104",
                message='this container needs "image"',
                span=container.span,
                help='add "image: NAME:TAG"',
            )
        return
    if is_open(name) or ":" in name.value or "@" in name.value or _has(known, name):
        return
    yield _no_container(name, known, f"for an image, write its tag too: {name.value}:latest")


def _check_environment(job: DeploymentJob) -> Iterator[Diagnostic]:
    environment = job.environment
    if environment is None or not environment.name.value.strip():
        subject = f'the deployment "{job.id.value}"' if job.id.value else "this deployment"
        yield Diagnostic(
            code="PS2015",
            message=f"{subject} names no environment",
            span=environment.span if environment else job.span,
            help='add "environment: NAME"; the first run makes it',
            service_text=f"Job {job.id.value}: Environment is required.",
        )
        return
    yield from check_word("resourceType", environment.resource_type, _ENVIRONMENT_RESOURCES)


def _check_target(step: Step, known: list[Text]) -> Iterator[Diagnostic]:
    name = step.target.container if step.target else None
    if name is None or name.value.lower() == "host" or is_open(name) or _has(known, name):
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


def _check_task(step: Step, job: Job | DeploymentJob) -> Iterator[Diagnostic]:
    """A task is `NAME@VERSION`; the versions are those that the SDK's TaskVersionSpec reads."""
    name, at, version = step.task.value.rpartition("@")
    if name and (version.isdecimal() or re.fullmatch(_TASK_VERSION, version, re.IGNORECASE)):
        return
    label = step.name.value if step.name else ""
    if at and name and version:
        message = f'"{version}" is not a version of a task'
        service = f"The value {version} is not a valid version specification"
    else:
        message = f'the task "{step.task.value}" does not say which version is meant'
        service = f"Job {job.id.value}: Step {label} has an invalid task definition reference. " + (
            "A valid task definition reference must specify either an ID or a name and a version "
            "specification with a major version specified."
        )
    yield Diagnostic(
        code="PS2014",
        message=message,
        span=step.task.span,
        help=f"write {name}@{version[1:]}"
        if re.fullmatch("[vV][0-9.]+", version)
        else "write NAME@VERSION with its major version: Bash@3",
        service_text=service,
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
        if name and not is_word and not is_open(name) and not _has(known, name):
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
    if name is None or name.value.lower() in ("self", "none", "") or is_open(name):
        return
    if re.match(_INLINE, name.value) or _has(known, name):
        return
    yield Diagnostic(
        code="PS2006",
        message=f'there is no repository "{name.value}" among the resources of this pipeline',
        span=name.span,
        label="not declared",
        help="a repository in full begins with git://, github:// or bitbucket://"
        if "://" in name.value
        else _guess(name, known)
        or f'declare it: resources, repositories, "- repository: {name.value}"',
        service_text=f"The checkout step references the repository '{name.value}' which is not "
        "defined by the pipeline",
    )


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
        case Matrix(legs=Text() as legs):
            yield from _check_legs(legs)
        case Matrix():
            yield from _check_matrix(strategy)
        case Parallel():
            yield from _check_slices(strategy.count)
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


def _check_legs(legs: Text) -> Iterator[Diagnostic]:
    """The legs of a matrix as a text: only an expression can give them."""
    if not is_open(legs):
        yield Diagnostic(
            code="PS1102",
            message=f'"matrix" takes a mapping of legs, and there is "{legs.value}"',
            span=legs.span,
            help='write the legs under it, each with its variables; or an expression, "$[ ... ]"',
            service_text=f"'{legs.value}' is not a valid expression. Expressions must be enclosed "
            "with '$[' and ']'.",
        )


def _check_slices(count: Text) -> Iterator[Diagnostic]:
    if re.fullmatch("[0-9]{1,9}", count.value.strip()) and int(count.value) > MOST_LEGS:
        yield Diagnostic(
            code="PS2009",
            message=f"this makes {int(count.value)} jobs, and there may be {MOST_LEGS}",
            span=count.span,
            help="make several jobs of it, or loop inside the job",
            service_text=f"The slicing expansion resulted in {int(count.value)} jobs which exceeds "
            f"the maximum allowable job count of {MOST_LEGS}.",
        )


def _check_rolling(most: Text | None) -> Iterator[Diagnostic]:
    """How many machines at a time: a number, or a share of them in per cent."""
    if most is None or is_open(most):
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
        if not is_open(one) and not re.fullmatch("[0-9]{1,2}|100", one.value.strip()):
            yield Diagnostic(
                code="PS2010",
                message=f'"increments" of a canary deployment takes no "{one.value}"',
                span=one.span,
                help="write shares in per cent without a sign, from 0 to 100: [10, 20]",
            )
