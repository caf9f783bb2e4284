"""What is wrong with what some files are part of: the pipelines that include them, above all.

For hooks that are given the names of changed files, whatever they are.
"""

from __future__ import annotations

from pathlib import Path

from penstock.cli.editor.overlays import OpenFiles
from penstock.cli.editor.problems import faults_of, is_alone
from penstock.cli.editor.projects import Project, Snapshot
from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.cli.reading.loading import local_folders, no_file
from penstock.cli.testing.documents import SUFFIXES, read_test_file
from penstock.devops.libraryfiles import read_library
from penstock.devops.repository import find_root, read_repository
from penstock.language.source import Diagnostic
from penstock.language.templates.alone import check_alone
from penstock.language.templates.references import SELF
from penstock.records import record


@record(kw_only=False)
class Checked:
    """The files that were checked in the end, and what is wrong with them."""

    names: tuple[str, ...]
    diagnostics: list[Diagnostic]


def check_changed(names: tuple[str, ...], folder: Path, repositories: tuple[str, ...]) -> Checked:
    """Check everything that the named files belong to, each pipeline once.

    Files of no kind that is known are passed over. Raises Failure (exit 3) where there is no such
    file, (exit 2) where one is outside the project.
    """
    root = find_root(folder.resolve())
    files = OpenFiles(root, local_folders(repositories))
    project = Project(files=files, repository=read_repository(root))
    pipelines: dict[str, Snapshot] = {}
    others: dict[str, list[Diagnostic]] = {}
    for name in names:
        if not (folder / name).is_file():
            raise no_file(folder, name)
        path = (folder / name).resolve()
        if not path.is_relative_to(root):
            help = "change to its repository first, or use -C"
            raise Failure(f'"{name}" is outside the repository {root}', help, Exit.USAGE)
        place = files.name_of(path)
        if (found := _of_other_kind(project, path, place)) is not None:
            others[place] = found
            continue
        starts = project.pipelines_of(place)
        if not is_alone(project, place, starts):
            for start in starts:
                pipelines[start] = pipelines.get(start) or project.compile(start)
            if any(pipelines[start].reads(place) for start in starts) or not starts:
                continue
        others[place] = _of_template(project, place)
    diagnostics = [d for pipeline in pipelines.values() for d in faults_of(pipeline)]
    diagnostics += [d for found in others.values() for d in found]
    return Checked((*pipelines, *others), list(dict.fromkeys(diagnostics)))


def _of_template(project: Project, name: str) -> list[Diagnostic]:
    """What is wrong with a template that no pipeline of the project reads."""
    source = project.files.read(SELF, name)
    return list(check_alone(source)) if source else []


def _of_other_kind(project: Project, path: Path, name: str) -> list[Diagnostic] | None:
    """What is wrong with a test file, a library file or an Azure ML file; None for another."""
    if name.endswith(SUFFIXES):
        source = project.files.read(SELF, name)
        return list(read_test_file(source).diagnostics) if source else []
    if name.startswith(".penstock/"):
        found = read_library(project.files).diagnostics
        return [d for d in found if d.span is None or d.span.source.name == name]
    from penstock.language import yaml
    from penstock.language.source import Source
    from penstock.ml.yaml.kinds import recognise

    kind = recognise(yaml.parse(Source(name, project.files.text(name) or ""), anchors=True).root)
    if kind is None:
        return None
    from penstock.ml.yaml.loading import load as load_ml

    return list(load_ml(path, kind=kind).diagnostics)
