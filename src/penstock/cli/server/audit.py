"""`penstock audit`: the audit log of the server of this store, and whether it was changed."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option
from penstock.cli.options import Failure, limit_option, output_options
from penstock.cli.output import moment, print_data
from penstock.cli.people import open_people


@click.group(name="audit", short_help="the audit log: who changed what")
def command() -> None:
    """The audit log of the server of this store."""


@command.command("list")
@limit_option
@data_option
@output_options("table")
def list_entries(limit: int, data: Path | None, form: str, query: str | None) -> int:
    """The newest entries."""
    with open_people(data) as (people, _):
        rows = [
            {
                "id": entry.id,
                "at": moment(entry.at),
                "actor": entry.actor.name,
                "address": entry.actor.address,
                "action": entry.action,
                "subject": entry.subject,
                "project": entry.project,
                "details": ", ".join(f"{name}: {value}" for name, value in entry.details.items()),
            }
            for entry in people.audit.entries(limit=limit)
        ]
    if not rows and form in ("text", "table"):
        click.echo("nothing was changed yet", err=True)
        return Exit.OK
    print_data(rows, form, query)
    return Exit.OK


@command.command("verify")
@click.option("--expect", default="", metavar="HASH", help="the newest hash noted earlier")
@data_option
def verify(expect: str, data: Path | None) -> int:
    """Whether an entry was changed, removed or put in afterwards; prints the newest hash.

    A log that was cut off or written anew as a whole only shows by a hash that was noted elsewhere
    before: give it by --expect. Entries after it are no fault.
    """
    with open_people(data) as (people, _):
        chain = people.audit.verify(noted=expect)
    if chain.broken is not None:
        message = f"entry {chain.broken} of the audit log does not follow from those before it"
        help = f"the {chain.count} entries before it hold; compare with a backup"
        raise Failure(message, help)
    if expect and not chain.has_noted:
        message = "the audit log does not contain the hash that was noted"
        raise Failure(message, "it was cut off or written anew; compare with a backup")
    click.echo(f"{chain.count} entries hold; the newest hash is {chain.head}")
    return Exit.OK
