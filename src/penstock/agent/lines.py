"""Cuts a stream of bytes into lines of text. Knows nothing of where the bytes come from."""

from __future__ import annotations

from collections.abc import Callable

PIECE = 256 * 1024
"""The most bytes of one line that are held; a longer line is handed on in pieces."""


class LineCutter:
    """Collects the bytes of one stream and hands on each line, without its end.

    A line ends at a newline, a carriage return or both, as in .NET's `ReadLine`, which the Azure
    agent reads with; so every refresh of a progress bar is a line. Invalid UTF-8 is replaced. A
    line longer than `PIECE` goes to `on_piece` piece by piece, its last piece to `on_line`.
    """

    __slots__ = ("_after_return", "_on_line", "_on_piece", "_pending")

    def __init__(self, on_line: Callable[[str], None], on_piece: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._on_piece = on_piece
        self._pending = b""
        self._after_return = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._after_return and data.startswith(b"\n"):
            data = data[1:]
        if not data:
            return
        self._after_return = data.endswith(b"\r")
        if self._pending:
            data = self._pending + data
        lines = data.splitlines()
        self._pending = b"" if data.endswith((b"\n", b"\r")) else lines.pop()
        for line in lines:
            self._on_line(self._shorten(line).decode("utf-8", "replace"))
        if len(self._pending) > PIECE:
            self._pending = self._shorten(self._pending)

    def close(self) -> None:
        """Hand on what stands after the last newline."""
        if self._pending:
            line, self._pending = self._pending, b""
            self._on_line(line.decode("utf-8", "replace"))

    def _shorten(self, line: bytes) -> bytes:
        """Hand on pieces of a too long line until the rest fits."""
        while len(line) > PIECE:
            cut = _character_boundary(line, PIECE)
            self._on_piece(line[:cut].decode("utf-8", "replace"))
            line = line[cut:]
        return line


def _character_boundary(data: bytes, position: int) -> int:
    """The nearest place up to three bytes before `position` where a UTF-8 character begins."""
    for cut in range(position, position - 4, -1):
        if data[cut] & 0xC0 != 0x80:
            return cut
    return position
