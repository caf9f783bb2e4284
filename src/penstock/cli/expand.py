"""`penstock expand`: the pipeline as the service would run it, as YAML on stdout."""

from __future__ import annotations

import click

from penstock.cli.exits import Exit
from penstock.cli.loading import load
from penstock.cli.options import Request, pipeline_options, print_diagnostics
from penstock.language.source import has_errors


@click.command(short_help="the final YAML on stdout")
@pipeline_options
def command(request: Request) -> int:
    """Print FILE with every template and expression expanded, in the service's canonical form."""
    from penstock.language.canonical import dump

    loaded = load(request)
    print_diagnostics(loaded.compiled.diagnostics)
    if has_errors(loaded.compiled.diagnostics) or loaded.compiled.tree is None:
        return Exit.INVALID
    click.echo(dump(loaded.compiled.tree), nl=False)
    return Exit.OK
