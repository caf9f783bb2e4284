"""`penstock runs approve|reject`: answers what a run of a server waits for, as an account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.cli.server.devopsapi import DevopsApi, api_at, own_token


def answer(
    run: str,
    status: str,
    *,
    project: str | None,
    stage: str | None,
    comment: str,
    server: str | None,
    data: Path | None,
) -> int:
    """Answer every approval of the run (of one stage) that the caller may answer now."""
    if server is not None:
        if project is None or not run.isdecimal():
            raise click.UsageError("with --server, RUN is an id and --project names its project")
        api, id = api_at(server), run
    else:
        api, project, id = _on_this_machine(run, project, data)
    base = f"{api.organization()}/{project}/_apis/pipelines/approvals"
    found = api.ask("GET", f"{base}?runId={id}&state=pending")["value"]
    wanted = [one for one in found if stage is None or one["stage"].casefold() == stage.casefold()]
    if not wanted:
        where = f'stage "{stage}" of run {id}' if stage else f"run {id}"
        raise Failure(
            f"{where} waits for no approval",
            f"`penstock runs show {id}` shows what it does",
            Exit.NOT_FOUND,
        )
    mine = [one for one in wanted if one["permissions"] == "update"]
    if not mine:
        raise Failure(wanted[0]["message"], "an approver can answer", Exit.REFUSED)
    _send(api, base, mine, status, comment)
    return Exit.OK


def _on_this_machine(
    run: str, project: str | None, data: Path | None
) -> tuple[DevopsApi, str, str]:
    """The server of this machine with the caller's own token; the project and the id of the run."""
    from penstock.cli.home import home_of
    from penstock.cli.hosting import serving
    from penstock.cli.store import find_run, open_store

    home = home_of(data)
    token = own_token()
    found = serving.living(home)
    if found is None or found.kind != serving.SERVER:
        help = "`penstock up` starts one; --server names one of another machine"
        raise Failure("there is no server of this store", help, Exit.UNREACHABLE)
    with open_store(home) as store:
        one = find_run(store, run)
    if not (project or one.project):
        help = "`penstock run --approve NAME` approves as it starts one"
        raise Failure(f"run {one.id} is no run of the server", help, Exit.NOT_FOUND)
    return DevopsApi(found.url, token), project or one.project, str(one.id)


def _send(api: DevopsApi, base: str, mine: list[dict[str, Any]], status: str, comment: str) -> None:
    body = [{"approvalId": one["id"], "status": status, "comment": comment} for one in mine]
    for one in api.ask("PATCH", base, body)["value"]:
        resource = one["resource"]
        what = f'{resource["noun"]} "{resource["name"]}"' if resource else "start"
        click.echo(f'{status}: stage "{one["stage"]}", {what}', err=True)
