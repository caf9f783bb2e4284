"""Which store a command is about: the user's own, or the one in a folder (`--data`)."""

from __future__ import annotations

import os
from pathlib import Path

import click

from penstock.store.home import Home


def data_option(command: click.decorators.FC) -> click.decorators.FC:
    """`--data DIR`, of the commands about one store on this machine."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="the folder that everything is kept in; $PENSTOCK_HOME where not given",
    )(command)


def home_of(data: Path | None) -> Home:
    """The store in a folder, or the user's own."""
    environ = dict(os.environ)
    if data is not None:
        environ["PENSTOCK_HOME"] = str(data)
    return Home.default(environ)
