"""What is wrong with the files of a project, by file: pipelines, and tests of pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from penstock.cli.editor.projects import Project
from penstock.cli.testing.documents import SUFFIXES, read_test_file
from penstock.language.source import Diagnostic, Related
from penstock.language.templates.references import SELF

_NOT_GIVEN = "PS1210"

Problems: TypeAlias = dict[Path, list[Diagnostic]]


def problems_of(project: Project, name: str) -> dict[str, Problems]:
    """What is wrong with the pipelines that a file belongs to, by pipeline and by file.

    A test file stands for itself. A file without faults has an empty list.
    """
    source = project.files.read(SELF, name)
    if source is None:
        return {}
    if name.endswith(SUFFIXES):
        return {name: {project.files.root / name: list(read_test_file(source).diagnostics)}}
    return {path: _of_pipeline(project, path) for path in project.pipelines_of(name)}


def _of_pipeline(project: Project, path: str) -> Problems:
    snapshot = project.compile(path)
    start = project.files.root / path
    found: Problems = {start: []}
    for file in snapshot.compiled.files:
        if (read := project.files.path_of(file)) is not None:
            found.setdefault(read, [])
    doubts: list[Diagnostic] = []
    if snapshot.compiled.pipeline is not None:
        from penstock.cli.reading.doubtful import doubtful_tasks

        doubts = doubtful_tasks(snapshot.compiled.pipeline)
    for one in (*map(_for_editor, snapshot.diagnostics), *doubts):
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
    return (one.code, one.message, one.span) == (other.code, other.message, other.span)


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
