"""Builds the records from a canonical tree, whose shape has been checked."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from typing import Any

from penstock.language.origins import Origins
from penstock.language.pipeline import records
from penstock.language.pipeline.members import (
    as_text,
    boolean_of,
    items_of,
    keys_of,
    members_of,
    names_of,
    text_of,
    texts_by_name,
    texts_of,
)
from penstock.language.pipeline.records import Text
from penstock.language.pipeline.starts import (
    build_container,
    build_resources,
    build_trigger,
    trigger_of,
)
from penstock.language.source import Source
from penstock.language.yaml import Mapping, Node, Scalar

_HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")
_OUTCOMES = ("success", "failure")
_POOL = ("name", "vmimage", "demands")


def build_pipeline(tree: Mapping, source: Source, origins: Origins) -> records.Pipeline:
    """The pipeline of a canonical tree that was made from a source."""
    return _Builder(origins).pipeline(members_of(tree), source)


class _Builder:
    """Builds one pipeline; it only carries the origins along."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins

    def pipeline(self, root: Table[str, Node], source: Source) -> records.Pipeline:
        return records.Pipeline(
            source=source,
            name=text_of(root, "name"),
            append_commit_message=boolean_of(root, "appendCommitMessageToRunName"),
            parameters=tuple(map(_parameter, items_of(root.get("parameters")))),
            variables=self.variables(root),
            resources=build_resources(root.get("resources")),
            trigger=build_trigger(root.get("trigger")),
            pr=build_trigger(root.get("pr")),
            schedules=tuple(map(trigger_of, items_of(root.get("schedules")))),
            pool=_pool(root.get("pool")),
            stages=tuple(map(self.stage, items_of(root.get("stages")))),
            lock_behavior=text_of(root, "lockBehavior"),
        )

    def stage(self, node: Node) -> records.Stage:
        stage = members_of(node)
        return records.Stage(
            id=text_of(stage, "stage") or Text("", node.span),
            display_name=text_of(stage, "displayName"),
            depends_on=names_of(stage, "dependsOn"),
            condition=text_of(stage, "condition"),
            variables=self.variables(stage),
            pool=_pool(stage.get("pool")),
            jobs=tuple(map(self.job, items_of(stage.get("jobs")))),
            lock_behavior=text_of(stage, "lockBehavior"),
            trigger=text_of(stage, "trigger"),
            is_skippable=boolean_of(stage, "isSkippable"),
            span=node.span,
            origin=self.origins.of(node),
        )

    def job(self, node: Node) -> records.Job | records.DeploymentJob:
        job = members_of(node)
        fields: dict[str, Any] = {
            "display_name": text_of(job, "displayName"),
            "depends_on": names_of(job, "dependsOn"),
            "condition": text_of(job, "condition"),
            "continue_on_error": text_of(job, "continueOnError"),
            "timeout_in_minutes": text_of(job, "timeoutInMinutes"),
            "cancel_timeout_in_minutes": text_of(job, "cancelTimeoutInMinutes"),
            "variables": self.variables(job),
            "pool": _pool(job.get("pool")),
            "container": build_container(job.get("container")),
            "services": _containers_by_name(job.get("services")),
            "workspace_clean": text_of(members_of(job.get("workspace")), "clean"),
            "uses": texts_of(members_of(job.get("uses")).get("repositories")),
            "span": node.span,
            "origin": self.origins.of(node),
        }
        if "deployment" in job:
            return records.DeploymentJob(
                id=text_of(job, "deployment") or Text("", node.span),
                environment=_environment(job.get("environment")),
                strategy=self.deployment(job.get("strategy")),
                **fields,
            )
        return records.Job(
            id=text_of(job, "job") or Text("", node.span),
            strategy=_strategy(job.get("strategy")),
            steps=self.steps(job.get("steps")),
            **fields,
        )

    def deployment(self, node: Node | None) -> records.DeploymentStrategy | None:
        strategy = members_of(node)
        for name, body in strategy.items():
            members = members_of(body)
            hooks, span = tuple(self.hooks(members)), body.span
            match name:
                case "runOnce":
                    return records.RunOnce(span, hooks)
                case "rolling":
                    return records.Rolling(span, hooks, text_of(members, "maxParallel"))
                case "canary":
                    return records.Canary(span, hooks, texts_of(members.get("increments")))
        return None

    def hooks(self, members: Table[str, Node]) -> Iterator[records.Hook]:
        """The hooks of a strategy in the order in which they run, whatever the YAML's."""
        outcomes = members_of(members.get("on"))
        named = [(name, members.get(name)) for name in _HOOKS]
        named += [(f"on.{name}", outcomes.get(name)) for name in _OUTCOMES]
        for name, node in named:
            if node is not None:
                hook = members_of(node)
                steps, pool = self.steps(hook.get("steps")), _pool(hook.get("pool"))
                yield records.Hook(name, node.span, steps, pool)

    def steps(self, node: Node | None) -> tuple[records.Step, ...]:
        return tuple(map(self.step, items_of(node)))

    def step(self, node: Node) -> records.Step:
        step = members_of(node)
        keyword, task = self._task(node)
        inputs = texts_by_name(step.get("inputs"))
        if keyword in ("getPackage", "downloadBuild"):  # no task of ours has their inputs
            own = {name: text_of(step, name) for name in (keyword, "artifact", "path", "patterns")}
            inputs = {**{n: t for n, t in own.items() if t}, **inputs}
        return records.Step(
            keyword=keyword,
            task=task,
            inputs=inputs,
            display_name=text_of(step, "displayName"),
            name=text_of(step, "name"),
            condition=text_of(step, "condition"),
            continue_on_error=text_of(step, "continueOnError"),
            enabled=text_of(step, "enabled"),
            env=texts_by_name(step.get("env")),
            timeout_in_minutes=text_of(step, "timeoutInMinutes"),
            retry_count=text_of(step, "retryCountOnTaskFailure"),
            target=_target(step.get("target")),
            span=node.span,
            origin=self.origins.of(node),
        )

    def _task(self, node: Node) -> tuple[str, Text]:
        """The keyword a step was written with, and its task."""
        assert isinstance(node, Mapping)
        for entry in node.entries:
            if entry.key.value == "task":
                return self.origins.keyword(entry.key), as_text(entry.value)
            if entry.key.value in ("getPackage", "downloadBuild"):
                return entry.key.value, Text(entry.key.value, entry.key.span)
        return "", Text("", node.span)

    def variables(self, members: Table[str, Node]) -> tuple[records.Variable, ...]:
        return tuple(map(self.variable, items_of(members.get("variables"))))

    def variable(self, node: Node) -> records.Variable:
        variable = members_of(node)
        origin = self.origins.of(node)
        group = text_of(variable, "group")
        if group:
            return records.VariableGroup(name=group, origin=origin)
        return records.VariableValue(
            name=text_of(variable, "name") or Text("", node.span),
            value=text_of(variable, "value") or Text("", node.span),
            readonly=boolean_of(variable, "readonly") or False,
            origin=origin,
        )


