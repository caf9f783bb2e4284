"""The background service that `penstock az` uses where no run or server answers.

It is started by the first command that needs it, listens on loopback with a token of its own, and
ends itself when nothing runs and nobody asks.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.store.home import Home

IDLE_SECONDS = 600.0
LOCK_SECONDS = 1.0
"""For how long a starting service waits for the lock, which others take to look whether one lives.
"""
START_SECONDS = 20.0


class ServiceFailed(Exception):
    """the background service did not start"""


def ensure(home: Home | None = None) -> tuple[str, str]:
    """The address and the token of the background service of this user's store, started if need be.

    Raises ServiceFailed with the end of its log.
    """
    home = home or Home.default(os.environ)
    found = _living(home)
    if found is None:
        try:
            home.make()
            process = _spawn(home)
        except OSError as error:
            said = (error.strerror or str(error)).lower()
            raise ServiceFailed(
                f'the store "{home.root}" cannot be used: {said}\n'
                "  = help: set PENSTOCK_HOME to a folder that you can write to"
            ) from error
        found = _wait(home, process)
    return found["url"], found["token"]


@click.group(name="service", short_help="the background service that `penstock az` uses")
def command() -> None:
    """The background service of this user's store."""


@command.command("start")
def start() -> int:
    """Start it, unless it runs, and print its address."""
    url, _ = ensure()
    click.echo(url)
    return Exit.OK


@command.command("status")
def status() -> int:
    """Print its address; exit code 3 when it does not run."""
    found = _living(Home.default(os.environ))
    if found is None:
        click.echo("the background service is not running", err=True)
        return Exit.NOT_FOUND
    click.echo(f"{found['url']} (process {found['pid']})")
    return Exit.OK


@command.command("stop")
def stop() -> int:
    """Stop it; what it runs is stopped too."""
    import signal

    home = Home.default(os.environ)
    found = _living(home)
    if found is None:
        click.echo("the background service is not running", err=True)
        return Exit.NOT_FOUND
    os.kill(found["pid"], signal.SIGTERM)
    end = time.monotonic() + START_SECONDS
    while _living(home) is not None and time.monotonic() < end:
        time.sleep(0.05)
    return Exit.OK


def serve(home: Home) -> int:
    """Be the background service, until idle or told to stop."""
    import signal

    from penstock.cli.host import Host

    home.make()
    lock = _take_lock(home)
    if lock is None:
        return Exit.OK
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.append(number))
    host = Host(home)
    try:
        host.recover()
        _announce(home, host.access.url, host.access.token)
        idle = float(os.environ.get("PENSTOCK_IDLE_SECONDS", IDLE_SECONDS))
        while not stopping and not host.is_idle(idle):
            time.sleep(min(0.2, idle))
        if stopping:
            host.cancel_all("the background service was stopped")
    finally:
        _file(home).unlink(missing_ok=True)
        host.close()
        os.close(lock)
    return Exit.OK


def _file(home: Home) -> Path:
    return home.root / "service.json"


def _announce(home: Home, url: str, token: str) -> None:
    text = json.dumps({"pid": os.getpid(), "url": url, "token": token})
    draft = home.root / f".service.{os.getpid()}.json"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(_file(home))


def _living(home: Home) -> dict[str, Any] | None:
    """What the living service announced.

    A file that a killed one left is not believed: its process id and port may be another's by now.
    """
    if not _is_locked(home):
        return None
    try:
        found = json.loads(_file(home).read_text())
    except (OSError, ValueError):
        return None
    match found:
        case {"pid": int(pid), "url": str(url), "token": str()} if pid > 1:
            host, _, port = url.removeprefix("http://").partition(":")
        case _:
            return None
    if host != "127.0.0.1" or not (port.isascii() and port.isdigit()):
        return None
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except (OSError, OverflowError):
        return None
    return dict(found)


def _take_lock(home: Home) -> int | None:
    """The lock that the one service of a home holds, or None where another has it."""
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


def _spawn(home: Home) -> int:
    """Start it as nobody's child, or a run in this process would end it with what its steps left
    behind; its process id."""
    hidden = ("PENSTOCK_ENDPOINT", "PENSTOCK_TOKEN", "PENSTOCK_ORIGIN", "VSTS_PROCESS_LOOKUP_ID")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
    log = os.open(_log(home), flags, 0o600)
    try:
        started = subprocess.run(
            ["sh", "-c", '"$@" >&2 & echo $!', "sh", sys.executable, "-m", "penstock.cli.service"],
            env={**environment, "PENSTOCK_HOME": str(home.root)},
            cwd=home.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            check=True,
        )
    finally:
        os.close(log)
    return int(started.stdout)


def _wait(home: Home, process: int) -> dict[str, Any]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        found = _living(home)
        if found is not None:
            return found
        # Where two start it at once, one of them ends in silence and the other serves both.
        if not _is_alive(process) and _log(home).stat().st_size:
            break
        time.sleep(0.02)
    said = _log(home).read_text("utf-8", "replace")[-2000:].strip().removeprefix("error: ")
    raise ServiceFailed(f"the background service did not start: {said or 'it said nothing'}")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _log(home: Home) -> Path:
    return home.root / "service.log"


def _serve_or_say_why() -> int:
    from penstock.cli.failures import explain

    try:
        return serve(Home.default(os.environ))
    except Exception as error:
        failure = explain(error)
        if failure.exit_code == Exit.FAILED:
            raise
        failure.show()
        return failure.exit_code


if __name__ == "__main__":
    sys.exit(_serve_or_say_why())
