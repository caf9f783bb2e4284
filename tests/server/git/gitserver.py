"""The hosting half of a server on loopback, over a real store, and a real git client of it."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from penstock.server.auth import EVERYTHING, FixedTokens
from penstock.server.devops import connection
from penstock.server.devops.locations import location_routes
from penstock.server.git import git_locations, git_routes
from penstock.server.git.context import GitHttp
from penstock.server.routes import Permission, Principal, Route
from penstock.server.shares import shares_of
from penstock.store.git.transport import write_hooks
from penstock.store.hosting.pushes import Pushes

STORE_TESTS = Path(__file__).parents[2] / "store" / "git"
sys.path.insert(0, str(STORE_TESTS))
sys.path.insert(0, str(Path(__file__).parents[1]))

from hosted import CLIENT, Hosted, commit, git, work_tree  # noqa: E402
from loopback import Server, serving  # noqa: E402

__all__ = ["commit", "git", "work_tree"]

TOKEN = "secret-token"
READER = "reader-token"
WRITER = "writer-token"
_READS = frozenset({Permission.SIGNED_IN, Permission.PROJECT_READ, Permission.CODE_READ})
_WRITES = _READS | {Permission.CODE_WRITE}
TOKENS = FixedTokens(
    {
        TOKEN: Principal(id="ada-id", name="ada", permissions=EVERYTHING),
        READER: Principal(id="rita-id", name="rita", permissions=_READS),
        WRITER: Principal(id="wim-id", name="wim", permissions=_WRITES),
    }
)


def basic(token: str) -> str:
    return "Basic " + base64.b64encode(f":{token}".encode()).decode()


class GitServer(Hosted):
    """A store, served."""

    def __init__(
        self, root: Path, *, pack_limit: int = 1024**3, pushes: type[Pushes] = Pushes
    ) -> None:
        super().__init__(root, pushes)
        self.problems: list[tuple[str, Exception]] = []
        self.http = GitHttp(
            projects=self.projects,
            repositories=self.repositories,
            pushes=self.pushes,
            hooks=write_hooks(self.home.root / "hooks"),
            on_failure=lambda line, error: self.problems.append((line, error)),
            shares=shares_of({}),
            pack_limit=pack_limit,
        )
        self.server: Server

    def routes(self) -> tuple[Route, ...]:
        return (
            *location_routes((*connection.LOCATIONS, *git_locations())),
            *connection.connection_routes("penstock", "1"),
            *git_routes(self.http, self.pull_requests),
        )

    @property
    def url(self) -> str:
        return f"{self.server.listener.url}/penstock/demo/_git/demo"

    def client(
        self,
        folder: Path,
        *arguments: str,
        token: str = TOKEN,
        ok: bool | None = True,
        settings: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> str:
        """Run git as a user does, with a token; all that it prints. `ok` None: well or not."""
        given = {"http.extraHeader": f"Authorization: {basic(token)}", **(settings or {})}
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        done = subprocess.run(
            ["git", *options, *arguments],
            cwd=folder,
            env=CLIENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
        )
        text = done.stdout.decode("utf-8", "replace")
        assert ok is None or (done.returncode == 0) is ok, text
        return text


@contextmanager
def git_server(root: Path, *, pack_limit: int = 1024**3) -> Iterator[GitServer]:
    one = GitServer(root, pack_limit=pack_limit)
    try:
        with serving(one.routes(), TOKENS) as server:
            one.server = server
            yield one
            assert server.failures == []
            assert one.problems == []
    finally:
        one.close()
