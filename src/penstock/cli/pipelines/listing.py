"""`penstock list`: stages, jobs and steps of a pipeline with their conditions."""

from __future__ import annotations

from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Request, output_options, pipeline_options, print_diagnostics
from penstock.cli.output import print_data
from penstock.cli.reading.loading import load
from penstock.cli.terminal import one_line
from penstock.engine.requests import DEFAULT_CONDITION
from penstock.language import pipeline as model
from penstock.language.source import has_errors


@click.command(short_help="stages, jobs and steps with their conditions")
@pipeline_options
@output_options("text")
def command(request: Request, form: str, query: str | None) -> int:
    """List what FILE would run, each with its condition and what it waits for."""
    loaded = load(request)
    print_diagnostics(loaded.compiled.diagnostics)
    if has_errors(loaded.compiled.diagnostics) or loaded.compiled.pipeline is None:
        return Exit.INVALID
    rows = list_pipeline(loaded.compiled.pipeline)
    if form == "text" and not query:
        click.echo("\n".join(map(one_line, _lines(rows))))
    else:
        print_data(rows, form, query)
    return Exit.OK


def list_pipeline(pipeline: model.Pipeline) -> list[dict[str, Any]]:
    """One row for each stage, job and step, in order; `level` is 0, 1, 2."""
    rows: list[dict[str, Any]] = []
    for stage in pipeline.stages:
        rows.append(_row(0, "stage", stage.id.value, stage))
        for job in stage.jobs:
            kind = "deployment" if isinstance(job, model.DeploymentJob) else "job"
            rows.append(_row(1, kind, job.id.value, job))
            rows.extend(_step_row(step) for steps in model.step_lists(job) for step in steps)
    return rows


def _row(
    level: int, kind: str, name: str, item: model.Stage | model.Job | model.DeploymentJob
) -> dict[str, Any]:
    depends_on = item.depends_on
    return {
        "level": level,
        "kind": kind,
        "name": name,
        "displayName": item.display_name.value if item.display_name else name,
        "dependsOn": [d.value for d in depends_on] if depends_on is not None else None,
        "condition": item.condition.value if item.condition else DEFAULT_CONDITION,
        "place": str(item.span),
    }


def _step_row(step: model.Step) -> dict[str, Any]:
    return {
        "level": 2,
        "kind": step.keyword,
        "name": step.name.value if step.name else None,
        "displayName": step.display_name.value if step.display_name else _unnamed(step),
        "dependsOn": None,
        "condition": step.condition.value if step.condition else DEFAULT_CONDITION,
        "place": str(step.span),
    }


def _unnamed(step: model.Step) -> str:
    """What to call a step without a display name: its name, where the keyword tells what it does
    as well, what it checks out, or its task."""
    if step.name and step.keyword not in ("task", "checkout"):
        return step.name.value
    repository = step.inputs.get("repository")
    return repository.value if step.keyword == "checkout" and repository else step.task.value


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    """The rows as people write pipelines: without the one stage of a YAML that names none."""
    if rows[0]["name"] == model.UNNAMED_STAGE:
        return [_line(row, row["level"] - 1) for row in rows[1:]]
    return [_line(row, row["level"]) for row in rows]


def _line(row: dict[str, Any], level: int) -> str:
    parts = [f"{'  ' * level}{row['kind']} {row['name'] or row['displayName']}"]
    if row["name"] and row["displayName"] != row["name"]:
        parts.append(f'"{row["displayName"]}"')
    if row["dependsOn"]:
        parts.append("after " + ", ".join(row["dependsOn"]))
    if row["condition"] != DEFAULT_CONDITION:
        parts.append("if " + " ".join(row["condition"].split()))
    return "  ".join(parts)
