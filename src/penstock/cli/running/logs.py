"""`penstock logs`: what a run, a job or a step printed."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from penstock.cli.exits import Exit
from penstock.cli.explaining.summary import shown_path
from penstock.cli.options import Failure
from penstock.cli.running.following import Log, follow
from penstock.cli.running.progress import without_time
from penstock.cli.store import Store, find_run, open_store
from penstock.cli.terminal import one_line, printable
from penstock.engine.requests import StepsWork
from penstock.engine.state import NodeState, RunState, StepState, replay

_LOGS_OF_ML = ("azureml-logs/", "system_logs/", "user_logs/")
"""What else lies with an ML node are its artifacts."""


@click.command(short_help="the log of a run, a job or a step")
@click.argument("run", default="latest")
@click.option("--job", help="only this job: its id (Stage/Job) or name")
@click.option("--step", help="only this step: its name, display name or id")
@click.option("--tail", type=click.IntRange(min=1), help="only the last lines of each log")
@click.option("-f", "--follow", "is_followed", is_flag=True, help="go on until the run ends")
@click.option("--timestamps", is_flag=True, help="keep the time of each line")
def command(
    run: str,
    job: str | None,
    step: str | None,
    tail: int | None,
    is_followed: bool,
    timestamps: bool,
) -> int:
    """Print the logs of RUN (an id, a number, an ML job's name, or `latest`), in order.

    With --follow, each line as it comes; where jobs run side by side, each says whose lines follow.
    """
    with open_store() as store:
        id = find_run(store, run).id
        state = replay(*store.runs.load(str(id)))
        _check_job(state, job)
        if is_followed:
            printing = _Printing(timestamps)
            follow(store, id, lambda now: _logs(store, id, now, job, step), printing.say, tail)
            state = replay(*store.runs.load(str(id)))
        logs = _logs(store, id, state, job, step)
        if step is not None and not logs:
            raise _no_step(state, job, step)
        for log in () if is_followed else logs:
            click.echo(one_line(log.header))
            _print(_lines(store, id, log, tail), timestamps)
    return Exit.OK


def _check_job(state: RunState, job: str | None) -> None:
    if not _jobs(state, job):
        known = ", ".join(shown_path(node.node.id) for node in _jobs(state, None))
        raise Failure(f'there is no job "{job}"', f"jobs are {known}", Exit.NOT_FOUND)


def _no_step(state: RunState, job: str | None, step: str) -> Failure:
    names = dict.fromkeys(one.name for node in _jobs(state, job) for one in node.steps.values())
    steps = ", ".join(names)
    help = f"steps are {steps}" if steps else "an Azure ML job has none: leave --step out"
    return Failure(f'there is no step "{step}"', help, Exit.NOT_FOUND)


def _jobs(state: RunState, name: str | None) -> list[NodeState]:
    return [node for node in state.nodes.values() if node.node.work is not None and _is(node, name)]


def _is(node: NodeState, name: str | None) -> bool:
    if name is None:
        return True
    wanted = name.casefold()
    known = (node.node.id, shown_path(node.node.id), node.node.key, node.node.display_name)
    return any(wanted == one.casefold() for one in known)


def _logs(store: Store, run: int, state: RunState, job: str | None, step: str | None) -> list[Log]:
    """The logs that are asked for, of what has begun."""
    return [log for node in _jobs(state, job) for log in _logs_of(store, run, node, step)]


def _logs_of(store: Store, run: int, node: NodeState, step: str | None) -> list[Log]:
    id = node.node.id
    if not node.steps and step is None:
        names = store.logs.names(str(run), id)
        return [
            Log(node=id, name=name, header=f"== {shown_path(id)}: {name}")
            for name in names
            if name.startswith(_LOGS_OF_ML)
        ]
    return [
        Log(node=id, name=one.id, header=_header(node, one))
        for one in node.steps.values()
        if step is None or _is_called(node, one, step)
    ]


def _lines(store: Store, run: int, log: Log, tail: int | None) -> list[str]:
    if tail:
        return store.logs.tail(str(run), log.node, log.name, tail)
    return store.logs.text(str(run), log.node, log.name).splitlines()


def _print(lines: Iterable[str], timestamps: bool) -> None:
    is_watched = sys.stdout.isatty()
    for line in lines:
        said = line if timestamps else without_time(line)
        click.echo(printable(said) if is_watched else said)


class _Printing:
    """Prints lines of several logs as they come, a header where the log is another one."""

    def __init__(self, timestamps: bool) -> None:
        self._timestamps = timestamps
        self._last = ("", "")

    def say(self, log: Log, lines: list[str]) -> None:
        """Print more lines of a log."""
        if lines and self._last != (log.node, log.name):
            self._last = (log.node, log.name)
            click.echo(one_line(log.header))
        _print(lines, self._timestamps)


def _is_called(node: NodeState, step: StepState, name: str) -> bool:
    """Whether that is the step's display name, its id, or its `name` in the YAML."""
    work = node.node.work
    planned = work.steps if isinstance(work, StepsWork) else ()
    names = (one.name or "" for one in planned if one.id == step.id)
    return name.casefold() in map(str.casefold, (step.name, step.id, *names))


def _header(node: NodeState, step: StepState) -> str:
    return f"== {shown_path(node.node.id)}: {step.name} ({step.result or 'running'})"
