"""Builds the records from a canonical tree, whose shape has been checked."""

from __future__ import annotations

from collections.abc import Mapping as Table
from typing import Any

from penstock.language.origins import Origins
from penstock.language.pipeline import records
from penstock.language.pipeline.records import Text
from penstock.language.source import Source
from penstock.language.yaml import Mapping, Node, Scalar, Sequence

_TRUE = frozenset(("true", "y", "yes", "on"))
_HOOKS = {
    "preDeploy": "pre_deploy",
    "deploy": "deploy",
    "routeTraffic": "route_traffic",
    "postRouteTraffic": "post_route_traffic",
}
_POOL = ("name", "vmimage", "demands")
_CONTAINER = frozenset(
    ("alias", "container", "image", "endpoint", "options", "env", "ports", "volumes")
)


def build_pipeline(tree: Mapping, source: Source, origins: Origins) -> records.Pipeline:
    """The pipeline of a canonical tree that was made from a source."""
    return _Builder(origins).pipeline(_members(tree), source)


class _Builder:
    """Builds one pipeline; it only carries the origins along."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins

    def pipeline(self, root: Table[str, Node], source: Source) -> records.Pipeline:
        return records.Pipeline(
            source=source,
            name=_text(root, "name"),
            append_commit_message=_boolean(root, "appendCommitMessageToRunName"),
            parameters=tuple(map(_parameter, _items(root.get("parameters")))),
            variables=self.variables(root),
            resources=_resources(root.get("resources")),
            trigger=_trigger(root.get("trigger")),
            pr=_trigger(root.get("pr")),
            schedules=tuple(map(_filled_trigger, _items(root.get("schedules")))),
            pool=_pool(root.get("pool")),
            stages=tuple(map(self.stage, _items(root.get("stages")))),
            lock_behavior=_text(root, "lockBehavior"),
        )

    def stage(self, node: Node) -> records.Stage:
        stage = _members(node)
        return records.Stage(
            id=_text(stage, "stage") or Text("", node.span),
            display_name=_text(stage, "displayName"),
            depends_on=_names(stage, "dependsOn"),
            condition=_text(stage, "condition"),
            variables=self.variables(stage),
            pool=_pool(stage.get("pool")),
            jobs=tuple(map(self.job, _items(stage.get("jobs")))),
            lock_behavior=_text(stage, "lockBehavior"),
            trigger=_text(stage, "trigger"),
            is_skippable=_boolean(stage, "isSkippable"),
            span=node.span,
            origin=self.origins.of(node),
        )

    def job(self, node: Node) -> records.Job | records.DeploymentJob:
        job = _members(node)
        fields: dict[str, Any] = {
            "display_name": _text(job, "displayName"),
            "depends_on": _names(job, "dependsOn"),
            "condition": _text(job, "condition"),
            "continue_on_error": _text(job, "continueOnError"),
            "timeout_in_minutes": _text(job, "timeoutInMinutes"),
            "cancel_timeout_in_minutes": _text(job, "cancelTimeoutInMinutes"),
            "variables": self.variables(job),
            "pool": _pool(job.get("pool")),
            "container": _container(job.get("container")),
            "services": _containers_by_name(job.get("services")),
            "workspace_clean": _text(_members(job.get("workspace")), "clean"),
            "span": node.span,
            "origin": self.origins.of(node),
        }
        if "deployment" in job:
            return records.DeploymentJob(
                id=_text(job, "deployment") or Text("", node.span),
                environment=_environment(job.get("environment")),
                strategy=self.deployment(job.get("strategy")),
                **fields,
            )
        return records.Job(
            id=_text(job, "job") or Text("", node.span),
            strategy=_strategy(job.get("strategy")),
            steps=self.steps(job.get("steps")),
            **fields,
        )

    def deployment(self, node: Node | None) -> records.DeploymentStrategy | None:
        strategy = _members(node)
        for name, body in strategy.items():
            members = _members(body)
            outcomes = _members(members.get("on"))
            fields: dict[str, Any] = {
                field: self.hook(members.get(hook)) for hook, field in _HOOKS.items()
            }
            fields["on_success"] = self.hook(outcomes.get("success"))
            fields["on_failure"] = self.hook(outcomes.get("failure"))
            fields["span"] = body.span
            match name:
                case "runOnce":
                    return records.RunOnce(**fields)
                case "rolling":
                    return records.Rolling(max_parallel=_text(members, "maxParallel"), **fields)
                case "canary":
                    return records.Canary(increments=_texts(members.get("increments")), **fields)
        return None

    def hook(self, node: Node | None) -> records.Hook | None:
        if node is None:
            return None
        hook = _members(node)
        return records.Hook(
            steps=self.steps(hook.get("steps")), pool=_pool(hook.get("pool")), span=node.span
        )

    def steps(self, node: Node | None) -> tuple[records.Step, ...]:
        return tuple(map(self.step, _items(node)))

    def step(self, node: Node) -> records.Step:
        step = _members(node)
        keyword, task = self._task(node)
        inputs = _texts_by_name(step.get("inputs"))
        if keyword in ("getPackage", "downloadBuild"):  # no task of ours has their inputs
            own = {name: _text(step, name) for name in (keyword, "artifact", "path", "patterns")}
            inputs = {**{n: t for n, t in own.items() if t}, **inputs}
        return records.Step(
            keyword=keyword,
            task=task,
            inputs=inputs,
            display_name=_text(step, "displayName"),
            name=_text(step, "name"),
            condition=_text(step, "condition"),
            continue_on_error=_text(step, "continueOnError"),
            enabled=_text(step, "enabled"),
            env=_texts_by_name(step.get("env")),
            timeout_in_minutes=_text(step, "timeoutInMinutes"),
            retry_count=_text(step, "retryCountOnTaskFailure"),
            target=_target(step.get("target")),
            span=node.span,
            origin=self.origins.of(node),
        )

    def _task(self, node: Node) -> tuple[str, Text]:
        """The keyword a step was written with, and its task."""
        assert isinstance(node, Mapping)
        for entry in node.entries:
            if entry.key.value == "task":
                return self.origins.keyword(entry.key), _as_text(entry.value)
            if entry.key.value in ("getPackage", "downloadBuild"):
                return entry.key.value, Text(entry.key.value, entry.key.span)
        return "", Text("", node.span)

    def variables(self, members: Table[str, Node]) -> tuple[records.Variable, ...]:
        return tuple(map(self.variable, _items(members.get("variables"))))

    def variable(self, node: Node) -> records.Variable:
        variable = _members(node)
        origin = self.origins.of(node)
        group = _text(variable, "group")
        if group:
            return records.VariableGroup(name=group, origin=origin)
        return records.VariableValue(
            name=_text(variable, "name") or Text("", node.span),
            value=_text(variable, "value") or Text("", node.span),
            readonly=_boolean(variable, "readonly") or False,
            origin=origin,
        )


# --- parts without origins


def _pool(node: Node | None) -> records.Pool | None:
    if node is None:
        return None
    if isinstance(node, Scalar):
        return records.Pool(name=_as_text(node), span=node.span)
    members = {name.lower(): value for name, value in _members(node).items()}
    demands = members.get("demands")
    other = {name: value for name, value in _members(node).items() if name.lower() not in _POOL}
    return records.Pool(
        name=_text(members, "name"),
        vm_image=_text(members, "vmimage"),
        demands=(_as_text(demands),) if isinstance(demands, Scalar) else _texts(demands),
        other=other,
        span=node.span,
    )


def _target(node: Node | None) -> records.Target | None:
    if node is None:
        return None
    members = _members(node)
    settable = members.get("settableVariables")
    return records.Target(
        container=_text(members, "container"),
        commands=_text(members, "commands"),
        settable_variables=None if settable is None else _texts(settable),
    )


def _strategy(node: Node | None) -> records.Matrix | records.Parallel | None:
    strategy = _members(node)
    matrix, count = strategy.get("matrix"), _text(strategy, "parallel")
    max_parallel = _text(strategy, "maxParallel")
    if node is None or (matrix is None and count is None):
        return None
    if count is not None:
        return records.Parallel(count=count, max_parallel=max_parallel, span=node.span)
    legs: Table[str, Table[str, Text]] | Text
    if isinstance(matrix, Scalar):
        legs = _as_text(matrix)
    else:
        legs = {name: _texts_by_name(leg) for name, leg in _members(matrix).items()}
    return records.Matrix(legs=legs, max_parallel=max_parallel, span=node.span)


def _container(node: Node | None) -> records.Container | None:
    if node is None:
        return None
    members = _members(node)
    return records.Container(
        alias=_text(members, "alias") or _text(members, "container"),
        image=_text(members, "image"),
        endpoint=_text(members, "endpoint"),
        options=_text(members, "options"),
        env=_texts_by_name(members.get("env")),
        ports=_texts(members.get("ports")),
        volumes=_texts(members.get("volumes")),
        other={name: value for name, value in members.items() if name not in _CONTAINER},
        span=node.span,
    )


def _containers_by_name(node: Node | None) -> dict[str, records.Container]:
    found = ((name, _container(value)) for name, value in _members(node).items())
    return {name: container for name, container in found if container}


def _environment(node: Node | None) -> records.Environment | None:
    members = _members(node)
    name = _text(members, "name")
    if node is None or name is None:
        return None
    resource = _text(members, "resourceName")
    first, dot, rest = _split_name(name.value)
    if resource is None and dot:
        name, resource = Text(first, name.span), Text(rest, name.span)
    tags = _text(members, "tags")
    return records.Environment(
        name=name,
        resource_name=resource,
        resource_type=_text(members, "resourceType"),
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


def _trigger(node: Node | None) -> records.Trigger | None:
    return None if node is None else _filled_trigger(node)


def _filled_trigger(node: Node) -> records.Trigger:
    members = _members(node)
    enabled = _boolean(members, "enabled")
    return records.Trigger(
        enabled=enabled is None or enabled,
        batch=_boolean(members, "batch"),
        branches=_filter(members.get("branches")),
        paths=_filter(members.get("paths")),
        tags=_filter(members.get("tags")),
        auto_cancel=_boolean(members, "autoCancel"),
        drafts=_boolean(members, "drafts"),
        cron=_text(members, "cron"),
        display_name=_text(members, "displayName"),
        always=_boolean(members, "always"),
        span=node.span,
    )


def _filter(node: Node | None) -> records.Filter | None:
    if node is None:
        return None
    members = _members(node)
    return records.Filter(
        include=_texts(members.get("include")), exclude=_texts(members.get("exclude"))
    )


def _resources(node: Node | None) -> records.Resources:
    members = _members(node)
    known = ("repositories", "containers", "pipelines")
    containers = map(_container, _items(members.get("containers")))
    return records.Resources(
        repositories=tuple(map(_repository, _items(members.get("repositories")))),
        containers=tuple(container for container in containers if container),
        pipelines=tuple(map(_pipeline_resource, _items(members.get("pipelines")))),
        other={name: value for name, value in members.items() if name not in known},
    )


def _repository(node: Node) -> records.RepositoryResource:
    members = _members(node)
    return records.RepositoryResource(
        alias=_text(members, "repository") or Text("", node.span),
        type=_text(members, "type"),
        name=_text(members, "name"),
        ref=_text(members, "ref"),
        endpoint=_text(members, "endpoint"),
        trigger=_trigger(members.get("trigger")),
        span=node.span,
    )


def _pipeline_resource(node: Node) -> records.PipelineResource:
    members = _members(node)
    return records.PipelineResource(
        alias=_text(members, "pipeline") or Text("", node.span),
        project=_text(members, "project"),
        source=_text(members, "source"),
        version=_text(members, "version"),
        branch=_text(members, "branch"),
        tags=_texts(members.get("tags")),
        trigger=members.get("trigger"),
        span=node.span,
    )


def _parameter(node: Node) -> records.Parameter:
    members = _members(node)
    kind = _text(members, "type")
    return records.Parameter(
        name=_text(members, "name") or Text("", node.span),
        type=kind.value if kind else "string",
        display_name=_text(members, "displayName"),
        default=members.get("default"),
        values=_texts(members.get("values")),
    )


# --- nodes


def _members(node: Node | None) -> dict[str, Node]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return {entry.key.value: entry.value for entry in entries}


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _as_text(node: Node) -> Text:
    is_text = isinstance(node, Scalar) and not node.is_null
    return Text(node.value if is_text and isinstance(node, Scalar) else "", node.span)


def _text(members: Table[str, Node], name: str) -> Text | None:
    node = members.get(name)
    return _as_text(node) if isinstance(node, Scalar) else None


def _texts(node: Node | None) -> tuple[Text, ...]:
    return tuple(map(_as_text, _items(node)))


def _names(members: Table[str, Node], name: str) -> tuple[Text, ...] | None:
    return _texts(members[name]) if name in members else None


def _texts_by_name(node: Node | None) -> dict[str, Text]:
    return {name: _as_text(value) for name, value in _members(node).items()}


def _boolean(members: Table[str, Node], name: str) -> bool | None:
    text = _text(members, name)
    return None if text is None else text.value.lower() in _TRUE
