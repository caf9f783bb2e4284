"""Objects of bare repositories, read through `git cat-file` processes that stay for a while.

A process costs two milliseconds to start and fifty microseconds to ask; so a few are kept, the
least used one ends first, and all end when nobody asked for some time.
"""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from penstock.records import record
from penstock.store.git.program import GitFailed, TooMuch, command, environment

KEPT = 32
AT_ONCE = 32
IDLE_SECONDS = 30.0
READ_LIMIT = 64 * 1024 * 1024
_CHUNK = 65536
_FOUND = re.compile(rb"([0-9a-f]{40}) (blob|tree|commit|tag) ([0-9]+)\n")
_ASK = ("cat-file", "--batch-command", "-z")


@record(kw_only=False)
class Object:
    """What an object is: `kind` is `blob`, `tree`, `commit` or `tag`; `size` in bytes."""

    id: str
    kind: str
    size: int


@record(kw_only=False, frozen=False)
class _Reader:
    folder: Path
    process: subprocess.Popen[bytes]
    used: float = 0.0
    broken: bool = field(default=False)

    def ask(self, verb: str, name: str) -> Object | None:
        """Send one request and read its first line; None where git has no such object.

        Raises GitFailed where git ended meanwhile.
        """
        asked, answered = self.process.stdin, self.process.stdout
        assert asked is not None and answered is not None
        self.broken = True
        try:
            asked.write(f"{verb} {name}\0".encode())
            asked.flush()
            line = answered.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            raise GitFailed("git ended while an object was read")
        if found := _FOUND.fullmatch(line):
            return Object(found[1].decode(), found[2].decode(), int(found[3]))
        # The name is repeated, with the line breaks it may hold.
        for _ in range(name.count("\n")):
            answered.readline()
        self.broken = False
        return None

    def chunks(self, size: int) -> Iterator[bytes]:
        """The content that follows the first line of `contents`. Raises GitFailed."""
        answered = self.process.stdout
        assert answered is not None
        while size:
            chunk = answered.read(min(size, _CHUNK))
            if not chunk:
                raise GitFailed("git ended while an object was read")
            size -= len(chunk)
            yield chunk
        answered.read(1)
        self.broken = False

    def end(self) -> None:
        """End the process, and wait for it."""
        asked, answered = self.process.stdin, self.process.stdout
        assert asked is not None and answered is not None
        self.process.kill()
        try:
            asked.close()
        except BrokenPipeError:
            pass
        answered.close()
        self.process.wait()


class Objects:
    """Reads objects of any repository. Every method may be called from any thread.

    Names are `ID` or `ID:PATH`, with a full id and a path that `checked_path` gave. Close it when
    no thread uses it any more.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[_Reader] = []
        self._places = threading.BoundedSemaphore(AT_ONCE)
        # Who downloads may be slow, and nobody else's reading waits for them.
        self._streams = threading.BoundedSemaphore(AT_ONCE)
        self._sweeper: threading.Timer | None = None
        self._closed = False

    def describe(self, folder: Path, name: str) -> Object | None:
        """Kind and size of an object; None when there is none."""
        with self._borrowed(folder) as reader:
            found = reader.ask("info", name)
            reader.broken = False
            return found

    def describe_all(self, folder: Path, names: list[str]) -> list[Object | None]:
        """As `describe`, for many at a time."""
        with self._borrowed(folder) as reader:
            found = []
            for name in names:
                found.append(reader.ask("info", name))
                reader.broken = False
            return found

    def read(self, folder: Path, name: str, limit: int = READ_LIMIT) -> tuple[Object, bytes] | None:
        """An object with its content. Raises TooMuch where that is larger than `limit`."""
        with self._borrowed(folder) as reader:
            found = reader.ask("contents", name)
            if found is None:
                return None
            if found.size > limit:
                raise TooMuch(f"the object has {found.size} bytes, more than {limit}")
            return found, b"".join(reader.chunks(found.size))

    def stream(self, folder: Path, name: str) -> Iterator[bytes]:
        """The content of an object of any size, in chunks; nothing when there is none.

        Whoever stops reading closes the iterator, which ends the process behind it.
        """
        with self._borrowed(folder, self._streams) as reader:
            found = reader.ask("contents", name)
            if found is not None:
                yield from reader.chunks(found.size)

    def forget(self, folder: Path) -> None:
        """End the idle processes of a repository that is to go."""
        with self._lock:
            gone = [reader for reader in self._idle if reader.folder == folder]
            self._idle = [reader for reader in self._idle if reader.folder != folder]
        for reader in gone:
            reader.end()

    def close(self) -> None:
        """End every idle process."""
        with self._lock:
            self._closed = True
            gone, self._idle = self._idle, []
            if self._sweeper is not None:
                self._sweeper.cancel()
        for reader in gone:
            reader.end()

    @contextmanager
    def _borrowed(
        self, folder: Path, places: threading.BoundedSemaphore | None = None
    ) -> Iterator[_Reader]:
        with places or self._places:
            reader = self._taken(folder) or _start(folder)
            try:
                yield reader
            except BaseException:
                # Whatever interrupted the reading, the answers may be out of step.
                reader.broken = True
                raise
            finally:
                self._give_back(reader)

    def _taken(self, folder: Path) -> _Reader | None:
        with self._lock:
            for index in range(len(self._idle) - 1, -1, -1):
                if self._idle[index].folder == folder:
                    return self._idle.pop(index)
        return None

    def _give_back(self, reader: _Reader) -> None:
        gone = [reader]
        with self._lock:
            if not reader.broken and not self._closed:
                reader.used = self._clock()
                self._idle.append(reader)
                gone = [self._idle.pop(0)] if len(self._idle) > KEPT else []
                self._sweep_later()
        for one in gone:
            one.end()

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = threading.Timer(IDLE_SECONDS, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        limit = self._clock() - IDLE_SECONDS
        with self._lock:
            self._sweeper = None
            gone = [reader for reader in self._idle if reader.used <= limit]
            self._idle = [reader for reader in self._idle if reader.used > limit]
            if self._idle and not self._closed:
                self._sweep_later()
        for reader in gone:
            reader.end()


def _start(folder: Path) -> _Reader:
    process = subprocess.Popen(
        command(folder, _ASK),
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return _Reader(folder, process)
