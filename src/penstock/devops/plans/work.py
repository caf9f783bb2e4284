"""The steps of one job as the agent's work: checkout, downloads, connections, the image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from penstock.devops.library import LOCAL_SCHEME
from penstock.devops.plans.images import choose_image
from penstock.devops.plans.macros import expand
from penstock.devops.plans.planning import Planning
from penstock.devops.plans.steps import plan_step
from penstock.devops.resources import OWN
from penstock.engine.requests import Endpoint, SecureFileSource, Step, StepsWork
from penstock.language import pipeline as model
from penstock.language.diagnostics import nearest
from penstock.language.source import Diagnostic
from penstock.language.templates.desugaring import CHECKOUT_TASK, DOWNLOAD_TASK


def plan_work(
    planning: Planning,
    steps: tuple[model.Step, ...],
    pool: model.Pool | None,
    known: Mapping[str, str],
    *,
    job: str,
    implicit_checkout: bool,
    clean: model.Text | None,
    download: bool = False,
) -> StepsWork:
    """What the agent is asked to do for the steps of a job, known by its id, or of a hook of it.

    `known` holds variables that macros may show now, names in lower case. A job without a checkout
    step checks out `self`, unless it has no agent; a deployment hook does not, but downloads
    the run's artifacts.
    """
    surroundings = planning.surroundings
    _check_pool(planning, pool)
    image = expand(pool.vm_image.value, known) if pool and pool.vm_image else ""
    choice = choose_image(image, surroundings.library.images)
    keywords = {step.keyword for step in steps}
    requested: list[Step] = []
    endpoints: dict[str, Endpoint] = {}
    secure_files: list[SecureFileSource] = []
    if implicit_checkout and "checkout" not in keywords and not _is_agentless(pool):
        requested.append(_checkout_self(len(requested) + 1))
    if download and planning.publishes and "download" not in keywords:
        requested.append(_download_current(len(requested) + 1))
    for step in steps:
        planned = plan_step(
            step,
            f"step{len(requested) + 1}",
            catalog=surroundings.catalog,
            library=surroundings.library,
            variables=known,
        )
        planning.problems += (_of_job(problem, job) for problem in planned.diagnostics)
        endpoints |= {e.id: e for e in planned.endpoints}
        if planned.step is not None:
            requested.append(planned.step)
            _check_repository(planning, step)
            secure_files += _secure_files(planning, step, job)
    return StepsWork(
        steps=tuple(requested),
        repositories=tuple(surroundings.repositories.values()),
        endpoints=tuple(endpoints.values()),
        secure_files=tuple(dict.fromkeys(secure_files)),
        pool=pool.name.value if pool and pool.name else "default",
        image=choice.target,
        definition_key=surroundings.definition_key,
        clean=clean.value if clean else "",
        notes=(*([choice.note] if choice.note else ()), *_notes(endpoints.values())),
    )


def _is_agentless(pool: model.Pool | None) -> bool:
    return pool is not None and pool.name is not None and pool.name.value.casefold() == "server"


def _check_pool(planning: Planning, pool: model.Pool | None) -> None:
    if pool is None or pool.name is None or not _is_agentless(pool):
        return
    planning.problems.append(
        Diagnostic(
            code="PS2113",
            message="agentless jobs (`pool: server`) are not supported yet",
            span=pool.name.span,
            label="runs on the server",
            help="`penstock run --skip-stage` leaves out the stage that needs it",
        )
    )


def _notes(endpoints: Iterable[Endpoint]) -> Iterator[str]:
    """What the log of the job says of its connections."""
    for endpoint in endpoints:
        if endpoint.scheme == LOCAL_SCHEME:
            yield f'connection "{endpoint.name}" stands for the local workspace'


def _of_job(problem: Diagnostic, job: str) -> Diagnostic:
    """The service's words about a step begin with its job."""
    said = problem.service_text
    if said is None or not said.startswith("Step "):
        return problem
    return replace(problem, service_text=f"Job {job}: {said}")


def _checkout_self(number: int) -> Step:
    return Step(
        id=f"step{number}",
        task=CHECKOUT_TASK,
        inputs={"repository": "self"},
        display_name="Checkout self",
    )


def _download_current(number: int) -> Step:
    return Step(
        id=f"step{number}",
        task=DOWNLOAD_TASK,
        inputs={"alias": "current"},
        display_name="Download artifacts",
    )


def _secure_files(planning: Planning, step: model.Step, job: str) -> list[SecureFileSource]:
    """The secure files that a step names, where the library has them."""
    found = []
    surroundings = planning.surroundings
    for name, text in step.inputs.items():
        if name.casefold() != "securefile" or not text.value.strip():
            continue
        file = surroundings.library.secure_file(text.value.strip())
        project = surroundings.protection.project if surroundings.protection else OWN
        if file is None:
            title = step.name.value if step.name else step.task.value
            place = f"Job {job}: Step {title} input {name}"
            planning.problems.append(_missing_file(planning, text, place))
        elif file.id:
            found.append(SecureFileSource(name=file.name, uri=f"securefile:{project}/{file.id}"))
        else:
            found.append(SecureFileSource(name=file.name, path=file.origin))
    return found


def _missing_file(planning: Planning, text: model.Text, place: str) -> Diagnostic:
    guess = nearest(text.value, list(planning.surroundings.library.secure_files))
    return Diagnostic(
        code="PS2126",
        message=f'secure file "{text.value}" is not in the library',
        span=text.span,
        label="file not found",
        help=(f'did you mean "{guess}"? Or ' if guess else "")
        + f"put it at .penstock/secure-files/{text.value}, where the repository is yours alone",
        service_text=f"{place} references secure file {text.value} which could not be found. The "
        "secure file does not exist or has not been authorized for use.",
    )


def _check_repository(planning: Planning, step: model.Step) -> None:
    repository = step.inputs.get("repository")
    if step.keyword != "checkout" or repository is None:
        return
    name = repository.value.casefold()
    known = planning.surroundings.repositories
    if name in ("none", "") or name in known:
        return
    guess = nearest(repository.value, list(known))
    planning.problems.append(
        Diagnostic(
            code="PS2122",
            message=f'repository "{repository.value}" is not on this machine',
            span=repository.span,
            label="to be checked out",
            help=f'did you mean "{guess}"?'
            if guess
            else f"give its folder: --local-repository {repository.value}=DIR",
        )
    )
