"""`penstock environments`: deployment environments and what was deployed to them."""

from __future__ import annotations

from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.cli.options import limit_option, output_options
from penstock.cli.output import moment, print_data
from penstock.cli.store import Store, lost, open_store
from penstock.store.runs.deployments import Deployment


@click.group(name="environments", short_help="deployment environments and their history")
def command() -> None:
    """Deployment environments and what was deployed to them."""


@command.command("history")
@click.argument("environment")
@limit_option
@output_options("table")
def history(environment: str, limit: int, form: str, query: str | None) -> int:
    """The deployments to ENVIRONMENT, newest first; exit code 3 where there are none."""
    with open_store() as store:
        found = store.deployments.history(environment, limit=limit)
        running = {run for run in {d.run for d in found if not d.result} if _goes_on(store, run)}
    if not found:
        click.echo(f'nothing was deployed to "{environment}" yet', err=True)
    print_data([_row(d, d.run in running) for d in found], form, query)
    return Exit.OK if found else Exit.NOT_FOUND


def _goes_on(store: Store, run: int) -> bool:
    found = store.runs.get(str(run))
    return found is not None and found.state != "finished" and not lost(store, [found])


def _row(deployment: Deployment, is_running: bool) -> dict[str, Any]:
    return {
        "run": deployment.run,
        "pipeline": deployment.definition,
        "stage": deployment.stage,
        "job": deployment.job,
        "result": deployment.result or ("going on" if is_running else "abandoned"),
        "started": moment(deployment.started),
    }
