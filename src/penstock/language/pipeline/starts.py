"""Builds the records of what starts a run, and of the resources of a pipeline."""

from __future__ import annotations

from typing import TypeGuard

from penstock.language.pipeline import records
from penstock.language.pipeline.members import (
    boolean_of,
    items_of,
    members_of,
    text_of,
    texts_by_name,
    texts_of,
)
from penstock.language.pipeline.records import Text
from penstock.language.yaml import Mapping, Node, Scalar, Sequence

_OFF = ("none", "false", "n", "no", "off")
_CONTAINER = frozenset(
    ("alias", "container", "image", "endpoint", "options", "env", "ports", "volumes")
)


def build_trigger(node: Node | None) -> records.Trigger | None:
    """The trigger of a member, or None."""
    return None if node is None else trigger_of(node)


def trigger_of(node: Node) -> records.Trigger:
    """What a canonical trigger, `pr` or schedule says."""
    members = members_of(node)
    enabled = boolean_of(members, "enabled")
    return records.Trigger(
        enabled=enabled is None or enabled,
        batch=boolean_of(members, "batch"),
        branches=_filter(members.get("branches")),
        paths=_filter(members.get("paths")),
        tags=_filter(members.get("tags")),
        auto_cancel=boolean_of(members, "autoCancel"),
        drafts=boolean_of(members, "drafts"),
        cron=text_of(members, "cron"),
        display_name=text_of(members, "displayName"),
        always=boolean_of(members, "always"),
        span=node.span,
    )


def _filter(node: Node | None) -> records.Filter | None:
    if node is None:
        return None
    members = members_of(node)
    return records.Filter(
        include=texts_of(members.get("include")), exclude=texts_of(members.get("exclude"))
    )


def build_resources(node: Node | None) -> records.Resources:
    """The resources of a pipeline."""
    members = members_of(node)
    known = ("repositories", "containers", "pipelines", "builds", "packages", "webhooks")
    containers = map(build_container, items_of(members.get("containers")))
    return records.Resources(
        repositories=tuple(map(_repository, items_of(members.get("repositories")))),
        containers=tuple(container for container in containers if container),
        pipelines=tuple(map(_pipeline_resource, items_of(members.get("pipelines")))),
        builds=tuple(map(_build_resource, items_of(members.get("builds")))),
        packages=tuple(map(_package_resource, items_of(members.get("packages")))),
        webhooks=tuple(map(_webhook_resource, items_of(members.get("webhooks")))),
        other={name: value for name, value in members.items() if name not in known},
    )


def _repository(node: Node) -> records.RepositoryResource:
    members = members_of(node)
    return records.RepositoryResource(
        alias=text_of(members, "repository") or Text("", node.span),
        type=text_of(members, "type"),
        name=text_of(members, "name"),
        ref=text_of(members, "ref"),
        endpoint=text_of(members, "endpoint"),
        trigger=build_trigger(members.get("trigger")),
        span=node.span,
    )


def _pipeline_resource(node: Node) -> records.PipelineResource:
    members = members_of(node)
    return records.PipelineResource(
        alias=text_of(members, "pipeline") or Text("", node.span),
        project=text_of(members, "project"),
        source=text_of(members, "source"),
        version=text_of(members, "version"),
        branch=text_of(members, "branch"),
        tags=texts_of(members.get("tags")),
        trigger=_completion_trigger(members.get("trigger")),
        span=node.span,
    )


def _completion_trigger(node: Node | None) -> records.CompletionTrigger | None:
    """`none`, `true`, or filters; `branches` may be a list of those to include, and with nothing
    under it is of all, as the page of this trigger shows."""
    if node is None:
        return None
    members = members_of(node)
    enabled = boolean_of(members, "enabled")
    is_none = isinstance(node, Scalar) and node.value.lower() == "none"
    branches = members.get("branches")
    return records.CompletionTrigger(
        enabled=not is_none and (enabled is None or enabled),
        branches=records.Filter(include=texts_of(branches))
        if isinstance(branches, Sequence)
        else _filter(branches if members_of(branches) else None),
        stages=texts_of(members.get("stages")),
        tags=texts_of(members.get("tags")),
        span=node.span,
    )


def container_trigger(container: records.Container) -> records.Trigger | None:
    """Which tags of its image start a pipeline: `none`, `true`, or a filter of tags; None where the
    container says nothing of it."""
    node = container.other.get("trigger")
    if node is None:
        return None
    members = members_of(node)
    tags = members.get("tags")
    words = [one.value.lower() for one in (node, tags, members.get("enabled")) if _is_text(one)]
    return records.Trigger(
        enabled=not any(word in _OFF for word in words),
        tags=records.Filter(include=texts_of(tags)) if isinstance(tags, Sequence) else _tags(tags),
        span=node.span,
    )


def _tags(node: Node | None) -> records.Filter | None:
    return _filter(node) if isinstance(node, Mapping) else None


def _is_text(node: Node | None) -> TypeGuard[Scalar]:
    return isinstance(node, Scalar)


def _build_resource(node: Node) -> records.BuildResource:
    members = members_of(node)
    return records.BuildResource(
        alias=text_of(members, "build") or Text("", node.span),
        type=text_of(members, "type"),
        connection=text_of(members, "connection"),
        source=text_of(members, "source"),
        version=text_of(members, "version"),
        branch=text_of(members, "branch"),
        trigger=text_of(members, "trigger"),
        span=node.span,
    )


def _package_resource(node: Node) -> records.PackageResource:
    members = members_of(node)
    return records.PackageResource(
        alias=text_of(members, "package") or Text("", node.span),
        type=text_of(members, "type"),
        connection=text_of(members, "connection"),
        name=text_of(members, "name"),
        version=text_of(members, "version"),
        tag=text_of(members, "tag"),
        trigger=text_of(members, "trigger"),
        span=node.span,
    )


def _webhook_resource(node: Node) -> records.WebhookResource:
    members = members_of(node)
    filters = (members_of(item) for item in items_of(members.get("filters")))
    pairs = ((text_of(one, "path"), text_of(one, "value")) for one in filters)
    return records.WebhookResource(
        alias=text_of(members, "webhook") or Text("", node.span),
        connection=text_of(members, "connection"),
        type=text_of(members, "type"),
        filters=tuple((path, value) for path, value in pairs if path and value),
        span=node.span,
    )


def build_container(node: Node | None) -> records.Container | None:
    """A container of a job or a resource, or None."""
    if node is None:
        return None
    members = members_of(node)
    return records.Container(
        alias=text_of(members, "alias") or text_of(members, "container"),
        image=text_of(members, "image"),
        endpoint=text_of(members, "endpoint"),
        options=text_of(members, "options"),
        env=texts_by_name(members.get("env")),
        ports=texts_of(members.get("ports")),
        volumes=texts_of(members.get("volumes")),
        other={name: value for name, value in members.items() if name not in _CONTAINER},
        span=node.span,
    )
