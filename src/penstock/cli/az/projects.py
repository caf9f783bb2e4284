"""`az devops` and `az repos`: projects, repositories, and the defaults of all these commands.

Source: options and texts as in the `azure-devops` extension of the Azure CLI.
"""

from __future__ import annotations

import sys
from typing import Any

from penstock.cli.az.call import Call
from penstock.cli.az.configuration import Configuration
from penstock.cli.az.failures import Failed
from penstock.cli.az.organization import (
    KEPT,
    SETTINGS,
    TOKENS,
    address_of,
    check_address,
    organization_of,
    plain,
)
from penstock.cli.az.values import number, refuse, refuse_open

_DEFAULTS = ["organization", "project"]


def list_projects(call: Call) -> dict[str, Any]:
    """The projects of the organization."""
    for option in ("--state-filter", "--continuation-token", "--get-default-team-image-url"):
        refuse(call, option, "leave it out")
    given = {"$top": number(call, "--top"), "$skip": number(call, "--skip")}
    query = {name: str(value) for name, value in given.items() if value is not None}
    with organization_of(call) as organization:
        found = organization.ask("GET", "_apis/projects", **query)
    return {"continuationToken": None, "value": plain(found["value"])}


def show_project(call: Call) -> Any:
    """One project with what it can do."""
    refuse_open(call)
    with organization_of(call) as organization:
        return organization.show(organization.project)


def create_project(call: Call) -> Any:
    """Make a project with a repository of the same name."""
    refuse_open(call)
    refuse(call, "--process", "there are no work items; leave it out")
    for option, only in (("--source-control", "git"), ("--visibility", "private")):
        if (call.text(option) or only).lower() != only:
            raise Failed(f"{option} {call.text(option)} is not supported here: only {only} is")
    name = call.text("--name") or ""
    with organization_of(call) as organization:
        body = {"name": name, "description": call.text("--description") or ""}
        organization.ask("POST", "_apis/projects", body)
        return organization.show(name)


def list_repositories(call: Call) -> Any:
    """The repositories of a project."""
    with organization_of(call) as organization:
        return organization.of_project("GET", "git/repositories")["value"]


def configure(call: Call) -> None:
    """Set, clear or list the default organization and project."""
    refuse(call, "--use-git-aliases", "leave it out")
    settings = Configuration(call.environ, SETTINGS)
    if "--defaults" not in call.options and not call.flag("--list"):
        raise Failed(
            "usage error: atleast one of the options must be specified.For list of supported"
            " options see help using -h flag."
        )
    for setting in call.texts("--defaults"):
        name, equals, value = setting.partition("=")
        if not equals:
            raise Failed("usage error: --defaults STRING=STRING STRING=STRING ...")
        if name not in _DEFAULTS:
            raise Failed(
                f"usage error: invalid default value setup. Supported values are {_DEFAULTS}."
            )
        if name == "organization" and value:
            check_address(value)
        settings.change("defaults", name, value or None)
    if call.flag("--list"):
        for section, entries in settings.sections.items():
            lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
            sys.stdout.write(f"\n[{section}]\n{lines}")


def login(call: Call) -> None:
    """Keep the token that is typed, or comes by stdin, for the organization."""
    if sys.stdin.isatty():
        from getpass import getpass

        token = getpass("Token: ").strip()
    else:
        token = sys.stdin.readline().strip()
    if not token:
        raise Failed("there is no token: give it by stdin, echo TOKEN | az devops login")
    with organization_of(call, token) as organization:
        organization.ask("GET", "_apis/projects", **{"$top": "1"})
    Configuration(call.environ, TOKENS).change(address_of(call), KEPT, token)


def logout(call: Call) -> None:
    """Forget the token of the organization, or all of them where none is named."""
    tokens = Configuration(call.environ, TOKENS)
    given = call.text("--organization")
    named = [given.rstrip("/")] if given else list(tokens.sections)
    known = [url for url in named if tokens.sections.get(url)]
    if not known:
        raise Failed("The credential was not found")
    for url in known:
        tokens.change(url, KEPT, None)
