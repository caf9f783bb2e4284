"""What others wrote is not obeyed by the terminal that shows it (ECMA-48; xterm's sequences)."""

from __future__ import annotations

import pytest

from penstock.cli.explaining.tree import Branch, draw
from penstock.cli.terminal import one_line, printable

ESC, BEL, RESET = "\x1b", "\x07", "\x1b[0m"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcödé, 密码 and\ttabs", "plain text, ünïcödé, 密码 and\ttabs"),
        (f"{ESC}[31mred{RESET}", f"{ESC}[31mred{RESET}"),
        (f"{ESC}[1;31mleft open", f"{ESC}[1;31mleft open{RESET}"),
        (f"{ESC}[38:5:1mred{RESET} then", f"{ESC}[38:5:1mred{RESET} then{RESET}"),
        (f"copy {ESC}]52;c;ZXZpbA=={BEL}", "copy ␛]52;c;ZXZpbA==␇"),
        (f"{ESC}]8;;http://x{ESC}\\link{ESC}]8;;{ESC}\\", "␛]8;;http://x␛\\link␛]8;;␛\\"),
        (f"{ESC}]0;title{BEL}", "␛]0;title␇"),
        (f"{ESC}[2J{ESC}[H{ESC}[1A{ESC}[6n", "␛[2J␛[H␛[1A␛[6n"),
        (f"{ESC}c{ESC}P1$r{ESC}\\", "␛c␛P1$r␛\\"),
        ("\x9b2J\x9d52;c;x\x9c", "<U+009B>2J<U+009D>52;c;x<U+009C>"),
        ("a\x08\x08b\x00\x7f", "a␈␈b␀␡"),
        ("admin\u202egpj.exe\u2066", "admin<U+202E>gpj.exe<U+2066>"),
        ("10 %\r50 %\r100 %", "100 %"),
        ("done\r", "done"),
        ("safe\r\x1b[2K", "␛[2K"),
        ("one\ntwo\x07\n", "one\ntwo␇\n"),
    ],
)
def test_only_colours_are_left_to_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_name_stays_in_its_line() -> None:
    assert one_line("Build\n✓ Deploy  succeeded") == "Build␊✓ Deploy  succeeded"


def test_names_and_messages_in_a_tree_are_signs_only() -> None:
    hostile = f"x{ESC}]52;c;ZXZpbA=={BEL}\nfake"
    drawn = draw(Branch(name=hostile, state="failed", detail=hostile), color=True)
    assert drawn.count("\n") == 0
    assert drawn.count(ESC) == 2  # the colour of the mark, and its end
    assert drawn.count("x␛]52;c;ZXZpbA==␇␊fake") == 2
