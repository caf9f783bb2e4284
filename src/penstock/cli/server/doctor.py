"""`penstock doctor`: what this machine has, what it lacks, and what would mend it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.cli.options import output_options
from penstock.cli.output import print_data
from penstock.records import record
from penstock.store.home import Home

OLDEST_GIT = (2, 31)
HOSTING_GIT = (2, 38)
FREE_GIB = 2
NEEDED_MIB = 64
USUAL_PORT = 8700
_CLOCK_SECONDS = 120.0
_PYTHON_HELP = "steps that call `python`, as hosted agents have it: install python-is-python3"


@record
class Finding:
    """One thing that was looked at. `state` is `ok`, `missing` (something cannot be done) or
    `broken` (nothing can be run)."""

    name: str
    state: str
    detail: str
    help: str = ""


@click.command(short_help="what this machine has and lacks")
@output_options("text")
def command(form: str, query: str | None) -> int:
    """Check git, shells, uv, Python, the store, the disk, the server's port and the clock. Exit
    code 6 when a run cannot work."""
    found = findings(Home.default(os.environ))
    if form == "text" and not query:
        for finding in found:
            click.echo(f"{finding.state:8} {finding.name:13} {finding.detail}")
            if finding.help:
                click.echo(f"{'':8} {'':13} = help: {finding.help}")
    else:
        rows: list[dict[str, Any]] = [
            {"name": f.name, "state": f.state, "detail": f.detail, "help": f.help} for f in found
        ]
        print_data(rows, form, query)
    return Exit.NOT_READY if any(f.state == "broken" for f in found) else Exit.OK


def findings(home: Home) -> list[Finding]:
    """Everything that is looked at, in order."""
    clock = _clock(home)  # before the store is opened, which writes to it
    return [
        Finding(name="python", state="ok", detail=f"{sys.version.split()[0]} at {sys.executable}"),
        git_finding(),
        _shell("bash", "broken", "`script` and `bash` steps need it: apt-get install bash"),
        _shell("pwsh", "missing", "`pwsh` and `powershell` steps need PowerShell 7"),
        _shell("python", "missing", _PYTHON_HELP, title="python (PATH)"),
        _uv(),
        _store(home),
        _disk(home),
        _server(home),
        clock,
    ]


def git_finding() -> Finding:
    """Whether git is there, and new enough for what it is asked to do."""
    path = shutil.which("git")
    if path is None:
        help = "`checkout` needs it: apt-get install git"
        return Finding(name="git", state="broken", detail="not found", help=help)
    text = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    words = text.split()
    version = words[2] if len(words) > 2 else "0"
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_GIT:
        help = f"install git {OLDEST_GIT[0]}.{OLDEST_GIT[1]} or newer"
        return Finding(name="git", state="broken", detail=f"{version} is too old", help=help)
    if numbers < HOSTING_GIT:
        help = f"`penstock up` needs git {HOSTING_GIT[0]}.{HOSTING_GIT[1]} to host repositories"
        return Finding(name="git", state="missing", detail=f"{version} at {path}", help=help)
    return Finding(name="git", state="ok", detail=f"{version} at {path}")


def _shell(name: str, state: str, help: str, title: str = "") -> Finding:
    path = shutil.which(name)
    if path is None:
        return Finding(name=title or name, state=state, detail="not found", help=help)
    return Finding(name=title or name, state="ok", detail=path)


def _uv() -> Finding:
    from uv import find_uv_bin

    try:
        return Finding(name="uv", state="ok", detail=str(find_uv_bin()))
    except FileNotFoundError:
        help = "Azure ML environments need it, and it comes with penstock: install penstock again"
        return Finding(name="uv", state="missing", detail="not found", help=help)


def _store(home: Home) -> Finding:
    from penstock.store.database import StoreBroken, StoreTooNew, StoreUnusable, open_state

    try:
        home.make()
        open_state(home).close()
    except (OSError, StoreBroken, StoreTooNew, StoreUnusable) as error:
        said = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
        help = "set PENSTOCK_HOME to a folder that can be written"
        return Finding(name="store", state="broken", detail=f"{home.root}: {said}", help=help)
    return Finding(name="store", state="ok", detail=str(home.root))


def _disk(home: Home) -> Finding:
    folder = _nearest_folder(home.root)
    free = shutil.disk_usage(folder).free / 2**30
    detail = f"{free:.0f} GiB free at {folder}" if free >= 1 else _in_mib(free, folder)
    if free * 1024 < NEEDED_MIB:
        help = "nothing more can be kept: free space there, or set PENSTOCK_HOME to another disk"
        return Finding(name="disk", state="broken", detail=detail, help=help)
    if free < FREE_GIB:
        help = f"environments of ML jobs need about {FREE_GIB} GiB; remove {home.cache}"
        return Finding(name="disk", state="missing", detail=detail, help=help)
    return Finding(name="disk", state="ok", detail=detail)


def _in_mib(gib: float, folder: Path) -> str:
    return f"{gib * 1024:.0f} MiB free at {folder}"


def _nearest_folder(path: Path) -> Path:
    """The folder, or the nearest one above it that is there and may be looked at."""
    for folder in (path, *path.parents):
        try:
            if folder.is_dir():
                return folder
        except OSError:
            continue
    return Path("/")


def _server(home: Home) -> Finding:
    from penstock.cli.hosting import serving

    try:
        found = serving.living(home)
    except OSError:
        found = None
    if found is not None and found.kind == serving.SERVER:
        return Finding(name="server", state="ok", detail=f"runs at {found.url}")
    with socket.socket() as tried:
        if tried.connect_ex(("127.0.0.1", USUAL_PORT)) == 0:
            help = "`penstock up --port 0` takes a free one"
            detail = f"not running, and another program uses port {USUAL_PORT}"
            return Finding(name="server", state="missing", detail=detail, help=help)
    return Finding(name="server", state="ok", detail=f"not running; port {USUAL_PORT} is free")


def _clock(home: Home) -> Finding:
    """Whether the clock is behind what was written last: nothing else here knows the time."""
    now, written = time.time(), 0.0
    for path in (home.state_db, home.state_db.with_name("state.db-wal"), Path(__file__)):
        try:
            written = max(written, path.stat().st_mtime)
        except OSError:
            continue
    if now < written - _CLOCK_SECONDS:
        detail = f"{_minutes(now)}, but the store was written at {_minutes(written)}"
        help = "set the clock: tokens, certificates and schedules go by it"
        return Finding(name="clock", state="missing", detail=detail, help=help)
    return Finding(name="clock", state="ok", detail=_minutes(now))


def _minutes(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
