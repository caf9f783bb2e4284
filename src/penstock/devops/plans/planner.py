"""An expanded pipeline as a plan: stages and jobs as engine nodes.

Collects everything the run would miss, so that it can be said at once before anything starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import assert_never

from penstock.devops.outside import unwatched
from penstock.devops.plans.gates import plan_checkpoint
from penstock.devops.plans.hooks import plan_deployment
from penstock.devops.plans.legs import plan_legs, plan_runtime_matrix
from penstock.devops.plans.planning import (
    Deployment,
    Planning,
    Surroundings,
    declared_variables,
    facts_as_variables,
    known_values,
    leaf,
    refuse_containers,
)
from penstock.devops.plans.repository_variables import repository_variables
from penstock.devops.plans.steps import minutes, whole
from penstock.devops.plans.work import plan_work
from penstock.engine.plan import Node, Plan
from penstock.engine.requests import DEFAULT_CONDITION, Variable
from penstock.language import pipeline as model
from penstock.language.source import Diagnostic, Related
from penstock.records import record

JOB_MINUTES = 60
CANCEL_MINUTES = 5
_PLACES = 4
_PUBLISHING = ("publish", "upload")
_REFUSALS = ("PS2112", "PS2113")


@record
class Planned:
    """A plan, or what is wrong; `deployments` are kept as the environments' history.

    `problems` are by stage, those of the whole pipeline by "". `refused` are the jobs that this
    version cannot run.
    """

    plan: Plan
    deployments: tuple[Deployment, ...] = ()
    problems: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All problems, in the order of the file; the same problem of several places once."""
        return _each_once([problem for stage in self.problems.values() for problem in stage])


def plan_pipeline(pipeline: model.Pipeline, surroundings: Surroundings) -> Planned:
    """The plan of every stage and job of the pipeline, in the order they are written."""
    planning = Planning(pipeline, surroundings)
    planning.publishes = any(
        step.keyword in _PUBLISHING or "publish" in step.task.value.casefold()
        for stage in pipeline.stages
        for job in stage.jobs
        for steps in model.step_lists(job)
        for step in steps
    )
    root = (
        *surroundings.variables,
        *repository_variables(pipeline, surroundings),
        *declared_variables(planning, pipeline.variables),
    )
    planning.problems += unwatched(pipeline.resources)
    problems = {"": tuple(planning.problems)}
    previous: str | None = None
    for position, stage in enumerate(pipeline.stages, 1):
        before = len(planning.problems)
        previous = _plan_stage(planning, stage, position, previous, root)
        problems[previous] = tuple(planning.problems[before:])
    return Planned(
        plan=Plan(nodes=tuple(planning.nodes), variables=root),
        deployments=tuple(planning.deployments),
        problems=problems,
        refused=tuple(planning.refused),
    )


def _each_once(problems: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """What is said of several places in the same words is said at the first, naming the others."""
    found: dict[tuple[str, str, str | None], list[Diagnostic]] = {}
    for problem in problems:
        found.setdefault((problem.code, problem.message, problem.help), []).append(problem)
    return tuple(_of_all_places(same) for same in found.values())


def _of_all_places(same: Sequence[Diagnostic]) -> Diagnostic:
    first = same[0]
    places = dict.fromkeys(each.span for each in same[1:] if each.span and each.span != first.span)
    if not places:
        return first
    shown = [Related(span, "also here") for span in list(places)[:_PLACES]]
    if len(places) > _PLACES:
        rest = len(places) - _PLACES
        more = f"also here, and in {rest} more place{'s' if rest > 1 else ''}"
        shown[-1] = Related(shown[-1].span, more)
    return replace(first, related=(*first.related, *shown))


def _plan_stage(
    planning: Planning,
    stage: model.Stage,
    position: int,
    previous: str | None,
    root: tuple[Variable, ...],
) -> str:
    key = stage.id.value or f"Stage{position}"
    if stage.depends_on is None:
        depends_on: tuple[str, ...] = (previous,) if previous else ()
    else:
        depends_on = tuple(_canonical(planning, name.value) for name in stage.depends_on)
    display = stage.display_name.value if stage.display_name else key
    facts = facts_as_variables({"System.StageName": key, "System.StageDisplayName": display})
    variables = (*facts, *declared_variables(planning, stage.variables))
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
    first = len(planning.nodes)
    for name, job in zip(names, stage.jobs, strict=True):
        _plan_job(planning, stage, key, name, names, job, (*root, *variables))
    protection = planning.surroundings.protection
    if protection is not None:
        gate = plan_checkpoint(planning, protection, stage, key, planning.nodes[first:])
        planning.nodes[first:first] = [gate] if gate is not None else []
    return key


def _canonical(planning: Planning, name: str) -> str:
    wanted = name.casefold()
    return next(
        (s.id.value for s in planning.pipeline.stages if s.id.value.casefold() == wanted), name
    )


def _plan_job(
    planning: Planning,
    stage: model.Stage,
    stage_key: str,
    name: str,
    names: list[str],
    job: model.Job | model.DeploymentJob,
    outer: tuple[Variable, ...],
) -> None:
    known = known_values((*outer, *declared_variables(planning, job.variables, quiet=True)))
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
        variables=(*facts_as_variables(facts), *declared_variables(planning, job.variables)),
        timeout=minutes(job.timeout_in_minutes, JOB_MINUTES, "timeoutInMinutes", problems),
        cancel_timeout=minutes(
            job.cancel_timeout_in_minutes, CANCEL_MINUTES, "cancelTimeoutInMinutes", problems
        )
        or 60.0 * CANCEL_MINUTES,
        continue_on_error=job.continue_on_error.value if job.continue_on_error else "false",
    )
    pool = job.pool or stage.pool or planning.pipeline.pool
    first = len(problems)
    if isinstance(job, model.DeploymentJob):
        plan_deployment(planning, node, job, pool, known)
    else:
        _plan_ordinary(planning, node, job, pool, known)
    if any(one.code in _REFUSALS for one in problems[first:]):
        planning.refused.append(node.id)


def _plan_ordinary(
    planning: Planning,
    node: Node,
    job: model.Job,
    pool: model.Pool | None,
    known: Mapping[str, str],
) -> None:
    refuse_containers(planning, job)
    work = plan_work(
        planning,
        job.steps,
        pool,
        known,
        job=job.id.value,
        implicit_checkout=True,
        clean=job.workspace_clean,
    )
    match job.strategy:
        case None:
            planning.nodes.append(leaf(node, work, node.key, node.display_name))
        case model.Parallel(count=count):
            total = whole(count, 1, "parallel", planning.problems)
            if total < 2:  # as on the service, whose library makes no slices then
                planning.nodes.append(leaf(node, work, node.key, node.display_name))
                return
            legs: dict[str, dict[str, str]] = {f"Job{n}": {} for n in range(1, total + 1)}
            plan_legs(planning, node, work, legs, None, numbered=True)
        case model.Matrix(legs=legs_by_name, max_parallel=limit):
            if isinstance(legs_by_name, model.Text):
                plan_runtime_matrix(planning, node, work, legs_by_name, limit)
                return
            texts = {
                leg: {name: text.value for name, text in values.items()}
                for leg, values in legs_by_name.items()
            }
            if texts:
                plan_legs(planning, node, work, texts, limit)
            else:
                planning.nodes.append(leaf(node, work, node.key, node.display_name))
        case _:
            assert_never(job.strategy)


def _condition(text: model.Text | None) -> str:
    return text.value if text is not None and text.value.strip() else DEFAULT_CONDITION
