"""`penstock tokens`: personal access tokens for scripts and git."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option
from penstock.cli.options import Failure, output_options
from penstock.cli.output import moment, print_data
from penstock.cli.people import open_people, operator
from penstock.cli.server.up import FIRST_ACCOUNT

_DAY = 24 * 3600.0
_MOST_DAYS = 365

_account_option = click.option(
    "--account", default=FIRST_ACCOUNT, show_default=True, help="whose tokens"
)


@click.group(name="tokens", short_help="personal access tokens for scripts and git")
def command() -> None:
    """Personal access tokens of the server of this store, whether it runs or not."""


@command.command("create")
@click.argument("name")
@_account_option
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    help="what it opens, like vso.code_write; app_token opens all that the account may",
)
@click.option(
    "--days",
    type=click.IntRange(1, _MOST_DAYS),
    default=30,
    show_default=True,
    help="for how long it is valid",
)
@data_option
def create(name: str, account: str, scopes: tuple[str, ...], days: int, data: Path | None) -> int:
    """Make a token, called NAME in lists, and print it, once."""
    _check_scopes(scopes)
    with open_people(data) as (people, _):
        _, secret = people.tokens.create(
            people.accounts.find(account),
            name=name,
            scope=" ".join(scopes),
            expires=people.clock() + days * _DAY,
            by=operator(),
        )
    click.echo(secret)
    return Exit.OK


@command.command("list")
@_account_option
@data_option
@output_options("table")
def list_tokens(account: str, data: Path | None, form: str, query: str | None) -> int:
    """The tokens of an account, newest first; no token itself is ever shown."""
    with open_people(data) as (people, _):
        now = people.clock()
        rows = [
            {
                "id": token.id,
                "name": token.name,
                "scope": token.scope,
                "state": "revoked" if token.revoked else "valid" if token.is_valid(now) else "over",
                "expires": moment(token.expires),
                "used": moment(token.used),
            }
            for token in people.tokens.of_account(people.accounts.find(account).id)
        ]
    if not rows and form in ("text", "table"):
        click.echo("no tokens yet; `penstock tokens create` makes one", err=True)
        return Exit.OK
    print_data(rows, form, query)
    return Exit.OK


@command.command("revoke")
@click.argument("id")
@_account_option
@data_option
def revoke(id: str, account: str, data: Path | None) -> int:
    """Let the token with this ID open nothing more."""
    with open_people(data) as (people, _):
        people.tokens.revoke(people.accounts.find(account).id, id, by=operator())
    return Exit.OK


def _check_scopes(scopes: tuple[str, ...]) -> None:
    from penstock.language.diagnostics import nearest
    from penstock.server.people.rights import SCOPES, unknown_scopes

    if unknown := unknown_scopes(" ".join(scopes)):
        guess = nearest(unknown[0], SCOPES)
        help = f'did you mean "{guess}"?' if guess else f"scopes: {', '.join(SCOPES)}"
        raise Failure(f'the scope "{unknown[0]}" opens nothing here', help, Exit.USAGE)
