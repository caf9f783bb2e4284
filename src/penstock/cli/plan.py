"""`penstock plan`: what a hypothetical run would do and skip, and why; what is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from penstock.cli.exits import Exit
from penstock.cli.options import (
    Request,
    output_options,
    pipeline_options,
    print_diagnostics,
    wants_color,
)
from penstock.cli.output import render_data
from penstock.language.source import Diagnostic, has_errors

MISSING = {
    "PS2111": "task",
    "PS2120": "connection",
    "PS2122": "repository",
    "PS2123": "variable group",
    "PS2124": "secret",
}


@click.command(short_help="what would run, what would be skipped and why, what is missing")
@pipeline_options
@click.option(
    "--assume",
    "results",
    multiple=True,
    metavar="STAGE[/JOB[/STEP]]=RESULT",
    help="a result: succeeded, succeededWithIssues, failed, skipped or canceled",
)
@click.option(
    "--assume-output",
    "outputs",
    multiple=True,
    metavar="STAGE/JOB.STEP.VARIABLE=VALUE",
    help="an output variable that a step of a job sets",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME[=@FILE|=-]",
    help="a secret variable: from the environment, a file, or a prompt",
)
@output_options("text")
def command(
    request: Request,
    results: tuple[str, ...],
    outputs: tuple[str, ...],
    secrets: tuple[str, ...],
    form: str,
    query: str | None,
) -> int:
    """Show what FILE (azure-pipelines.yml where none is named) would do, and do nothing.

    The engine itself decides, over results that are assumed: everything succeeds unless --assume
    says otherwise. Exit code 4 when the pipeline is not valid or something it needs is missing.
    """
    from penstock.cli.foresight import foresee, read_assumptions
    from penstock.cli.loading import load
    from penstock.cli.plan_views import plan_json, plan_text
    from penstock.cli.planning import plan_loaded
    from penstock.cli.run import read_secrets

    loaded = load(request)
    values = read_secrets(secrets)
    planned = plan_loaded(loaded, values)
    found = [*loaded.library.diagnostics, *loaded.compiled.diagnostics]
    if planned is None:
        print_diagnostics(found)
        return Exit.INVALID
    missing = [d for d in planned.diagnostics if d.code in MISSING]
    others = [*found, *(d for d in planned.diagnostics if d.code not in MISSING)]
    print_diagnostics(others)
    foreseen = foresee(planned.plan, read_assumptions(planned.plan, results, outputs))
    if form == "text" and not query:
        text = plan_text(foreseen, loaded, planned, missing, color=wants_color(sys.stdout))
    else:
        text = render_data(plan_json(foreseen, loaded, planned, missing), form, query)
    click.echo(masked(text, values.values()), color=wants_color(sys.stdout))
    return Exit.INVALID if has_errors([*missing, *others]) else Exit.OK


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with the values of secrets replaced by `***`."""
    from penstock.agent.masking import Masker

    masker = Masker()
    for secret in secrets:
        masker.add(secret)
    return "\n".join(masker.mask_line(line) for line in text.split("\n"))


def missing_kind(diagnostic: Diagnostic) -> str:
    """`connection`, `secret` ... of a diagnostic about something that is missing."""
    return MISSING[diagnostic.code]
