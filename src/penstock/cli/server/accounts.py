"""`penstock accounts`: who may sign in to the server of this store, and their roles in projects."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option
from penstock.cli.options import Failure, output_options
from penstock.cli.output import moment, print_data
from penstock.cli.people import open_people, operator
from penstock.store.database import Database
from penstock.store.people.members import Role
from penstock.store.people.people import People, new_password

ROLES = (*(role.value for role in Role), "none")

_password_options = (
    click.option("--prompt", is_flag=True, help="type the password here"),
    click.option("--stdin", "from_stdin", is_flag=True, help="read the password from stdin"),
)


@click.group(name="accounts", short_help="who may sign in to the server")
def command() -> None:
    """Accounts of the server of this store, whether it runs or not.

    Where no password is given, one is made up and printed, once.
    """


@command.command("add")
@click.argument("name")
@click.option("--display-name", default="", help="what people read; NAME where not given")
@click.option("--administrator", is_flag=True, help="may do everything on this server")
@_password_options[0]
@_password_options[1]
@data_option
def add(
    name: str,
    display_name: str,
    administrator: bool,
    prompt: bool,
    from_stdin: bool,
    data: Path | None,
) -> int:
    """Make the account NAME."""
    with open_people(data) as (people, _):
        password, is_made_up = _password(people, prompt, from_stdin)
        people.accounts.add(
            name,
            password=password,
            display_name=display_name,
            is_administrator=administrator,
            by=operator(),
        )
    _tell(name, password, is_made_up)
    return Exit.OK


@command.command("list")
@data_option
@output_options("table")
def list_accounts(data: Path | None, form: str, query: str | None) -> int:
    """All accounts with their roles."""
    with open_people(data) as (people, database):
        names = _project_names(database)
        rows = [
            {
                "name": account.name,
                "displayName": account.display_name,
                "administrator": account.is_administrator,
                "disabled": account.is_disabled,
                "roles": ", ".join(
                    f"{names.get(project, project)}: {role}"
                    for project, role in people.members.of_account(account.id).items()
                ),
                "created": moment(account.created),
            }
            for account in people.accounts.all()
        ]
    if not rows and form in ("text", "table"):
        click.echo("no accounts yet; the first `penstock up` makes one", err=True)
        return Exit.OK
    print_data(rows, form, query)
    return Exit.OK


@command.command("passwd")
@click.argument("name")
@_password_options[0]
@_password_options[1]
@data_option
def passwd(name: str, prompt: bool, from_stdin: bool, data: Path | None) -> int:
    """Give the account NAME a new password, and end its sessions."""
    with open_people(data) as (people, _):
        account = people.accounts.find(name)
        password, is_made_up = _password(people, prompt, from_stdin)
        people.accounts.set_password(account.id, password, by=operator())
    _tell(account.name, password, is_made_up)
    return Exit.OK


@command.command("role")
@click.argument("name")
@click.argument("project")
@click.argument("role", type=click.Choice(ROLES))
@data_option
def role(name: str, project: str, role: str, data: Path | None) -> int:
    """Give the account NAME the ROLE in PROJECT, or none."""
    with open_people(data) as (people, database):
        account = people.accounts.find(name)
        ids = {name.lower(): id for id, name in _project_names(database).items()}
        found = project.lower() if project.lower() in ids.values() else ids.get(project.lower())
        if found is None:
            names = ", ".join(sorted(ids)) or "there are none yet"
            raise Failure(f'there is no project "{project}"', f"projects: {names}", Exit.NOT_FOUND)
        if role == "none":
            people.members.remove(found, account, by=operator())
        else:
            people.members.set_role(found, account, Role(role), by=operator())
    return Exit.OK


@command.command("administrator")
@click.argument("name")
@click.option("--remove", is_flag=True, help="no more")
@data_option
def administrator(name: str, remove: bool, data: Path | None) -> int:
    """Make the account NAME an administrator of the server."""
    with open_people(data) as (people, _):
        account = people.accounts.find(name)
        people.accounts.set_administrator(account.id, not remove, by=operator())
    return Exit.OK


@command.command("disable")
@click.argument("name")
@data_option
def disable(name: str, data: Path | None) -> int:
    """Let the account NAME sign in no more; its sessions end, its tokens are revoked."""
    with open_people(data) as (people, _):
        people.accounts.disable(people.accounts.find(name).id, by=operator())
    return Exit.OK


@command.command("enable")
@click.argument("name")
@data_option
def enable(name: str, data: Path | None) -> int:
    """Let the account NAME sign in again."""
    with open_people(data) as (people, _):
        people.accounts.enable(people.accounts.find(name).id, by=operator())
    return Exit.OK


def _password(people: People, prompt: bool, from_stdin: bool) -> tuple[str, bool]:
    """A new password, and whether it was made up here."""
    if prompt and from_stdin:
        raise Failure("--prompt and --stdin are two ways", "choose one of them", Exit.USAGE)
    if prompt:
        typed = click.prompt("password", hide_input=True, confirmation_prompt=True, err=True)
        return str(typed), False
    if from_stdin:
        return sys.stdin.read().rstrip("\n"), False
    return new_password(people.random_bytes), True


def _tell(name: str, password: str, is_made_up: bool) -> None:
    if is_made_up:
        click.echo(f"account {name}, password {password} (shown this once)")


def _project_names(database: Database) -> dict[str, str]:
    from uuid import uuid4

    from penstock.store.projects import Projects

    projects = Projects(database, lambda: str(uuid4()))
    return {project.id: project.name for project in projects.list()}
