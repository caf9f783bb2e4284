"""A pipeline as a tree of parts with named properties, in a form where equal means the same.

What the service would assume where nothing is written is left out, whether it is written or not;
texts that mean the same have the same `key`. For comparing; nothing is planned from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from penstock.devops.comparing.parts_text import (
    boolean_key,
    completion_text,
    container_text,
    expression_key,
    filter_text,
    node_text,
    outside_kind,
    outside_text,
    pool_text,
    task_key,
    trigger_text,
)
from penstock.engine.requests import DEFAULT_CONDITION
from penstock.language import pipeline as model
from penstock.language.casing import fold_case
from penstock.language.source import Span
from penstock.language.templates.desugaring import CHECKOUT_TASK
from penstock.records import record

_TITLE = 48

DEFAULTS: Mapping[tuple[str, str], str] = {
    ("stage", "condition"): DEFAULT_CONDITION,
    ("job", "condition"): DEFAULT_CONDITION,
    ("step", "condition"): DEFAULT_CONDITION,
    ("stage", "dependsOn"): "none",
    ("job", "dependsOn"): "none",
    ("job", "timeoutInMinutes"): "60",
    ("job", "cancelTimeoutInMinutes"): "5",
    ("step", "timeoutInMinutes"): "0",
    ("step", "retryCountOnTaskFailure"): "0",
    ("job", "continueOnError"): "false",
    ("step", "continueOnError"): "false",
    ("step", "enabled"): "true",
    ("pipeline", "trigger"): "every branch",
    ("pipeline", "pr"): "every branch",
    ("job", "pool"): "the default pool",
    ("hook", "pool"): "the job's pool",
}
"""What holds where nothing is written, by kind of part and property; `deployment` is a `job`."""


@record(kw_only=False)
class Property:
    """One thing said about a part: the text as shown, its place, and what it means."""

    value: str
    span: Span | None
    key: str


@record(kw_only=False)
class Part:
    """A pipeline, stage, job, deployment, hook or step. `key` is what its name is matched by;
    `id` is the name that others refer to it by, empty where it has none; `defaults` are the places
    of defaults that are written out."""

    kind: str
    name: str
    key: str
    span: Span | None
    properties: Mapping[str, Property]
    children: tuple[Part, ...] = ()
    id: str = ""
    defaults: Mapping[str, Span | None] = MappingProxyType({})


def pipeline_parts(pipeline: model.Pipeline) -> Part:
    """The whole pipeline as a tree of parts."""
    properties = _Properties("pipeline")
    properties.text("name", pipeline.name)
    properties.plain("trigger", trigger_text(pipeline.trigger), pipeline.trigger)
    properties.plain("pr", trigger_text(pipeline.pr), pipeline.pr)
    for schedule in pipeline.schedules:
        cron = schedule.cron.value if schedule.cron else ""
        name = f'schedule "{cron}"'
        count = sum(1 for known in properties.found if known.startswith(name))
        name += f" ({count + 1})" if count else ""
        properties.plain(name, trigger_text(schedule), schedule)
    for parameter in pipeline.parameters:
        properties.add(
            f"parameter {parameter.name.value}", _parameter_text(parameter), parameter.name.span
        )
    properties.variables(pipeline.variables)
    _resources(properties, pipeline.resources)
    properties.text("lockBehavior", pipeline.lock_behavior)
    if pipeline.append_commit_message is False:
        properties.add("appendCommitMessageToRunName", "false", None)
    return Part(
        kind="pipeline",
        name="",
        key="",
        span=None,
        properties=properties.found,
        children=tuple(_stages(pipeline)),
        defaults=properties.defaults,
    )


def is_checkout(step: model.Step) -> bool:
    """Whether a step is `checkout`."""
    return step.task.value == CHECKOUT_TASK


def step_title(step: model.Step) -> str:
    """What people call a step: its display name, its name, the start of its script, its task."""
    for text in (step.display_name, step.name):
        if text and text.value:
            return text.value
    if is_checkout(step):
        repository = step.inputs.get("repository")
        return f"checkout {repository.value if repository else 'self'}"
    script = step.inputs.get("script")
    if script and script.value.strip():
        first = script.value.strip().split("\n")[0]
        return first if len(first) <= _TITLE else first[: _TITLE - 1] + "…"
    return step.task.value


class _Properties:
    """The properties of one part in the making."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.found: dict[str, Property] = {}
        self.defaults: dict[str, Span | None] = {}

    def add(self, name: str, value: str, span: Span | None, key: str | None = None) -> None:
        meaning = fold_case(value) if key is None else key
        default = DEFAULTS.get((self.kind, name))
        if default is None or meaning != _key_of(name, default):
            self.found[name] = Property(value, span, meaning)
        else:
            self.defaults[name] = span

    def text(self, name: str, text: model.Text | None) -> None:
        """A text whose case matters; an empty one is as none."""
        if text is not None and text.value.strip():
            self.add(name, text.value, text.span, _key_of(name, text.value))

    def plain(self, name: str, value: str, of: model.Trigger | None) -> None:
        if of is not None:
            self.add(name, value, of.span, _key_of(name, value))

    def names(self, name: str, texts: Iterable[model.Text], span: Span | None) -> None:
        """Names of which the order does not matter."""
        ordered = sorted(texts, key=lambda text: fold_case(text.value))
        value = ", ".join(text.value for text in ordered) or "none"
        self.add(name, value, ordered[0].span if ordered else span, _key_of(name, value))

    def table(self, word: str, texts: Mapping[str, model.Text], *, cased: bool = False) -> None:
        """One property for each entry; the case of names does not matter unless `cased`."""
        for name, text in texts.items():
            known = name if cased else _known(self.found, f"{word} {name}", word)
            self.found[f"{word} {known}"] = Property(text.value, text.span, text.value.rstrip())

    def variables(self, declared: Iterable[model.VariableValue | model.VariableGroup]) -> None:
        groups = []
        for item in declared:
            if isinstance(item, model.VariableGroup):
                groups.append(item.name)
                continue
            value = f"{item.value.value}, readonly" if item.readonly else item.value.value
            known = _known(self.found, f"variable {item.name.value}", "variable")
            self.found[f"variable {known}"] = Property(value, item.value.span, value.rstrip())
        if groups:  # a later group overrides an earlier one
            names = ", ".join(group.value for group in groups)
            self.add("variable groups", names, groups[-1].span)


