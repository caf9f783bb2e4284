"""Facts of the local Git repository that predefined variables and `checkout: self` need."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.gitsafety import SAFE
from penstock.records import record

if TYPE_CHECKING:
    import subprocess

_FIELDS = "%H%x00%an%x00%ae%x00%s"
_SETTINGS = ("config", "--get-regexp", r"^(remote\.origin\.url|user\.(name|email))$")


@record
class LocalRepository:
    """A folder that stands for a repository; without Git the commit and branch are empty."""

    root: Path
    name: str
    url: str = ""
    branch: str = ""
    commit: str = ""
    author: str = ""
    email: str = ""
    message: str = ""
    user: str = ""
    user_email: str = ""

    @property
    def ref(self) -> str:
        """The full name of the branch (`refs/heads/main`)."""
        return f"refs/heads/{self.branch}" if self.branch else ""


def find_root(start: Path) -> Path:
    """The project around `start`: the nearest folder upwards that holds `.git` or `.penstock`.

    A folder in neither is its own project.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / ".git").exists() or (folder / ".penstock").is_dir():
            return folder
    return start


def read_repository(root: Path) -> LocalRepository:
    """What Git says about `root`."""
    return begin_reading(root)()


def begin_reading(root: Path) -> Callable[[], LocalRepository]:
    """Ask Git about `root`, in two calls at a time. What is returned waits for the answer: it must
    be called, and there is time to do something before."""
    log = _start(root, "log", "-1", f"--format={_FIELDS}%x00%D", "--decorate=full")
    settings = _start(root, *_SETTINGS)
    return lambda: _read(root, _answer(log), _answer(settings) or "")


def _read(root: Path, log: str | None, settings: str) -> LocalRepository:
    remote, user, email = _configured(settings)
    url = remote or root.as_uri()
    name = url.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git") or root.name
    if log is None:
        return LocalRepository(
            root=root, name=root.name, url=url, user=user or _login(), user_email=email
        )
    commit, author, author_email, message, refs = (log.rstrip("\n").split("\0") + [""] * 5)[:5]
    return LocalRepository(
        root=root,
        name=name if remote else root.name,
        url=url,
        branch=_branch(root, refs),
        commit=commit,
        author=author,
        email=author_email,
        message=message,
        user=user or author or _login(),
        user_email=email or author_email,
    )


def _branch(root: Path, refs: str) -> str:
    for ref in refs.split(", "):
        if ref.startswith("HEAD -> refs/heads/"):
            return ref.removeprefix("HEAD -> refs/heads/")
    name = _answer(_start(root, "rev-parse", "--abbrev-ref", "HEAD"))
    return (name or "").strip()


def _configured(text: str) -> tuple[str, str, str]:
    values = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
    return (
        _without_password(values.get("remote.origin.url", "")),
        values.get("user.name", ""),
        values.get("user.email", ""),
    )


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or "@" not in rest.split("/", 1)[0]:
        return url
    return f"{scheme}://{rest.split('@', 1)[1]}"


def _login() -> str:
    return os.environ.get("USER") or os.environ.get("LOGNAME") or "penstock"


def _start(root: Path, *arguments: str) -> subprocess.Popen[str] | None:
    """Begin to ask git; None where there is no git."""
    import subprocess

    try:
        return subprocess.Popen(
            ["git", *SAFE, "-C", str(root), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        return None


def _answer(process: subprocess.Popen[str] | None) -> str | None:
    """What git printed, or None where it failed."""
    if process is None:
        return None
    output, _ = process.communicate()
    return output if process.returncode == 0 else None
