"""`penstock up`: the server of a team, in the background or in this terminal."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option, home_of
from penstock.cli.hosting import serving
from penstock.cli.hosting.serving import Serving
from penstock.cli.options import Failure
from penstock.store.home import Home

if TYPE_CHECKING:
    from penstock.cli.hosting.devopsservices import DevopsServices
    from penstock.cli.hosting.host import Host

DEFAULT_PORT = 8700
TLS_PORT_ABOVE = 43
FIRST_ACCOUNT = "admin"
_PORT = "PENSTOCK_SERVER_PORT"
_TLS_PORT = "PENSTOCK_SERVER_TLS_PORT"
_FIRST_FREE_PORT = 1024
_WAKE_SECONDS = 1.0


@click.command(short_help="start the server: Git, pipelines, Azure ML and the portal")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="where to listen on 127.0.0.1; 0 takes any free port",
)
@click.option(
    "--tls-port",
    type=click.IntRange(0, 65535),
    help=f"the same over TLS, for the Azure ML SDK; {TLS_PORT_ABOVE} above the other one where not"
    " given",
)
@data_option
@click.option("--open", "open_portal", is_flag=True, help="show the portal in the browser")
@click.option("--foreground", is_flag=True, help="stay in this terminal until Ctrl-C or SIGTERM")
def command(
    port: int, tls_port: int | None, data: Path | None, open_portal: bool, foreground: bool
) -> int:
    """Start the server of this user's store, and print its address.

    It listens on this machine only. It goes on in the background until `penstock down`; whatever
    stops it, the next start goes on where it was. The first start makes an account and prints its
    password and token, once.
    """
    home = home_of(data)
    _check_settings()
    found = serving.living(home)
    if found is not None and found.kind == serving.SERVER:
        click.echo(f"{address(found.url)} (process {found.pid}) runs already")
        if open_portal:
            _show_portal(home, found.url)
        return Exit.OK
    _check_git()
    home.make()
    if found is not None:
        _take_over(home, found)
    if tls_port is None:
        tls_port = port + TLS_PORT_ABOVE if 0 < port < 65536 - TLS_PORT_ABOVE else 0
    if foreground:
        _tell_first_account(home)
        return serve(home, port, tls_port, is_foreground=True)
    ports = {_PORT: str(port), _TLS_PORT: str(tls_port)}
    process = serving.spawn(home, log_of(home), "penstock.cli.server.up", ports)
    # Meanwhile: each of both takes its time to load.
    _tell_first_account(home)
    started = serving.wait(home, process, log_of(home), "the server")
    click.echo(f"{address(started.url)} (process {started.pid})")
    if open_portal:
        _show_portal(home, started.url)
    return Exit.OK


def serve(home: Home, port: int, tls_port: int, *, is_foreground: bool = False) -> int:
    """Be the server, until told to stop. Jobs that run then are ended; their runs go on with the
    next start."""
    import signal
    import threading

    lock = serving.take_lock(home)
    if lock is None:
        return Exit.OK
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        host = _host(home, port, tls_port)
        access = host.access
        devops = host.serve_devops()
        host.job_executor()
        host.recover()
        devops.start()
        host.answer()
        serving.announce(
            home,
            Serving(
                pid=os.getpid(),
                url=access.url,
                token=access.token,
                kind=serving.SERVER,
                tls_url=host.listener.tls_url,
            ),
        )
        if is_foreground:
            click.echo(address(access.url))
        while not stopping.wait(_WAKE_SECONDS):
            if host.listener.failure is not None:
                raise host.listener.failure
            _look_after_local_runs(host, devops)
        serving.withdraw(home)
        host.leave()
    finally:
        serving.withdraw(home)
        os.close(lock)
    return Exit.OK


def _look_after_local_runs(host: Host, devops: DevopsServices) -> None:
    """Show the runs of `penstock run`, and end those whose process was killed; where the store
    cannot be written just now, the next time does it."""
    try:
        devops.adopt_local_runs()
        host.take_up_lost()
    except Exception as error:  # noqa: BLE001 - the top of a loop: recorded
        host.on_failure("looking after local runs", error)


def address(url: str) -> str:
    """Where people look at it."""
    return f"{url}/{serving.organization()}"


def log_of(home: Home) -> Path:
    """What the server process said."""
    return home.root / "server.log"


def _host(home: Home, port: int, tls_port: int) -> Host:
    from penstock.cli.hosting.host import Host

    try:
        return Host(home, port=port, tls_port=tls_port, is_server=True)
    except OSError as error:
        if error.errno == errno.EACCES and 0 < port < _FIRST_FREE_PORT and not error.filename:
            help = f"`penstock up` without --port takes {DEFAULT_PORT}"
            message = f"only root may listen on port {port}"
            raise Failure(message, help, Exit.NOT_READY) from error
        if error.errno != errno.EADDRINUSE:
            raise
        taken = tls_port if _is_free(port) else port
        message = f"port {taken} is used by another program"
        help = "`penstock up --port 0` takes free ones"
        raise Failure(message, help, Exit.NOT_READY) from error


def _check_git() -> None:
    """A server hosts repositories; without git it could do little, and would say so late."""
    from penstock.cli.server.doctor import HOSTING_GIT, git_finding

    found = git_finding()
    if found.state != "ok":
        needed = ".".join(map(str, HOSTING_GIT))
        message = f"the server needs git {needed} or newer: {found.detail}"
        raise Failure(message, "apt-get install git, or a newer one", Exit.NOT_READY)


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0


def _check_settings() -> None:
    from penstock.server.shares import BadSetting, shares_of

    try:
        shares_of(os.environ)
    except BadSetting as error:
        help = "unset it for the default (docs/server.md, Limits)"
        raise Failure(str(error), help, Exit.USAGE) from error


def _take_over(home: Home, found: Serving) -> None:
    """Let the background service end, unless it has work."""
    from penstock.cli.store import open_store

    with open_store(home) as store:
        owners = [run.owner for run in store.runs.unfinished_headers()]
    if any(owner.startswith(f"{found.pid}-") for owner in owners):
        message = f"the background service (process {found.pid}) is running jobs"
        help = "wait for them (`penstock runs list --kind ml`), or `penstock service stop`"
        raise Failure(message, help, Exit.REFUSED)
    serving.stop(home, found)


def _tell_first_account(home: Home) -> None:
    from penstock.store.database import open_state
    from penstock.store.people.people import People

    database = open_state(home)
    try:
        first = People(database).make_first_account(FIRST_ACCOUNT)
    finally:
        database.close()
    if first is not None:
        click.echo(
            f"account {first.account.name}, password {first.password}, token {first.token}"
            " (shown this once)"
        )


def _show_portal(home: Home, url: str) -> None:
    """Open the portal in the user's browser, signed in, since this store is theirs."""
    from penstock.server.people.signin import PATH
    from penstock.store.database import open_state
    from penstock.store.people.accounts import UnknownAccount
    from penstock.store.people.people import People

    database = open_state(home)
    try:
        people = People(database)
        ticket = people.tickets.issue(people.accounts.named(FIRST_ACCOUNT))
    except UnknownAccount:
        click.launch(address(url))
    else:
        click.launch(f"{url}{PATH}/{ticket}")
    finally:
        database.close()


def _serve_as_told() -> int:
    ports = int(os.environ[_PORT]), int(os.environ[_TLS_PORT])
    return serve(Home.default(os.environ), *ports)


if __name__ == "__main__":
    from penstock.cli.failures import code_of

    sys.exit(code_of(_serve_as_told))
