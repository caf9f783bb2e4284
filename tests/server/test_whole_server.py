"""Every row of the whole server's table: who may not call it. A new route is covered as soon as it
is composed. (The rows of Azure ML have more of this in ml/test_every_route.py.)"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wholeserver import CHANGING, Whole, filled, whole_server

from penstock.server.portal import files as portal
from penstock.server.routes import IN_PROJECT, Permission

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
    "job elsewhere": {
        *(Permission.PUBLIC, Permission.SIGNED, Permission.SIGNED_WRITE),
        *(Permission.SIGNED_IN, Permission.READ, Permission.WRITE),
    },
    "nowhere": {Permission.PUBLIC, Permission.SIGNED_IN, *OWN},
    "profile scope": {Permission.PUBLIC, Permission.SIGNED_IN},
    "code scope": {
        *(Permission.PUBLIC, Permission.SIGNED_IN),
        *(Permission.PROJECT_READ, Permission.CODE_READ, Permission.CODE_WRITE),
    },
}
UNKNOWN = ("nobody", "wrong", "expired", "revoked", "disabled", "ended job")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole_server(tmp_path_factory.mktemp("whole")) as server:
        yield server


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
