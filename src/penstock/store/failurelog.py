"""The log of our own failures: what a client saw as status 500, with its traceback.

Whoever can make a server fail can make it write, so the file and each entry are bounded.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

MOST_BYTES = 4 * 1024 * 1024
KEPT = 3
"""How many older files are kept: `failures.log.1` is the youngest of them."""
_LONGEST = 32 * 1024


class FailureLog:
    """Several processes and threads may write to the same file."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes

    def note(self, what: str, error: BaseException) -> None:
        """Write down what was being done, and the exception. On a full disk nothing is written."""
        import traceback

        text = f"{what[:1000]}\n{''.join(traceback.format_exception(error))}"
        if len(text) > _LONGEST:
            half = _LONGEST // 2
            text = f"{text[:half]}\n[...]\n{text[-half:]}"
        with suppress(OSError):
            self._write(f"{text}\n".encode("utf-8", "replace"))

    def _write(self, entry: bytes) -> None:
        lock = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            if self._size() + len(entry) > self._most_bytes:
                self._turn_over()
            descriptor = os.open(self._path, flags, 0o600)
            try:
                os.write(descriptor, entry)
            finally:
                os.close(descriptor)
        finally:
            os.close(lock)

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def _turn_over(self) -> None:
        older = [self._path.with_name(f"{self._path.name}.{n}") for n in range(1, KEPT + 1)]
        for younger, old in reversed(list(zip([self._path, *older], older, strict=False))):
            with suppress(FileNotFoundError):
                younger.replace(old)
