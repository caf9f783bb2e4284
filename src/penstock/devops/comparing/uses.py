"""What a pipeline needs from outside its YAML: the things a reviewer has to trust.

Secrets, variables, groups, service connections, environments, tasks, secure files, and templates of
other repositories. It looks at texts; what scripts do with them is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from penstock.devops.comparing.parts import is_checkout
from penstock.language import pipeline as model
from penstock.language.casing import fold_case
from penstock.language.source import Source, Span
from penstock.records import record

_MACRO = re.compile(r"\$\(([A-Za-z_][\w.\- ]*)\)")
_INDEX = re.compile(r"\bvariables\s*(?:\[\s*'([^']+)'\s*\]|\.\s*([A-Za-z_][\w\-]*))", re.IGNORECASE)
_SET = re.compile(r"##vso\[task\.setvariable[^\]]*variable=([^;\]]+)", re.IGNORECASE)
_PREDEFINED = (
    "agent.", "build.", "checks.", "common.", "environment.", "octopus.", "pipeline.", "release.",
    "resources.", "strategy.", "system.", "tf_build",
)  # fmt: skip
_TOKEN = "system.accesstoken"
_SHELL_INPUTS = ("script", "inlinescript", "arguments", "scriptarguments", "inline")
_CONNECTIONS = frozenset(
    (
        "azureresourcemanagerconnection", "azuresubscription", "azuresubscriptionendpoint",
        "connectedservicename", "connectedservicenamearm", "containerregistry",
        "dockerregistryendpoint", "dockerregistryserviceconnection", "kubernetesserviceendpoint",
        "kubernetesserviceconnection", "nugetserviceconnections", "pythonuploadserviceconnection",
        "serviceconnection", "serviceendpoint", "sonarqube", "sshendpoint",
    )
)  # fmt: skip

Connections = Callable[[str], Collection[str]]
"""The inputs of a task, in lower case, that name a service connection."""


KINDS = (
    "secret",
    "variable",
    "variable group",
    "service connection",
    "secure file",
    "environment",
    "task",
    "template",
)
"""The kinds of things, those first that a reviewer must not miss."""


@record(kw_only=False)
class Use:
    """One thing that is used, and where first. `kind` is one of `KINDS`."""

    kind: str
    name: str
    span: Span


def pipeline_uses(
    pipeline: model.Pipeline,
    files: Iterable[Source],
    *,
    secrets: Collection[str] = (),
    connections: Connections = lambda task: (),
) -> tuple[Use, ...]:
    """All that a pipeline uses, each once. `files` are all that it was read from; `secrets` are the
    names of secret variables that are known."""
    known = _Known(secrets, connections, frozenset(map(fold_case, _own_names(pipeline))))
    found: dict[tuple[str, str], Use] = {}
    for use in (*_of_pipeline(pipeline, known), *_templates(files)):
        found.setdefault((use.kind, fold_case(use.name)), use)
    return tuple(sorted(found.values(), key=lambda use: KINDS.index(use.kind)))


def new_uses(before: Iterable[Use], after: Iterable[Use]) -> tuple[Use, ...]:
    """What is used after and was not before."""
    known = {(use.kind, fold_case(use.name)) for use in before}
    return tuple(use for use in after if (use.kind, fold_case(use.name)) not in known)


class _Known:
    """What tells the names apart."""

    def __init__(
        self, secrets: Collection[str], connections: Connections, own: frozenset[str]
    ) -> None:
        self.secrets = frozenset(map(fold_case, secrets))
        self.connections = connections
        self.own = own

    def variables(self, text: model.Text | None, *, is_shell: bool = False) -> Iterator[Use]:
        """The outside variables of a text. In a shell's text `$(name)` may be a command, so only
        names of known secrets count there."""
        if text is None:
            return
        indexed = (first or second for first, second in _INDEX.findall(text.value))
        for name in (*_MACRO.findall(text.value), *indexed):
            kind = self.kind(name)
            if kind and (kind == "secret" or not is_shell):
                yield Use(kind, name, text.span)

    def kind(self, name: str) -> str | None:
        folded = fold_case(name)
        if folded in self.secrets or name.lower() == _TOKEN:
            return "secret"
        is_own = folded in self.own or folded.partition(".")[0] in self.own
        return None if is_own or name.lower().startswith(_PREDEFINED) else "variable"


def _own_names(pipeline: model.Pipeline) -> Iterator[str]:
    """Names of variables that the pipeline itself gives a value, and of steps with outputs."""
    for one in _all_variables(pipeline):
        if isinstance(one, model.VariableValue):
            yield one.name.value
    for _, job in _jobs(pipeline):
        strategy = job.strategy
        if isinstance(strategy, model.Matrix) and isinstance(strategy.legs, Mapping):
            for leg in strategy.legs.values():
                yield from leg
    for step in _steps(pipeline):
        if step.name:
            yield step.name.value
        for text in step.inputs.values():
            yield from _SET.findall(text.value)


def _all_variables(
    pipeline: model.Pipeline,
) -> Iterator[model.VariableValue | model.VariableGroup]:
    yield from pipeline.variables
    for stage in pipeline.stages:
        yield from stage.variables
        for job in stage.jobs:
            yield from job.variables


def _jobs(
    pipeline: model.Pipeline,
) -> Iterator[tuple[model.Stage, model.Job | model.DeploymentJob]]:
    for stage in pipeline.stages:
        for job in stage.jobs:
            yield stage, job


def _steps(pipeline: model.Pipeline) -> Iterator[model.Step]:
    for _, job in _jobs(pipeline):
        for steps in model.step_lists(job):
            yield from steps


def _of_pipeline(pipeline: model.Pipeline, known: _Known) -> Iterator[Use]:
    for one in _all_variables(pipeline):
        if isinstance(one, model.VariableGroup):
            yield Use("variable group", one.name.value, one.name.span)
        else:
            yield from known.variables(one.value)
    for repository in pipeline.resources.repositories:
        yield from _named("service connection", repository.endpoint)
    for container in pipeline.resources.containers:
        yield from _named("service connection", container.endpoint)
    for outside in pipeline.resources.outside:
        yield from _named("service connection", outside.connection)
    for stage in pipeline.stages:
        yield from known.variables(stage.condition)
    for _, job in _jobs(pipeline):
        yield from _of_job(job, known)
    for step in _steps(pipeline):
        yield from _of_step(step, known)


def _of_job(job: model.Job | model.DeploymentJob, known: _Known) -> Iterator[Use]:
    if isinstance(job, model.DeploymentJob) and job.environment:
        target = job.environment
        resource = f".{target.resource_name.value}" if target.resource_name else ""
        yield Use("environment", target.name.value + resource, target.name.span)
    yield from known.variables(job.condition)
    for text in _leg_values(job):
        yield from known.variables(text)
    for container in (job.container, *job.services.values()):
        if container:
            yield from _named("service connection", container.endpoint)
            for text in container.env.values():
                yield from known.variables(text)


def _leg_values(job: model.Job | model.DeploymentJob) -> Iterator[model.Text]:
    strategy = job.strategy
    if isinstance(strategy, model.Matrix) and isinstance(strategy.legs, Mapping):
        for leg in strategy.legs.values():
            yield from leg.values()


def _of_step(step: model.Step, known: _Known) -> Iterator[Use]:
    if not is_checkout(step):
        yield Use("task", step.task.value, step.task.span)
    yield from known.variables(step.condition)
    connections = known.connections(step.task.value)
    for name, text in step.inputs.items():
        folded = name.lower()
        if folded in connections or folded in _CONNECTIONS:
            yield from _named("service connection", text)
        elif folded == "securefile":
            yield from _named("secure file", text)
        yield from known.variables(text, is_shell=folded in _SHELL_INPUTS)
    for text in step.env.values():
        yield from known.variables(text)


def _named(kind: str, text: model.Text | None) -> Iterator[Use]:
    if text and text.value.strip():
        yield Use(kind, text.value.strip(), text.span)


def _templates(files: Iterable[Source]) -> Iterator[Use]:
    for source in files:
        if source.repository != "self":
            yield Use("template", source.label, Span(source, 1, 1, 1, 1))