# --- parts without origins


def _pool(node: Node | None) -> records.Pool | None:
    if node is None:
        return None
    if isinstance(node, Scalar):
        return records.Pool(name=as_text(node), span=node.span)
    members = {name.lower(): value for name, value in members_of(node).items()}
    demands = members.get("demands")
    other = {name: value for name, value in members_of(node).items() if name.lower() not in _POOL}
    return records.Pool(
        name=text_of(members, "name"),
        vm_image=text_of(members, "vmimage"),
        demands=(as_text(demands),) if isinstance(demands, Scalar) else texts_of(demands),
        other=other,
        span=node.span,
    )


def _target(node: Node | None) -> records.Target | None:
    if node is None:
        return None
    members = members_of(node)
    settable = members.get("settableVariables")
    return records.Target(
        container=text_of(members, "container"),
        commands=text_of(members, "commands"),
        settable_variables=None if settable is None else texts_of(settable),
    )


def _strategy(node: Node | None) -> records.Matrix | records.Parallel | None:
    strategy = members_of(node)
    matrix, count = strategy.get("matrix"), text_of(strategy, "parallel")
    max_parallel = text_of(strategy, "maxParallel")
    if node is None or (matrix is None and count is None):
        return None
    if count is not None:
        return records.Parallel(count=count, max_parallel=max_parallel, span=node.span)
    legs: Table[str, Table[str, Text]] | Text
    if isinstance(matrix, Scalar):
        legs = as_text(matrix)
    else:
        legs = {name: texts_by_name(leg) for name, leg in members_of(matrix).items()}
    return records.Matrix(
        legs=legs, max_parallel=max_parallel, names=keys_of(matrix), span=node.span
    )


def _containers_by_name(node: Node | None) -> dict[str, records.Container]:
    found = ((name, build_container(value)) for name, value in members_of(node).items())
    return {name: container for name, container in found if container}


def _environment(node: Node | None) -> records.Environment | None:
    members = members_of(node)
    name = text_of(members, "name")
    if node is None or name is None:
        return None
    resource = text_of(members, "resourceName")
    first, dot, rest = _split_name(name.value)
    if resource is None and dot:
        name, resource = Text(first, name.span), Text(rest, name.span)
    tags = text_of(members, "tags")
    return records.Environment(
        name=name,
        resource_name=resource,
        resource_type=text_of(members, "resourceType"),
        tags=tuple(tag.strip() for tag in tags.value.split(",")) if tags else (),
        span=node.span,
    )


def _split_name(text: str) -> tuple[str, str, str]:
    """Split at the first dot that is not inside `$( )`."""
    depth = 0
    for index, character in enumerate(text):
        if text.startswith("$(", index):
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif character == "." and not depth:
            return text[:index], ".", text[index + 1 :]
    return text, "", ""


def _parameter(node: Node) -> records.Parameter:
    members = members_of(node)
    kind = text_of(members, "type")
    return records.Parameter(
        name=text_of(members, "name") or Text("", node.span),
        type=kind.value if kind else "string",
        display_name=text_of(members, "displayName"),
        default=members.get("default"),
        values=texts_of(members.get("values")),
    )
