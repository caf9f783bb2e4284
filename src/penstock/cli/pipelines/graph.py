"""`penstock graph`: stages and jobs with their dependencies, as text, Mermaid or SVG."""

from __future__ import annotations

from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Request, output_options, pipeline_options, print_diagnostics
from penstock.cli.output import print_data
from penstock.language.pipeline.pictures.outline import Box, outline
from penstock.language.source import has_errors


@click.command(short_help="stages and jobs with their dependencies")
@pipeline_options
@click.option("--mermaid", "picture", flag_value="mermaid", help="a Mermaid flowchart")
@click.option("--svg", "picture", flag_value="svg", help="an SVG picture")
@output_options("text")
def command(request: Request, picture: str | None, form: str, query: str | None) -> int:
    """Draw what waits for what in FILE (azure-pipelines.yml where none is named)."""
    from penstock.cli.reading.loading import load

    if picture and (form != "text" or query):
        raise click.UsageError(f"--{picture} is a form of its own: leave out -o and --query")
    loaded = load(request)
    print_diagnostics(loaded.compiled.diagnostics)
    pipeline = loaded.compiled.pipeline
    if pipeline is None or has_errors(loaded.compiled.diagnostics):
        return Exit.INVALID
    stages = outline(pipeline)
    if form == "text" and not query:
        click.echo(_drawn(stages, picture))
    else:
        print_data([_data(stage) for stage in stages], form, query)
    return Exit.OK


def _drawn(stages: tuple[Box, ...], picture: str | None) -> str:
    if picture == "mermaid":
        from penstock.language.pipeline.pictures.mermaid import draw_mermaid

        return draw_mermaid(stages)
    if picture == "svg":
        from penstock.language.pipeline.pictures.svg import draw_svg

        return draw_svg(stages)
    from penstock.language.pipeline.pictures.lines import draw_lines

    return draw_lines(stages)


def _data(box: Box) -> dict[str, Any]:
    return {
        "name": box.name,
        "kind": box.kind,
        "displayName": box.title or box.name,
        "layer": box.layer,
        "dependsOn": list(box.waits_for),
        "condition": box.condition or None,
        "detail": box.detail or None,
        **({"jobs": [_data(job) for job in box.inside]} if box.kind == "stage" else {}),
    }
