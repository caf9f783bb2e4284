"""Runs one program: streams its lines, and ends its whole tree when it is over or not wanted.

Knows nothing of steps, logs or masks.
"""

from __future__ import annotations

import errno
import math
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path

from penstock.agent import trees
from penstock.agent.lines import LineCutter
from penstock.agent.server import ToolMissing
from penstock.records import record

Listener = Callable[[str, str], None]
"""Gets the stream's name, `out` or `err`, and a text."""

_CHUNK = 65536
_POLL_SECONDS = 0.02
_LONGEST_WAIT = 3_600_000
"""Milliseconds; `poll` takes no more than an int, and a time limit may be months away."""


@record(kw_only=False)
class Exit:
    """How a program ended. `code` is 128 + n for a program ended by signal n, as .NET reports it.

    `held` says that something it left in the background kept its output open.
    """

    code: int
    timed_out: bool = False
    canceled: bool = False
    signal: int | None = None
    held: bool = False


@record
class Patience:
    """Seconds to wait: after SIGINT, after SIGTERM (the Azure agent's 7.5 and 2.5), and, when the
    program ended but something holds its output, for more output (`quiet`, at most `drain`)."""

    interrupt: float = 7.5
    terminate: float = 2.5
    quiet: float = 1.0
    drain: float = 10.0


