"""Warnings of what the command line gives and the pipeline does not take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.language.casing import fold_case
from penstock.language.diagnostics import nearest
from penstock.language.pipeline import Pipeline, VariableGroup, VariableValue
from penstock.language.source import Diagnostic, Severity


def unused_repositories(names: Iterable[str], pipeline: Pipeline) -> Iterator[Diagnostic]:
    """Those of `--local-repository` that are no repository resource."""
    declared = [one.alias.value for one in pipeline.resources.repositories]
    other = "NAME is that of the resource: resources, repositories, - repository: NAME"
    for name in _others(names, declared):
        what = f"--local-repository {name}: the pipeline declares no such repository"
        yield _unused(what, name, declared, other)


def unused_groups(names: Iterable[str], pipeline: Pipeline) -> Iterator[Diagnostic]:
    """Those of `--variable-group` that no `- group:` refers to."""
    used = list(dict.fromkeys(_groups(pipeline)))
    other = f"it uses {', '.join(used)}" if used else "a group is used by `- group: NAME`"
    for name in _others(names, used):
        what = f"--variable-group {name}: the pipeline uses no such group"
        yield _unused(what, name, used, other)


def overridden_variables(names: Iterable[str], pipeline: Pipeline) -> Iterator[Diagnostic]:
    """Those of `--var` that the pipeline's own variables override."""
    own = {fold_case(o.name.value): o for o in pipeline.variables if isinstance(o, VariableValue)}
    for name in names:
        variable = own.get(fold_case(name))
        if variable is not None:
            yield Diagnostic(
                code="PS2131",
                severity=Severity.WARNING,
                message=f"--var {name}: the pipeline sets this variable itself, and that wins",
                span=variable.name.span,
                help="the service takes no value for it when a run is queued; a parameter can be "
                "given one",
            )


def _groups(pipeline: Pipeline) -> Iterator[str]:
    jobs = [job for stage in pipeline.stages for job in stage.jobs]
    for part in (pipeline, *pipeline.stages, *jobs):
        yield from (one.name.value for one in part.variables if isinstance(one, VariableGroup))


def _others(names: Iterable[str], known: Iterable[str]) -> list[str]:
    folded = {fold_case(name) for name in known}
    return [name for name in names if fold_case(name) not in folded]


def _unused(message: str, name: str, known: list[str], other: str) -> Diagnostic:
    guess = nearest(name, known)
    return Diagnostic(
        code="PS2131",
        severity=Severity.WARNING,
        message=message,
        help=f'did you mean "{guess}"?' if guess else other,
    )
