"""`penstock vars`: the variable groups of the user's own library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.library.ownlibrary import myself, own_store
from penstock.cli.library.secrets import given_secret, unknown
from penstock.cli.options import Failure, output_options, pairs
from penstock.cli.output import print_data
from penstock.devops.projectlibrary import group_of
from penstock.devops.resources import OWN, ResourceType

_GROUP = ResourceType.VARIABLE_GROUP


@click.group(name="vars", short_help="variable groups of your own library")
def command() -> None:
    """Variable groups of your own library.

    Their variables are laid over those of `.penstock/variable-groups/NAME.yml`.
    """


@command.command("set")
@click.argument("group")
@click.argument("values", nargs=-1, metavar="NAME=VALUE...")
@click.option("--secret", help="a secret variable: its value comes from a prompt, or stdin")
@click.option("--file", type=click.Path(path_type=Path), help="the secret's value, from a file")
def set_variables(
    group: str, values: tuple[str, ...], secret: str | None, file: Path | None
) -> int:
    """Set variables of GROUP, which is made where there is none."""
    given = pairs(values, "penstock vars set")
    if not given and secret is None:
        help = f"penstock vars set {group} NAME=VALUE, or --secret NAME"
        raise Failure("there is nothing to set", help, Exit.USAGE)
    secrets = given_secret(secret, file)
    new = {name.casefold() for name in (*given, *secrets)}
    with own_store() as store:
        kept = store.resources.ensure(OWN, _GROUP, group, myself(), 0)
        known = group_of(kept)
        plain = {n: v for n, v in known.variables.items() if n.casefold() not in new}
        names = [n for n in known.secrets if n.casefold() not in new]
        body = {"variables": {**plain, **given}, "secrets": [*names, *secrets]}
        dropped = [n for n in known.secrets if n.casefold() in {g.casefold() for g in given}]
        changed = replace(kept, body=body)
        store.resources.change(changed, myself(), secrets=secrets, dropped=dropped)
    return Exit.OK


@command.command("list")
@click.argument("group", required=False)
@output_options("table")
def list_variables(group: str | None, form: str, query: str | None) -> int:
    """The variables of GROUP, or of every group; a secret shows as ***."""
    with own_store() as store:
        groups = [group_of(kept) for kept in store.resources.of_type(OWN, _GROUP)]
    if group is not None:
        known = [one.name for one in groups]
        groups = [one for one in groups if one.name.casefold() == group.casefold()]
        if not groups:
            raise unknown("variable group", group, known, "penstock vars list")
    rows = [
        {"group": one.name, "name": name, "value": value}
        for one in groups
        for name, value in (*one.variables.items(), *((name, "***") for name in one.secrets))
    ]
    if not rows and form in ("text", "table"):
        click.echo("no variables yet; `penstock vars set GROUP NAME=VALUE` keeps one", err=True)
        return Exit.OK
    print_data(rows, form, query)
    return Exit.OK


@command.command("delete")
@click.argument("group")
@click.argument("names", nargs=-1)
def delete_variables(group: str, names: tuple[str, ...]) -> int:
    """Delete variables of GROUP, or the whole group where none is named."""
    with own_store() as store:
        kept = store.resources.named(OWN, _GROUP, group)
        if kept is None:
            known = [one.name for one in store.resources.of_type(OWN, _GROUP)]
            raise unknown("variable group", group, known, "penstock vars list")
        if not names:
            store.resources.delete(OWN, _GROUP, kept.id)
            return Exit.OK
        found = group_of(kept)
        gone = {name.casefold() for name in names}
        has = {name.casefold() for name in (*found.variables, *found.secrets)}
        for name in names:
            if name.casefold() not in has:
                variables = [*found.variables, *found.secrets]
                raise unknown("variable", name, variables, f"penstock vars list {group}")
        body = {
            "variables": {n: v for n, v in found.variables.items() if n.casefold() not in gone},
            "secrets": [n for n in found.secrets if n.casefold() not in gone],
        }
        store.resources.change(replace(kept, body=body), myself(), dropped=names)
    return Exit.OK
