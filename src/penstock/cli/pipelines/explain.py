"""`penstock explain`: a code, a task or a keyword; or why something ran, was skipped or failed."""

from __future__ import annotations

import sys

import click

from penstock.cli.exits import Exit
from penstock.cli.givensecrets import masked, read_secrets, secret_option
from penstock.cli.options import (
    Failure,
    Request,
    assume_options,
    pipeline_options,
    print_diagnostics,
    wants_color,
)

_VALUES = ("PS2123", "PS2124")
"""What tells of values that are missing; conditions may read them."""


@click.command(short_help="a code, a task, a keyword; or why something ran or not")
@pipeline_options
@click.option(
    "--run", "run", metavar="ID", help="explain a part of this run: an id, a number or `latest`"
)
@click.option("--stage", "path", metavar="STAGE[/JOB[/STEP]]", help="explain it before a run")
@assume_options
@secret_option
def command(
    request: Request,
    run: str | None,
    path: str | None,
    results: tuple[str, ...],
    outputs: tuple[str, ...],
    secrets: tuple[str, ...],
) -> int:
    """Explain a thing or a decision.

    \b
    penstock explain PS1203                        a diagnostic code
    penstock explain AzureCLI@2                    a task and its inputs
    penstock explain dependsOn                     a YAML keyword
    penstock explain --run latest Deploy           why a stage, job or step ran or not
    penstock explain --stage Deploy [FILE]         the same before a run, as `plan` sees it
    """
    if run is None and path is not None:
        return _before_run(request, path, results, outputs, secrets)
    if results or outputs or secrets or request != _only_names(request):
        message = "what is given or assumed of a run needs --stage, without --run"
        raise click.UsageError(message)
    if run is not None:
        text = _of_run(run, _only_one(path, request.file))
    else:
        text = _of_subject(request.file)
    click.echo(text, color=wants_color(sys.stdout))
    return Exit.OK


def _only_names(request: Request) -> Request:
    """The request without what it says of a run: a folder is given for every command."""
    return Request(file=request.file, folder=request.folder)


def _of_subject(word: str | None) -> str:
    from penstock.cli.explaining.subjects import explain_subject

    if word is None:
        raise click.UsageError("name a code, a task or a keyword, or use --stage or --run")
    if word.endswith((".yml", ".yaml")):
        raise click.UsageError(
            f"say what of {word} to explain: --stage STAGE[/JOB[/STEP]]; "
            "`penstock list` shows the names"
        )
    return explain_subject(word, color=wants_color(sys.stdout))


def _only_one(path: str | None, name: str | None) -> str | None:
    """What of a run to explain; it may be written behind --stage or alone."""
    if path is not None and name is not None:
        raise click.UsageError(f"--run takes no file: leave out {name}")
    return path or name


def _before_run(
    request: Request,
    path: str,
    results: tuple[str, ...],
    outputs: tuple[str, ...],
    secrets: tuple[str, ...],
) -> int:
    from penstock.cli.explaining.evaluated import painter
    from penstock.cli.explaining.foresight import foresee, read_assumptions
    from penstock.cli.explaining.why import why_before
    from penstock.cli.reading.loading import load
    from penstock.cli.reading.planning import plan_loaded
    from penstock.language.source import Severity

    loaded = load(request, wants_facts=True)
    values = read_secrets(secrets)
    planned = plan_loaded(loaded, values)
    planned_errors = (
        [one for one in planned.diagnostics if one.severity is Severity.ERROR]
        if planned is not None
        else []
    )
    found = [*loaded.library.diagnostics, *loaded.compiled.diagnostics]
    found += [one for one in planned_errors if one.code in _VALUES]
    print_diagnostics([one for one in found if one.severity is Severity.ERROR])
    if planned is None:
        return Exit.INVALID
    others = sum(one.code not in _VALUES for one in planned_errors)
    if others:
        things = f"{others} things" if others > 1 else "one thing"
        click.echo(f"note: a run would lack {things}; `penstock plan` says what", err=True)
    foreseen = foresee(planned.plan, read_assumptions(planned.plan, results, outputs))
    color = wants_color(sys.stdout)
    text = why_before(foreseen, loaded.compiled.pipeline, path, painter(color))
    click.echo(masked(text, values.values()), color=color)
    return Exit.OK


def _of_run(run: str, path: str | None) -> str:
    from penstock.cli.explaining.evaluated import painter
    from penstock.cli.explaining.why import why_in_run
    from penstock.cli.store import find_run, open_store
    from penstock.engine.state import replay

    if path is None:
        raise click.UsageError("name what to explain: penstock explain --run ID STAGE[/JOB[/STEP]]")
    with open_store() as store:
        found = find_run(store, run)
        if found.kind != "pipeline":
            raise Failure(
                f"run {found.id} is an Azure ML job, which has no conditions",
                "`penstock runs list` shows the runs of pipelines",
                Exit.USAGE,
            )
        state = replay(*store.runs.load(str(found.id)))
    title = f"run {found.id}" + (f", {found.number}" if found.number else "")
    return why_in_run(state, title, path, painter(wants_color(sys.stdout)))
