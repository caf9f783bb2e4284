"""The one process that serves a store: who holds its lock, what it announced, how it is started.

Two kinds serve: the background service, which ends itself when idle, and the server of `penstock
up`. A store has one of them at a time.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from penstock.records import record
from penstock.store.home import Home

LOCK_SECONDS = 1.0
"""For how long a starting process waits for the lock, which others take to look whether one lives.
"""
START_SECONDS = 60.0
_FULL = 1024 * 1024
STOP_SECONDS = 30.0
BACKGROUND, SERVER = "service", "server"
_HIDDEN = ("PENSTOCK_ENDPOINT", "PENSTOCK_TOKEN", "PENSTOCK_ORIGIN", "VSTS_PROCESS_LOOKUP_ID")


class ServiceFailed(Exception):
    """the background service did not start"""


@record
class Serving:
    """What the living process of a store announced. `kind` is `service` or `server`; `tls_url` its
    address over TLS, empty without one."""

    pid: int
    url: str
    token: str
    kind: str = BACKGROUND
    tls_url: str = ""


def living(home: Home) -> Serving | None:
    """What the living process of this store announced.

    A file that a killed one left is not believed: its process id and port may be another's by now.
    """
    if not _is_locked(home):
        return None
    try:
        found = json.loads(_file(home).read_text())
    except (OSError, ValueError):
        return None
    match found:
        case {"pid": int(pid), "url": str(url), "token": str(token)} if pid > 1:
            host, _, port = url.removeprefix("http://").partition(":")
        case _:
            return None
    if host != "127.0.0.1" or not (port.isascii() and port.isdigit()):
        return None
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except (OSError, OverflowError):
        return None
    kind = SERVER if found.get("kind") == SERVER else BACKGROUND
    tls_url = str(found.get("tls_url", ""))
    return Serving(pid=pid, url=url, token=token, kind=kind, tls_url=tls_url)


def organization() -> str:
    """What the organization of this machine's server is called."""
    return os.environ.get("PENSTOCK_ORGANIZATION") or "penstock"


def announce(home: Home, serving: Serving) -> None:
    """Tell the others of this user where this store is served."""
    text = json.dumps(
        {
            "pid": serving.pid,
            "url": serving.url,
            "token": serving.token,
            "kind": serving.kind,
            "tls_url": serving.tls_url,
        }
    )
    draft = home.root / f".service.{os.getpid()}.json"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(_file(home))


def was_cut_off(home: Home) -> bool:
    """Whether the last server of this store ended without taking its announcement back."""
    try:
        found = json.loads(_file(home).read_text())
    except (OSError, ValueError):
        return False
    is_server = isinstance(found, dict) and found.get("kind") == SERVER
    return is_server and not _is_locked(home)


def withdraw(home: Home) -> None:
    """Take the announcement back."""
    _file(home).unlink(missing_ok=True)


def take_lock(home: Home) -> int | None:
    """The lock that the one serving process of a store holds, or None where another has it."""
    import fcntl

    lock = os.open(home.root / "service.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < end:
                time.sleep(0.01)
                continue
            os.close(lock)
            return None
        return lock


def hold(home: Home) -> None:
    """Keep the background service of this store from ending itself until this process ends; waits
    while one is just ending itself. Hold it before looking whether one lives."""
    import fcntl

    fcntl.flock(_users(home), fcntl.LOCK_SH)


def unused(home: Home) -> int | None:
    """What keeps new users waiting until it is closed, or None while somebody `hold`s."""
    import fcntl

    users = _users(home)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(users)
        return None
    return users


def _users(home: Home) -> int:
    return os.open(home.root / "service.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def stop(home: Home, serving: Serving) -> bool:
    """Ask the process to end, and wait for it; whether it did."""
    import signal

    os.kill(serving.pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while _is_locked(home):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def spawn(home: Home, log: Path, module: str, environment: Mapping[str, str] | None = None) -> int:
    """Start a module as nobody's child, or a run in this process would end it with what its steps
    left behind; its process id. What it says goes to `log`."""
    inherited = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
    output = os.open(log, flags, 0o600)
    try:
        started = subprocess.run(
            ["sh", "-c", '"$@" >&2 & echo $!', "sh", sys.executable, "-m", module],
            env={**inherited, "PENSTOCK_HOME": str(home.root), **(environment or {})},
            cwd=home.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            check=True,
        )
    finally:
        os.close(output)
    return int(started.stdout)


def wait(home: Home, process: int, log: Path, what: str) -> Serving:
    """What the started process announced. Raises ServiceFailed with the end of its log."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        found = living(home)
        if found is not None:
            return found
        # Where two start it at once, one of them ends in silence and the other serves both.
        is_mute = not log.stat().st_size and shutil.disk_usage(home.root).free >= _FULL
        if not _is_alive(process) and not is_mute:
            break
        time.sleep(0.02)
    said = log.read_text("utf-8", "replace")[-2000:].strip().removeprefix("error: ")
    if not said and shutil.disk_usage(home.root).free < _FULL:
        help = "free space on it, or set PENSTOCK_HOME to a folder on another disk"
        raise ServiceFailed(
            f"{what} did not start: the disk of {home.root} is full\n  = help: {help}"
        )
    raise ServiceFailed(f"{what} did not start: {said or 'it said nothing'}")


def _file(home: Home) -> Path:
    return home.root / "service.json"


def _is_locked(home: Home) -> bool:
    import fcntl

    try:
        lock = os.open(home.root / "service.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
