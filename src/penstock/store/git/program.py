"""Runs `git` in a bare repository: argument vectors only, an empty environment, bounded output."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

from penstock.gitsafety import SAFE

SECONDS = 120.0
OUTPUT_LIMIT = 64 * 1024 * 1024
_CHUNK = 65536
_SETTINGS = (
    *SAFE,
    "-c",
    "protocol.allow=never",
    "-c",
    "core.quotePath=false",
    "-c",
    "gc.auto=0",
    # What a client was told to be accepted outlives a power cut; git itself does not wait for
    # loose objects and refs.
    "-c",
    "core.fsync=objects,derived-metadata,reference",
    "-c",
    "core.fsyncMethod=batch",
)


class GitFailed(Exception):
    """git could not do what it was asked; the message is its complaint"""


class TooMuch(Exception):
    """git answered with more than was agreed, or took too long"""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of a git process: nothing of ours, no settings of the machine."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        **(extra or {}),
    }


def command(folder: Path, arguments: Sequence[str]) -> list[str]:
    """The argument vector of one call about the bare repository in `folder`."""
    return ["git", *_SETTINGS, f"--git-dir={folder}", *arguments]


def run(
    folder: Path,
    *arguments: str,
    given: bytes = b"",
    extra: Mapping[str, str] | None = None,
    ok: Sequence[int] = (0,),
    limit: int = OUTPUT_LIMIT,
    seconds: float = SECONDS,
) -> bytes:
    """What git prints. `given` goes to its standard input, `extra` into its environment.

    Raises GitFailed with its complaint for an exit code that is not in `ok`, and TooMuch for more
    than `limit` bytes or that many seconds.
    """
    output, _ = answer(
        folder, *arguments, given=given, extra=extra, ok=ok, limit=limit, seconds=seconds
    )
    return output


def answer(
    folder: Path,
    *arguments: str,
    given: bytes = b"",
    extra: Mapping[str, str] | None = None,
    ok: Sequence[int] = (0,),
    limit: int = OUTPUT_LIMIT,
    seconds: float = SECONDS,
) -> tuple[bytes, int]:
    """As `run`, with the exit code, which is one of `ok`."""
    with tempfile.TemporaryFile() as source:
        source.write(given)
        source.seek(0)
        with (
            _started(folder, arguments, stdin=source, extra=extra) as (process, complaint),
            _ended_after(process, seconds) as is_late,
        ):
            assert process.stdout is not None
            output = process.stdout.read(limit + 1)
            if len(output) > limit:
                raise TooMuch(f"git printed more than {limit} bytes")
            code = process.wait()
            if is_late.is_set():
                raise TooMuch(f"git took longer than {seconds:g} seconds")
            if code not in ok:
                raise GitFailed(_last_line(complaint) or f"git ended with exit code {code}")
            return output, code


def chunks(folder: Path, *arguments: str, silence: float = SECONDS) -> Generator[bytes, None, None]:
    """What git prints, as it prints it. Whoever stops reading ends git, and may take their time.

    Raises GitFailed, and TooMuch where git itself prints nothing for that many seconds.
    """
    with _started(folder, arguments) as (process, complaint):
        assert process.stdout is not None
        output = process.stdout.fileno()
        ready = select.poll()
        ready.register(output, select.POLLIN)
        while True:
            if not ready.poll(silence * 1000):
                raise TooMuch(f"git printed nothing for {silence:g} seconds")
            chunk = os.read(output, _CHUNK)
            if not chunk:
                break
            yield chunk
        if code := process.wait():
            raise GitFailed(_last_line(complaint) or f"git ended with exit code {code}")


def pieces(folder: Path, *arguments: str, separator: bytes = b"\0") -> Generator[bytes, None, None]:
    """What git prints between separators, as it prints it. Whoever stops reading ends git.

    Raises GitFailed, and TooMuch for a piece that is too long.
    """
    rest = b""
    with closing(chunks(folder, *arguments)) as printed:
        for chunk in printed:
            *whole, rest = (rest + chunk).split(separator)
            yield from whole
            if len(rest) > OUTPUT_LIMIT:
                raise TooMuch(f"git printed more than {OUTPUT_LIMIT} bytes without a separator")
    if rest:
        yield rest


@contextmanager
def _started(
    folder: Path,
    arguments: Sequence[str],
    *,
    stdin: IO[bytes] | None = None,
    extra: Mapping[str, str] | None = None,
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """A git process and the file of its complaints; it is killed where it outlives the block."""
    with tempfile.TemporaryFile() as complaint:
        process = subprocess.Popen(
            command(folder, arguments),
            cwd=folder,
            env=environment(extra),
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaint,
            process_group=0,
        )
        try:
            yield process, complaint
        finally:
            assert process.stdout is not None
            process.stdout.close()
            if process.poll() is None:
                _kill(process)
            process.wait()


@contextmanager
def _ended_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
    """Kill the process once it has taken that long; whether that was done."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        _kill(process)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill git with what it has started, which would hold its output open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _last_line(complaint: IO[bytes]) -> str:
    complaint.seek(0)
    lines = complaint.read(8192).decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("fatal: ").removeprefix("error: ") if lines else ""
