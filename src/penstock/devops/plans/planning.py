"""What all parts of planning share: the surroundings, what was planned, parts of every job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from penstock.devops.library import Library, VariableGroup
from penstock.devops.plans.catalog import TaskCatalog
from penstock.devops.protecting.protection import Protection
from penstock.engine.plan import Node
from penstock.engine.requests import Repository, StepsWork, Variable
from penstock.language import pipeline as model
from penstock.language.diagnostics import nearest
from penstock.language.predefined import is_predefined
from penstock.language.source import Diagnostic
from penstock.records import record


@record
class Surroundings:
    """What a plan needs beside the pipeline. `variables` are the predefined and queue-time ones,
    weakest first; `repositories` are keyed by alias in lower case, `self` among them, and so are
    their ids on a server. With `protection`, stages that use protected resources, or wait for a
    person, get a checkpoint."""

    library: Library
    catalog: TaskCatalog
    repositories: Mapping[str, Repository]
    repository_ids: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    definition_key: str = ""
    protection: Protection | None = None


@record
class Deployment:
    """A deployment job of the plan and the environment it deploys to."""

    node: str
    environment: str
    resource: str = ""


@record(kw_only=False, frozen=False)
class Planning:
    """A plan in the making."""

    pipeline: model.Pipeline
    surroundings: Surroundings
    nodes: list[Node] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    publishes: bool = False


ALONE = {"System.JobPositionInPhase": "1", "System.TotalJobsInPhase": "1"}
"""What a job that is no instance of several knows of its place."""


def leaf(node: Node, work: StepsWork, name: str, display: str) -> Node:
    """The node as a leaf that does `work`, knowing its own names."""
    facts = {
        **ALONE,
        "System.JobName": name,
        "System.JobDisplayName": display,
        "System.JobIdentifier": node.id.replace("/", ".") + ".__default",
    }
    return replace(node, work=work, variables=(*facts_as_variables(facts), *node.variables))


def refuse_containers(planning: Planning, job: model.Job | model.DeploymentJob) -> None:
    """Report a container or services of a job: this version runs jobs on the machine itself."""
    if job.container is not None:
        planning.problems.append(unsupported(job, "a container job"))
    if job.services:
        planning.problems.append(unsupported(job, "service containers"))


def unsupported(job: model.Job | model.DeploymentJob, what: str) -> Diagnostic:
    """That a job needs something this version cannot do."""
    return Diagnostic(
        code="PS2112",
        message=f'job "{job.id.value}": {what} cannot be run by this version',
        span=job.span,
        label="not supported yet",
        help="`penstock run --skip-stage` leaves out the stage that needs it",
    )


def declared_variables(
    planning: Planning,
    declared: tuple[model.VariableValue | model.VariableGroup, ...],
    *,
    quiet: bool = False,
) -> tuple[Variable, ...]:
    """Declared variables with those of their groups in place; a missing group is reported once
    (`quiet` asks again without a report). Predefined ones keep their values, so they are not there.
    """
    found: list[Variable] = []
    for item in declared:
        if isinstance(item, model.VariableValue):
            found.append(
                Variable(name=item.name.value, value=item.value.value, readonly=item.readonly)
            )
            continue
        group = planning.surroundings.library.group(item.name.value)
        if group is None:
            if not quiet:
                planning.problems.append(_missing_group(planning, item))
            continue
        found += [Variable(name=n, value=v) for n, v in group.variables.items()]
        found += [_group_secret(planning, item, group, name, quiet) for name in group.secrets]
    return tuple(variable for variable in found if not is_predefined(variable.name))


def _missing_group(planning: Planning, item: model.VariableGroup) -> Diagnostic:
    name = item.name.value
    guess = nearest(name, list(planning.surroundings.library.groups))
    return Diagnostic(
        code="PS2123",
        message=f'variable group "{name}" is not in the library',
        span=item.name.span,
        label="group not found",
        help=(f'did you mean "{guess}"? Or ' if guess else "")
        + f"write .penstock/variable-groups/{name}.yml with `variables:`, or give each value: "
        f"--variable-group {name}:NAME=VALUE",
        service_text=f"Variable group {name} was not found or is not authorized for use.",
    )


def known_values(variables: tuple[Variable, ...]) -> Mapping[str, str]:
    """The values that macros may show before the run, names in lower case."""
    return {v.name.casefold(): v.value for v in variables if not v.secret}


def facts_as_variables(values: Mapping[str, str]) -> tuple[Variable, ...]:
    """Predefined values as read-only variables."""
    return tuple(Variable(name=n, value=v, readonly=True) for n, v in values.items())


def _group_secret(
    planning: Planning, item: model.VariableGroup, group: VariableGroup, name: str, quiet: bool
) -> Variable:
    value = planning.surroundings.library.secret(group, name)
    if value is None and not quiet:
        planning.problems.append(
            Diagnostic(
                code="PS2124",
                message=f'secret "{name}" of variable group "{item.name.value}" has no value',
                span=item.name.span,
                label="group with a secret",
                help=f"penstock secrets set {name}, or set the environment variable {name} and add "
                f"--secret {name}",
            )
        )
    return Variable(name=name, value=value or "", secret=True)
