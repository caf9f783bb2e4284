"""`penstock plan`: what a hypothetical run would do and skip, and why; what is missing."""

from __future__ import annotations

import sys

import click

from penstock.cli.exits import Exit
from penstock.cli.givensecrets import masked, read_secrets, secret_option
from penstock.cli.options import (
    Request,
    assume_options,
    output_options,
    pipeline_options,
    print_diagnostics,
    wants_color,
)
from penstock.cli.output import render_data
from penstock.cli.reading.loading import load
from penstock.language.source import has_errors


@click.command(short_help="what would run, what would be skipped and why, what is missing")
@pipeline_options
@assume_options
@secret_option
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
    from penstock.cli.explaining.foresight import foresee, read_assumptions
    from penstock.cli.explaining.plan_views import MISSING, plan_json, plan_text
    from penstock.cli.reading.planning import plan_loaded

    loaded = load(request, wants_facts=True)
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
    if text:
        click.echo(masked(text, values.values()), color=wants_color(sys.stdout))
    return Exit.INVALID if has_errors([*missing, *others]) else Exit.OK
