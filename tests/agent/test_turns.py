"""Turns: how many jobs of a process work at once, and who does not count."""

import threading
from contextlib import ExitStack

from penstock.agent.turns import Turns

LONG = 60.0


def begun_meanwhile(turns: Turns) -> tuple[threading.Thread, threading.Event, threading.Event]:
    """Another job, which says when it has begun and works until it may end."""
    begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        with turns.taken():
            begun.set()
            may_end.wait(LONG)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, begun, may_end


def test_one_more_begins_when_one_ends():
    turns = Turns(at_once=2, patience=LONG)
    with turns.taken(), ExitStack() as second:
        second.enter_context(turns.taken())
        thread, begun, may_end = begun_meanwhile(turns)
        assert not begun.wait(0.05)
        second.close()
        assert begun.wait(LONG)
        may_end.set()
        thread.join()


def test_one_more_begins_while_one_waits_for_its_program():
    turns = Turns(at_once=1, patience=LONG)
    with turns.taken():
        thread, begun, may_end = begun_meanwhile(turns)
        assert not begun.wait(0.05)
        with turns.away():
            assert begun.wait(LONG)
        may_end.set()  # who comes back from a program goes on at once
        thread.join()


def test_nobody_waits_for_long():
    turns = Turns(at_once=1, patience=0.01)
    with turns.taken():
        thread, begun, may_end = begun_meanwhile(turns)
        assert begun.wait(LONG)
        may_end.set()
        thread.join()
