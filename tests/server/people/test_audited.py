"""Changes that their handlers do not write down are written down around them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Server, serving

from penstock.server.auth import EVERYTHING, FixedTokens
from penstock.server.errors import Refused
from penstock.server.people.audited import audited
from penstock.server.routes import Answer, Call, Permission, Principal, Reply, Route
from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.people.audit import Audit

ANNA = Principal(id="a1", name="anna", permissions=EVERYTHING)


def done(call: Call) -> Reply:
    return {}


def made_in_p(call: Call) -> Reply:
    return Answer(status=201, body={"name": "new", "project": {"id": "p"}})


async def done_later(call: Call) -> Reply:
    return Answer(status=204)


def refuse(call: Call) -> Reply:
    raise Refused(409, "Taken", "taken")


def route(method: str, path: str, permission: Permission, handler=done) -> Route:  # type: ignore[no-untyped-def]
    return Route(
        method=method, path=f"/{{organization}}{path}", permission=permission, handler=handler
    )


ROUTES = (
    route("POST", "/_apis/projects", Permission.SERVER_MANAGE),
    route("DELETE", "/{project}/_apis/git/repositories/{id}", Permission.PROJECT_MANAGE),
    route("PATCH", "/{project}/_apis/git/repositories/{id}", Permission.PROJECT_MANAGE, done_later),
    route("POST", "/{project}/_apis/pipelines", Permission.PIPELINE_EDIT),
    route("PUT", "/{project}/_apis/build/definitions/{id}", Permission.PIPELINE_EDIT, refuse),
    route("GET", "/_apis/projects", Permission.SERVER_MANAGE),
    route("POST", "/{project}/_apis/build/builds", Permission.RUN_QUEUE),
    route("POST", "/_apis/git/repositories", Permission.SIGNED_IN, made_in_p),
)


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Audit]:
    database = open_state(Home(tmp_path / "home"))
    yield Audit(database)
    database.close()


@pytest.fixture
def server(audit: Audit) -> Iterator[Server]:
    with serving(audited(ROUTES, audit), FixedTokens({"t": ANNA})) as server:
        yield server


def test_what_was_changed_is_written_down_with_who_did_it(server: Server, audit: Audit) -> None:
    for method, path, body in (
        ("POST", "/o/_apis/projects", b'{"name": "Demo"}'),
        ("POST", "/o/p/_apis/pipelines", b'{"name": "CI", "secret": "s3cret"}'),
        ("PATCH", "/o/p/_apis/git/repositories/r1", b'{"name": "new"}'),
        ("DELETE", "/o/p/_apis/git/repositories/r1", None),
        ("PUT", "/o/p/_apis/build/definitions/7", b"{}"),
        ("POST", "/o/p/_apis/build/builds", b"{}"),
        ("GET", "/o/_apis/projects", None),
        ("POST", "/o/_apis/git/repositories", b'{"name": "new", "project": {"id": "p"}}'),
    ):
        server.request(method, path, body, Authorization="Bearer t")
    entries = list(reversed(audit.entries()))
    assert [(e.action, e.subject, e.project, dict(e.details)) for e in entries] == [
        ("project.create", "Demo", "", {}),
        ("pipeline.create", "CI", "p", {}),
        ("repository.change", "r1", "p", {"name": "new"}),
        ("repository.delete", "r1", "p", {}),
        ("repository.create", "new", "p", {}),
    ]
    assert {(e.actor.id, e.actor.name, e.actor.address) for e in entries} == {
        ("a1", "anna", "127.0.0.1")
    }


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b'{"name": 5}', b'{"name": null}'])
def test_a_body_without_a_name_is_no_reason_to_write_nothing(
    server: Server, audit: Audit, body: bytes
) -> None:
    server.request("POST", "/o/_apis/projects", body, Authorization="Bearer t")
    assert [(e.action, e.subject) for e in audit.entries()] == [("project.create", "")]
