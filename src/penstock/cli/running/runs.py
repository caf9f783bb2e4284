"""`penstock runs`: the runs of the local store, and answers to what runs of a server wait for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option
from penstock.cli.options import limit_option, output_options, wants_color
from penstock.cli.output import moment, print_data, render_data
from penstock.cli.store import Store, find_run, lost, open_store
from penstock.store.runs import Run


@click.group(name="runs", short_help="runs of the local store")
def command() -> None:
    """The runs of the local store, and what those of its server wait for."""


@command.command("list")
@limit_option
@click.option("--branch", help="only runs of this branch")
@click.option("--kind", type=click.Choice(["pipeline", "ml"]), default="pipeline")
@output_options("table")
def list_runs(limit: int, branch: str | None, kind: str, form: str, query: str | None) -> int:
    """The newest runs."""
    with open_store() as store:
        filters = {"kind": kind} | ({"branch": branch} if branch else {})
        found = store.runs.list(before=None, limit=limit, **filters)
        gone = lost(store, found)
        rows = [row_of(run, run.id in gone) for run in found]
    text = render_data(rows, form, query)
    if text:
        click.echo(text)
    elif form in ("text", "table") and not rows:
        click.echo(_none(kind, branch), err=True)
    return Exit.OK


@command.command("show")
@click.argument("run", default="latest")
@output_options("text")
def show(run: str, form: str, query: str | None) -> int:
    """One run: RUN is an id, a number, or `latest`."""
    with open_store() as store:
        found = find_run(store, run)
        if form == "text" and not query:
            click.echo(_tree(store, found), color=wants_color(sys.stdout))
        else:
            print_data(_details(store, found), form, query)
    return Exit.OK


def _answering(word: str, status: str, told: str) -> click.Command:
    """The command that answers all that a run waits for in one way."""

    def answer_it(**given: Any) -> int:
        from penstock.cli.running.approving import answer

        return answer(status=status, **given)

    answer_it.__doc__ = f"""{told}

    RUN is an id, a number or `latest`; with --server an id. The environment variable
    PENSTOCK_TOKEN holds your personal access token.
    """
    options = (
        click.argument("run"),
        click.option("--project", help="its project, where the server is not here"),
        click.option("--stage", help="only what this stage waits for"),
        click.option("-m", "--comment", default="", help="what the others read"),
        click.option(
            "--server", metavar="URL", help="a server of another machine: http://HOST:PORT"
        ),
        data_option,
    )
    function: Callable[..., int] = answer_it
    for option in reversed(options):
        function = option(function)
    return click.command(word)(function)


command.add_command(
    _answering(
        "approve", "approved", "Approve what RUN of a server waits for, or start its manual stage."
    )
)
command.add_command(
    _answering(
        "reject",
        "rejected",
        "Reject what RUN of a server waits for: its stage fails, and none of its jobs runs.",
    )
)


def _none(kind: str, branch: str | None) -> str:
    if branch:
        return f'no runs of the branch "{branch}" yet'
    starts = "`penstock run`" if kind == "pipeline" else "`penstock az ml job create`"
    return f"no runs yet; {starts} starts one"


def row_of(run: Run, is_lost: bool) -> dict[str, Any]:
    """What a list shows of a run. One that `is_lost` has not ended, but its process is gone."""
    end = run.finished or time.time()
    seconds = round(end - run.started, 1) if run.started and not is_lost else None
    return {
        "id": run.id,
        "number": run.number,
        "pipeline": run.name,
        "branch": run.branch,
        "commit": run.commit[:8],
        "result": "abandoned" if is_lost else run.result or run.state,
        "started": moment(run.started),
        "seconds": seconds,
    }


def _tree(store: Store, run: Run) -> str:
    from penstock.cli.explaining.summary import as_abandoned, run_tree
    from penstock.cli.explaining.tree import draw
    from penstock.engine.state import replay

    plan, events = store.runs.load(str(run.id))
    is_lost = bool(lost(store, [run]))
    now = events[-1].at if is_lost and events else time.time()
    tree = run_tree(replay(plan, events), f"run {run.id}, {run.number}", now)
    return draw(as_abandoned(tree) if is_lost else tree, color=wants_color(sys.stdout))


def _details(store: Store, run: Run) -> dict[str, Any]:
    from penstock.engine.state import replay

    state = replay(*store.runs.load(str(run.id)))
    nodes = [
        {
            "id": node.node.id,
            "kind": node.node.kind,
            "phase": str(node.phase),
            "result": str(node.result) if node.result else None,
            "message": node.message,
            "started": moment(node.started_at),
            "finished": moment(node.finished_at),
            "steps": [
                {
                    "id": step.id,
                    "name": step.name,
                    "result": str(step.result) if step.result else None,
                    "message": step.message,
                }
                for step in node.steps.values()
            ],
        }
        for node in state.nodes.values()
    ]
    return {**row_of(run, bool(lost(store, [run]))), "extra": dict(run.extra), "nodes": nodes}
