"""What is wrong with the files of a project, by file: pipelines, templates, tests of pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from penstock.cli.editor.names import parameters_of
from penstock.cli.editor.projects import Project, Snapshot
from penstock.cli.reading.likely import reads_as_pipeline
from penstock.cli.testing.documents import SUFFIXES, read_test_file
from penstock.language.source import Diagnostic, Related, Source
from penstock.language.templates.alone import check_alone
from penstock.language.templates.references import SELF
from penstock.language.yaml import Mapping

_NOT_GIVEN = "PS1210"

Problems: TypeAlias = dict[Path, list[Diagnostic]]


def problems_of(project: Project, name: str) -> Iterator[tuple[str, Problems]]:
    """What is wrong with the pipelines that a file belongs to, by file: one pipeline at a time.

    A test file stands for itself, and so does a template that none of them reads. A file without
    faults has an empty list.
    """
    source = project.files.read(SELF, name)
    if source is None:
        return
    if name.endswith(SUFFIXES):
        yield name, {project.files.root / name: list(read_test_file(source).diagnostics)}
        return
    pipelines = project.pipelines_of(name)
    is_read = not pipelines
    if not is_alone(project, name, pipelines):
        for path in pipelines:
            snapshot = project.compile(path)
            is_read |= snapshot.reads(name)
            yield path, _of_pipeline(project, snapshot)
    if not is_read:
        yield name, {project.files.root / name: list(check_alone(source))}


def problems_elsewhere(project: Project, alias: str, name: str) -> Iterator[tuple[str, Problems]]:
    """What is wrong with the pipelines of a project that read a file of another repository."""
    for path in project.pipelines_naming(alias, name):
        yield path, _of_pipeline(project, project.compile(path))


def is_alone(project: Project, name: str, pipelines: list[str]) -> bool:
    """Whether a file reads as a template for other projects: of the pipelines it belongs to it is
    the only one, it does not say how its runs begin, and its path says so or its parameters do:
    some need a value, or they are declared as only templates may."""
    text = project.files.text(name) or ""
    root = project.tree(Source(name, text))
    if pipelines != [name] or reads_as_pipeline(name, text) or not isinstance(root, Mapping):
        return False
    if "template" in name.lower() or isinstance(root.get("parameters"), Mapping):
        return True
    return any(one.default is None for one in parameters_of(root))


def faults_of(snapshot: Snapshot) -> list[Diagnostic]:
    """What is wrong with a pipeline, and what is doubtful about it."""
    if snapshot.compiled.pipeline is None:
        return snapshot.diagnostics
    from penstock.cli.reading.doubtful import doubtful_tasks

    return [*snapshot.diagnostics, *doubtful_tasks(snapshot.compiled.pipeline)]


def _of_pipeline(project: Project, snapshot: Snapshot) -> Problems:
    start = project.files.root / snapshot.path
    found: Problems = {start: []}
    for file in snapshot.compiled.files:
        if (read := project.files.path_of(file)) is not None:
            found.setdefault(read, [])
    for one in map(_for_editor, faults_of(snapshot)):
        place = project.files.path_of(one.span.source) if one.span else None
        found.setdefault(place or start, []).append(one)
    return found


def all_at(path: Path, found: Iterable[Problems]) -> list[Diagnostic]:
    """What several pipelines have against a file, the same fault once."""
    kept: list[Diagnostic] = []
    for problems in found:
        kept += [o for o in problems.get(path, ()) if not any(_is_same(o, k) for k in kept)]
    return kept


def _is_same(one: Diagnostic, other: Diagnostic) -> bool:
    """Whether two pipelines meet the same fault."""
    return (one.code, one.message, _at(one)) == (other.code, other.message, _at(other))


def _at(one: Diagnostic) -> tuple[int, int]:
    """The place in its file: a file of several repositories' names is one file."""
    return (one.span.line, one.span.column) if one.span else (0, 0)


def _for_editor(one: Diagnostic) -> Diagnostic:
    if one.code != _NOT_GIVEN:
        return one
    help = "name its folder in the editor's settings: penstock.localRepositories"
    return replace(one, help=help)


def related_places(project: Project, one: Diagnostic) -> Iterator[tuple[Path, Related]]:
    """The further places of a diagnostic that are in files."""
    for related in one.related:
        path = project.files.path_of(related.span.source)
        if path is not None:
            yield path, related
