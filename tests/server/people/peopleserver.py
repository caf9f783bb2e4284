"""The routes about people, and a few others, on loopback, by a clock that stands still."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loopback import Response, Server, serving

from penstock.server.app import Places
from penstock.server.auth import one_token
from penstock.server.people import people_routes
from penstock.server.people.access import Access
from penstock.server.people.house import House
from penstock.server.people.signin import SignIn
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.database import Database, open_state
from penstock.store.home import Home
from penstock.store.people.accounts import Account
from penstock.store.people.audit import Actor
from penstock.store.people.members import Role
from penstock.store.people.passwords import Cost
from penstock.store.people.people import People
from penstock.store.projects import Projects

PASSWORD = "correct horse battery"
OPERATOR = Actor(id="", name="operator")
ALPHA, BETA = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
PROJECTS = {ALPHA: "alpha", BETA: "beta"}
PROCESS = "token-of-the-process"
API = "/penstock/_apis"
LONG = "/{organization}/{project}/_apis/long"


@dataclass(slots=True)
class PeopleServer:
    server: Server
    people: People
    access: Access
    database: Database
    now: list[float]
    meanwhile: list[Callable[[], object]]
    """What happens while the long answer is given."""

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        cookie: str = "",
        **headers: str,
    ) -> Response:
        import json

        sent = dict(headers)
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if cookie:
            sent |= {"Cookie": cookie, "Sec_Fetch_Site": "same-origin"}
        data = None if body is None else json.dumps(body).encode()
        return self.server.request(method, path, data, **sent)

    def sign_in(self, name: str, password: str = PASSWORD) -> Response:
        body = {"userName": name, "password": password}
        return self.ask("POST", "/_apis/penstock/session", body)

    def cookie(self, name: str, password: str = PASSWORD) -> str:
        answer = self.sign_in(name, password)
        assert answer.status == 200, answer.body
        return answer.headers["set-cookie"].partition(";")[0]

    def add(self, name: str, *, administrator: bool = False, **roles: str) -> Account:
        account = self.people.accounts.add(
            name, password=PASSWORD, by=OPERATOR, is_administrator=administrator
        )
        for project, role in roles.items():
            (found,) = (key for key, value in PROJECTS.items() if value == project)
            self.people.members.set_role(found, account, Role(role), by=OPERATOR)
        return account

    def token(self, account: Account, scope: str = "app_token", seconds: float = 3600) -> str:
        _, secret = self.people.tokens.create(
            account, name="t", scope=scope, expires=self.now[0] + seconds, by=OPERATOR
        )
        return secret

    def actions(self) -> list[str]:
        return [entry.action for entry in reversed(self.people.audit.entries(limit=1000))]


def basic(token: str, name: str = "anyone") -> str:
    return "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode()


def echo(call: Call) -> Reply:
    assert call.principal is not None
    return {"who": call.principal.name, "run": call.principal.run, "project": call.project}


OTHERS = tuple(
    Route(method="GET", path=f"/{{organization}}{path}", permission=permission, handler=echo)
    for path, permission in (
        ("/_apis/ml", Permission.READ),
        ("/_apis/ml/write", Permission.WRITE),
        ("/_apis/server", Permission.SERVER_MANAGE),
        *(
            (f"/{{project}}/_apis/{permission.name}", permission)
            for permission in Permission
            if permission.name.partition("_")[0]
            in ("PROJECT", "CODE", "RUN", "PIPELINE", "LIBRARY")
        ),
    )
)


@contextmanager
def people_server(folder: Path) -> Iterator[PeopleServer]:
    now = [1_800_000_000.0]
    database = open_state(Home(folder / "home"))
    people = People(database, clock=lambda: now[0], cost=Cost(log_n=4, r=1, p=1))
    for id, name in PROJECTS.items():
        Projects(database, lambda id=id: id).create(name)  # type: ignore[misc]
    access = Access(people, organization="penstock", process_tokens=one_token(PROCESS))
    sign_in = SignIn(people)
    house = House(people=people, organization="penstock", projects=lambda: PROJECTS)
    names = {**{name: key for key, name in PROJECTS.items()}, **{key: key for key in PROJECTS}}
    places = Places(organization="penstock", project=lambda named: names.get(named.lower()))
    meanwhile: list[Callable[[], object]] = []

    def long(call: Call) -> Reply:
        before = call.may_still()
        for happens in meanwhile:
            happens()
        return {"before": before, "after": call.may_still()}

    long_route = Route(method="GET", path=LONG, permission=Permission.RUN_READ, handler=long)
    routes = (*people_routes(house, sign_in), *OTHERS, long_route)
    with serving(routes, access, sessions=access.sessions, places=places) as server:
        yield PeopleServer(server, people, access, database, now, meanwhile)
        assert server.failures == []
    sign_in.close()
    access.close()
    database.close()
