"""Turns: one after another, but never for the one who takes long."""

from __future__ import annotations

import threading

import pytest

from penstock.agent.turns import Turns

PATIENT = 60.0


def _thread(name: str, work: object) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread


def test_the_second_begins_when_the_first_is_over() -> None:
    turns, said = Turns(PATIENT), list[str]()

    def second() -> None:
        with turns.turn():
            said.append("second")

    with turns.turn():
        thread = _thread("second", second)
        thread.join(0.05)
        said.append("first")
    thread.join(PATIENT)
    assert said == ["first", "second"]


def test_who_waits_lets_others_in_and_takes_a_new_turn() -> None:
    turns = Turns(PATIENT)
    with turns.turn() as first:
        with first.waiting(), turns.turn():
            pass
        other = _thread("other", lambda: turns.turn().__enter__())
        other.join(0.05)
        assert other.is_alive()
    other.join(PATIENT)
    assert not other.is_alive()


def test_nobody_waits_for_one_who_takes_long() -> None:
    turns = Turns(0.0)
    with turns.turn(), turns.turn():
        pass


def test_one_who_went_on_out_of_turn_ends_no_turn_of_another() -> None:
    turns = Turns(0.0)
    with turns.turn(), turns.turn() as late:
        late.give_up()
        assert not turns.wait()


def test_a_turn_ends_with_a_failure() -> None:
    turns = Turns(PATIENT)
    with pytest.raises(ZeroDivisionError), turns.turn() as turn, turn.waiting():
        raise ZeroDivisionError
    assert turns.wait()
