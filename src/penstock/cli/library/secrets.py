"""`penstock secrets`: secret values of the user's own library, encrypted in the local store."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.givensecrets import read_secret
from penstock.cli.library.ownlibrary import own_store
from penstock.cli.options import Failure, output_options
from penstock.cli.output import moment, print_data
from penstock.devops.resources import OWN

SHORTEST = 6


@click.group(name="secrets", short_help="secret values, encrypted on this machine")
def command() -> None:
    """Secret values of your own library, encrypted on this machine.

    A variable group or service connection that declares a secret takes its value from here, unless
    the run was given one by --secret.
    """


@command.command("set")
@click.argument("name")
@click.option("--file", type=click.Path(path_type=Path), help="take the value from a text file")
def set_secret(name: str, file: Path | None) -> int:
    """Keep a value for the secret NAME: from a prompt, or from stdin where that is no terminal."""
    value = secret_value(name, file)
    with own_store() as store:
        store.secrets.set(OWN, "", {name: value})
    return Exit.OK


@command.command("list")
@output_options("table")
def list_secrets(form: str, query: str | None) -> int:
    """The names of the secrets that are kept; no value is ever shown."""
    with own_store() as store:
        found = store.secrets.names(OWN, "")
    if not found and form in ("text", "table"):
        click.echo("no secrets yet; `penstock secrets set NAME` keeps one", err=True)
        return Exit.OK
    print_data([{"name": one.name, "updated": moment(one.updated)} for one in found], form, query)
    return Exit.OK


@command.command("delete")
@click.argument("name")
def delete_secret(name: str) -> int:
    """Forget the value of the secret NAME."""
    with own_store() as store:
        known = [one.name for one in store.secrets.names(OWN, "")]
        if not store.secrets.delete(OWN, "", name):
            raise unknown("secret", name, known, "penstock secrets list")
    return Exit.OK


@command.command("rotate")
def rotate() -> int:
    """Encrypt every secret of the store with a new key and forget the old one.

    Backups made before need the old key file: keep it with them.
    """
    from penstock.cli.people import operator

    with own_store() as store:
        count = store.secrets.rotate()
        store.audit.note("secrets.rotate", operator(), details={"secrets": str(count)})
    click.echo(f"{count} secret{'s' if count != 1 else ''} encrypted with a new key", err=True)
    return Exit.OK


def given_secret(name: str | None, file: Path | None) -> dict[str, str]:
    """The secret of `--secret NAME` with its value, of `--file` where that is given; else none."""
    if not name:
        if file is not None:
            raise click.UsageError("--file holds the value of a secret: add --secret NAME")
        return {}
    return {name: secret_value(name, file)}


def secret_value(name: str, file: Path | None) -> str:
    """A value from a file, a prompt, or stdin; a short one is kept with a warning."""
    if file is not None:
        value = read_secret(file, "name a readable text file")
    elif sys.stdin.isatty():
        value = str(click.prompt(name, hide_input=True, confirmation_prompt=True, err=True))
    else:
        value = sys.stdin.read().rstrip("\n")
    if not value:
        help = "pipe the value in, or name the file that holds it: --file FILE"
        raise Failure(f'secret "{name}": there is no value on stdin', help, Exit.USAGE)
    if len(value) < SHORTEST:
        click.echo(
            f'warning: "{name}" is shorter than {SHORTEST} characters, so logs do not hide it',
            err=True,
        )
    return value


def unknown(noun: str, name: str, known: list[str], lister: str) -> Failure:
    """That there is nothing of that name, with the nearest one."""
    from penstock.language.diagnostics import nearest

    guess = nearest(name, known)
    help = f'did you mean "{guess}"?' if guess else f"`{lister}` shows them"
    return Failure(f'there is no {noun} "{name}"', help, Exit.NOT_FOUND)
