"""The words for template references that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.language.source import Diagnostic, Related, Span
from penstock.language.templates.references import Place
from penstock.language.yaml import Scalar


def outside(text: Scalar, path: str) -> Diagnostic:
    """A path with more `..` than folders."""
    return Diagnostic(
        code="PS1211",
        message=f'the template path "{text.value}" leads out of the repository',
        span=text.span,
        help='use fewer "..", or begin with "/" to start at the root of the repository',
        service_text=f"The file path {path} is invalid",
    )


def unknown_repository(text: Scalar, alias: str, known: Iterable[str]) -> Diagnostic:
    """An alias that `resources.repositories` does not have."""
    from penstock.language.diagnostics import nearest

    names = list(known)
    close = nearest(alias, names)
    return Diagnostic(
        code="PS1209",
        message=f'there is no repository "{alias}" among the resources of this pipeline',
        span=text.span,
        label=f'"{alias}" is not declared',
        help=f'did you mean "{close}"?'
        if close
        else f'declare it: resources, repositories, "- repository: {alias}"',
        service_text=f"No repository found by name {alias}",
    )


def repository_not_given(text: Scalar, declared: Scalar) -> Diagnostic:
    """A template of another repository, which is not here."""
    return Diagnostic(
        code="PS1210",
        message=f'the template "{text.value}" is in the repository "{declared.value}", '
        "which was not given",
        span=text.span,
        related=(Related(declared.span, "the repository is declared here"),),
        help=f"give a local copy of it: --local-repository {declared.value}=DIR",
    )


def missing_file(
    text: Scalar, place: Place, name: str, names: Iterable[str], repository: str
) -> Diagnostic:
    """A path that no file has."""
    from penstock.language.diagnostics import nearest

    close = nearest(name, names)
    return Diagnostic(
        code="PS1201",
        message=f'there is no template file "{place}"',
        span=text.span,
        label="looked for from the root of the repository"
        if text.value.startswith("/")
        else "looked for from the folder of this file",
        help=f'did you mean "{close}"?'
        if close
        else 'check the path; one that begins with "/" starts at the root of the repository',
        service_text=f"File /{place.path} not found in repository {repository}.",
    )


def unreadable(name: str, error: Exception, at: Span | None) -> Diagnostic:
    """A file that is there and cannot be read."""
    return Diagnostic(
        code="PS1214",
        message=f'the file "{name}" cannot be read: {error}',
        span=at,
        help="save it as UTF-8 text inside the repository",
    )


def too_many_files(limit: int, at: Span | None) -> Diagnostic:
    """More files than one compile may read."""
    return Diagnostic(
        code="PS1213",
        message=f"a pipeline may be made of {limit} files, and this is one more",
        span=at,
        help="join small templates; each file counts once, however often it is used",
        service_text=f"No more than {limit} separate YAML files can be included.",
    )
