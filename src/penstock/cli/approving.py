"""`penstock runs approve|reject`: answers what a run of a server waits for, as an account."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from penstock.cli.devopsclient import DevopsClient, client_of
from penstock.cli.exits import Exit
from penstock.cli.options import Failure


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
    client = client_of(server, data)
    named = project or _project_of(run, data)
    base = f"{quote(named, safe='')}/_apis/pipelines/approvals"
    found = client.call("GET", f"{base}?runId={quote(run, safe='')}&state=pending")["value"]
    wanted = [one for one in found if stage is None or one["stage"].casefold() == stage.casefold()]
    if not wanted:
        where = f'stage "{stage}" of run {run}' if stage else f"run {run}"
        raise Failure(
            f"{where} waits for no approval",
            f"`penstock runs show {run}` shows what it does",
            Exit.NOT_FOUND,
        )
    mine = [one for one in wanted if one["permissions"] == "update"]
    if not mine:
        raise Failure(wanted[0]["message"], "an approver can answer", Exit.REFUSED)
    _send(client, base, mine, status, comment)
    return Exit.OK


def _project_of(run: str, data: Path | None) -> str:
    """The project of a run of this machine's server."""
    from penstock.cli.up import home_of
    from penstock.store.database import open_state
    from penstock.store.runs import Runs

    database = open_state(home_of(data))
    try:
        found = Runs(database).get(run)
    finally:
        database.close()
    if found is None or not found.project:
        help = "`penstock runs list` shows them; --project names that of another machine's run"
        raise Failure(f'there is no run "{run}" of a server here', help, Exit.NOT_FOUND)
    return found.project


def _send(
    client: DevopsClient, base: str, mine: list[dict[str, Any]], status: str, comment: str
) -> None:
    body = [{"approvalId": one["id"], "status": status, "comment": comment} for one in mine]
    for one in client.call("PATCH", base, body)["value"]:
        resource = one["resource"]
        what = f'{resource["noun"]} "{resource["name"]}"' if resource else "start"
        click.echo(f'{status}: stage "{one["stage"]}", {what}', err=True)
