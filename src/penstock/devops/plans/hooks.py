"""Deployment jobs: the hooks of a strategy as nodes, and what the environment's history keeps."""

from __future__ import annotations

from collections.abc import Mapping
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


def plan_deployment(
    planning: Planning,
    node: Node,
    job: model.DeploymentJob,
    pool: model.Pool | None,
    known: Mapping[str, str],
) -> None:
    """Add the deployment as a group of its hooks; outputs answer to the job's name too.

    Only `runOnce` is planned: its hooks run in order, then `on.success` or `on.failure` (Azure
    Pipelines, "Deployment jobs").
    """
    refuse_containers(planning, job)
    if not isinstance(job.strategy, model.RunOnce):
        kind = type(job.strategy).__name__.lower()
        what = (
            f'deployment strategy "{kind}"' if job.strategy else "a deployment without a strategy"
        )
        planning.problems.append(unsupported(job, what))
        return
    target = job.environment
    environment = expand(target.name.value, known) if target else ""
    resource = target.resource_name.value if target and target.resource_name else ""
    planning.nodes.append(_group(node, environment, resource))
    planning.deployments.append(
        Deployment(node=node.id, environment=environment, resource=resource)
    )
    previous: tuple[str, ...] = ()
    for hook in model.hooks_of(job):
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
        hook_node = _hook(node, hook.name, previous)
        planning.nodes.append(leaf(hook_node, work, node.key, node.display_name))
        if not hook.name.startswith("on."):
            previous = (*previous, hook_node.id)


def _group(node: Node, environment: str, resource: str) -> Node:
    facts = {
        "Environment.Name": environment,
        "Environment.ResourceName": resource,
        "Strategy.Name": "runOnce",
    }
    return replace(
        node,
        kind="deployment",
        variables=(*node.variables, *facts_as_variables(facts)),
        timeout=None,
        output_aliases=((node.key, "deploy"), ("Deploy", "deploy")),
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
