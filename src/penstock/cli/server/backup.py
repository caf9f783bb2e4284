"""`penstock backup`: a copy of the whole store in one file, while it is in use."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option, home_of
from penstock.cli.options import Failure
from penstock.store.home import Home

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@click.command(short_help="a copy of the whole store in one file, while it is in use")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-keys", is_flag=True, help="put the keys in too: then it tells all secrets")
@data_option
def command(file: Path | None, with_keys: bool, data: Path | None) -> int:
    """Write the databases, logs, artifacts, ML storage and repositories to FILE.

    It is the store as of one moment, also while a server runs. FILE is readable by you only;
    without a name it is penstock-TIME.tar in this folder. The keys that secrets are sealed with
    are left out unless asked for: keep them apart from it.
    """
    from penstock import __version__
    from penstock.store.backup import KEYS, BackupFailed, strangers
    from penstock.store.backup.writing import write_backup
    from penstock.store.library.keys import KeyFile

    home, now = home_of(data), time.time()
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    target = (file or Path(f"penstock-{stamp}.tar")).absolute()
    if target.exists():
        raise Failure(f'"{target}" is there already', "choose another name", Exit.USAGE)
    secrets, signing = KeyFile.of(home, os.environ).path, home.root / "signing.key"
    found = zip(KEYS, (secrets, signing), strict=True)
    keys = {name: path for name, path in found if with_keys and path.exists()}
    try:
        made = write_backup(home, target, keys=keys, version=__version__, now=now)
    except BackupFailed as error:
        raise Failure(str(error), _help(home, target, str(error))) from error
    click.echo(str(target))
    click.echo(f"{made.files} files, {size_text(made.bytes)}, digest {made.digest}", err=True)
    if secrets.exists() and not with_keys:
        text = f'the key of its secrets is not in it: keep a copy of "{secrets}" apart'
        click.echo(text, err=True)
    for name in strangers(home.root):
        click.echo(f'warning: "{name}" is no part of a store and is not in the backup', err=True)
    return Exit.OK


def _help(home: Home, target: Path, message: str) -> str:
    if not home.state_db.exists():
        return "`penstock up` or `penstock run` makes one; --data names another"
    if "full" in message:
        return f"free space in {target.parent}, or name a file on another disk"
    return "`penstock doctor` looks at the store"


def size_text(count: int) -> str:
    """A number of bytes as people read it."""
    amount, unit = float(count), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.4g} {_UNITS[unit]}"
