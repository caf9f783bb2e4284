"""`penstock env`: the exports that point real clients at the server of this store."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option, home_of
from penstock.cli.hosting import serving
from penstock.cli.hosting.azureclients import azure_ml_environment
from penstock.cli.hosting.serving import Serving
from penstock.cli.options import Failure, output_options
from penstock.cli.output import print_data
from penstock.cli.people import open_people, operator
from penstock.cli.server.up import FIRST_ACCOUNT
from penstock.store.home import Home

_DAY = 24 * 3600.0
_LONGEST_DAYS = 90


@click.command(short_help="exports that point real clients at the server")
@click.option("--token", help="a personal access token; a new one where not given")
@click.option("--account", help=f"whose new token; {FIRST_ACCOUNT} where not given")
@click.option(
    "--days",
    type=click.IntRange(1, _LONGEST_DAYS),
    help="for how long the new token is valid; one where not given",
)
@click.option("-g", "--resource-group", help="the group of the Azure ML workspace for MLflow")
@click.option("-w", "--workspace-name", help="the Azure ML workspace for MLflow")
@data_option
@output_options("text")
def command(
    token: str | None,
    account: str | None,
    days: int | None,
    resource_group: str | None,
    workspace_name: str | None,
    data: Path | None,
    form: str,
    query: str | None,
) -> int:
    """Print what azure-ai-ml, MLflow, az, git and the azure-devops tools need to reach the server.

    For a shell: eval "$(penstock env)". It makes a token that is valid for a day and is part of
    what is printed. The server must run.
    """
    if token is not None and (account or days):
        raise click.UsageError("--account and --days are of a new token, and --token gives one")
    home = home_of(data)
    server = serving.living(home)
    if server is None or server.kind != serving.SERVER or not server.tls_url:
        raise Failure("the server is not running", "`penstock up` starts it", Exit.UNREACHABLE)
    workspace = _workspace(home, resource_group, workspace_name)
    if token is None:
        token = _new_token(data, account or FIRST_ACCOUNT, days or 1)
    variables = {
        **azure_ml_environment(server.url, server.tls_url, home, os.environ),
        "IDENTITY_HEADER": token,
        **_mlflow(server, token, workspace),
        **_az(server, home, token),
        **_git(server, token),
    }
    if form == "text" and not query:
        for name, value in variables.items():
            click.echo(f"export {name}={shlex.quote(value)}")
    else:
        print_data(variables, form, query)
    return Exit.OK


def _new_token(data: Path | None, account: str, days: int) -> str:
    with open_people(data) as (people, _):
        _, secret = people.tokens.create(
            people.accounts.find(account),
            name="penstock env",
            scope="app_token",
            expires=people.clock() + days * _DAY,
            by=operator(),
        )
    return secret


def _mlflow(server: Serving, token: str, workspace: str) -> Mapping[str, str]:
    found = {"MLFLOW_TRACKING_TOKEN": token}
    if workspace:
        found["MLFLOW_TRACKING_URI"] = f"{server.url}/mlflow/v1.0{workspace}"
    return found


def _az(server: Serving, home: Home, token: str) -> Mapping[str, str]:
    """Our own `az` before any other, and what it and the azure-devops tools ask for."""
    from penstock.cli.hosting.host import az_folder

    ours, before = str(az_folder(home)), os.environ.get("PATH", os.defpath).split(":")
    return {
        "PENSTOCK_ENDPOINT": server.url,
        "PENSTOCK_TOKEN": token,
        "AZURE_DEVOPS_EXT_PAT": token,
        "PATH": ":".join([ours, *(folder for folder in before if folder != ours)]),
    }


def _git(server: Serving, token: str) -> Mapping[str, str]:
    """A header for the addresses of this server only, after what git's variables say already."""
    key = f"http.{server.url}/.extraHeader"
    count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    same = [n for n in range(count) if os.environ.get(f"GIT_CONFIG_KEY_{n}") == key]
    number = same[0] if same else count
    return {
        "GIT_CONFIG_COUNT": str(max(count, number + 1)),
        f"GIT_CONFIG_KEY_{number}": key,
        f"GIT_CONFIG_VALUE_{number}": f"Authorization: Bearer {token}",
    }


def _workspace(home: Home, group: str | None, name: str | None) -> str:
    """The path of the workspace that is meant, or of the only one there is; else empty."""
    from penstock.ml.catalog import as_made, list_workspaces
    from penstock.ml.workspaces import DEFAULT_SUBSCRIPTION
    from penstock.store.database import open_state
    from penstock.store.ml.assets import SqlAssets

    database = open_state(home)
    try:
        assets = list_workspaces(SqlAssets(database), DEFAULT_SUBSCRIPTION, group or "")
        found = [as_made(asset) for asset in assets]
    finally:
        database.close()
    if name:
        found = [workspace for workspace in found if workspace.name.lower() == name.lower()]
        if not found:
            help = "`penstock az ml workspace list` shows them"
            raise Failure(f'there is no workspace "{name}"', help, Exit.NOT_FOUND)
    if group and not found:
        help = "`penstock az ml workspace list` shows them"
        raise Failure(f'there is no workspace in the group "{group}"', help, Exit.NOT_FOUND)
    if len(found) == 1:
        return found[0].path
    if found:
        click.echo("MLFLOW_TRACKING_URI is left out: name a workspace by -w and -g", err=True)
    return ""
