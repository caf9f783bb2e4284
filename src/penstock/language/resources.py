"""Checks of resources: their types, what a container needs, which repositories jobs use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from penstock.language.casing import fold_case
from penstock.language.pipeline import Container, Pipeline, RepositoryResource, Resources, Text
from penstock.language.settings import is_open
from penstock.language.source import Diagnostic, Severity, Span
from penstock.language.templates.complaints.shapes import one_of
from penstock.language.yaml import Scalar

_REPOSITORY_TYPES = ("git", "github", "githubenterprise", "bitbucket")
_PACKAGE_TYPES = ("npm", "NuGet")
_CONTAINER_TYPES = ("ACR",)
_ELSEWHERE = ("github", "githubenterprise", "bitbucket")
_FORMS: Mapping[str, tuple[tuple[int, ...], str]] = {
    "git": ((0, 1), "REPOSITORY or PROJECT/REPOSITORY"),
    **dict.fromkeys(_ELSEWHERE, ((1,), "OWNER/REPOSITORY")),
}
"""How many slashes the name of a repository has, by its type, and how it is written."""
_OF_REGISTRY = ("azureSubscription", "resourceGroup", "registry", "repository")


def check_resources(pipeline: Pipeline, *, is_complete: bool = True) -> Iterator[Diagnostic]:
    """Everything that is wrong with resources, and with what `uses` says of them.

    With `is_complete` false parts of the resources are missing because of other errors: then
    nothing is said.
    """
    if not is_complete:
        return
    yield from _check_types(pipeline.resources)
    for container in pipeline.resources.containers:
        yield from _check_image(container)
    for repository in pipeline.resources.repositories:
        if repository.alias.value.lower() != "self":
            yield from _check_repository(repository)
    known = [one.alias.value for one in pipeline.resources.repositories]
    for stage in pipeline.stages:
        for job in stage.jobs:
            for name in job.uses:
                yield from _check_use(name, known)


def _check_image(container: Container) -> Iterator[Diagnostic]:
    """An image of Azure's registry is named in parts; any other by `image` alone."""
    if container.image is not None:
        return
    kind = _type_of(container)
    is_azure = kind is not None and kind.value.lower() == "acr"
    needed = _OF_REGISTRY if is_azure else ("image",)
    missing = [f'"{key}"' for key in needed if key not in container.other]
    if missing:
        name = container.alias.value if container.alias else ""
        typed = f' of "type: {kind.value}"' if kind else ""
        yield Diagnostic(
            code="PS1104",
            message=f'the container "{name}"{typed} needs {_and(missing)}',
            span=container.span,
            help="they name the image in a registry of Azure: the service connection, the resource "
            "group, the registry, and the repository in it"
            if is_azure
            else 'add "image: NAME:TAG"; only "type: ACR" goes without it',
        )


def _check_repository(repository: RepositoryResource) -> Iterator[Diagnostic]:
    """What the service finds a repository by: its name, in the form of its type, and the connection
    to another site."""
    kind = repository.type.value.lower() if repository.type else "git"
    alias = repository.alias.value
    form = _FORMS.get(kind)
    if form is not None and repository.name is None:
        message = f'the repository "{alias}" has no name'
        yield _not_found(message, repository.span, f'add "name: {form[1]}"')
    name = repository.name
    if name and form and not is_open(name) and name.value.count("/") not in form[0]:
        message = f'"{name.value}" is no name of a repository of type "{kind}"'
        yield _not_found(message, name.span, f"write {form[1]}")
    if kind in _ELSEWHERE and repository.endpoint is None:
        yield _not_found(
            f'the repository "{alias}" of type "{kind}" has no service connection',
            repository.span,
            'add "endpoint:" with the name of a connection to the site',
        )


def _not_found(message: str, span: Span, help: str) -> Diagnostic:
    return Diagnostic(
        code="PS2212", severity=Severity.WARNING, message=message, span=span, help=help
    )


def _check_types(resources: Resources) -> Iterator[Diagnostic]:
    """The schema takes any text; the pages of the resources name the types there are."""
    for container in resources.containers:
        yield from _check_type("container", _type_of(container), _CONTAINER_TYPES)
    for repository in resources.repositories:
        yield from _check_type("repository", repository.type, _REPOSITORY_TYPES)
    for package in resources.packages:
        yield from _check_type("package", package.type, _PACKAGE_TYPES)


def _type_of(container: Container) -> Text | None:
    kind = container.other.get("type")
    return Text(kind.value, kind.span) if isinstance(kind, Scalar) else None


def _check_type(kind: str, type: Text | None, known: tuple[str, ...]) -> Iterator[Diagnostic]:
    if type is None or is_open(type) or type.value.lower() in map(str.lower, known):
        return
    yield Diagnostic(
        code="PS1103",
        severity=Severity.WARNING,
        message=f'there is no type "{type.value}" of a {kind} resource',
        span=type.span,
        help=f"write {one_of(known)}",
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
