"""Resources that only the service itself can watch or fetch: each is said by name, at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from penstock.language import pipeline as model
from penstock.language.source import Diagnostic, Severity, Span

_FETCHING: Mapping[str, tuple[str, str]] = {
    "getPackage": ("package", "fetch it in a script, for example with npm or nuget"),
    "downloadBuild": ("build", "fetch its artifacts in a script, for example with curl"),
}


def unwatched(resources: model.Resources) -> Iterator[Diagnostic]:
    """What would start a pipeline on the service, and starts nothing here."""
    for hook in resources.webhooks:
        yield _unwatched("webhook", hook.alias, hook.span)
    for build in resources.builds:
        if build.trigger and build.trigger.value.lower() == "true":
            yield _unwatched("build", build.alias, build.trigger.span)
    for package in resources.packages:
        if package.trigger and package.trigger.value.lower() == "true":
            yield _unwatched("package", package.alias, package.trigger.span)
    for container in resources.containers:
        trigger = model.container_trigger(container)
        if container.alias and trigger and trigger.enabled:
            yield _unwatched("container", container.alias, trigger.span)


def fetching(step: model.Step) -> Diagnostic | None:
    """That a step fetches from a resource which this version cannot reach."""
    if step.keyword not in _FETCHING:
        return None
    kind, help = _FETCHING[step.keyword]
    alias = step.inputs[step.keyword].value
    return Diagnostic(
        code="PS2112",
        message=f'"{step.keyword}" of the {kind} resource "{alias}" cannot be run by this version',
        span=step.inputs[step.keyword].span,
        label="not supported yet",
        help=help,
    )


def other_run(step: model.Step) -> Diagnostic | None:
    """That a step asks for artifacts of another pipeline's run, which fails when it is reached."""
    alias = step.inputs.get("alias") if step.keyword == "download" else None
    if alias is None or alias.value.lower() in ("current", "none", "") or "$" in alias.value:
        return None
    return Diagnostic(
        code="PS2112",
        severity=Severity.WARNING,
        message=f'artifacts of the pipeline resource "{alias.value}" cannot be had by this version',
        span=alias.span,
        label="this step will fail",
        help='only "download: current" works here; fetch the files of other runs in a script',
    )


def _unwatched(kind: str, alias: model.Text, span: Span) -> Diagnostic:
    return Diagnostic(
        code="PS2125",
        severity=Severity.WARNING,
        message=f'nothing here watches the {kind} resource "{alias.value}"; '
        "it starts no run of this pipeline",
        span=span,
        help="start the pipeline by hand, by a push or by a schedule",
    )
