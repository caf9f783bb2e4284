"""Deployment jobs: the hooks of a strategy as nodes, and what the environment's history keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from penstock.devops.plans.macros import expand
from penstock.devops.plans.planning import (
    Deployment,
    Planning,
    facts_as_variables,
    leaf,
    refuse_containers,
    unsupported,
)
from penstock.devops.plans.work import plan_work
from penstock.engine.plan import Node
from penstock.engine.requests import DEFAULT_CONDITION
from penstock.language import pipeline as model
from penstock.language.source import Diagnostic, Severity

_NAMES = {model.Rolling: "rolling", model.Canary: "canary"}
_REPEATED = ("deploy", "routeTraffic", "postRouteTraffic")


def plan_deployment(
    planning: Planning,
    node: Node,
    job: model.DeploymentJob,
    pool: model.Pool | None,
    known: Mapping[str, str],
) -> None:
    """Add the deployment as a group of its hooks; outputs answer to the job's name too.

    Hooks run in order, those of `canary` once for each increment, then `on.success` or
    `on.failure` (Azure Pipelines, "Deployment jobs"). Only `runOnce` can be run by this version.
    """
    refuse_containers(planning, job)
    if not isinstance(job.strategy, model.RunOnce):
        kind = type(job.strategy).__name__.lower()
        what = (
            f'deployment strategy "{kind}"' if job.strategy else "a deployment without a strategy"
        )
        planning.problems.append(unsupported(job, what))
    target = job.environment
    environment = expand(target.name.value, known) if target else ""
    resource = target.resource_name.value if target and target.resource_name else ""
    if target is not None and (resource or target.resource_type is not None):
        planning.problems.append(_unknown_resource(job, target, environment, resource))
    planning.nodes.append(
        _group(node, environment, resource, _NAMES.get(type(job.strategy), "runOnce"))
    )
    planning.deployments.append(
        Deployment(node=node.id, environment=environment, resource=resource)
    )
    previous: tuple[str, ...] = ()
    for key, hook in _phases(job):
        work = plan_work(
            planning,
            hook.steps,
            hook.pool or pool,
            known,
            job=job.id.value,
            implicit_checkout=False,
            clean=job.workspace_clean,
            download=hook.name == "deploy",
        )
        hook_node = _hook(node, key, previous)
        planning.nodes.append(leaf(hook_node, work, node.key, node.display_name))
        if not hook.name.startswith("on."):
            previous = (*previous, hook_node.id)


def _phases(job: model.DeploymentJob) -> Iterator[tuple[str, model.Hook]]:
    """The hooks in the order in which they run, each with its key."""
    hooks = model.hooks_of(job)
    if not isinstance(job.strategy, model.Canary):
        yield from ((hook.name, hook) for hook in hooks)
        return
    repeated = [hook for hook in hooks if hook.name in _REPEATED]
    yield from ((hook.name, hook) for hook in hooks if hook.name == "preDeploy")
    for increment in dict.fromkeys(text.value for text in job.strategy.increments):
        yield from ((f"{hook.name}_{increment}", hook) for hook in repeated)
    yield from ((hook.name, hook) for hook in hooks if hook.name.startswith("on."))


def _unknown_resource(
    job: model.DeploymentJob, target: model.Environment, environment: str, resource: str
) -> Diagnostic:
    what = f'the resource "{resource}"' if resource else "resources"
    return Diagnostic(
        code="PS2133",
        severity=Severity.WARNING,
        message=f'{what} of environment "{environment}" cannot be looked for: the deployment runs '
        "on an agent of this machine",
        span=(target.resource_name or target.resource_type or target.name).span,
        help="on the service it must be in the environment, or the run is refused"
        if resource
        else "on the service it runs for each that fits",
        service_text=f"Job {job.id.value}: Resource {resource} does not exist in environment "
        f"{environment}."
        if resource
        else None,
    )


def _group(node: Node, environment: str, resource: str, strategy: str) -> Node:
    facts = {
        "Environment.Name": environment,
        "Environment.ResourceName": resource,
        "Strategy.Name": strategy,
    }
    names = (node.key, "Deploy", *([f"Deploy_{resource}"] if resource else ()))
    return replace(
        node,
        kind="deployment",
        variables=(*node.variables, *facts_as_variables(facts)),
        timeout=None,
        output_aliases=tuple((name, "deploy") for name in names),
    )


def _hook(node: Node, name: str, depends_on: tuple[str, ...]) -> Node:
    return Node(
        id=f"{node.id}/{name}",
        key=name,
        kind="hook",
        display_name=node.display_name if name == "deploy" else name,
        parent=node.id,
        depends_on=depends_on,
        condition="failed()" if name == "on.failure" else DEFAULT_CONDITION,
        variables=facts_as_variables({"Strategy.CycleName": "Iteration"}),
        timeout=node.timeout,
        cancel_timeout=node.cancel_timeout,
    )
