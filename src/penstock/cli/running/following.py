"""`penstock logs -f`: prints what logs are given while the run goes on, until it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import click

from penstock.cli.store import Store, lost
from penstock.engine.state import RunState
from penstock.records import record

_WAIT_SECONDS = 0.2


@record
class Log:
    """One log of a run: the node that it lies with, its name there, and what stands above it."""

    node: str
    name: str
    header: str


def follow(
    store: Store,
    run: int,
    chosen: Callable[[RunState], Iterable[Log]],
    say: Callable[[Log, list[str]], None],
    tail: int | None,
) -> None:
    """Say the lines of the chosen logs, each log's in order, until the run has ended or its process
    is gone. Of what is there already only the last `tail` lines of each log, where given."""
    state = RunState(store.runs.load(str(run))[0])
    last = 0
    read: dict[tuple[str, str], int] = {}
    while True:
        for sequence, event in store.runs.events(str(run), last):
            state.apply(event)
            last = sequence
        # Asked before the logs are read: what was written until then is read below.
        is_gone = not state.finished and _is_gone(store, run)
        is_over = state.finished or is_gone
        for log in chosen(state):
            lines = _new_lines(store, run, log, read, is_over)
            say(log, lines[-tail:] if tail else lines)
        if is_gone:
            click.echo(f"run {run} has not ended, but its process is gone", err=True)
        if is_over:
            return
        tail = None
        time.sleep(_WAIT_SECONDS)


def _is_gone(store: Store, run: int) -> bool:
    found = store.runs.get(str(run))
    return found is None or bool(lost(store, [found]))


def _new_lines(
    store: Store, run: int, log: Log, read: dict[tuple[str, str], int], is_over: bool
) -> list[str]:
    """What the log has past what was `read` of it; a line that is being written not before its end,
    unless none comes any more."""
    key = (log.node, log.name)
    begin = read.get(key, 0)
    size = store.logs.size(str(run), *key)
    data = store.logs.part(str(run), *key, begin, size)
    if not is_over:
        data = data[: data.rfind(b"\n") + 1]
    read[key] = begin + len(data)
    return data.decode("utf-8", "replace").splitlines()
