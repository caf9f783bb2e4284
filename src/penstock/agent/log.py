"""The log of one step: masked lines with the time they came, as the service prints them."""

from __future__ import annotations

import time
from collections.abc import Callable

from penstock.agent.masking import MaskedStream, Masker

_LINES_HELD = 512
_NANOSECONDS = 1_000_000_000


class StepLog:
    """Writes `2026-11-22T21:00:00.1234567Z text` lines. Used by one thread.

    Lines are held until `flush`, or until there are many. `write` gets whole lines; `clock` gives
    nanoseconds since 1970.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        masker: Masker,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._write = write
        self._masker = masker
        self._clock = clock
        self._held: list[str] = []
        self._streams: dict[str, MaskedStream] = {}
        self._second = -1
        self._prefix = ""
        self.lines = 0
        self.debug_shown = False

    def line(self, text: str) -> None:
        """Write one line; secrets in it are masked. Line ends in it, of a path say, begin lines."""
        if "\n" in text or "\r" in text:
            self.text(text)
            return
        self._add(self._masker.mask_line(text))

    def text(self, text: str) -> None:
        """Write a text of any number of lines."""
        lines = text.splitlines() or [""]
        # What is nowhere in the whole text is in none of its lines.
        write = self.line if len(lines) == 1 or self._masker.intervals(text) else self._add
        for line in lines:
            write(line)

    def piece(self, stream: str, text: str) -> None:
        """Write a part of a line that is too long to hold; the log goes on in its next line."""
        masked = self._streams.setdefault(stream, MaskedStream(self._masker))
        self._add(masked.feed(text, last=False))

    def output(self, stream: str, text: str) -> None:
        """Write a line of a program, or the last part of one that came in pieces."""
        masked = self._streams.pop(stream, None) if self._streams else None
        self._add(masked.feed(text, last=True) if masked else self._masker.mask_line(text))

    def is_inside(self, stream: str) -> bool:
        """Whether a line of the stream has begun in pieces and not ended."""
        return stream in self._streams

    def command(self, text: str) -> None:
        """Write the command line of a program that is started."""
        self.text(f"##[command]{text}")

    def section(self, text: str) -> None:
        """Write a heading."""
        self.text(f"##[section]{text}")

    def warning(self, text: str) -> None:
        """Write a line that viewers show as a warning."""
        self.text(f"##[warning]{text}")

    def error(self, text: str) -> None:
        """Write a line that viewers show as an error."""
        self.text(f"##[error]{text}")

    def debug(self, text: str) -> None:
        """Write a line only when the run has System.Debug."""
        if self.debug_shown:
            self.text(f"##[debug]{text}")

    def flush(self) -> None:
        """Hand on what is held."""
        if not self._held:
            return
        text, self._held = "".join(self._held), []
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        self._write(text)

    def _add(self, masked: str) -> None:
        second, rest = divmod(self._clock(), _NANOSECONDS)
        if second != self._second:
            self._second = second
            self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
        self._held.append(f"{self._prefix}{rest // 100:07d}Z {masked}\n")
        self.lines += 1
        if len(self._held) >= _LINES_HELD:
            self.flush()
