"""`penstock down`: stop the server."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option, home_of
from penstock.cli.hosting import serving
from penstock.cli.options import Failure
from penstock.cli.server.up import address


@click.command(short_help="stop the server")
@data_option
def command(data: Path | None) -> int:
    """Stop the server. Jobs that run are ended; their runs go on with the next `penstock up`.

    Exit code 3 when it does not run.
    """
    home = home_of(data)
    found = serving.living(home)
    if found is None or found.kind != serving.SERVER:
        click.echo("the server is not running", err=True)
        return Exit.NOT_FOUND
    if not serving.stop(home, found):
        message = f"the server (process {found.pid}) has not ended yet"
        raise Failure(message, f"look at {home.root / 'server.log'}", Exit.TIMED_OUT)
    click.echo(f"stopped {address(found.url)} (process {found.pid})", err=True)
    return Exit.OK
