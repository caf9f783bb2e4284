"""An expanded pipeline as a plan: stages, jobs, matrix legs and deployment hooks as engine nodes.

Collects everything the run would miss, so that it can be said at once before anything starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.devops.catalog import TaskCatalog
from penstock.devops.images import choose_image
from penstock.devops.library import Library
from penstock.devops.macros import expand
from penstock.devops.steps import minutes, plan_step, whole
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import Endpoint, Repository, Step, StepsWork, Variable
from penstock.language import pipeline as model
from penstock.language.diagnostics import nearest
from penstock.language.source import Diagnostic, Severity

JOB_MINUTES = 60
CANCEL_MINUTES = 5
_PUBLISHING = ("publish", "upload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a plan needs beside the pipeline. `variables` are the predefined and queue-time ones,
    weakest first; `repositories` are keyed by alias in lower case, `self` among them."""

    library: Library
    catalog: TaskCatalog
    repositories: Mapping[str, Repository]
    variables: tuple[Variable, ...] = ()
    definition_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment job of the plan and the environment it deploys to."""

    node: str
    environment: str
    resource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, or what is wrong; `deployments` are kept as the environments' history."""

    plan: Plan
    deployments: tuple[Deployment, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class _Planning:
    pipeline: model.Pipeline
    surroundings: Surroundings
    nodes: list[Node] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    publishes: bool = False


def plan_pipeline(pipeline: model.Pipeline, surroundings: Surroundings) -> Planned:
    """The plan of every stage and job of the pipeline, in the order they are written."""
    planning = _Planning(pipeline, surroundings)
    planning.publishes = any(
        step.keyword in _PUBLISHING or "publish" in step.task.value.casefold()
        for stage in pipeline.stages
        for job in stage.jobs
        for step in _steps_of(job)
    )
    root = (*surroundings.variables, *_variables(planning, pipeline.variables))
    previous: str | None = None
    for position, stage in enumerate(pipeline.stages, 1):
        previous = _plan_stage(planning, stage, position, previous, root)
    return Planned(
        plan=Plan(nodes=tuple(planning.nodes), variables=root),
        deployments=tuple(planning.deployments),
        diagnostics=tuple(planning.problems),
    )


def _steps_of(job: model.Job | model.DeploymentJob) -> tuple[model.Step, ...]:
    if isinstance(job, model.Job):
        return job.steps
    return tuple(step for _, hook in _hooks(job) for step in hook.steps)


def _plan_stage(
    planning: _Planning,
    stage: model.Stage,
    position: int,
    previous: str | None,
    root: tuple[Variable, ...],
) -> str:
    key = stage.id.value or f"Stage{position}"
    if stage.depends_on is None:
        depends_on = (previous,) if previous else ()
    else:
        depends_on = tuple(_canonical(planning, name.value) for name in stage.depends_on)
    display = stage.display_name.value if stage.display_name else key
    facts = _facts({"System.StageName": key, "System.StageDisplayName": display})
    variables = (*facts, *_variables(planning, stage.variables))
    planning.nodes.append(
        Node(
            id=key,
            key=key,
            kind="stage",
            display_name=display,
            depends_on=depends_on,
            condition=_condition(stage.condition),
            variables=variables,
        )
    )
    names = [job.id.value or f"Job{number}" for number, job in enumerate(stage.jobs, 1)]
    for name, job in zip(names, stage.jobs, strict=True):
        _plan_job(planning, stage, key, name, names, job, (*root, *variables))
    return key


def _canonical(planning: _Planning, name: str) -> str:
    wanted = name.casefold()
    return next(
        (s.id.value for s in planning.pipeline.stages if s.id.value.casefold() == wanted), name
    )


def _plan_job(
    planning: _Planning,
    stage: model.Stage,
    stage_key: str,
    name: str,
    names: list[str],
    job: model.Job | model.DeploymentJob,
    outer: tuple[Variable, ...],
) -> None:
    known = _known((*outer, *_variables(planning, job.variables, quiet=True)))
    display = job.display_name.value if job.display_name else name
    by_name = {other.casefold(): other for other in names}
    depends_on = tuple(
        f"{stage_key}/{by_name.get(d.value.casefold(), d.value)}" for d in job.depends_on or ()
    )
    problems = planning.problems
    facts = {
        "System.PhaseName": name,
        "System.PhaseDisplayName": display,
        "System.PhaseAttempt": "1",
        "System.JobAttempt": "1",
        "System.StageAttempt": "1",
    }
    node = Node(
        id=f"{stage_key}/{name}",
        key=name,
        kind="job",
        display_name=display,
        parent=stage_key,
        depends_on=depends_on,
        condition=_condition(job.condition),
        variables=(*_facts(facts), *_variables(planning, job.variables)),
        timeout=minutes(job.timeout_in_minutes, JOB_MINUTES, "timeoutInMinutes", problems),
        cancel_timeout=minutes(
            job.cancel_timeout_in_minutes, CANCEL_MINUTES, "cancelTimeoutInMinutes", problems
        )
        or 60.0 * CANCEL_MINUTES,
        continue_on_error=job.continue_on_error.value if job.continue_on_error else "false",
    )
    pool = job.pool or stage.pool or planning.pipeline.pool
    if isinstance(job, model.DeploymentJob):
        _plan_deployment(planning, node, job, pool, known)
    else:
        _plan_ordinary(planning, node, job, pool, known)


def _plan_ordinary(
    planning: _Planning,
    node: Node,
    job: model.Job,
    pool: model.Pool | None,
    known: Mapping[str, str],
) -> None:
    _refuse_containers(planning, job)
    work = _work(
        planning, job.steps, pool, known, implicit_checkout=True, clean=job.workspace_clean
    )
    match job.strategy:
        case None:
            planning.nodes.append(_leaf(node, work, node.key, node.display_name))
        case model.Parallel(count=count):
            total = max(1, whole(count, 1, "parallel", planning.problems))
            legs: dict[str, dict[str, str]] = {
                f"Job{n}": {
                    "System.JobPositionInPhase": str(n),
                    "System.TotalJobsInPhase": str(total),
                    "System.ParallelExecutionType": "MultiMachine",
                }
                for n in range(1, total + 1)
            }
            _plan_legs(planning, node, work, legs, None, numbered=True)
        case model.Matrix(legs=model.Text() as text, max_parallel=limit):
            _plan_runtime_matrix(planning, node, work, text, limit)
        case model.Matrix(legs=legs_by_name, max_parallel=limit):
            texts = {
                leg: {name: text.value for name, text in values.items()}
                for leg, values in legs_by_name.items()
            }
            if texts:
                _plan_legs(planning, node, work, texts, limit)
            else:
                planning.nodes.append(_leaf(node, work, node.key, node.display_name))


def _plan_legs(
    planning: _Planning,
    node: Node,
    work: StepsWork,
    legs: Mapping[str, Mapping[str, str]],
    limit: model.Text | None,
    *,
    numbered: bool = False,
) -> None:
    from dataclasses import replace

    at_once = whole(limit, 0, "maxParallel", planning.problems) or None
    planning.nodes.append(replace(node, max_parallel=at_once, timeout=None))
    planning.nodes.extend(
        matrix_leg(
            node, work, leg, values, display=f"{node.display_name} {position if numbered else leg}"
        )
        for position, (leg, values) in enumerate(legs.items(), 1)
    )


def matrix_leg(
    node: Node, work: StepsWork, leg: str, values: Mapping[str, str], *, display: str
) -> Node:
    """One instance of a job with a matrix; the leg's variables win over all others."""
    facts = {
        "System.JobName": leg,
        "System.JobDisplayName": display,
        "System.JobIdentifier": f"{node.id.replace('/', '.')}.{leg}",
    }
    return Node(
        id=f"{node.id}/{leg}",
        key=leg,
        kind="job",
        display_name=display,
        parent=node.id,
        variables=(*_facts(facts), *(Variable(name=n, value=v) for n, v in values.items())),
        work=work,
        timeout=node.timeout,
        cancel_timeout=node.cancel_timeout,
    )


def _plan_runtime_matrix(
    planning: _Planning, node: Node, work: StepsWork, text: model.Text, limit: model.Text | None
) -> None:
    from dataclasses import replace

    at_once = whole(limit, 0, "maxParallel", planning.problems) or None
    planning.nodes.append(
        replace(node, work=work, expands=True, expansion=text.value, max_parallel=at_once)
    )


def _leaf(node: Node, work: StepsWork, name: str, display: str) -> Node:
    from dataclasses import replace

    facts = {
        "System.JobName": name,
        "System.JobDisplayName": display,
        "System.JobIdentifier": node.id.replace("/", ".") + ".__default",
    }
    return replace(node, work=work, variables=(*_facts(facts), *node.variables))


def _plan_deployment(
    planning: _Planning,
    node: Node,
    job: model.DeploymentJob,
    pool: model.Pool | None,
    known: Mapping[str, str],
) -> None:
    from dataclasses import replace

    _refuse_containers(planning, job)
    if not isinstance(job.strategy, model.RunOnce):
        planning.problems.append(
            _unsupported(job, f'deployment strategy "{type(job.strategy).__name__.lower()}"')
        )
        return
    environment = expand(job.environment.name.value, known) if job.environment else ""
    resource = (
        job.environment.resource_name.value
        if job.environment and job.environment.resource_name
        else ""
    )
    facts = {
        "Environment.Name": environment,
        "Environment.ResourceName": resource,
        "Strategy.Name": "runOnce",
    }
    group = replace(
        node, kind="deployment", variables=(*node.variables, *_facts(facts)), timeout=None
    )
    planning.nodes.append(group)
    planning.deployments.append(
        Deployment(node=node.id, environment=environment, resource=resource)
    )
    previous: tuple[str, ...] = ()
    for hook_name, hook in _hooks(job):
        steps_pool = hook.pool or pool
        work = _work(
            planning,
            hook.steps,
            steps_pool,
            known,
            implicit_checkout=False,
            clean=job.workspace_clean,
            download=hook_name == "deploy",
        )
        identifier = f"{node.id}/{hook_name}"
        condition, depends_on = "succeeded()", previous
        if hook_name == "on.failure":
            condition = "failed()"
        if not hook_name.startswith("on."):
            previous = (*previous, identifier)
        leaf = Node(
            id=identifier,
            key=hook_name,
            kind="hook",
            display_name=node.display_name if hook_name == "deploy" else hook_name,
            parent=node.id,
            depends_on=depends_on,
            condition=condition,
            variables=_facts({"Strategy.CycleName": "Iteration"}),
            timeout=node.timeout,
            cancel_timeout=node.cancel_timeout,
        )
        planning.nodes.append(_leaf(leaf, work, node.key, node.display_name))


def _hooks(job: model.DeploymentJob) -> list[tuple[str, model.Hook]]:
    strategy = job.strategy
    if strategy is None:
        return []
    named = [
        ("preDeploy", strategy.pre_deploy),
        ("deploy", strategy.deploy),
        ("routeTraffic", strategy.route_traffic),
        ("postRouteTraffic", strategy.post_route_traffic),
        ("on.success", strategy.on_success),
        ("on.failure", strategy.on_failure),
    ]
    return [(name, hook) for name, hook in named if hook is not None]


def _work(
    planning: _Planning,
    steps: tuple[model.Step, ...],
    pool: model.Pool | None,
    known: Mapping[str, str],
    *,
    implicit_checkout: bool,
    clean: model.Text | None,
    download: bool = False,
) -> StepsWork:
    surroundings = planning.surroundings
    if pool is not None and pool.name is not None and pool.name.value.casefold() == "server":
        planning.problems.append(
            Diagnostic(
                code="PS2113",
                message="agentless jobs (`pool: server`) are not supported yet",
                span=pool.name.span,
                label="runs on the server",
                help="`penstock run --skip-stage` leaves out the stage that needs it",
            )
        )
    image = expand(pool.vm_image.value, known) if pool and pool.vm_image else ""
    choice = choose_image(image, surroundings.library.images)
    requested: list[Step] = []
    endpoints: dict[str, Endpoint] = {}
    if implicit_checkout and not any(step.keyword == "checkout" for step in steps):
        requested.append(_checkout_self(len(requested) + 1))
    if download and planning.publishes and not any(s.keyword == "download" for s in steps):
        requested.append(_download_current(len(requested) + 1))
    for step in steps:
        planned = plan_step(
            step,
            f"step{len(requested) + 1}",
            catalog=surroundings.catalog,
            library=surroundings.library,
            variables=known,
        )
        planning.problems += planned.diagnostics
        endpoints |= {e.id: e for e in planned.endpoints}
        if planned.step is not None:
            requested.append(planned.step)
            _check_repository(planning, step)
    notes = [choice.note] if choice.note else []
    notes += [
        f'connection "{e.name}" stands for the local workspace'
        for e in endpoints.values()
        if e.scheme == "PenstockLocal"
    ]
    return StepsWork(
        steps=tuple(requested),
        repositories=tuple(surroundings.repositories.values()),
        endpoints=tuple(endpoints.values()),
        pool=pool.name.value if pool and pool.name else "default",
        image=choice.target,
        definition_key=surroundings.definition_key,
        clean=clean.value if clean else "",
        notes=tuple(notes),
    )


CHECKOUT_TASK = "6d15af64-176c-496d-b583-fd2ae21d4df4@1"
DOWNLOAD_TASK = "30f35852-3f7e-4c0c-9a88-e127b4f97211@1"


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


def _check_repository(planning: _Planning, step: model.Step) -> None:
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


def _refuse_containers(planning: _Planning, job: model.Job | model.DeploymentJob) -> None:
    if job.container is not None:
        planning.problems.append(_unsupported(job, "a container job"))
    if job.services:
        planning.problems.append(_unsupported(job, "service containers"))


def _unsupported(job: model.Job | model.DeploymentJob, what: str) -> Diagnostic:
    return Diagnostic(
        code="PS2112",
        message=f'job "{job.id.value}": {what} cannot be run by this version',
        span=job.span,
        label="not supported yet",
        help="`penstock run --skip-stage` leaves out the stage that needs it",
    )


def _variables(
    planning: _Planning,
    declared: tuple[model.VariableValue | model.VariableGroup, ...],
    *,
    quiet: bool = False,
) -> tuple[Variable, ...]:
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
        found += [Variable(name=n, value="", secret=True) for n in group.secrets]
    return tuple(found)


def _missing_group(planning: _Planning, item: model.VariableGroup) -> Diagnostic:
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


def _known(variables: tuple[Variable, ...]) -> Mapping[str, str]:
    return {v.name.casefold(): v.value for v in variables if not v.secret}


def _facts(values: Mapping[str, str]) -> tuple[Variable, ...]:
    return tuple(Variable(name=n, value=v, readonly=True) for n, v in values.items())


def _condition(text: model.Text | None) -> str:
    return text.value if text is not None and text.value.strip() else "succeeded()"


def notes_of(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The diagnostics that only inform."""
    return tuple(d for d in diagnostics if d.severity is Severity.NOTE)
