"""The background service that `penstock az` uses where no run or server answers.

It is started by the first command that needs it, listens on loopback with a token of its own, and
ends itself when nothing runs and nobody asks. A server of `penstock up` takes its place.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.exits import Exit
from penstock.cli.hosting import serving
from penstock.cli.hosting.serving import ServiceFailed, Serving
from penstock.cli.options import Failure
from penstock.store.home import Home

if TYPE_CHECKING:
    from penstock.cli.hosting.host import Host

IDLE_SECONDS = 600.0


def ensure(home: Home | None = None) -> tuple[str, str]:
    """The address and the token of what serves this user's store: a server, or the background
    service, started if need be. It does not end itself before this process does.

    Raises ServiceFailed with the end of its log.
    """
    home = home or Home.default(os.environ)
    try:
        home.make()
        serving.hold(home)
        found = serving.living(home)
        if found is not None:
            return found.url, found.token
        process = serving.spawn(home, _log(home), "penstock.cli.server.service")
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise ServiceFailed(
            f'the store "{home.root}" cannot be used: {said}\n'
            "  = help: set PENSTOCK_HOME to a folder that you can write to"
        ) from error
    found = serving.wait(home, process, _log(home), "the background service")
    return found.url, found.token


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
    found = serving.living(Home.default(os.environ))
    if found is None:
        click.echo("the background service is not running", err=True)
        return Exit.NOT_FOUND
    click.echo(f"{found.url} (process {found.pid})")
    return Exit.OK


@command.command("stop")
def stop() -> int:
    """Stop it; what it runs is stopped too."""
    home = Home.default(os.environ)
    found = serving.living(home)
    if found is None:
        click.echo("the background service is not running", err=True)
        return Exit.NOT_FOUND
    if found.kind == serving.SERVER:
        message = f"the server at {found.url} does the work of the background service"
        raise Failure(message, "`penstock down` stops it", Exit.REFUSED)
    serving.stop(home, found)
    return Exit.OK


def serve(home: Home) -> int:
    """Be the background service, until idle or told to stop."""
    import signal

    from penstock.cli.hosting.host import Host

    home.make()
    lock = serving.take_lock(home)
    if lock is None:
        return Exit.OK
    gate: int | None = None
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.append(number))
    host = Host(home)
    try:
        host.recover()
        access = host.access
        serving.announce(home, Serving(pid=os.getpid(), url=access.url, token=access.token))
        idle = float(os.environ.get("PENSTOCK_IDLE_SECONDS", IDLE_SECONDS))
        while not stopping and gate is None:
            time.sleep(min(0.2, idle))
            _take_up_lost(host)
            gate = _closed_gate(home, host, idle)
        if stopping:
            host.cancel_all("the background service was stopped")
    finally:
        serving.withdraw(home)
        host.close()
        os.close(lock)
        if gate is not None:
            os.close(gate)
    return Exit.OK


def _take_up_lost(host: Host) -> None:
    try:
        host.take_up_lost()
    except Exception as error:  # noqa: BLE001 - the top of a loop: recorded
        host.on_failure("taking up runs of processes that are gone", error)


def _closed_gate(home: Home, host: Host, idle: float) -> int | None:
    """What keeps new users waiting, if there are none and the service is idle."""
    if not host.is_idle(idle):
        return None
    gate = serving.unused(home)
    if gate is not None and not host.is_idle(idle):
        os.close(gate)
        return None
    return gate


def _log(home: Home) -> Path:
    return home.root / "service.log"


if __name__ == "__main__":
    from penstock.cli.failures import code_of

    sys.exit(code_of(lambda: serve(Home.default(os.environ))))
