"""The checkpoint of a stage: a gate in the plan, wherever the stage uses what the project protects.

A stage that uses nothing protected and waits for nobody has none, and costs nothing. What holds is
found out when the stage is reached (`protecting/checkpoints.py`), as on the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.devops.library import DeploymentEnvironment
from penstock.devops.plans.planning import Deployment, Planning
from penstock.devops.protecting.protection import Protection
from penstock.devops.resources import ResourceType
from penstock.engine.plan import Node
from penstock.engine.requests import (
    CheckWork,
    ExtendedTemplate,
    RequiredCheck,
    StepsWork,
    UsedResource,
)
from penstock.language import pipeline as model
from penstock.language import yaml
from penstock.language.templates.desugaring import CHECKOUT_TASK

CHECKPOINT = "checkpoint"
# No job can be called so.
_KEY = "@Checkpoint"
_DEFAULT_REF = "refs/heads/main"


def plan_checkpoint(
    planning: Planning, protection: Protection, stage: model.Stage, key: str, nodes: Iterable[Node]
) -> Node | None:
    """The gate of a stage whose `nodes` are planned, or None where it needs none."""
    nodes = tuple(nodes)
    deployments = [d for d in planning.deployments if d.node.split("/")[0] == key]
    used = dict.fromkeys(_used(planning, protection, stage, nodes, deployments))
    manual = stage.trigger is not None and stage.trigger.value.strip().casefold() == "manual"
    if not used and not manual:
        return None
    lock = stage.lock_behavior or planning.pipeline.lock_behavior
    work = CheckWork(
        project=protection.project,
        pipeline=protection.pipeline,
        stage=key,
        resources=tuple(used),
        required=tuple(_required(planning, deployments)),
        manual=manual,
        lock=lock.value if lock else "runLatest",
        branches=tuple(dict.fromkeys(_branches(planning.pipeline, protection))),
        extends=extended_template(planning.pipeline, protection),
        requester=protection.requester.id,
        requester_name=protection.requester.name,
    )
    return Node(
        id=f"{key}/{_KEY}",
        key=_KEY,
        kind=CHECKPOINT,
        display_name="Checkpoint",
        parent=key,
        condition="always()",
        work=work,
        gate=True,
    )


def _used(
    planning: Planning,
    protection: Protection,
    stage: model.Stage,
    nodes: Iterable[Node],
    deployments: Iterable[Deployment],
) -> Iterator[UsedResource]:
    library = planning.surroundings.library
    for name in _group_names(planning.pipeline, stage):
        group = library.group(name)
        if group is not None and group.id:
            yield _resource(ResourceType.VARIABLE_GROUP, group.id, group.name)
    for node in nodes:
        if not isinstance(node.work, StepsWork):
            continue
        for endpoint in node.work.endpoints:
            connection = library.connection(endpoint.id)
            if connection is not None and connection.id:
                yield _resource(ResourceType.ENDPOINT, connection.id, endpoint.name)
        for step in node.work.steps:
            for input, value in step.inputs.items():
                file = library.secure_file(value) if input.casefold() == "securefile" else None
                if file is not None and file.id:
                    yield _resource(ResourceType.SECURE_FILE, file.id, file.name)
                if step.task == CHECKOUT_TASK and input.casefold() == "repository":
                    yield from _found(protection, ResourceType.REPOSITORY, value)
        yield from _found(protection, ResourceType.QUEUE, node.work.pool)
    for deployment in deployments:
        if deployment.environment:
            environment = library.environment(deployment.environment)
            id = environment.id if environment is not None else ""
            yield _resource(ResourceType.ENVIRONMENT, id, deployment.environment)


def _found(protection: Protection, type: ResourceType, name: str) -> Iterator[UsedResource]:
    found = protection.find(type, name)
    if found is not None:
        yield _resource(type, found.id, found.name or name)


def _resource(type: ResourceType, id: str, name: str) -> UsedResource:
    return UsedResource(type=type.value, id=id, name=name)


def _group_names(pipeline: model.Pipeline, stage: model.Stage) -> Iterator[str]:
    declared = (
        *pipeline.variables,
        *stage.variables,
        *(v for j in stage.jobs for v in j.variables),
    )
    for one in declared:
        if isinstance(one, model.VariableGroup):
            yield one.name.value


def _required(planning: Planning, deployments: Iterable[Deployment]) -> Iterator[RequiredCheck]:
    """What files of the commit say of the environments that the stage deploys to."""
    for name in dict.fromkeys(d.environment for d in deployments):
        environment = planning.surroundings.library.environment(name)
        if environment is not None and _is_protected(environment):
            yield RequiredCheck(
                resource=_resource(ResourceType.ENVIRONMENT, environment.id, name),
                approvers=environment.approvers,
                minimum=environment.minimum,
                instructions=environment.instructions,
                branches=environment.branches,
                exclusive=environment.exclusive,
            )


def _is_protected(environment: DeploymentEnvironment) -> bool:
    return bool(environment.approvers or environment.branches or environment.exclusive)


def _branches(pipeline: model.Pipeline, protection: Protection) -> Iterator[str]:
    """The refs of all sources of a run, which branch control looks at."""
    yield protection.branch
    for repository in pipeline.resources.repositories:
        yield _true_ref(repository, protection)


def _true_ref(repository: model.RepositoryResource, protection: Protection) -> str:
    """The ref that a repository is really read at: the run may have been given another."""
    chosen = protection.chosen.get(repository.alias.value.casefold())
    return chosen or full_ref(repository.ref)


def full_ref(text: model.Text | None) -> str:
    """The full name of the ref of a repository resource; that of `main` where it has none."""
    ref = text.value.strip() if text else ""
    if not ref:
        return _DEFAULT_REF
    return ref if ref.startswith("refs/") else f"refs/heads/{ref}"


def extended_template(pipeline: model.Pipeline, protection: Protection) -> ExtendedTemplate | None:
    """The template that the pipeline's own file extends; None where that is not written out."""
    root = yaml.parse(pipeline.source).root
    extends = root.get("extends") if isinstance(root, yaml.Mapping) else None
    text = extends.get("template") if isinstance(extends, yaml.Mapping) else None
    if not isinstance(text, yaml.Scalar) or "${{" in text.value:
        return None
    path, _, alias = text.value.strip().partition("@")
    alias = alias.strip().casefold()
    if alias in ("", "self"):
        return ExtendedTemplate(
            type="git", repository=protection.repository, ref=protection.branch, path=path.strip()
        )
    for repository in pipeline.resources.repositories:
        if repository.alias.value.casefold() == alias:
            return ExtendedTemplate(
                type=repository.type.value if repository.type else "git",
                repository=repository.name.value if repository.name else "",
                ref=_true_ref(repository, protection),
                path=path.strip(),
            )
    return None
