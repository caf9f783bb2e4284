"""`penstock restore`: a store made of a backup."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option, home_of
from penstock.cli.options import Failure
from penstock.cli.server.backup import size_text


@click.command(short_help="a store made of a backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="only read FILE to its end and compare every file")
@click.option("--expect", default="", metavar="DIGEST", help="what `penstock backup` printed")
@data_option
def command(file: Path, check: bool, expect: str, data: Path | None) -> int:
    """Make the store of the backup FILE, in a folder that is empty or not there yet.

    Every file is compared with what was written. Runs that were going on are taken up by the next
    `penstock up`. A backup of an older penstock is upgraded; one of a newer is refused.
    """
    from penstock.store.backup import BackupFailed, RestoreRefused
    from penstock.store.backup.reading import check_backup, restore_backup

    if not file.is_file():
        what = f'"{file}" is a folder' if file.is_dir() else f'there is no file "{file}"'
        raise Failure(what, "name the file that `penstock backup` wrote", Exit.NOT_FOUND)
    home = home_of(data)
    try:
        if check or expect:
            found = check_backup(file)
            if expect not in ("", found.digest):
                text = f'"{file}" is another backup: its digest is {found.digest}'
                raise Failure(text, "look where the digest was noted")
        if not check:
            found = restore_backup(file, home)
    except RestoreRefused as error:
        help = "name a new folder by --data, or move the old one away"
        raise Failure(str(error), help, Exit.REFUSED) from error
    except BackupFailed as error:
        raise Failure(str(error), "take another backup", Exit.INVALID) from error
    made = datetime.fromtimestamp(found.made, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    facts = f"{found.files} files, {size_text(found.bytes)}, of {made}, penstock {found.version}"
    click.echo(f"{file if check else home.root}: {facts}")
    if not check and not found.has_keys:
        text = f'the keys were not in it: put the key of its secrets at "{home.secrets_key}"'
        click.echo(text, err=True)
    return Exit.OK
