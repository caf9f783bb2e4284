"""A log of an ML job: masked lines as they are, without times, from any number of threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from penstock.agent.masking import MaskedStream, Masker

_LINES_HELD = 512
_LAST_LINES = 40


class CommandLog:
    """Holds lines until `flush`, or until there are many. `write` gets whole lines.

    `last` are the last lines written, for messages.
    """

    def __init__(self, write: Callable[[str], None], masker: Masker) -> None:
        self._write = write
        self._masker = masker
        self._lock = threading.Lock()
        self._held: list[str] = []
        self._streams: dict[str, MaskedStream] = {}
        self.last: deque[str] = deque(maxlen=_LAST_LINES)

    def text(self, text: str) -> None:
        """Write a text of one or more lines."""
        for line in text.splitlines() or [""]:
            self._add(self._masker.mask_line(line))

    def piece(self, stream: str, text: str) -> None:
        """Write a part of a line that is too long to hold; the log goes on in its next line."""
        masked = self._streams.setdefault(stream, MaskedStream(self._masker))
        self._add(masked.feed(text, last=False))

    def output(self, stream: str, text: str) -> None:
        """Write a line of a program, or the last part of one that came in pieces."""
        masked = self._streams.pop(stream, None) if self._streams else None
        self._add(masked.feed(text, last=True) if masked else self._masker.mask_line(text))

    def flush(self) -> None:
        """Hand on what is held."""
        with self._lock:
            held, self._held = self._held, []
            if held:
                text = "".join(held)
                self._write(text.encode("utf-8", "replace").decode())

    def _add(self, masked: str) -> None:
        with self._lock:
            self._held.append(f"{masked}\n")
            self.last.append(masked)
            full = len(self._held) >= _LINES_HELD
        if full:
            self.flush()
