"""`penstock environments`: deployment environments and what was deployed to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.cli.options import output_options
from penstock.cli.output import render_data
from penstock.cli.store import open_store
from penstock.store.deployments import Deployment


@click.group(name="environments", short_help="deployment environments and their history")
def command() -> None:
    """Deployment environments and what was deployed to them."""


@command.command("history")
@click.argument("environment")
@click.option("--limit", default=50, show_default=True)
@output_options("table")
def history(environment: str, limit: int, form: str, query: str | None) -> int:
    """The deployments to ENVIRONMENT, newest first."""
    with open_store() as store:
        found = store.deployments.history(environment, limit=limit)
    if not found and form in ("text", "table"):
        click.echo(f'nothing was deployed to "{environment}" yet', err=True)
        return Exit.NOT_FOUND
    click.echo(render_data([_row(d) for d in found], form, query))
    return Exit.OK


def _row(deployment: Deployment) -> dict[str, Any]:
    started = datetime.fromtimestamp(deployment.started, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "run": deployment.run,
        "pipeline": deployment.definition,
        "stage": deployment.stage,
        "job": deployment.job,
        "result": deployment.result or "going on",
        "started": started,
    }
