"""`penstock lsp`: the language server that editors start, on stdin and stdout."""

from __future__ import annotations

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Failure


@click.command(short_help="the language server for editors, on stdin and stdout")
@click.option("--stdio", is_flag=True, hidden=True, help="what editors say; it is always so")
def command(stdio: bool) -> int:
    """Answer an editor by the Language Server Protocol, on stdin and stdout.

    Diagnostics, values on hover, definitions, completion and outlines of Azure Pipelines YAML, with
    the buffers of the editor in place of the files. Needs pygls, which `make install` brings.
    """
    try:
        from penstock.cli.editor.server import serve_stdio
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        message = "the language server needs pygls, which is not installed here"
        help = "`make install` in a clone of penstock brings it, or pip install pygls beside it"
        raise Failure(message, help, Exit.NOT_READY) from None
    serve_stdio()
    return Exit.OK
