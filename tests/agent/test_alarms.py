"""Alarms: called back in the order of their times, by one thread, unless taken back."""

import threading

import pytest

from penstock.agent.alarms import Alarms


def test_alarms_ring_in_the_order_of_their_times():
    alarms, rung, done = Alarms(), [], threading.Event()
    alarms.set(1.0, lambda: (rung.append("second"), done.set()))
    alarms.set(0.01, lambda: rung.append("first"))
    assert done.wait(10)
    assert rung == ["first", "second"]


def test_an_alarm_that_was_taken_back_does_not_ring():
    alarms, rung, done = Alarms(), [], threading.Event()
    forget = alarms.set(0.01, lambda: rung.append("forgotten"))
    forget()
    alarms.set(0.03, done.set)
    assert done.wait(10)
    assert rung == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_action_that_fails_keeps_no_other_from_ringing():
    alarms, done = Alarms(), threading.Event()
    alarms.set(0.01, lambda: 1 // 0)
    alarms.set(0.03, done.set)
    assert done.wait(10)


def test_a_time_past_what_a_thread_can_wait_is_no_fault():
    alarms, done = Alarms(), threading.Event()
    alarms.set(1e12, done.set)
    alarms.set(0.01, done.set)
    assert done.wait(10)
