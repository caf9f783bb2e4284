"""`penstock db`: the versions of the databases."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option, home_of
from penstock.store.database import METRICS, STATE, open_database, version_of


@click.group(name="db", short_help="the versions of the databases")
def command() -> None:
    """The databases of the store."""


@command.command("version")
@data_option
def version(data: Path | None) -> int:
    """The version of each database, and the one this penstock makes of it."""
    home = home_of(data)
    for path, schema in ((home.state_db, STATE), (home.metrics_db, METRICS)):
        found = version_of(path)
        click.echo(f"{path.name}: {'none' if found is None else found} (newest {schema.version})")
    return Exit.OK


@command.command("upgrade")
@data_option
def upgrade(data: Path | None) -> int:
    """Bring the databases to the newest version, all or nothing each.

    Every other command does it too when it opens the store; this one does it at a time of your
    choice, after `penstock backup`. A database of a newer penstock is refused.
    """
    home = home_of(data)
    home.make()
    for path, schema in ((home.state_db, STATE), (home.metrics_db, METRICS)):
        before = version_of(path)
        open_database(path, schema, durable=True).close()
        done = "is the newest" if before == schema.version else f"is now {schema.version}"
        click.echo(f"{path.name}: {'none' if before is None else before} {done}")
    return Exit.OK
