"""A store with one project for tests, and a real git client's work tree to fill it from."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.store.database import open_state
from penstock.store.git.repository import BareRepository
from penstock.store.home import Home
from penstock.store.hosting.pushes import Pusher, Pushes, RefUpdate
from penstock.store.hosting.repositories import Repositories
from penstock.store.projects import Projects
from penstock.store.pullrequests.lifecycle import PullRequests

CLIENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Bob",
    "GIT_COMMITTER_EMAIL": "bob@example.org",
    "GIT_AUTHOR_DATE": "1700000000 +0130",
    "GIT_COMMITTER_DATE": "1700000000 +0000",
    "LC_ALL": "C",
}
ADA = Pusher(id="ada-id", name="ada")


def git(folder: Path, *arguments: str, ok: bool = True, **env: str) -> str:
    """What the real client prints, both streams together."""
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=folder,
        env={**CLIENT, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    text = done.stdout.decode("utf-8", "replace")
    assert (done.returncode == 0) is ok, text
    return text.strip()


def work_tree(folder: Path) -> Path:
    """An empty work tree on `main`."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    return folder


def commit(folder: Path, message: str, files: dict[str, str | bytes | None]) -> str:
    """Commit files (None: deleted); the id."""
    for name, text in files.items():
        path = folder / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


class Hosted:
    """The store under a folder, with the project and repository `demo`."""

    def __init__(self, root: Path, pushes: type[Pushes] = Pushes) -> None:
        self.home = Home(root)
        self.database = open_state(self.home)
        numbers = itertools.count(1)
        times = itertools.count(1_800_000_000)

        def new_id() -> str:
            return f"00000000-0000-4000-8000-{next(numbers):012x}"

        def clock() -> float:
            return float(next(times))

        self.projects = Projects(self.database, new_id, clock)
        self.repositories = Repositories(self.database, self.home.repositories, new_id, clock)
        self.pushes = pushes(self.database, self.repositories, clock)
        self.pull_requests = PullRequests(self.database, self.repositories, self.pushes, clock)
        self.pushes.subscribe(self.pull_requests.on_push)
        if (found := self.projects.find("demo")) is None:
            found = self.projects.create("demo")
            self.repositories.create(found, "demo")
        self.project = found
        self.repository = self.repositories.get("demo", found.id)

    @property
    def git(self) -> BareRepository:
        return self.repositories.git(self.repository)

    @property
    def folder(self) -> Path:
        return self.repositories.folder(self.repository.id)

    def push(self, tree: Path, *refs: str) -> None:
        """Put refs there behind the store's back, as git does before anything is written."""
        git(tree, "push", "-q", "--force", str(self.folder), *(refs or ("HEAD:refs/heads/main",)))

    def accept(self, *updates: RefUpdate) -> None:
        push = self.pushes.begin(self.repository, ADA)
        self.pushes.accept(push, self.repository, updates)

    def close(self) -> None:
        self.repositories.close()
        self.database.close()


@contextmanager
def hosted(root: Path) -> Iterator[Hosted]:
    one = Hosted(root)
    try:
        yield one
    finally:
        one.close()