def _known(found: Mapping[str, Property], wanted: str, word: str) -> str:
    """The name as it was first written, where only the case differs."""
    folded = fold_case(wanted)
    for name in found:
        if fold_case(name) == folded:
            return name.removeprefix(f"{word} ")
    return wanted.removeprefix(f"{word} ")


def _key_of(name: str, value: str) -> str:
    match name:
        case "condition":
            return expression_key(value)
        case "continueOnError" | "enabled":
            return boolean_key(value)
        case "dependsOn" | "variable groups" | "pool" | "environment" | "task":
            return fold_case(value)
    return value.strip()


def _stages(pipeline: model.Pipeline) -> Iterator[Part]:
    before: model.Stage | None = None
    for position, stage in enumerate(pipeline.stages):
        properties = _Properties("stage")
        properties.text("displayName", stage.display_name)
        default = (before.id,) if before else ()
        depends = default if stage.depends_on is None else stage.depends_on
        properties.names("dependsOn", (_at(text, stage, default) for text in depends), stage.span)
        properties.text("condition", stage.condition)
        properties.variables(stage.variables)
        properties.text("lockBehavior", stage.lock_behavior)
        properties.text("trigger", stage.trigger)
        if stage.is_skippable is False:
            properties.add("isSkippable", "false", stage.span)
        name = stage.id.value
        yield Part(
            kind="stage",
            name=name,
            key=fold_case(name) or f"#{position}",
            span=stage.span,
            properties=properties.found,
            children=tuple(_jobs(pipeline, stage)),
            id=name,
            defaults=properties.defaults,
        )
        before = stage


def _at(text: model.Text, stage: model.Stage, default: tuple[model.Text, ...]) -> model.Text:
    """A default dependency stands at the stage that has it."""
    return model.Text(text.value, stage.span) if text in default else text


def _jobs(pipeline: model.Pipeline, stage: model.Stage) -> Iterator[Part]:
    for position, job in enumerate(stage.jobs):
        kind = "job" if isinstance(job, model.Job) else "deployment"
        name = job.id.value
        properties = _job_properties(job, job.pool or stage.pool or pipeline.pool)
        yield Part(
            kind=kind,
            name=name,
            key=f"{kind} {fold_case(name) or position}",
            span=job.span,
            properties=properties.found,
            children=tuple(_job_children(job)),
            id=name,
            defaults=properties.defaults,
        )


def _job_properties(job: model.Job | model.DeploymentJob, pool: model.Pool | None) -> _Properties:
    properties = _Properties("job")
    properties.text("displayName", job.display_name)
    properties.names("dependsOn", job.depends_on or (), job.span)
    properties.text("condition", job.condition)
    if pool is not None:
        properties.add("pool", pool_text(pool), pool.span)
    if isinstance(job, model.DeploymentJob):
        _deployment(properties, job)
    else:
        _strategy(properties, job.strategy)
    properties.text("timeoutInMinutes", job.timeout_in_minutes)
    properties.text("cancelTimeoutInMinutes", job.cancel_timeout_in_minutes)
    properties.text("continueOnError", job.continue_on_error)
    properties.variables(job.variables)
    if job.container is not None:
        text = container_text(job.container)
        properties.add("container", text, job.container.span, text)
    for name, service in job.services.items():
        text = container_text(service)
        properties.add(f"service {name}", text, service.span, text)
    properties.text("workspace clean", job.workspace_clean)
    if job.uses:
        properties.names("uses repositories", job.uses, job.span)
    return properties