class Cancellation:
    """A wish to stop, asked for once, seen by everyone who holds this."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self.reason = ""

    @property
    def requested(self) -> bool:
        """Whether someone asked to stop."""
        return self._event.is_set()

    def request(self, reason: str = "") -> None:
        """Ask to stop. The first reason stays; callbacks run in the caller's thread, once."""
        with self._lock:
            if self._event.is_set():
                return
            self.reason = reason
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep until asked to stop, or `timeout` seconds; whether it was asked."""
        return self._event.wait(timeout)

    def on_request(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back when asked to stop (at once if it was); returns what takes it away again."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return partial(self._remove, callback)
        callback()
        return partial(self._remove, callback)

    def _remove(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)


class Household:
    """The process trees of one job: what a step left in the background lives until `close`.

    As on the Azure agent, which ends orphans in "Finalize job".
    """

    def __init__(self) -> None:
        self._trees: list[trees.Tree] = []

    def add(self, tree: trees.Tree) -> None:
        """Keep a tree whose leader ended well."""
        self._trees.append(tree)

    def close(self) -> tuple[str, ...]:
        """Kill all that is left; the names of what was killed (`123 (sleep)`)."""
        kept, self._trees = self._trees, []
        return trees.end(kept) if kept else ()


def run_process(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    on_line: Listener,
    cancellation: Cancellation,
    timeout: float | None = None,
    stdin: bytes | None = None,
    on_piece: Listener | None = None,
    on_idle: Callable[[], None] | None = None,
    merge_stderr: bool = False,
    household: Household | None = None,
    patience: Patience = Patience(),
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Exit:
    """Run a program to its end and return how it ended.

    `on_line` gets `out` or `err` and a line without its end, in this thread; with `merge_stderr`
    all is `out`, in the order it was written. `on_piece` gets the beginning of a line too long to
    hold (else `on_line` does); `on_idle` is called when all that was there has been handed on.
    `env` is the whole environment. Cancel and timeout send SIGINT, SIGTERM and SIGKILL to the
    program's session. At the end nothing of the tree is left, except with a `household`: then what
    runs in the background after a normal end is the household's. `waiting` is what the time from
    the program's start to its end is spent in. Raises `ToolMissing` where there is no such program,
    `OSError` where it cannot be started or `cwd` is not a folder.
    """
    if cancellation.requested:
        return Exit(128 + signal.SIGTERM, canceled=True, signal=signal.SIGTERM)
    trees.adopt_orphans()
    run = _Run(on_idle or _nothing)
    try:
        run.start(argv, cwd, env, stdin, merge_stderr)
        try:
            run.listen(on_line, on_piece or on_line)
            forget = cancellation.on_request(run.wake)
            try:
                with waiting():
                    stopped = run.until_ended(cancellation, timeout, patience)
            finally:
                forget()
            keep = household if not stopped else None
            return run.finish(stopped, keep, cancellation, patience)
        finally:
            run.abandon()
    finally:
        run.close()


def _nothing() -> None:
    return


def _milliseconds(seconds: float) -> int:
    return max(0, math.ceil(min(seconds * 1000, _LONGEST_WAIT)))


class _Run:
    """One program being run: its pipes and what is still to be heard from it."""

    def __init__(self, on_idle: Callable[[], None]) -> None:
        self.on_idle = on_idle
        self.descriptors: set[int] = set()
        self.cutters: dict[int, LineCutter] = {}
        self.input = b""
        self.input_write = self.err_read = self.exit_descriptor = -1
        self.poll = select.poll()
        self.ended = self.over = False
        self.heard = 0.0
        self.wake_read, self.wake_write = self._pipe()

    def start(
        self,
        argv: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        stdin: bytes | None,
        merge: bool,
    ) -> None:
        """Start the program in a session of its own."""
        self.out_read, out_write = self._pipe()
        err_write = out_write
        if not merge:
            self.err_read, err_write = self._pipe()
        in_read = subprocess.DEVNULL
        if stdin:
            in_read, self.input_write = self._pipe()
            self.input = stdin
        marker = trees.new_marker()
        ends = [end for end in (self.out_read, self.err_read) if end >= 0]
        pipes = frozenset(f"pipe:[{os.fstat(end).st_ino}]" for end in ends)
        try:
            with trees.starting():
                self.process = subprocess.Popen(
                    list(argv),
                    cwd=cwd,
                    env={**env, trees.MARKER: marker},
                    stdin=in_read,
                    stdout=out_write,
                    stderr=err_write,
                    start_new_session=True,
                )
                self.tree = trees.Tree(self.process.pid, marker, pipes)
                trees.remember(self.tree)
        except FileNotFoundError as error:
            if cwd.is_dir():
                raise ToolMissing(f'"{argv[0]}" is not installed or not on PATH') from error
            raise
        except ValueError as error:  # a NUL, the one character that no argument can hold
            raise OSError(errno.EINVAL, "the command line or a variable holds a NUL") from error
        for descriptor in {out_write, err_write, in_read} - {subprocess.DEVNULL}:
            self._close(descriptor)

    def listen(self, on_line: Listener, on_piece: Listener) -> None:
        """Begin to watch the program's output, input and end, and the wish to stop."""
        for descriptor, name in ((self.out_read, "out"), (self.err_read, "err")):
            if descriptor >= 0:
                self.cutters[descriptor] = LineCutter(
                    partial(on_line, name), partial(on_piece, name)
                )
                self.poll.register(descriptor, select.POLLIN)
        if self.input:
            os.set_blocking(self.input_write, False)
            self.poll.register(self.input_write, select.POLLOUT)
        if sys.platform == "linux":
            self.exit_descriptor = os.pidfd_open(self.process.pid)
            self.descriptors.add(self.exit_descriptor)
            self.poll.register(self.exit_descriptor, select.POLLIN)
        self.poll.register(self.wake_read, select.POLLIN)

    def wake(self) -> None:
        """Interrupt the waiting, from any thread."""
        try:
            os.write(self.wake_write, b"!")
        except OSError:
            pass

    def until_ended(
        self, cancellation: Cancellation, timeout: float | None, patience: Patience
    ) -> str:
        """Stream until the program or the ladder of signals ended; "", "canceled", "timed out"."""
        ladder = iter(((signal.SIGINT, patience.interrupt), (signal.SIGTERM, patience.terminate)))
        limit = None if timeout is None else time.monotonic() + timeout
        stopped = ""
        while True:
            self._step(limit)
            if self.ended:
                return stopped
            if not stopped and cancellation.requested:
                stopped = "canceled"
            elif limit is not None and time.monotonic() >= limit:
                stopped = stopped or "timed out"
            else:
                continue
            number, seconds = next(ladder, (None, 0.0))
            if number is None:
                return stopped
            with suppress(PermissionError):  # it became another user's (`exec sudo`)
                os.killpg(self.process.pid, number)
            limit = time.monotonic() + seconds

    def finish(
        self,
        stopped: str,
        household: Household | None,
        cancellation: Cancellation,
        patience: Patience,
    ) -> Exit:
        """Hear out what is left, end what may not stay, and reap the program."""
        if not stopped:
            self._drain(cancellation, patience)
        held = bool(self.cutters)
        if household is None:
            trees.end([self.tree])
            self._drain(Cancellation(), patience)
        for cutter in self.cutters.values():
            cutter.close()
        self.on_idle()
        code = self.process.wait()
        trees.stay_if_ending()
        self.tree.alive = False
        self.over = True
        if household is not None:
            household.add(self.tree)
        return Exit(
            code=code if code >= 0 else 128 - code,
            timed_out=stopped == "timed out",
            canceled=stopped == "canceled",
            signal=-code if code < 0 else None,
            held=held and not stopped,
        )

    def abandon(self) -> None:
        """After an exception of a listener: leave nothing running."""
        if not self.over:
            trees.end([self.tree])
            self.process.wait()

    def close(self) -> None:
        """Close every pipe."""
        for descriptor in tuple(self.descriptors):
            self._close(descriptor)

    def _drain(self, cancellation: Cancellation, patience: Patience) -> None:
        """Hear what the pipes still hold, until they close or stay silent."""
        self.heard = started = time.monotonic()
        while self.cutters and not cancellation.requested:
            limit = min(self.heard + patience.quiet, started + patience.drain)
            if time.monotonic() >= limit:
                return
            self._step(limit)

    def _step(self, limit: float | None) -> None:
        """Wait for the next thing to happen, no longer than to `limit`, and see to it."""
        if sys.platform != "linux":
            limit = min(limit or math.inf, time.monotonic() + _POLL_SECONDS)
            self.ended = self.process.poll() is not None
        wait = None if limit is None else _milliseconds(limit - time.monotonic())
        heard = False
        for descriptor, _ in self.poll.poll(wait):
            if descriptor in self.cutters:
                self._read(descriptor)
                heard = True
            elif descriptor == self.input_write:
                self._write()
            else:
                self.poll.unregister(descriptor)
                self.ended = self.ended or descriptor == self.exit_descriptor
        if heard:
            self.heard = time.monotonic()
            self.on_idle()

    def _read(self, descriptor: int) -> None:
        data = os.read(descriptor, _CHUNK)
        if data:
            self.cutters[descriptor].feed(data)
            return
        self.poll.unregister(descriptor)
        self.cutters.pop(descriptor).close()

    def _write(self) -> None:
        try:
            self.input = self.input[os.write(self.input_write, self.input[:_CHUNK]) :]
        except BrokenPipeError:
            self.input = b""
        if not self.input:
            self.poll.unregister(self.input_write)
            self._close(self.input_write)

    def _pipe(self) -> tuple[int, int]:
        ends = os.pipe()
        self.descriptors.update(ends)
        return ends

    def _close(self, descriptor: int) -> None:
        self.descriptors.discard(descriptor)
        os.close(descriptor)
