"""Logs as files, appended by whole lines and read by line number while they grow."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import field
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from penstock.records import record
from penstock.store.files import folder_name, reading, segments, walk

CAP = 1024**3
_OPEN_FILES = 64
_INDEXES = 4096
_BLOCK = 1024 * 1024
_STRIDE = 1000
_CAPPED = "##[warning]the log reached its limit of {cap} bytes; nothing more of it is kept\n"


@record(kw_only=False, frozen=False)
class _Open:
    """A log being written, opened at the first line. `lines` and `size` are those of the file."""

    descriptor: int = -1
    lines: int = 0
    size: int = 0
    is_full: bool = False
    is_closed: bool = False
    lock: Lock = field(default_factory=Lock)


@record(kw_only=False, frozen=False)
class _Index:
    """Where every thousandth line of a file begins, as far as it was read (`size` bytes)."""

    offsets: list[int] = field(default_factory=lambda: [0])
    lines: int = 0
    size: int = 0
    lock: Lock = field(default_factory=Lock)


class Logs:
    """The logs below one folder: `<root>/<run>/<node>/<log>`.

    Every method may be called from any thread; other processes may read a log that one writes.

    `place(run, node)` may name another folder for the logs of a node (those of an ML job lie with
    its artifacts). What `append` was given is in the file when it returns, so a killed process
    loses nothing; it does not wait for the disk.
    """

    def __init__(
        self,
        root: Path,
        *,
        place: Callable[[str, str], Path | None] | None = None,
        cap: int = CAP,
    ) -> None:
        self._root = root
        self._place = place
        self._cap = cap
        self._lock = Lock()
        self._open: OrderedDict[tuple[str, str, str], _Open] = OrderedDict()
        self._indexes: OrderedDict[Path, _Index] = OrderedDict()

    def path(self, run: str, node: str, log: str) -> Path:
        """The file of a log, there or not. `UnsafePath` for a name that is no relative path."""
        return self.folder(run, node).joinpath(*segments(log))

    def folder(self, run: str, node: str) -> Path:
        """The folder of a node's logs."""
        placed = self._place(run, node) if self._place is not None else None
        return placed or self._root / folder_name(run) / folder_name(node)

    def append(self, run: str, node: str, log: str, text: str) -> int:
        """Add lines, each ended by a newline (one is added if the last lacks it).

        Returns how many lines the log has now. At the cap a line says so, and the rest is dropped.
        """
        if not text:
            return self.line_count(run, node, log)
        if not text.endswith("\n"):
            text += "\n"
        data = text.encode("utf-8", "replace")
        while True:
            file = self._writable(run, node, log)
            with file.lock:
                if file.is_closed:
                    continue  # meanwhile: ask for it again
                if file.descriptor < 0:
                    self._open_file(file, self.path(run, node, log))
                self._write(file, data)
                return file.lines

    def read(self, run: str, node: str, log: str, start: int = 1, count: int = 1000) -> list[str]:
        """Lines from number `start` (1-based), at most `count`, without their newlines."""
        first, wanted = max(start, 1) - 1, max(count, 0)
        with self._reading(run, node, log) as file:
            if file is None:
                return []
            lines, begin = self._located(self.path(run, node, log), file.fileno(), first)
            if first >= lines or not wanted:
                return []
            file.seek(begin)
            for _ in range(first % _STRIDE):
                file.readline()
            last = min(first + wanted, lines)
            return [_text(file.readline()) for _ in range(last - first)]

    def tail(self, run: str, node: str, log: str, count: int) -> list[str]:
        """The last lines, in order."""
        lines = self.line_count(run, node, log)
        return self.read(run, node, log, max(lines - count, 0) + 1, count)

    def text(self, run: str, node: str, log: str) -> str:
        """The whole log; empty when there is none."""
        with self._reading(run, node, log) as file:
            return file.read().decode("utf-8", "replace") if file is not None else ""

    def part(self, run: str, node: str, log: str, start: int, end: int) -> bytes:
        """The bytes of a log from `start` to `end` (exclusive), fewer where it is shorter."""
        with self._reading(run, node, log) as file:
            if file is None:
                return b""
            file.seek(start)
            return file.read(end - start)

    def line_count(self, run: str, node: str, log: str) -> int:
        """How many lines the log has."""
        with self._reading(run, node, log) as file:
            if file is None:
                return 0
            return self._located(self.path(run, node, log), file.fileno(), 0)[0]

    def size(self, run: str, node: str, log: str) -> int:
        """How many bytes the log has."""
        with self._reading(run, node, log) as file:
            return os.fstat(file.fileno()).st_size if file is not None else 0

    def names(self, run: str, node: str) -> list[str]:
        """The logs of a node."""
        return [entry.path for entry in walk(self.folder(run, node))]

    def take_over(self, run: str, other: str, node: str) -> None:
        """Copy the logs of a node to the same node of another run."""
        from penstock.store.copying import copy_into

        source = self.folder(run, node)
        if source.is_dir():
            copy_into(source, self.folder(other, node))

    def forget(self, run: str) -> None:
        """Remove the logs of a run."""
        import shutil

        self.close(run)
        shutil.rmtree(self._root / folder_name(run), ignore_errors=True)

    def close(self, run: str | None = None, node: str | None = None) -> None:
        """Close the files that are open for writing: of a node, of a run, or all."""
        with self._lock:
            keys = [
                key
                for key in self._open
                if (run is None or key[0] == run) and (node is None or key[1] == node)
            ]
            files = [self._open.pop(key) for key in keys]
        for file in files:
            _close(file)

    def _writable(self, run: str, node: str, log: str) -> _Open:
        key = (run, node, log)
        with self._lock:
            file = self._open.setdefault(key, _Open())
            self._open.move_to_end(key)
            oldest = self._open.popitem(last=False)[1] if len(self._open) > _OPEN_FILES else None
        if oldest is not None:
            _close(oldest)
        return file

    def _open_file(self, file: _Open, path: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, flags, 0o600)
        file.descriptor = descriptor
        index, capped = self._index(path), self._cap_line
        with index.lock:
            _extend(index, descriptor)
            file.lines, file.size = index.lines, index.size
        end = os.pread(descriptor, len(capped), max(file.size - len(capped), 0))
        file.is_full = end == capped
        if end and not end.endswith(b"\n"):
            # A writer was killed inside a line.
            os.write(descriptor, b"\n")
            file.lines += 1
            file.size += 1

    def _write(self, file: _Open, data: bytes) -> None:
        if file.is_full:
            return
        room = self._cap - file.size
        is_full = len(data) > room
        if is_full:
            data = data[: data.rfind(b"\n", 0, max(room, 0)) + 1] + self._cap_line
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(file.descriptor, rest) :]
        except OSError:
            # The disk is full: half a line would run into the next one.
            with suppress(OSError):
                os.ftruncate(file.descriptor, file.size)
            raise
        file.is_full = is_full
        file.lines += data.count(b"\n")
        file.size += len(data)

    @property
    def _cap_line(self) -> bytes:
        return _CAPPED.format(cap=self._cap).encode()

    @contextmanager
    def _reading(self, run: str, node: str, log: str) -> Iterator[BinaryIO | None]:
        """The file of a log, None where there is none. `UnsafePath` for a link that leads out."""
        with ExitStack() as stack:
            try:
                file = stack.enter_context(reading(self.folder(run, node), log))
            except FileNotFoundError:
                file = None
            yield file

    def _index(self, path: Path) -> _Index:
        with self._lock:
            index = self._indexes.setdefault(path, _Index())
            self._indexes.move_to_end(path)
            if len(self._indexes) > _INDEXES:
                self._indexes.popitem(last=False)
            return index

    def _located(self, path: Path, descriptor: int, line: int) -> tuple[int, int]:
        """How many lines a file has now, and where the thousand begins that a line (from 0) is in;
        only what was added since the last time is read."""
        index = self._index(path)
        with index.lock:
            _extend(index, descriptor)
            unfinished = os.pread(descriptor, 1, index.size - 1) if index.size else b"\n"
            begin = index.offsets[min(line // _STRIDE, len(index.offsets) - 1)]
            return index.lines + (unfinished != b"\n"), begin


def _extend(index: _Index, descriptor: int) -> None:
    """Read on from where the index ends; from the beginning where the file became shorter."""
    if os.fstat(descriptor).st_size < index.size:
        index.offsets, index.lines, index.size = [0], 0, 0
    while block := os.pread(descriptor, _BLOCK, index.size):
        count = block.count(b"\n")
        if index.lines // _STRIDE == (index.lines + count) // _STRIDE:
            index.lines += count
        else:
            position = -1
            for _ in range(count):
                position = block.index(b"\n", position + 1)
                index.lines += 1
                if index.lines % _STRIDE == 0:
                    index.offsets.append(index.size + position + 1)
        index.size += len(block)


def _close(file: _Open) -> None:
    with file.lock, suppress(OSError):
        file.is_closed = True
        if file.descriptor >= 0:
            os.close(file.descriptor)


def _text(line: bytes) -> str:
    return line.removesuffix(b"\n").decode("utf-8", "replace")
