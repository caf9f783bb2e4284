"""Ways through a pipeline: the lists of steps of a job, of whatever kind it is."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.language.pipeline.records import DeploymentJob, Hook, Job, Step


def step_lists(job: Job | DeploymentJob) -> Iterator[tuple[Step, ...]]:
    """The steps of a job, or those of each hook of a deployment job."""
    if isinstance(job, Job):
        yield job.steps
        return
    for hook in hooks_of(job):
        yield hook.steps


def hooks_of(job: DeploymentJob) -> tuple[Hook, ...]:
    """The hooks a deployment job has, in the order in which they run."""
    return job.strategy.hooks if job.strategy is not None else ()
