"""The words for files: references that lead nowhere, templates of the wrong kind, no pipeline."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from penstock.language.source import Diagnostic, Related, Severity, Span
from penstock.language.templates.complaints.shapes import kind_of_node, one_of
from penstock.language.templates.references import Place, take_apart
from penstock.language.yaml import Node, Scalar

# --- references


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


def repository_not_given(text: Scalar, declared: Scalar, ref: str) -> Diagnostic:
    """A template of another repository, which is not here; `ref` is what a run would check out."""
    return Diagnostic(
        code="PS1210",
        message=f'the template "{text.value}" is in the repository "{declared.value}", '
        "which was not given",
        span=text.span,
        related=(Related(declared.span, "the repository is declared here"),),
        help=f"give a local copy of it{ref and f', at {ref}'}: "
        f"--local-repository {declared.value}=DIR",
    )


def missing_file(
    text: Scalar, place: Place, name: str, names: Iterable[str], repository: str
) -> Diagnostic:
    """A path that no file has."""
    from penstock.language.diagnostics import nearest

    close = nearest(name, names)
    folder = text.value.partition("@")[0].rpartition("/")
    return Diagnostic(
        code="PS1201",
        message=f'there is no template file "{place}"',
        span=text.span,
        label=f"looked for from {_base(text, place)}",
        help=f'did you mean "{folder[0]}{folder[1]}{close}"?'
        if close
        else 'check the path; one that begins with "/" starts at the root of the repository',
        service_text=f"File /{place.path} not found in repository {repository}.",
    )


def _base(text: Scalar, place: Place) -> str:
    """Where a path was looked for from. A reference that a parameter carries into a template counts
    from that template's folder, or from the root of another repository."""
    path = take_apart(text.value).path
    beside = posixpath.join(posixpath.dirname(text.span.source.name), path)
    if not path.startswith("/") and posixpath.normpath(beside) == place.path:
        return "the folder of this file"
    if posixpath.normpath(path.lstrip("/")) == place.path:
        return "the root of the repository"
    return "the folder of the template around"


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


# --- contents


def template_cycle(path: Scalar, cycle: list[str]) -> Diagnostic:
    """A template that includes itself with the same parameters."""
    return Diagnostic(
        code="PS1208",
        message="this template includes itself for ever: " + " -> ".join(cycle),
        span=path.span,
        help="remove one of the references, or put one behind an ${{ if }} that ends the chain",
        service_text="Maximum object depth exceeded",
    )


def too_many_levels(path: Scalar, limit: int) -> Diagnostic:
    """Templates included in templates, too deep."""
    return Diagnostic(
        code="PS1208",
        message=f"templates include each other more than {limit} levels deep",
        span=path.span,
        label="expanding stopped here",
        help="look for a template that includes itself with ever new parameters",
        service_text="Maximum object depth exceeded",
    )


def not_a_template(name: str, slot: str, span: Span) -> Diagnostic:
    """A template file whose root is no mapping, or that is empty."""
    return Diagnostic(
        code="PS1202",
        message=f"{name} is not a {slot} template: it has no keys",
        span=span,
        help=f'write "{slot}:" and its items under it, indented'
        if slot != "extends"
        else 'write "stages:", "jobs:" or "steps:" and its items under it',
        service_text="Expected a mapping",
    )


def no_body(name: str, bodies: Iterable[str], span: Span) -> Diagnostic:
    """A template file without any body."""
    names = list(bodies)
    return Diagnostic(
        code="PS1202",
        message=f"{name} has no {one_of(names)}",
        span=span,
        help=f'add "{names[0]}:"; a template may hold an empty list, {names[0]}: []',
        service_text="There's not enough info to determine what you meant. Add one of these "
        f"properties: {', '.join(names)}",
    )


def wrong_template(key: Scalar, slot: str) -> Diagnostic:
    """A template of another kind than the place it is included in."""
    return Diagnostic(
        code="PS1202",
        message=f"this is a template of {key.value}, and it is included where {slot} stand",
        span=key.span,
        label="not expected here",
        help=f'include it under "{key.value}:", or write its body under "{slot}:"',
        service_text=f"Unexpected value '{key.value}'",
    )


def trigger_in_template(key: Scalar) -> Diagnostic:
    """A trigger where none is looked at."""
    return Diagnostic(
        code="PS1216",
        severity=Severity.WARNING,
        message=f'"{key.value}" in a template has no effect',
        span=key.span,
        help="move it to the pipeline file: triggers are read only there",
    )


def missing_start(path: str) -> Diagnostic:
    """The pipeline file itself is not there."""
    return Diagnostic(
        code="PS1201",
        message=f'there is no pipeline file "{path}"',
        help="give the path from the root of the repository",
    )


def not_a_pipeline(node: Node) -> Diagnostic:
    """A pipeline file whose root is no mapping."""
    return Diagnostic(
        code="PS1102",
        message=f"a pipeline is made of keys, and this file holds {kind_of_node(node)}",
        span=node.span,
        help='begin with "steps:", "jobs:", "stages:" or "extends:"',
        service_text="Expected a mapping",
    )


def too_deep(span: Span) -> Diagnostic:
    """A pipeline that is nested too deeply to be read."""
    return Diagnostic(
        code="PS1208",
        message="templates and values are nested too deeply",
        span=span,
        help="look for a template that includes itself, or flatten the values",
        service_text="Maximum object depth exceeded",
    )
