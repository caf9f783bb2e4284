"""`penstock expand`: the pipeline as the service would run it, as YAML on stdout."""

from __future__ import annotations

import sys

import click

from penstock.cli.exits import Exit
from penstock.cli.options import (
    Request,
    output_options,
    pipeline_options,
    print_diagnostics,
    wants_color,
)
from penstock.cli.reading.loading import load
from penstock.language.compiler import Compiled
from penstock.language.source import has_errors


@click.command(short_help="the final YAML on stdout")
@pipeline_options
@click.option(
    "--origins", is_flag=True, help="each line with its file, line, templates, `if`s and `each`es"
)
@output_options("text")
def command(request: Request, origins: bool, form: str, query: str | None) -> int:
    """Print FILE with every template and expression expanded, in the service's canonical form.

    Text is YAML. As data, values are texts as they are written.
    """
    loaded = load(request)
    print_diagnostics(loaded.compiled.diagnostics)
    if has_errors(loaded.compiled.diagnostics) or loaded.compiled.tree is None:
        return Exit.INVALID
    show = _print_origins if origins else _print_tree
    show(loaded.compiled, form, query)
    return Exit.OK


def _print_tree(compiled: Compiled, form: str, query: str | None) -> None:
    from penstock.language.canonical import dump

    assert compiled.tree is not None
    if form == "text" and not query:
        click.echo(dump(compiled.tree), nl=False)
        return
    from penstock.cli.output import print_data
    from penstock.language.yaml import to_texts

    print_data(to_texts(compiled.tree), form, query)


def _print_origins(compiled: Compiled, form: str, query: str | None) -> None:
    from penstock.cli.pipelines.origin_views import origins_data, origins_text
    from penstock.language.canonical import dump_lines

    assert compiled.tree is not None
    lines = dump_lines(compiled.tree)
    if form == "text" and not query:
        color = wants_color(sys.stdout)
        click.echo(origins_text(lines, compiled.origins, color=color), color=color)
        return
    from penstock.cli.output import print_data

    print_data(origins_data(lines, compiled.origins), form, query)
