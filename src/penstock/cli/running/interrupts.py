"""Ctrl-C, and the other signals that ask a run to end: the first cancels, the second ends all."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from penstock.cli.exits import Exit

_SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def one_way_to_end() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise `KeyboardInterrupt` as Ctrl-C does, but where they are
    ignored (`nohup`)."""
    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_at_once() -> NoReturn:
    """End every program that this process started, then the process, as a kill would."""
    from penstock.agent import trees

    trees.end_all()
    if sys.stdout.isatty():
        os.write(1, _SHOW_CURSOR.encode())
    os._exit(Exit.CANCELED)
