"""Ways through a pipeline: the lists of steps of a job, of whatever kind it is."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.language.pipeline.records import DeploymentJob, Hook, Job, Step


def step_lists(job: Job | DeploymentJob) -> Iterator[tuple[Step, ...]]:
    """The steps of a job, or those of each hook of a deployment job."""
    if isinstance(job, Job):
        yield job.steps
        return
    for _, hook in hooks_of(job):
        yield hook.steps


def hooks_of(job: DeploymentJob) -> tuple[tuple[str, Hook], ...]:
    """The hooks a deployment job has, by their names in the YAML, in the order they run."""
    strategy = job.strategy
    if strategy is None:
        return ()
    hooks = (
        ("preDeploy", strategy.pre_deploy),
        ("deploy", strategy.deploy),
        ("routeTraffic", strategy.route_traffic),
        ("postRouteTraffic", strategy.post_route_traffic),
        ("success", strategy.on_success),
        ("failure", strategy.on_failure),
    )
    return tuple((name, hook) for name, hook in hooks if hook is not None)
