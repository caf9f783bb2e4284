"""`penstock connections`: the service connections of the user's own library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.library.ownlibrary import myself, own_store
from penstock.cli.library.secrets import given_secret, unknown
from penstock.cli.options import output_options, pairs
from penstock.cli.output import print_data
from penstock.devops.library import ARM_TYPE, LOCAL_SCHEME
from penstock.devops.projectlibrary import connection_of
from penstock.devops.resources import OWN, ResourceType

_ENDPOINT = ResourceType.ENDPOINT


@click.group(name="connections", short_help="service connections of your own library")
def command() -> None:
    """Service connections of your own library.

    They take the place of `.penstock/connections/NAME.yml`.
    """


@command.command("set")
@click.argument("name")
@click.option("--type", "kind", default=ARM_TYPE, show_default=True, help="dockerregistry, ...")
@click.option("--url", default="https://management.azure.com/", show_default=True)
@click.option("--scheme", help="how it signs in: ServicePrincipal, UsernamePassword, Token, ...")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE")
@click.option("--data", multiple=True, metavar="NAME=VALUE")
@click.option("--secret", help="a secret parameter: its value comes from a prompt, or stdin")
@click.option("--file", type=click.Path(path_type=Path), help="the secret's value, from a file")
def set_connection(
    name: str,
    kind: str,
    url: str,
    scheme: str | None,
    parameters: tuple[str, ...],
    data: tuple[str, ...],
    secret: str | None,
    file: Path | None,
) -> int:
    """Keep the connection NAME, in place of one that is there.

    Without --scheme an AzureRM connection stands for the Azure ML workspace on this machine.
    """
    secrets = given_secret(secret, file)
    body = {
        "type": kind,
        "url": url,
        "scheme": scheme or (LOCAL_SCHEME if kind == ARM_TYPE else "None"),
        "parameters": pairs(parameters, "--parameter"),
        "data": pairs(data, "--data"),
        "secrets": [*secrets],
    }
    with own_store() as store:
        kept = store.resources.named(OWN, _ENDPOINT, name)
        if kept is None:
            store.resources.create(OWN, _ENDPOINT, name, myself(), body=body, secrets=secrets)
            return Exit.OK
        known = connection_of(kept).endpoint.secrets
        body["secrets"] = list(dict.fromkeys((*known, *secrets)))
        store.resources.change(replace(kept, body=body), myself(), secrets=secrets)
    return Exit.OK


@command.command("list")
@output_options("table")
def list_connections(form: str, query: str | None) -> int:
    """The connections that are kept; no secret is ever shown."""
    with own_store() as store:
        found = [connection_of(kept) for kept in store.resources.of_type(OWN, _ENDPOINT)]
    if not found and form in ("text", "table"):
        click.echo("no connections yet; `penstock connections set NAME` keeps one", err=True)
        return Exit.OK
    rows = [
        {
            "name": one.endpoint.name,
            "type": one.endpoint.type,
            "scheme": one.endpoint.scheme,
            "url": one.endpoint.url,
        }
        for one in found
    ]
    print_data(rows, form, query)
    return Exit.OK


@command.command("delete")
@click.argument("name")
def delete_connection(name: str) -> int:
    """Delete the connection NAME with its secrets."""
    with own_store() as store:
        kept = store.resources.named(OWN, _ENDPOINT, name)
        if kept is None:
            known = [one.name for one in store.resources.of_type(OWN, _ENDPOINT)]
            raise unknown("service connection", name, known, "penstock connections list")
        store.resources.delete(OWN, _ENDPOINT, kept.id)
    return Exit.OK
