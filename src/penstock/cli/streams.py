"""The standard streams: closed ones, ones that cannot show every character, readers that leave."""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

_NAMES = ("stdin", "stdout", "stderr")


def make_ready() -> None:
    """Make the streams safe to use.

    A closed one becomes the null device, so that no file of ours gets its number; a character that
    the encoding of stdout lacks is replaced.
    """
    for number, name in enumerate(_NAMES):
        if getattr(sys, name) is None:
            _point_to_nothing(number)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def start_again_in_utf8() -> NoReturn:
    """Become the same command in Python's UTF-8 mode: names, scripts and logs are UTF-8 in every
    locale. Not by a variable, which the user's own programs would see."""
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


class Lines:
    """Writes lines to stdout until nobody takes them; what they tell of goes on all the same.

    `error` is what was in the way. A reader that had enough (`| head`) is no error.
    """

    def __init__(self) -> None:
        self.error: OSError | None = None

    def write(self, text: str) -> None:
        """Write a line, or nothing where stdout has failed before."""
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.error = error
            _point_to_nothing(1)


def _point_to_nothing(number: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing != number:
        os.dup2(nothing, number)
        os.close(nothing)
