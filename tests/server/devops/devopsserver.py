"""A whole server in this process, with a project, and its clients: git and plain HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loopback import Response

from penstock.cli.hosting.devopsservices import DevopsServices
from penstock.cli.hosting.host import Host
from penstock.store.home import Home
from penstock.store.people.audit import Actor
from penstock.store.people.members import Role

SECONDS = 60.0


@dataclass(slots=True)
class DevopsServer:
    """A server with the project `Demo` and the repository `demo`."""

    host: Host
    services: DevopsServices
    token: str
    folder: Path
    repository: str = ""
    project: str = ""
    pipelines: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The organization."""
        return f"{self.host.access.url}/penstock"

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Response:
        """One request below the organization; `path` starts with a slash."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=data,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                **named,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return Response(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Response(error.code, dict(error.headers), error.read())

    def get(self, path: str) -> Any:
        """The JSON of a path of the project that must be there."""
        answered = self.ask("GET", f"/Demo/_apis/{path}")
        assert answered.status == 200, answered
        return answered.json

    def post(self, path: str, body: object) -> Any:
        """The JSON that a POST to a path of the project answers, which must succeed."""
        answered = self.ask("POST", f"/Demo/_apis/{path}", body)
        assert answered.status in (200, 201), answered
        return answered.json

    def commit(self, files: Mapping[str, str], message: str = "A commit", ref: str = "main") -> str:
        """Commit files over those of the branch and push it; the commit's id."""
        work = self.folder / "work"
        if not work.is_dir():
            work.mkdir()
            git(work, "init", "--quiet", "-b", "main")
        if ref != git(work, "branch", "--show-current").strip():
            git(work, "checkout", "--quiet", "-B", ref)
        for name, text in files.items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git(work, "add", "-A")
        git(work, "commit", "--quiet", "--allow-empty", "-m", message)
        self.push(work, f"HEAD:refs/heads/{ref}")
        return git(work, "rev-parse", "HEAD").strip()

    def push(self, work: Path, refspec: str) -> None:
        """Push to the repository as a person does."""
        header = f"http.extraHeader=Authorization: Bearer {self.token}"
        git(work, "-c", header, "push", "--quiet", f"{self.url}/Demo/_git/demo", refspec)

    def pipeline(self, name: str = "CI", path: str = "azure-pipelines.yml") -> int:
        """The number of a pipeline, made when it is first asked for."""
        if name not in self.pipelines:
            body = {
                "name": name,
                "configuration": {
                    "type": "yaml",
                    "path": path,
                    "repository": {"id": self.repository, "type": "azureReposGit"},
                },
            }
            self.pipelines[name] = self.post("pipelines", body)["id"]
        return self.pipelines[name]

    def run(self, body: Mapping[str, object] | None = None, name: str = "CI") -> int:
        """Start a run; its number."""
        answer = self.post(f"pipelines/{self.pipeline(name)}/runs", body or {})
        return int(answer["id"])

    def ended(self, run: int, seconds: float = SECONDS) -> dict[str, Any]:
        """The page of the run once it has ended."""
        self.host.scheduler.wait(str(run), seconds)
        page: dict[str, Any] = self.get(f"penstock/runs/{run}")
        return page


@contextmanager
def devops_server(
    folder: Path,
    home: Path | None = None,
    *,
    is_left: bool = False,
    settings: Mapping[str, str] | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[DevopsServer]:
    """A server on a store of its own; a second one on the same `home` goes on with it.

    One that `is_left` leaves its runs as they are, for the next. `settings` are environment
    variables of the server; its runs go by `clock`.
    """
    environ = {**os.environ, **(settings or {})}
    host = Host(Home(home or folder / "home", folder / "cache"), environ=environ, clock=clock)
    try:
        services = host.serve_devops()
        host.recover()
        services.start()
        first = services.people.make_first_account("admin")
        token = host.access.token if first is None else first.token
        server = DevopsServer(host=host, services=services, token=token, folder=folder)
        project = services.projects.find("Demo") or services.projects.create("Demo")
        repository = services.repositories.find("demo", project.id)
        if repository is None:
            repository = services.repositories.create(project, "demo")
        server.project, server.repository = project.id, repository.id
        yield server
    finally:
        if is_left:
            host.scheduler.close()
        else:
            host.cancel_all("the test is over")
        host.close()
        assert not (host.home.root / "failures.log").exists(), (
            host.home.root / "failures.log"
        ).read_text()


def token_of(server: DevopsServer, name: str, role: Role | None) -> str:
    """The token of a new account with a role in the project."""
    people, by = server.services.people, Actor(id="test", name="test")
    account = people.accounts.add(name, password="a long enough password", by=by)
    if role is not None:
        people.members.set_role(server.project, account, role, by=by)
    end = time.time() + 86_400
    _, secret = people.tokens.create(account, name="t", scope="app_token", expires=end, by=by)
    return secret


def as_user(
    server: DevopsServer, token: str, method: str, path: str, body: object = None
) -> Response:
    """A request with that token."""
    return server.ask(method, path, body, Authorization=f"Bearer {token}")


def git(folder: Path, *words: str) -> str:
    """Run git as somebody."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    done = subprocess.run(
        ["git", *identity, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def until(holds: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """Wait for something to become true; what it was then."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.02)
    return found
