"""Where the thing under the cursor is written: a template, a parameter, a variable, a stage."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.cli.editor.cursor import ITEM
from penstock.cli.editor.located import Spotted, reference_at, spot
from penstock.cli.editor.names import (
    jobs_of,
    parameters_of,
    stages_of,
    template_at,
    variables_of,
)
from penstock.cli.editor.projects import Project
from penstock.language.casing import fold_case
from penstock.language.pipeline import Text
from penstock.language.source import Source, Span
from penstock.language.yaml import Node


def define(project: Project, source: Source, line: int, column: int) -> list[Span]:
    """The places where what stands at a place (1-based) is declared; none where nothing is."""
    root = project.tree(source)
    spotted = spot(root, line, column)
    if spotted is None:
        return []
    found = (
        list(_template(project, source, spotted))
        or list(_argument(project, source, spotted))
        or list(_dependency(project, source, spotted))
        or list(_referenced(project, source, root, spotted, line, column))
    )
    return list(dict.fromkeys(found))


def _template(project: Project, source: Source, spotted: Spotted) -> Iterator[Span]:
    if spotted.is_key or spotted.path[-1:] != ("template",):
        return
    target = template_at(spotted.scalar.value, source, project)
    if target is not None:
        yield Span(target, 1, 1, 1, 1)


def _argument(project: Project, source: Source, spotted: Spotted) -> Iterator[Span]:
    """A parameter that a template reference gives: where the template declares it."""
    outer = spotted.levels[-2].keys if len(spotted.levels) > 1 else {}
    if not spotted.is_key or spotted.path[-1:] != ("parameters",) or "template" not in outer:
        return
    target = template_at(outer["template"], source, project)
    root = project.tree(target) if target else None
    yield from _named(root, spotted.scalar.value)


def _named(root: Node | None, name: str) -> Iterator[Span]:
    for one in parameters_of(root):
        if fold_case(one.name) == fold_case(name):
            yield one.span


def _dependency(project: Project, source: Source, spotted: Spotted) -> Iterator[Span]:
    path = tuple(step for step in spotted.path if step != ITEM)
    if spotted.is_key or path[-1:] != ("dependsOn",):
        return
    snapshots = list(project.snapshots_of(source))
    if "stage" in spotted.levels[-1].keys:
        names = stages_of(snapshots)
    else:
        around = (level.keys.get("stage", "") for level in reversed(spotted.levels))
        names = jobs_of(snapshots, next((name for name in around if name), ""))
    yield from _spans(names, spotted.scalar.value)


def _spans(names: Iterator[Text], name: str) -> Iterator[Span]:
    yield from (text.span for text in names if fold_case(text.value) == fold_case(name))


def _referenced(
    project: Project, source: Source, root: Node | None, spotted: Spotted, line: int, column: int
) -> Iterator[Span]:
    reference = reference_at(spotted.scalar, line, column)
    if reference is None:
        return
    if reference.kind == "parameter":
        yield from _named(root, reference.name)
        return
    snapshots = list(project.snapshots_of(source))
    if reference.kind == "variable":
        for one in variables_of(snapshots):
            if fold_case(one.name) == fold_case(reference.name):
                yield one.span
    else:
        yield from _spans(stages_of(snapshots), reference.name)
        yield from _spans(jobs_of(snapshots), reference.name)
