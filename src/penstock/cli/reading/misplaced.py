"""Tasks that cannot run where their job does: on an agent, or on the server without one.

Of the tasks that the service publishes this is known; what an extension brings may run anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.devops.plans.published_tasks import is_published
from penstock.language import pipeline as model
from penstock.language.source import Diagnostic

_OF_SERVER = frozenset(
    (
        "azurefunction",
        "azuremonitor",
        "azurepolicycheckgate",
        "delay",
        "invokerestapi",
        "manualintervention",
        "manualvalidation",
        "publishtoazureservicebus",
        "queryworkitems",
    )
)
"""The published tasks that run on the server only, by "Runs on" on their pages."""

_WITHOUT_AGENT = ("checkout", "download")  # `none` of them does nothing, so it does no harm


def is_on_server(pool: model.Pool | None) -> bool | None:
    """Whether the jobs of a pool have no agent, `pool: server`; None where only a run can tell."""
    name = pool.name.value if pool is not None and pool.name is not None else ""
    return None if "$" in name else name.casefold() == "server"


def steps_and_places(
    pipeline: model.Pipeline, stage: model.Stage, job: model.Job | model.DeploymentJob
) -> Iterator[tuple[model.Step, bool | None]]:
    """The steps of a job, and whether each runs on the server; a hook may have its own pool."""
    pool = job.pool or stage.pool or pipeline.pool
    if isinstance(job, model.Job):
        places = [(job.steps, pool)]
    else:
        places = [(hook.steps, hook.pool or pool) for hook in model.hooks_of(job)]
    for steps, where in places:
        for step in steps:
            yield step, is_on_server(where)


def misplaced(step: model.Step, on_server: bool | None, job: str) -> Diagnostic | None:
    """What is said of a step that the service refuses to run there; None of all others."""
    if on_server is None:
        return None
    name, _, version = step.task.value.strip().partition("@")
    for_server = name.lower() in _OF_SERVER
    if for_server == on_server or (on_server and not _needs_agent(step)):
        return None
    shown = f'"{name}"' if step.keyword == "task" else f'"{step.keyword}"'
    label = step.name.value if step.name else ""
    return Diagnostic(
        code="PS2129",
        message=f"{shown} needs an agent, and this job runs on the server"
        if on_server
        else f"{shown} runs on the server only, and this job has an agent",
        span=step.task.span if step.keyword == "task" else step.span,
        help='move it to a job of its own, without "pool: server"'
        if on_server
        else 'move it to a job of its own, with "pool: server"',
        service_text=f"Job {job}: Step {label} references task '{name}' at version '{version}' "
        "which is not valid for the given job target.",
    )


def _needs_agent(step: model.Step) -> bool:
    if step.keyword == "task":
        return is_published(step.task.value.strip())
    name = step.inputs.get("repository") or step.inputs.get("alias")
    is_none = name is not None and name.value.lower() == "none"
    return not (step.keyword in _WITHOUT_AGENT and is_none)
