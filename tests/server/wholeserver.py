"""The composed table of the whole server, with callers of every kind and something to read behind
its rows."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loopback import Response, Server

from penstock.cli.hosting.devopsservices import DevopsServices
from penstock.cli.hosting.host import Host
from penstock.engine.events import Result, RunFinished
from penstock.engine.plan import Plan
from penstock.server.routes import Route
from penstock.store.home import Home
from penstock.store.people.accounts import Account
from penstock.store.people.audit import Actor
from penstock.store.people.members import Role

BY = Actor(id="", name="test")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Whole:
    server: Server
    routes: tuple[Route, ...]
    tokens: dict[str, str]
    host: Host
    devops: DevopsServices

    def ask(self, route: Route, who: str, *, path: str = "", **headers: str) -> Response:
        token = self.tokens[who]
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = b"{}" if route.method in CHANGING else None
        return self.server.request(route.method, path or filled(route.path), body, **headers)


def filled(path: str) -> str:
    """A path that meets the row."""
    known = {"organization": "penstock", "project": "alpha"}

    def value(match: re.Match[str]) -> str:
        return known.get(match[1].partition(":")[0], "1")

    return re.sub(r"\{([^}]+)\}", value, path)


@contextmanager
def whole_server(folder: Path) -> Iterator[Whole]:
    """A server on a store of its own, with the projects `alpha` and `beta`."""
    host = Host(Home(folder / "home", folder / "cache"))
    devops = host.serve_devops()
    failures: list[tuple[str, Exception]] = []
    ml_routes, _ = host.ml.routes(has_portal=True)
    routes = (*ml_routes, *devops.routes())
    tokens = _tokens(host, devops)
    try:
        yield Whole(Server(host.listener, failures), routes, tokens, host, devops)
    finally:
        host.close()


def _tokens(host: Host, devops: DevopsServices) -> dict[str, str]:
    people = devops.people
    alpha, beta = (devops.projects.create(name).id for name in ("alpha", "beta"))
    now = time.time()

    def add(name: str, *, administrator: bool = False, **roles: Role) -> Account:
        account = people.accounts.add(
            name, password="correct horse battery", by=BY, is_administrator=administrator
        )
        for project, role in roles.items():
            people.members.set_role({"alpha": alpha, "beta": beta}[project], account, role, by=BY)
        return account

    def token(account: Account, scope: str = "app_token") -> tuple[str, str]:
        made, secret = people.tokens.create(
            account, name="t", scope=scope, expires=now + 3600, by=BY
        )
        return secret, made.id

    root = add("root", administrator=True)
    revoked, id = token(root)
    people.tokens.revoke(root.id, id, by=BY)
    expired, id = token(root)
    with host.database.transaction() as connection:
        connection.execute("UPDATE tokens SET expires = ? WHERE id = ?", (now - 1, id))
    gone = add("gone", administrator=True)
    disabled, _ = token(gone)
    people.accounts.disable(gone.id, by=BY)
    runs = [host.runs.new_id() for _ in range(3)]
    for run in runs:
        host.runs.create(run, Plan(nodes=()), {"kind": "pipeline"})
    places = (alpha, alpha, beta)
    ended, job, job_elsewhere = map(people.job_tokens.issue, runs, places)
    host.runs.append(runs[0], [RunFinished(at=now, result=Result.SUCCEEDED)])
    return {
        "nobody": "",
        "wrong": "penstock_pat_" + "A" * 43,
        "expired": expired,
        "revoked": revoked,
        "disabled": disabled,
        "ended job": ended,
        "job": job,
        "job elsewhere": job_elsewhere,
        "reader": token(add("reader", alpha=Role.READER))[0],
        "elsewhere": token(add("elsewhere", beta=Role.ADMINISTRATOR))[0],
        "nowhere": token(add("nowhere"))[0],
        "profile scope": token(root, "vso.profile")[0],
        "code scope": token(root, "vso.code_write")[0],
    }


def git(folder: Path, *words: str) -> None:
    """Run git as somebody."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *identity, *words], cwd=folder, env=environment, check=True)
