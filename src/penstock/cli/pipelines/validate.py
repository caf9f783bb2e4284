"""`penstock validate`: check pipeline and Azure ML files offline, all errors at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock import __version__
from penstock.cli.exits import Exit
from penstock.cli.options import (
    LENIENT,
    Request,
    branch_option,
    folder_option,
    parameter_option,
    parity_option,
    reason_option,
    repository_option,
    variable_option,
    wants_color,
)
from penstock.cli.reading.loading import load, no_file
from penstock.language.source import Diagnostic, Severity, Source, has_errors

if TYPE_CHECKING:
    from penstock.ml.yaml.kinds import Kind

_NO_VALUE = "PS1204"


@click.command(short_help="check pipeline and Azure ML files offline")
@click.argument("files", nargs=-1)
@folder_option
@parameter_option
@variable_option
@repository_option
@branch_option
@reason_option
@parity_option
@click.option(
    "-o", "--output", "form", type=click.Choice(["text", "json", "sarif"]), default="text"
)
@click.option(
    "--including",
    is_flag=True,
    help="a template stands for the pipelines that include it; files of other kinds are left out",
)
@click.option("--warnings-as-errors", is_flag=True, help="a warning makes the exit code 4")
def command(
    files: tuple[str, ...],
    folder: Path | None,
    parameters: tuple[str, ...],
    variables: tuple[str, ...],
    repositories: tuple[str, ...],
    branch: str,
    reason: str,
    parity: str,
    form: str,
    including: bool,
    warnings_as_errors: bool,
) -> int:
    """Parse, expand and check FILES (azure-pipelines.yml where none is named), offline.

    Reads Azure Pipelines YAML and Azure ML YAML, which it knows by its shape. Exit code 4 when
    anything is wrong.
    """
    found: list[Diagnostic] = []
    names: tuple[str | None, ...] = files or (None,)
    if including:
        if parameters or variables or branch or (reason, parity) != ("Manual", LENIENT):
            raise click.UsageError("--including takes no -p, --var, --branch, --reason, --parity")
        from penstock.cli.pipelines.changed import check_changed

        checked = check_changed(files, folder or Path(), repositories)
        files, found = checked.names, checked.diagnostics
        names = ()
    for name in names:
        request = Request(
            file=name,
            folder=folder,
            parameters=parameters,
            variables=variables,
            repositories=repositories,
            branch=branch,
            reason=reason,
            parity=parity,
        )
        found += _check(request)
    shown = [name or "azure-pipelines.yml" for name in names or files]
    _print(found, form, shown or ["nothing to check"])
    if form == "text" and not including:
        _tell_of_templates(files, found)
    wrong = has_errors(found) or (
        warnings_as_errors and any(one.severity is Severity.WARNING for one in found)
    )
    return Exit.INVALID if wrong else Exit.OK


def _check(request: Request) -> list[Diagnostic]:
    if request.file is not None:
        path = (request.folder or Path()) / request.file
        if not path.is_file():
            raise no_file(request.folder or Path(), request.file)
        if (kind := _azure_ml_kind(path)) is not None:
            from penstock.ml.yaml.loading import load as load_ml

            return list(load_ml(path, kind=kind).diagnostics)
    loaded = load(request)
    found = [*loaded.library.diagnostics, *loaded.compiled.diagnostics]
    if loaded.compiled.pipeline is not None:
        from penstock.cli.reading.doubtful import doubtful_tasks

        found += doubtful_tasks(loaded.compiled.pipeline)
    return found


def _tell_of_templates(names: tuple[str, ...], found: list[Diagnostic]) -> None:
    """A file that lacks values is perhaps no pipeline, but a template of some."""
    wanting = {one.span.source.name for one in found if one.code == _NO_VALUE and one.span}
    for name in names:
        if Path(name).as_posix() in wanting:
            click.echo(
                f'note: if {name} is a template, "penstock validate --including {name}" checks it '
                "with the values it is given",
                err=True,
            )


def _azure_ml_kind(path: Path) -> Kind | None:
    from penstock.language import yaml
    from penstock.ml.yaml.kinds import recognise

    document = yaml.parse(Source(path.name, path.read_text("utf-8", "replace")), anchors=True)
    return recognise(document.root)


def _print(found: list[Diagnostic], form: str, names: list[str]) -> None:
    from penstock.language import diagnostics

    if form == "json":
        click.echo(json.dumps(diagnostics.to_json(found), indent=2, ensure_ascii=False))
    elif form == "sarif":
        click.echo(
            json.dumps(
                diagnostics.to_sarif(found, version=__version__), indent=2, ensure_ascii=False
            )
        )
    elif found:
        color = wants_color(sys.stdout)
        click.echo(diagnostics.render(found, color=color), color=color)
    else:
        click.echo(f"{', '.join(names)}: no problems found")
