"""What other systems start: images, packages, builds and webhooks that pipelines have as resources.

Facts: https://learn.microsoft.com/azure/devops/pipelines/process/resources and the pages of these
resources in https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources. Nothing here
watches such systems; the service would decide so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.devops.triggers.filters import Verdict, judge_ref
from penstock.devops.triggers.outcomes import failed, nothing
from penstock.devops.triggers.records import Decision, Definition, Outcome, Published, Reason
from penstock.language import pipeline as model
from penstock.language.casing import same_text
from penstock.language.source import Span
from penstock.language.yaml import Scalar
from penstock.records import record

_PLURALS = {
    "container": "containers",
    "package": "packages",
    "build": "builds",
    "webhook": "webhooks",
}
_SITE = ".azurecr.io"
_STEP = re.compile(r"[^.\[\]]+")


@record(kw_only=False)
class _Candidate:
    """A resource that the event is of, and whether its trigger takes the event."""

    alias: str
    verdict: Verdict


def decide_published(event: Published, definition: Definition) -> Decision:
    """What something new in another system does to a pipeline."""
    resources = definition.pipeline.resources if definition.pipeline else model.Resources()
    found = list(_candidates(event, resources))
    taken = next((one for one in found if one.verdict.passes), None)
    if taken is None:
        why = f"no {event.kind} resource is of {event.name}"
        verdict = found[-1].verdict if found else Verdict(False, why)
        return nothing(definition, verdict.why, verdict.span)
    if not definition.is_valid:
        return failed(definition, Reason.RESOURCE_TRIGGER, definition.default_ref, "")
    return Decision(
        definition=definition.name,
        outcome=Outcome.RUN,
        reason=Reason.RESOURCE_TRIGGER,
        why=taken.verdict.why,
        span=taken.verdict.span,
        ref=definition.default_ref,
        alias=taken.alias,
        variables={
            "Resources.TriggeringAlias": taken.alias,
            "Resources.TriggeringCategory": event.kind,
        },
        diagnostics=definition.diagnostics,
    )


def _candidates(event: Published, resources: model.Resources) -> Iterator[_Candidate]:
    match event.kind:
        case "container":
            for container in resources.containers:
                if container.alias and _is_image(container, event.name):
                    key = _key(event, container.alias)
                    yield _Candidate(container.alias.value, _judge_image(event, container, key))
        case "package":
            for package in resources.packages:
                if package.name and same_text(package.name.value, event.name):
                    yield _switched(event, package.alias, package.trigger)
        case "build":
            for build in resources.builds:
                if build.source and same_text(build.source.value, event.name):
                    yield _switched(event, build.alias, build.trigger)
        case "webhook":
            for hook in resources.webhooks:
                if hook.connection and same_text(hook.connection.value, event.name):
                    yield _Candidate(hook.alias.value, _judge_hook(event, hook))


def _key(event: Published, alias: model.Text) -> str:
    return f"resources.{_PLURALS[event.kind]}.{alias.value}.trigger"


def _switched(event: Published, alias: model.Text, trigger: model.Text | None) -> _Candidate:
    """A resource whose trigger is `none` or `true`."""
    key = _key(event, alias)
    if trigger is None:
        return _Candidate(alias.value, _absent(key, event))
    if trigger.value.lower() != "true":
        return _Candidate(alias.value, Verdict(False, f"{key} is off", trigger.span))
    why = f"{key} is true, and there is a new {event.kind} of {event.name}"
    return _Candidate(alias.value, Verdict(True, why, trigger.span))


def _absent(key: str, event: Published) -> Verdict:
    return Verdict(False, f"there is no {key}, and without it no {event.kind} starts this pipeline")


# --- images


def _is_image(container: model.Container, name: str) -> bool:
    """Whether an image is that of a container: `registry.azurecr.io/name`, `registry/name` or
    `name` for one in Azure's registry, otherwise the `image` without its tag."""
    said = {key: node.value for key, node in container.other.items() if isinstance(node, Scalar)}
    if said.get("type", "").lower() != "acr":
        image = container.image.value if container.image else ""
        return same_text(re.sub(r"(?::[^:/]*)?(?:@.*)?\Z", "", image, count=1), name)
    registry, image = said.get("registry", ""), said.get("repository", "")
    host = registry.lower().removesuffix(_SITE)
    return any(
        same_text(name, other)
        for other in (image, f"{registry}/{image}", f"{host}{_SITE}/{image}", f"{host}/{image}")
    )


def _judge_image(event: Published, container: model.Container, key: str) -> Verdict:
    trigger = model.container_trigger(container)
    if trigger is None:
        return _absent(key, event)
    if not trigger.enabled:
        return Verdict(False, f"{key} is off", trigger.span)
    if trigger.tags is None:
        return Verdict(True, f"{key} names no tags, so every one starts a run", trigger.span)
    return judge_ref(f"refs/tags/{event.version}", trigger.tags, f"{key}.tags", tags=True)


# --- webhooks


def _judge_hook(event: Published, hook: model.WebhookResource) -> Verdict:
    """All filters must find their value in what was posted."""
    key = f"resources.webhooks.{hook.alias.value}"
    for path, value in hook.filters:
        found = _found(event.body, path.value)
        if found != value.value:
            said = f"is {found}" if found is not None else "has no value"
            why = f"{path.value} of the event {said}, and a filter of {key} asks for {value.value}"
            return Verdict(False, why, value.span)
    span: Span = hook.span
    why = f"{key} has no filters" if not hook.filters else f"all filters of {key} fit the event"
    return Verdict(True, why, span)


def _found(body: object, path: str) -> str | None:
    """The value at a path (`resource.repository.id`, `items[0].name`) as text; None for none."""
    for step in _STEP.findall(path.removeprefix("$")):
        if isinstance(body, dict):
            body = body.get(step.strip("'\""))
        elif isinstance(body, list) and step.isdigit() and int(step) < len(body):
            body = body[int(step)]
        else:
            return None
    if isinstance(body, bool):
        return str(body).lower()
    return str(body) if isinstance(body, str | int | float) else None