def _deployment(properties: _Properties, job: model.DeploymentJob) -> None:
    target = job.environment
    if target is not None:
        name = target.name.value
        if target.resource_name:
            name += f".{target.resource_name.value}"
        if target.resource_type:
            name += f" ({target.resource_type.value})"
        if target.tags:
            name += f" tagged {', '.join(sorted(target.tags))}"
        properties.add("environment", name, target.name.span)
    match job.strategy:
        case model.Rolling(max_parallel=most):
            text = f"rolling, {most.value} at a time" if most else "rolling"
            properties.add("strategy", text, job.strategy.span)
        case model.Canary(increments=increments):
            text = ", ".join(("canary", *(one.value for one in increments)))
            properties.add("strategy", text, job.strategy.span)
        case model.RunOnce():
            properties.add("strategy", "runOnce", job.strategy.span)


def _strategy(properties: _Properties, strategy: model.Matrix | model.Parallel | None) -> None:
    match strategy:
        case model.Parallel(count=count):
            properties.text("parallel", count)
        case model.Matrix(legs=model.Text() as legs):
            properties.text("matrix", legs)
        case model.Matrix(legs=legs) if not isinstance(legs, model.Text):
            for name, leg in legs.items():
                text = ", ".join(f"{key}: {leg[key].value}" for key in sorted(leg))
                span = next((value.span for value in leg.values()), strategy.span)
                properties.add(f"matrix leg {name}", text, span, text)
    if strategy is not None:
        properties.text("maxParallel", strategy.max_parallel)


def _job_children(job: model.Job | model.DeploymentJob) -> Iterator[Part]:
    if isinstance(job, model.Job):
        yield from (_step(step) for step in _without_implied_checkout(job.steps))
        return
    for hook in model.hooks_of(job):
        properties = _Properties("hook")
        if hook.pool is not None:
            properties.add("pool", pool_text(hook.pool), hook.pool.span)
        steps = tuple(map(_step, hook.steps))
        yield Part("hook", hook.name, hook.name, hook.span, properties.found, steps)


def _without_implied_checkout(steps: tuple[model.Step, ...]) -> tuple[model.Step, ...]:
    """The steps without a first `checkout: self` that says no more than what happens anyhow."""
    checkouts = [step for step in steps if is_checkout(step)]
    if len(checkouts) != 1 or checkouts[0] is not steps[0]:
        return steps
    properties = _step(steps[0]).properties
    said = {name: one.value for name, one in properties.items() if name != "task"}
    return steps[1:] if said == {"input repository": "self"} else steps


def _step(step: model.Step) -> Part:
    properties = _Properties("step")
    if not is_checkout(step):
        properties.add("task", step.task.value, step.task.span, task_key(step.task.value))
    properties.text("name", step.name)
    properties.text("displayName", step.display_name)
    properties.text("condition", step.condition)
    properties.text("continueOnError", step.continue_on_error)
    properties.text("enabled", step.enabled)
    properties.text("timeoutInMinutes", step.timeout_in_minutes)
    properties.text("retryCountOnTaskFailure", step.retry_count)
    if step.target is not None:
        _target(properties, step)
    properties.table("input", step.inputs)
    properties.table("env", step.env, cased=True)
    name = step.name.value if step.name else ""
    return Part(
        kind="step",
        name=step_title(step),
        key=fold_case(name),
        span=step.span,
        properties=properties.found,
        id=name,
        defaults=properties.defaults,
    )


def _target(properties: _Properties, step: model.Step) -> None:
    target = step.target
    assert target is not None
    properties.text("target container", target.container)
    properties.text("target commands", target.commands)
    if target.settable_variables is not None:
        properties.names("target settableVariables", target.settable_variables, step.span)


def _resources(properties: _Properties, resources: model.Resources) -> None:
    for repository in resources.repositories:
        parts = [repository.type, repository.name]
        text = " ".join(part.value for part in parts if part)
        text += f" at {repository.ref.value}" if repository.ref else ""
        text += f" by {repository.endpoint.value}" if repository.endpoint else ""
        text += f", trigger {trigger_text(repository.trigger)}" if repository.trigger else ""
        properties.add(f"repository {repository.alias.value}", text, repository.span, text)
    for container in resources.containers:
        text = container_text(replace(container, alias=None))
        name = container.alias.value if container.alias else ""
        properties.add(f"container {name}", text, container.span, text)
    for other in resources.pipelines:
        said = {
            "project": other.project,
            "source": other.source,
            "version": other.version,
            "branch": other.branch,
        }
        texts = [f"{name} {text.value}" for name, text in said.items() if text]
        texts += [f"tags {filter_text(model.Filter(include=other.tags))}"] if other.tags else []
        texts += [f"trigger {completion_text(other.trigger)}"] if other.trigger else []
        text = ", ".join(texts)
        properties.add(f"pipeline {other.alias.value}", text, other.span, text)
    for outside in resources.outside:
        text = outside_text(outside)
        name = f"{outside_kind(outside)} {outside.alias.value}"
        properties.add(name, text, outside.span, text)
    for kind, node in resources.other.items():
        properties.add(f"resources {kind}", node_text(node), node.span, node_text(node))


def _parameter_text(parameter: model.Parameter) -> str:
    parts = [parameter.type]
    if parameter.default is not None:
        parts.append(f"default {node_text(parameter.default) or repr('')}")
    if parameter.values:
        parts.append("one of " + ", ".join(value.value for value in parameter.values))
    return ", ".join(parts)
