"""`penstock logs`: what a run, a job or a step printed."""

from __future__ import annotations

import sys

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.cli.running.progress import without_time
from penstock.cli.store import Store, find_run, open_store
from penstock.cli.terminal import one_line, printable
from penstock.engine.requests import StepsWork
from penstock.engine.state import NodeState, StepState, replay

_LOGS_OF_ML = ("azureml-logs/", "system_logs/", "user_logs/")
"""What else lies with an ML node are its artifacts."""


@click.command(short_help="the log of a run, a job or a step")
@click.argument("run", default="latest")
@click.option("--job", help="only this job: its id (Stage/Job) or name")
@click.option("--step", help="only this step: its name, display name or id")
@click.option("--tail", type=click.IntRange(min=1), help="only the last lines of each log")
@click.option("--timestamps", is_flag=True, help="keep the time of each line")
def command(run: str, job: str | None, step: str | None, tail: int | None, timestamps: bool) -> int:
    """Print the logs of RUN (an id, a number, an ML job's name, or `latest`), in order."""
    with open_store() as store:
        found = find_run(store, run)
        state = replay(*store.runs.load(str(found.id)))
        nodes = [n for n in state.nodes.values() if n.node.work is not None and _is(n, job)]
        if not nodes:
            known = ", ".join(n.node.id for n in state.nodes.values() if n.node.work)
            raise Failure(f'there is no job "{job}"', f"jobs are {known}", Exit.NOT_FOUND)
        printed = [_print(store, found.id, node, step, tail, timestamps) for node in nodes]
    if step is not None and not any(printed):
        steps = ", ".join(dict.fromkeys(s.name for node in nodes for s in node.steps.values()))
        help = f"steps are {steps}" if steps else "an Azure ML job has none: leave --step out"
        raise Failure(f'there is no step "{step}"', help, Exit.NOT_FOUND)
    return Exit.OK


def _is(node: NodeState, name: str | None) -> bool:
    if name is None:
        return True
    wanted = name.casefold()
    known = (node.node.id, node.node.key, node.node.display_name)
    return any(wanted == one.casefold() for one in known)


def _print(
    store: Store, run: int, node: NodeState, name: str | None, tail: int | None, timestamps: bool
) -> bool:
    steps = [step for step in node.steps.values() if name is None or _is_called(node, step, name)]
    logs = [(step.id, _header(node, step)) for step in steps]
    if not node.steps and name is None:
        logs = [
            (log, f"== {node.node.id}: {log}")
            for log in store.logs.names(str(run), node.node.id)
            if log.startswith(_LOGS_OF_ML)
        ]
    is_watched = sys.stdout.isatty()
    for log, header in logs:
        click.echo(one_line(header))
        lines = (
            store.logs.tail(str(run), node.node.id, log, tail)
            if tail
            else store.logs.text(str(run), node.node.id, log).splitlines()
        )
        for line in lines:
            said = line if timestamps else without_time(line)
            click.echo(printable(said) if is_watched else said)
    return bool(logs)


def _is_called(node: NodeState, step: StepState, name: str) -> bool:
    """Whether that is the step's display name, its id, or its `name` in the YAML."""
    work = node.node.work
    planned = work.steps if isinstance(work, StepsWork) else ()
    names = (one.name or "" for one in planned if one.id == step.id)
    return name.casefold() in map(str.casefold, (step.name, step.id, *names))


def _header(node: NodeState, step: StepState) -> str:
    return f"== {node.node.id}: {step.name} ({step.result or 'running'})"
