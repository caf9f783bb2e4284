"""`penstock status`: where the server is, and what it does."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option, home_of
from penstock.cli.hosting import serving
from penstock.cli.options import output_options
from penstock.cli.output import print_data
from penstock.cli.server.up import address, log_of


@click.command(short_help="where the server is, and what it does")
@data_option
@output_options("text")
def command(data: Path | None, form: str, query: str | None) -> int:
    """Show the address of the server and how many runs go on. Exit code 3 when it does not run."""
    from penstock.cli.store import open_store

    home = home_of(data)
    found = serving.living(home)
    if found is None or found.kind != serving.SERVER:
        text = "the server is not running; `penstock up` starts it"
        if found is None and serving.was_cut_off(home):
            text = (
                "the server was cut off; `penstock up` goes on where it was"
                f" ({log_of(home)} has its last words)"
            )
        click.echo(text, err=True)
        return Exit.NOT_FOUND
    with open_store(home) as store:
        going = store.runs.unfinished_headers()
    if form == "text" and not query:
        runs = "1 run goes on" if len(going) == 1 else f"{len(going)} runs go on"
        click.echo(f"{address(found.url)} (process {found.pid}), {runs}")
        return Exit.OK
    row = {
        "url": address(found.url),
        "process": found.pid,
        "data": str(home.root),
        "runs": len(going),
    }
    print_data(row, form, query)
    return Exit.OK
