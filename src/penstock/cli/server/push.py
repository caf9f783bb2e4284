"""`penstock push`: puts the repository of this folder on a running server."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, unquote

import click

from penstock.cli.exits import Exit
from penstock.cli.home import data_option, home_of
from penstock.cli.hosting import serving
from penstock.cli.options import DEFAULT_FILES, Failure
from penstock.cli.server.devopsapi import DevopsApi, api_at
from penstock.records import record
from penstock.store.home import Home

REMOTE = "penstock"


@record
class _Server:
    """Where to push to. `home` is the store of a server of this machine, None for another."""

    api: DevopsApi
    home: Home | None


@click.command(short_help="put the repository of this folder on the server")
@click.argument("server", required=False)
@click.option("--project", help="the project; that of the last push, else the folder's name")
@click.option("--repository", help="the repository; the one that is named as the project")
@click.option("--force", is_flag=True, help="push also what is no fast-forward")
@data_option
def command(
    server: str | None,
    project: str | None,
    repository: str | None,
    force: bool,
    data: Path | None,
) -> int:
    """Push the current branch to the server of `penstock up`, or to SERVER, its address.

    Project and repository are made when they are missing. The repository here gets a remote
    "penstock", so that from then on `git push penstock` does the same. A token for another SERVER
    is taken from $PENSTOCK_TOKEN.
    """
    if server is not None and data is not None:
        raise click.UsageError("--data is the folder of a server of this machine: leave out SERVER")
    root = _root()
    branch = _branch(root)
    target = _server(server, home_of(data))
    organization = target.api.organization()
    known = _remote(root)
    was = _names(known)
    if known and was is None:
        message = f'the remote "{REMOTE}" is the address of something else: {known}'
        raise Failure(message, f"`git remote rename {REMOTE} NAME` keeps it", Exit.REFUSED)
    project = project or (was[0] if was else _plain_name(root.name))
    repository = repository or (was[1] if was and was[0] == project else project)
    _ensure(target.api, organization, project, repository)
    address = _address(target.api.url, organization, project, repository)
    if known != address:
        _set_remote(root, known, address)
    if target.home is not None:
        _set_helper(root, target.api.url, target.home)
    code = _push(root, branch, target.api, force)
    if code:
        raise Failure(
            "git did not push",
            "`git fetch penstock` shows what the server has; --force replaces it",
            Exit.FAILED,
        )
    click.echo(f"clone  {address}")
    click.echo(f"see    {address}?version=GB{quote(branch)}")
    _tell_of_first_pipeline(target.api, f"{organization}/{project}", root)
    return Exit.OK


def _tell_of_first_pipeline(api: DevopsApi, project: str, root: Path) -> None:
    """A push starts nothing before there is a pipeline; say how to make the first one."""
    file = next((name for name in DEFAULT_FILES if (root / name).is_file()), None)
    if file is None:
        return
    found = api.find("GET", f"{project}/_apis/build/definitions?$top=1") or {}
    if not found.get("count"):
        create = f"penstock az pipelines create --name CI --yml-path {file} -o table"
        click.echo(f"next   {create}   # or New pipeline in the portal", err=True)


def _root() -> Path:
    found = _git(Path.cwd(), "rev-parse", "--show-toplevel")
    if found is None:
        message = f'"{Path.cwd()}" is in no Git repository'
        help = "`git init`, `git add` and `git commit` make one"
        raise Failure(message, help, Exit.NOT_FOUND)
    return Path(found)


def _branch(root: Path) -> str:
    if _git(root, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise Failure("there is no commit to push yet", "`git add` and `git commit` first")
    found = _git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    if found is None:
        raise Failure("no branch is checked out", "`git switch -c NAME` makes one here")
    return found


def _server(server: str | None, home: Home) -> _Server:
    if server is None:
        found = serving.living(home)
        if found is None or found.kind != serving.SERVER:
            raise Failure("the server is not running", "`penstock up` starts it", Exit.UNREACHABLE)
        return _Server(api=DevopsApi(found.url, found.token), home=home)
    return _Server(api=api_at(server), home=None)


def _ensure(api: DevopsApi, organization: str, project: str, repository: str) -> None:
    """Make the project and the repository, unless they are there."""
    if api.find("GET", f"{organization}/_apis/projects/{project}") is None:
        api.ask("POST", f"{organization}/_apis/projects", {"name": project})
        click.echo(f'made the project "{project}"', err=True)
    below = f"{organization}/{project}/_apis/git/repositories"
    if api.find("GET", f"{below}/{repository}") is None:
        api.ask("POST", below, {"name": repository})
        click.echo(f'made the repository "{repository}"', err=True)


def _address(url: str, organization: str, project: str, repository: str) -> str:
    names = (quote(name, safe="") for name in (organization, project))
    return f"{url}/{'/'.join(names)}/_git/{quote(repository, safe='')}"


def _remote(root: Path) -> str | None:
    return _git(root, "config", "--local", "--get", f"remote.{REMOTE}.url")


def _names(address: str | None) -> tuple[str, str] | None:
    """The project and the repository of an address that a former push set."""
    match = re.search(r"/([^/]+)/_git/([^/]+)\Z", address or "")
    return (unquote(match[1]), unquote(match[2])) if match else None


def _set_remote(root: Path, known: str | None, address: str) -> None:
    words = ("set-url", REMOTE, address) if known else ("add", REMOTE, address)
    if _git(root, "remote", *words) is None:
        raise Failure(f'the remote "{REMOTE}" cannot be set', "`git remote -v` shows the remotes")
    # So that `git push penstock` pushes the branch that is checked out, whatever its upstream is.
    _git(root, "config", "--local", f"remote.{REMOTE}.push", "HEAD")


def _set_helper(root: Path, url: str, home: Home) -> None:
    """Let git ask us for the token of our own server, so that none is kept in the repository."""
    program = [sys.executable, "-m", "penstock.cli.server.credential", str(home.root)]
    _git(root, "config", "--local", f"credential.{url}.helper", f"!{shlex.join(program)}")


def _push(root: Path, branch: str, api: DevopsApi, force: bool) -> int:
    """Push; git's own words go to the terminal. The token is in git's environment only."""
    count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    settings = {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"http.{api.url}/.extraHeader",
        f"GIT_CONFIG_VALUE_{count}": f"Authorization: {api.authorization}",
        "GIT_TERMINAL_PROMPT": "0",
    }
    options = ["--force"] if force else []
    words = ["git", "push", *options, REMOTE, f"refs/heads/{branch}"]
    sys.stdout.flush()
    done = subprocess.run(words, cwd=root, env={**os.environ, **settings}, stdout=sys.stderr)
    return done.returncode


def _plain_name(name: str) -> str:
    """A folder's name as a project may have it."""
    kept = re.sub(r"[^\w .()-]+", "-", name).strip(" .-_")[:64]
    return kept or "project"


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints, or None where it failed."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError as error:
        help = "`penstock doctor` shows what is missing"
        raise Failure("git is not installed", help, Exit.NOT_READY) from error
    return done.stdout.strip() if done.returncode == 0 else None
