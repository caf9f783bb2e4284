"""Checks of resources: what a container of a registry needs, and which repositories jobs use."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.language.casing import fold_case
from penstock.language.pipeline import Container, Pipeline, Text
from penstock.language.source import Diagnostic, Severity
from penstock.language.yaml import Scalar

_OF_REGISTRY = ("azureSubscription", "resourceGroup", "registry", "repository")


def check_resources(pipeline: Pipeline, *, is_complete: bool = True) -> Iterator[Diagnostic]:
    """Everything that is wrong with resources, and with what `uses` says of them.

    With `is_complete` false parts of the resources are missing because of other errors: then names
    that lead nowhere are not reported.
    """
    for container in pipeline.resources.containers:
        yield from _check_registry(container)
    if not is_complete:
        return
    known = [one.alias.value for one in pipeline.resources.repositories]
    for stage in pipeline.stages:
        for job in stage.jobs:
            for name in job.uses:
                yield from _check_use(name, known)


def _check_registry(container: Container) -> Iterator[Diagnostic]:
    """An image of Azure's registry is named in parts; any other by `image` alone."""
    kind = container.other.get("type")
    if container.image is not None or not isinstance(kind, Scalar):
        return
    is_azure = kind.value.lower() == "acr"
    needed = _OF_REGISTRY if is_azure else ("image",)
    missing = [f'"{key}"' for key in needed if key not in container.other]
    if missing:
        name = container.alias.value if container.alias else ""
        yield Diagnostic(
            code="PS1104",
            message=f'the container "{name}" of "type: {kind.value}" needs {_and(missing)}',
            span=container.span,
            help="they name the image in a registry of Azure: the service connection, the resource "
            "group, the registry, and the repository in it"
            if is_azure
            else 'add "image: NAME:TAG"; only "type: ACR" goes without it',
        )


def _and(texts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _check_use(name: Text, known: list[str]) -> Iterator[Diagnostic]:
    """A name that no resource has is told and not refused: the page about limiting the scope of
    jobs (azure-repos-git#limit-job-authorization-scope) shows one without its resource."""
    folded = fold_case(name.value)
    if "$" in name.value or folded in map(fold_case, ("self", *known)):
        return
    from penstock.language.diagnostics import nearest

    close = nearest(name.value, known)
    yield Diagnostic(
        code="PS2211",
        severity=Severity.WARNING,
        message=f'"uses" names the repository "{name.value}", which is none of the resources',
        span=name.span,
        label="not declared",
        help=f'did you mean "{close}"?'
        if close
        else f'declare it: resources, repositories, "- repository: {name.value}"',
    )
