"""The standard streams: closed ones, ones that cannot show every character, readers that leave."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, NoReturn

_NAMES = ("stdin", "stdout", "stderr")


def make_ready() -> None:
    """Make the streams safe to use.

    A closed one becomes the null device, so that no file of ours gets its number; a character that
    the encoding of stdout lacks is replaced; when a reader leaves, the command goes on
    to its own exit code.
    """
    for number, name in enumerate(_NAMES):
        if getattr(sys, name) is None:
            _point_to_nothing(number)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    for number, name in enumerate(_NAMES[1:], 1):
        if isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            setattr(sys, name, _Leavable(stream, number))


def start_again_in_utf8() -> NoReturn:
    """Become the same command in Python's UTF-8 mode: names, scripts and logs are UTF-8 in every
    locale. Not by a variable, which the user's own programs would see."""
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


class _Leavable:
    """Output whose reader may leave (`| head`): what is written from then on goes nowhere."""

    def __init__(self, stream: io.TextIOWrapper, number: int) -> None:
        self._stream = stream
        self._number = number

    def write(self, text: str) -> int:
        """Write, or do not where nobody reads."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            _point_to_nothing(self._number)
            return len(text)

    def flush(self) -> None:
        """Pass on what was written."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            _point_to_nothing(self._number)

    def __getattr__(self, name: str) -> Any:
        """All else is that of the stream."""
        return getattr(self._stream, name)


class Lines:
    """Writes lines to stdout until it fails; what they tell of goes on all the same.

    `error` is what was in the way.
    """

    def __init__(self) -> None:
        self.error: OSError | None = None

    def write(self, text: str) -> None:
        """Write a line, or nothing where stdout has failed before."""
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except OSError as error:
            self.error = error
            _point_to_nothing(1)


def _point_to_nothing(number: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing != number:
        os.dup2(nothing, number)
        os.close(nothing)
