"""`penstock diff`: two expanded pipelines compared by meaning, for a review."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.options import (
    DEFAULT_FILES,
    Failure,
    branch_option,
    folder_option,
    pairs,
    parameter_option,
    print_diagnostics,
    reason_option,
    repository_option,
    variable_option,
    wants_color,
    working_folder,
)
from penstock.language.compiler import Compiled, compile_pipeline
from penstock.language.source import has_errors
from penstock.language.templates.files import Files, LocalFiles, UnreadableFile
from penstock.records import record

WORKING_TREE = "working tree"
_GROUPS = ".penstock/variable-groups"


@record(kw_only=False)
class _Side:
    """One of the two pipelines. `name` is the revision, or the file."""

    name: str
    files: Files
    path: str


@record(kw_only=False)
class _Given:
    """What the command line says beside the two sides."""

    root: Path
    folder: Path
    parameters: dict[str, str]
    variables: dict[str, str]
    repositories: dict[str, Path]
    branch: str
    reason: str


@click.command(short_help="two pipelines compared by meaning, for a review")
@click.argument("revisions", required=False, metavar="[REV..REV | REV]")
@click.argument("file", required=False)
@click.option("--files", "two", nargs=2, metavar="A B", help="compare two files instead")
@folder_option
@parameter_option
@variable_option
@repository_option
@branch_option
@reason_option
@click.option("-o", "--output", "form", type=click.Choice(["text", "json"]), default="text")
def command(
    revisions: str | None,
    file: str | None,
    two: tuple[str, str] | None,
    folder: Path | None,
    parameters: tuple[str, ...],
    variables: tuple[str, ...],
    repositories: tuple[str, ...],
    branch: str,
    reason: str,
    form: str,
) -> int:
    """Compare FILE (azure-pipelines.yml where none is named) in two revisions, by what it means.

    One REV is compared with the working tree, none means HEAD; A...B starts where the two part.
    Layout, the order of keys, and moving parts into templates make no difference. Exit code 0
    without a difference, 1 with differences, 4 when a side does not compile.
    """
    from penstock.cli.reading.loading import local_folders
    from penstock.devops.comparing.revisions import GitFailed
    from penstock.devops.repository import find_root

    place = working_folder(folder)
    given = _Given(
        root=find_root(place),
        folder=place,
        parameters=pairs(parameters, "--parameter"),
        variables=pairs(variables, "--var"),
        repositories=local_folders(repositories),
        branch=branch,
        reason=reason,
    )
    if two and revisions:
        raise click.UsageError("--files compares two files; it takes no revisions")
    try:
        with ExitStack() as stack:
            if two:
                sides = tuple(_file_side(given, name) for name in two)
            else:
                sides = _revision_sides(given, revisions or "HEAD", file, stack)
            return _compare(given, sides[0], sides[1], form)
    except GitFailed as error:
        raise Failure(str(error), _help(place, revisions), Exit.NOT_FOUND) from error


def _help(folder: Path, revisions: str | None) -> str:
    if revisions and (folder / revisions).is_file():
        return f"the revision comes first: penstock diff HEAD {revisions}"
    return "git branch -a and git log --oneline show what there is"


def _compare(given: _Given, before: _Side, after: _Side, form: str) -> int:
    from penstock.cli.pipelines.diff_views import Comparison, comparison_json, comparison_text
    from penstock.cli.reading.tasks import AgentTasks
    from penstock.devops.comparing.comparison import compare_pipelines
    from penstock.devops.comparing.uses import new_uses, pipeline_uses

    tasks = AgentTasks()

    def connections(task: str) -> tuple[str, ...]:
        facts = tasks.find(task)
        return tuple(facts.connection_inputs) if facts else ()

    compiled = [_compiled(given, side) for side in (before, after)]
    if any(one is None for one in compiled):
        return Exit.INVALID
    old, new = (one for one in compiled if one is not None)
    assert old.pipeline is not None and new.pipeline is not None
    left, right = (
        pipeline_uses(
            one.pipeline, one.files, secrets=_secrets(side.files), connections=connections
        )
        for one, side in ((old, before), (new, after))
        if one.pipeline is not None
    )
    found = Comparison(
        before=before.name,
        after=after.name,
        changes=compare_pipelines(old.pipeline, new.pipeline),
        newly_used=new_uses(left, right),
        no_longer_used=new_uses(right, left),
    )
    if form == "json":
        click.echo(json.dumps(comparison_json(found), indent=2, ensure_ascii=False))
    else:
        click.echo(comparison_text(found, color=wants_color(sys.stdout)))
    return Exit.OK if found.is_empty else Exit.FAILED


def _compiled(given: _Given, side: _Side) -> Compiled | None:
    """The pipeline of a side, or None with its diagnostics printed under its name."""
    from penstock.devops.plans.variables import RunFacts, queue_variables, template_variables
    from penstock.devops.repository import read_repository

    facts = RunFacts(
        repository=read_repository(given.root),
        definition=Path(side.path).stem,
        path=side.path,
        reason=given.reason,
        branch=given.branch,
    )
    compiled = compile_pipeline(
        side.path,
        side.files,
        parameters=given.parameters,
        variables={**template_variables(queue_variables(facts)), **given.variables},
    )
    if not has_errors(compiled.diagnostics) and compiled.pipeline is not None:
        return compiled
    click.echo(f"{side.name} does not compile:\n", err=True)
    print_diagnostics(compiled.diagnostics)
    return None


def _file_side(given: _Given, name: str) -> _Side:
    path = _relative(given, name)
    if not (given.root / path).is_file():
        help = "paths begin in the folder you are in, or that -C names"
        raise Failure(f'there is no file "{name}" in {given.folder}', help, Exit.NOT_FOUND)
    return _Side(name, LocalFiles(given.root, given.repositories), path)


def _revision_sides(
    given: _Given, text: str, file: str | None, stack: ExitStack
) -> tuple[_Side, ...]:
    from penstock.devops.comparing.revisions import RevisionFiles, find_commit, merge_base

    local = LocalFiles(given.root, given.repositories)
    left, dots, right = _taken_apart(text)
    first = find_commit(given.root, left)
    last = find_commit(given.root, right) if dots else ""
    if dots == "...":
        first = merge_base(given.root, first, last)
        left = first[:10]
    found: list[tuple[str, Files]] = []
    for name, commit in ((left, first), (right, last)):
        if commit:
            files = stack.enter_context(RevisionFiles(given.root, commit, local))
            found.append((name, files))
        else:
            found.append((WORKING_TREE, local))
    path = _path(given, file, [one for _, one in found])
    for name, one in found:
        if not _has(one, path):
            help = "name a file that both sides have: penstock diff REV..REV PATH"
            raise Failure(f'{name} has no file "{path}"', help, Exit.NOT_FOUND)
    return tuple(_Side(name, one, path) for name, one in found)


def _taken_apart(text: str) -> tuple[str, str, str]:
    for dots in ("...", ".."):
        left, found, right = text.partition(dots)
        if found:
            return left or "HEAD", dots, right or "HEAD"
    return text, "", ""


def _path(given: _Given, file: str | None, both: list[Files]) -> str:
    """The path of the pipeline from the root; it need not be in the working tree."""
    if file is not None:
        return _relative(given, file)
    for folder in dict.fromkeys((given.folder, given.root)):
        for name in DEFAULT_FILES:
            path = (folder / name).relative_to(given.root).as_posix()
            if any(_has(files, path) for files in both):
                return path
    help = "name the pipeline file: penstock diff REV..REV PATH"
    raise Failure(f"there is no {DEFAULT_FILES[0]} in {given.folder}", help, Exit.NOT_FOUND)


def _relative(given: _Given, name: str) -> str:
    from os.path import normpath

    path = Path(normpath(given.folder / name))
    if not path.is_relative_to(given.root):
        help = "change to its repository first, or use -C"
        raise Failure(f'"{name}" is outside the repository {given.root}', help, Exit.USAGE)
    return path.relative_to(given.root).as_posix()


def _has(files: Files, path: str) -> bool:
    try:
        return files.read("self", path) is not None
    except UnreadableFile:
        return True


def _secrets(files: Files) -> set[str]:
    """The names of secrets in the variable groups of a side's library."""
    from penstock.language import yaml

    found: set[str] = set()
    for name in files.names("self", _GROUPS):
        try:
            source = files.read("self", f"{_GROUPS}/{name}")
        except UnreadableFile:
            continue
        root = yaml.parse(source).root if source else None
        listed = root.get("secrets") if isinstance(root, yaml.Mapping) else None
        items = listed.items if isinstance(listed, yaml.Sequence) else (listed,)
        found |= {item.value for item in items if isinstance(item, yaml.Scalar)}
    return found
