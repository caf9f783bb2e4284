"""Every row of the whole server's table: who may not call it. A new route is covered as soon as it
is composed. (The rows of Azure ML have more of this in ml/test_every_route.py.)"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from loopback import Response, Server

from penstock.cli.devopsservices import DevopsServices
from penstock.cli.host import Host
from penstock.engine.events import Result, RunFinished
from penstock.engine.plan import Plan
from penstock.server.portal import files as portal
from penstock.server.routes import IN_PROJECT, Permission, Route
from penstock.store.audit import Actor
from penstock.store.home import Home
from penstock.store.people.accounts import Account
from penstock.store.people.members import Role

BY = Actor(id="", name="test")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
READER = {
    Permission.PUBLIC,
    Permission.SIGNED,
    Permission.SIGNED_IN,
    Permission.READ,
    Permission.PROJECT_READ,
    Permission.CODE_READ,
    Permission.RUN_READ,
    Permission.LIBRARY_READ,
}
OWN = {Permission.ACCOUNT_MANAGE}
HOLDS: dict[str, set[Permission]] = {
    # What each caller may do in the project of the path, and outside of projects.
    "reader": READER | OWN,
    "job": READER | {Permission.WRITE, Permission.SIGNED_WRITE},
    "elsewhere": {
        *(Permission.PUBLIC, Permission.SIGNED, Permission.SIGNED_WRITE),
        *(Permission.SIGNED_IN, Permission.READ, Permission.WRITE),
        *OWN,
    },
    "nowhere": {Permission.PUBLIC, Permission.SIGNED_IN, *OWN},
    "profile scope": {Permission.PUBLIC, Permission.SIGNED_IN},
    "code scope": {
        *(Permission.PUBLIC, Permission.SIGNED_IN),
        *(Permission.PROJECT_READ, Permission.CODE_READ, Permission.CODE_WRITE),
    },
}
UNKNOWN = ("nobody", "wrong", "expired", "revoked", "disabled", "ended job")


@dataclass(frozen=True, slots=True)
class Whole:
    server: Server
    routes: tuple[Route, ...]
    tokens: dict[str, str]

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


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder: Path = tmp_path_factory.mktemp("whole")
    host = Host(Home(folder / "home", folder / "cache"))
    devops = host.serve_devops()
    failures: list[tuple[str, Exception]] = []
    ml_routes, _ = host.ml.routes(has_portal=True)
    routes = (*ml_routes, *devops.routes())
    yield Whole(Server(host.listener, failures), routes, _tokens(host, devops))
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
    runs = [host.runs.new_id() for _ in range(2)]
    for run in runs:
        host.runs.create(run, Plan(nodes=()), {"kind": "pipeline"})
    ended, job = (people.job_tokens.issue(run, alpha) for run in runs)
    host.runs.append(runs[0], [RunFinished(at=now, result=Result.SUCCEEDED)])
    return {
        "nobody": "",
        "wrong": "penstock_pat_" + "A" * 43,
        "expired": expired,
        "revoked": revoked,
        "disabled": disabled,
        "ended job": ended,
        "job": job,
        "reader": token(add("reader", alpha=Role.READER))[0],
        "elsewhere": token(add("elsewhere", beta=Role.ADMINISTRATOR))[0],
        "nowhere": token(add("nowhere"))[0],
        "profile scope": token(root, "vso.profile")[0],
        "code scope": token(root, "vso.code_write")[0],
    }


def test_the_table_is_that_of_the_whole_server(whole: Whole) -> None:
    paths = {route.path for route in whole.routes}
    assert "/_apis/penstock/session" in paths
    assert "/{organization}/_apis/connectionData" in paths
    assert any(path.startswith("/subscriptions/") for path in paths)
    assert any(path.startswith("/mlflow/") for path in paths)


@pytest.mark.parametrize("who", UNKNOWN)
def test_a_caller_who_is_not_known_learns_nothing(whole: Whole, who: str) -> None:
    bodies = set()
    for route in whole.routes:
        if route.permission is not Permission.PUBLIC:
            answer = whole.ask(route, who)
            assert answer.status == 401, (route, answer.body)
            bodies.add(answer.body if route.method != "HEAD" else "")
    assert len(bodies - {""}) == 1


@pytest.mark.parametrize("who", HOLDS)
def test_a_caller_is_refused_what_the_table_does_not_give(whole: Whole, who: str) -> None:
    """Only what must be refused is asked for: nothing is changed by this test."""
    asked = 0
    for route in whole.routes:
        if route.permission in HOLDS[who]:
            continue
        asked += 1
        status = whole.ask(route, who).status
        sees = Permission.PROJECT_READ in HOLDS[who]
        if route.permission not in IN_PROJECT:
            assert status == 403, route
        elif route.project is None:
            assert status == (403 if sees else 404), route
        else:
            assert status in ((403, 404) if sees else (404,)), route
    assert asked >= 5


def test_nothing_of_another_organization_is_here(whole: Whole) -> None:
    for route in whole.routes:
        if "{organization}" in route.path and route.permission is not Permission.PUBLIC:
            path = filled(route.path.replace("{organization}", "contoso"))
            assert whole.ask(route, "reader", path=path).status == 404, route


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil"])
def test_no_route_answers_under_another_name(whole: Whole, host: str) -> None:
    for route in whole.routes:
        assert whole.ask(route, "reader", Host=host).status in (400, 403), route


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_no_page_of_another_site_changes_anything(whole: Whole, headers: dict[str, str]) -> None:
    for route in whole.routes:
        if route.method in CHANGING:
            assert whole.ask(route, "reader", **headers).status == 403, route


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_page_of_another_site_reads_by_the_cookie_of_a_session(whole: Whole, site: str) -> None:
    """Event streams and downloads among them; a page on another port is "same-site"."""
    body = b'{"userName": "root", "password": "correct horse battery"}'
    signed_in = whole.server.request("POST", "/_apis/penstock/session", body)
    cookie = signed_in.headers["set-cookie"].partition(";")[0]
    me = "/penstock/_apis/connectionData"
    assert whole.server.request("GET", me, Cookie=cookie).status == 200
    for route in whole.routes:
        if route.permission is Permission.PUBLIC:
            continue
        answer = whole.ask(route, "nobody", Cookie=cookie, Sec_Fetch_Site=site)
        assert answer.status == (403 if route.method in CHANGING else 401), route


def test_what_is_open_to_everyone_is_known(whole: Whole) -> None:
    """A new public route is a decision: add it here."""
    public = {(r.method, r.path) for r in whole.routes if r.permission is Permission.PUBLIC}
    assert public == {
        ("GET", "/discovery"),
        ("GET", "/metadata/endpoints"),
        ("GET", "/_apis/penstock/status"),
        ("POST", "/_apis/penstock/session"),
        ("GET", "/_apis/penstock/session/{ticket}"),
        ("GET", "/_apis/penstock/identity/token"),
        # Which places the API has, the same for everyone.
        ("OPTIONS", "/{organization}/_apis"),
        ("OPTIONS", "/{organization}/_apis/{area}"),
        # The pages of the portal and their files, which hold no data.
        *((route.method, route.path) for route in portal.routes()),
    }
