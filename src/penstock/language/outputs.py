"""By which names the outputs of a stage or job can be read, as far as its YAML tells.

Azure Pipelines, Deployment jobs (Support for output variables) and Expressions (Dependencies):
`step.variable` of a job, after the leg of a matrix or the name of a deployment; from a stage the
job comes first.
"""

from __future__ import annotations

from collections.abc import Iterable

from penstock.language.casing import fold_case
from penstock.language.pipeline import (
    DeploymentJob,
    Job,
    Matrix,
    Parallel,
    RunOnce,
    Stage,
    Step,
    Text,
    step_lists,
)

_OF_THE_AGENT = ("AGENT", "JOBEXTENSION_INIT", "JOBEXTENSION_FINAL")


def no_such_output(producer: Stage | Job | DeploymentJob, name: str) -> tuple[str, str] | None:
    """Why the producer can have no output of this name, and what to write instead; None where it
    may have it."""
    if isinstance(producer, Stage):
        return _of_stage(producer, name)
    return _of_job(producer, name, "")


def _of_stage(stage: Stage, name: str) -> tuple[str, str] | None:
    first, _, rest = name.partition(".")
    job = _find(first, stage.jobs)
    if job is not None:
        return _of_job(job, rest, f"{first}.") if rest else _too_short(name, "JOB.STEP.VARIABLE")
    if any(not one.id.value for one in stage.jobs):
        return None
    message = f'stage "{stage.id.value}" has no job "{first}", so it never has this output'
    owner = next((one for one in stage.jobs if _has_step(one, first)), None)
    if owner is not None:
        return message, f"the name of the job comes first: outputs['{owner.id.value}.{name}']"
    return message, _listed(first, [one.id.value for one in stage.jobs], "its jobs are ")


def _find(name: str, jobs: Iterable[Job | DeploymentJob]) -> Job | DeploymentJob | None:
    folded = fold_case(name)
    return next((one for one in jobs if one.id.value and fold_case(one.id.value) == folded), None)


def _of_job(job: Job | DeploymentJob, name: str, lead: str) -> tuple[str, str] | None:
    if isinstance(job, DeploymentJob):
        return _of_deployment(job, name, lead)
    if isinstance(job.strategy, Matrix | Parallel):
        return _of_legs(job, job.strategy, name, lead)
    return _of_steps(job, name, lead)


def _of_legs(job: Job, strategy: Matrix | Parallel, name: str, lead: str) -> tuple[str, str] | None:
    first, _, rest = name.partition(".")
    if isinstance(strategy, Parallel):
        example, is_leg = "Job1", fold_case(first).startswith("JOB") and first[3:].isdigit()
    elif isinstance(strategy.legs, Text):
        example, is_leg = "LEG", not _has_step(job, first)
    elif not strategy.legs:
        return _of_steps(job, name, lead)
    else:
        example = next(iter(strategy.legs))
        is_leg = fold_case(first) in map(fold_case, strategy.legs)
    if is_leg:
        return (
            _of_steps(job, rest, f"{lead}{first}.") if rest else _too_short(name, "STEP.VARIABLE")
        )
    return (
        f'job "{job.id.value}" has several instances, and "{first}" is none of them',
        f"the name of an instance comes first: outputs['{lead}{example}.{_tail(job, name)}']",
    )


def _of_deployment(job: DeploymentJob, name: str, lead: str) -> tuple[str, str] | None:
    resource = job.environment.resource_name if job.environment else None
    own = job.id.value
    prefix = f"Deploy_{resource.value}" if resource else own
    first, _, rest = name.partition(".")
    if fold_case(name).startswith(fold_case(f"{prefix}.")):
        first, rest = prefix, name[len(prefix) + 1 :]
    if not isinstance(job.strategy, RunOnce):
        return _of_steps(job, rest, f"{lead}{first}.") if rest else None
    hooks = [hook.name for hook in job.strategy.hooks]
    if fold_case(first) == fold_case("deploy") and not resource and own:
        return (
            "on the service this is always empty: outputs of a deployment begin with its name, "
            'not with "deploy"',
            f"write outputs['{lead}{own}.{rest or 'STEP.VARIABLE'}']",
        )
    known = [own, "Deploy", *hooks]
    is_of_resource = fold_case(first).startswith("DEPLOY_")  # it may be one of many, by its type
    if is_of_resource or fold_case(first) in map(fold_case, known):
        return (
            _of_steps(job, rest, f"{lead}{first}.") if rest else _too_short(name, "STEP.VARIABLE")
        )
    return (
        f'the outputs of deployment "{own}" begin with "{prefix}", not with "{first}"',
        f"write outputs['{lead}{prefix}.{_tail(job, name)}']",
    )


def _of_steps(job: Job | DeploymentJob, name: str, lead: str) -> tuple[str, str] | None:
    first, _, rest = name.partition(".")
    if not rest:
        return _too_short(name, "STEP.VARIABLE")
    if _has_step(job, first):
        return None
    names = [s.name.value for steps in step_lists(job) for s in steps if s.name and s.name.value]
    help = _listed(first, names, "steps with a name are ") or (
        f'give the step that sets it a name: "name: {first}"'
    )
    return f'no step of job "{job.id.value}" has the name "{first}", so it never sets this', help


def _has_step(job: Job | DeploymentJob, name: str) -> bool:
    """Whether a step may set outputs under the name: its own, or one that the service makes up."""
    folded = fold_case(name)
    if folded in _OF_THE_AGENT or folded.startswith("__"):
        return True
    return any(_answers_to(step, folded) for steps in step_lists(job) for step in steps)


def _answers_to(step: Step, folded: str) -> bool:
    if step.name and step.name.value:
        return fold_case(step.name.value) == folded
    made_up = fold_case(step.task.value.partition("@")[0].rpartition(".")[2])
    return folded.rstrip("0123456789") == made_up.rstrip("0123456789")


def _tail(job: Job | DeploymentJob, name: str) -> str:
    """The step and variable of a name whose beginning is wrong."""
    first, _, rest = name.partition(".")
    if _has_step(job, first) and rest:
        return name
    return rest if "." in rest else "STEP.VARIABLE"


def _too_short(name: str, form: str) -> tuple[str, str]:
    return f'no output has the name "{name}"', f"the name of an output is {form}"


def _listed(word: str, names: list[str], lead: str) -> str:
    from penstock.language.diagnostics import nearest

    guess = nearest(word, names)
    if guess:
        return f'did you mean "{guess}"?'
    return lead + ", ".join(names) if names else ""
