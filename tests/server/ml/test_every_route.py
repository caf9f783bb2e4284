"""Every row of the real table: who may not call it, and that no path leads out. A new route is
covered as soon as it is in the table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlserver import TOKEN, Server

from penstock.server.ml import ml_routes
from penstock.server.ml.context import MlHttp
from penstock.server.ml.studio.feeds import Feeds
from penstock.server.routes import Permission, Route
from penstock.server.shares import shares_of

CANARY = "the-canary-sings"
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
KEY = "dev-ml-ws.dev-ml-rg.00000000-0000-0000-0000-000000000001"
KNOWN = {
    "subscription": "00000000-0000-0000-0000-000000000001",
    "group": "dev-ml-rg",
    "workspace": "dev-ml-ws",
    "account": KEY,
    "key": KEY,
    "container": "workspaceblobstore",
}
UP = (
    "..",
    "%2e%2e",
    "%252e%252e",
    "%25252e%25252e",
    ".%2e",
    "..%00",
    "..%5c",
    "..;",
    "%c0%ae%c0%ae",
)
TRICKS = [
    *("/".join([up] * depth + ["canary"]) for up in UP for depth in (1, 2, 4, 6)),
    *("..%2f" * depth + "canary" for depth in (1, 4, 6)),
    "/canary",
    "%2fcanary",
    "a//canary",
    "link/canary",
    ".blocks/canary",
    "a%0Ab",
    "a%00b",
]

SEGMENTS = ("..", "%2e%2e", "%252e%252e", "..%2fcanary", "..%252fcanary", "%5c..", ".", "%00")


def rows(server: Server) -> Iterator[tuple[Route, str]]:
    """The routes, each with a path that it matches."""
    http = MlHttp(
        service=server.service,
        logs=server.logs,
        storage=server.home.storage,
        signer=server.signer,
        tracking=server.tracking,
        shares=shares_of({}),
    )
    for route in ml_routes(http, Feeds(http)):
        yield route, filled(route.path)


def filled(path: str, **values: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1].partition(":")[0]
        return values.get(name) or KNOWN.get(name, "x")

    return re.sub(r"\{([^}]+)\}", value, path)


def test_no_route_but_public_ones_answers_without_a_valid_token(server: Server) -> None:
    for route, path in rows(server):
        if route.permission is Permission.PUBLIC:
            continue
        for token in (None, "wrong", TOKEN[:-1], TOKEN + "x"):
            assert server.ask(route.method, path, token=token).status == 401, (route, token)
        for query in ("sig=x&sp=rw&se=9999999999&spr=/", "sv=1&se=&sp=rw&sig=&spr="):
            asked = server.ask(route.method, f"{path}?{query}", token=None)
            assert asked.status == 401, (route, query)


def test_only_what_a_client_needs_before_it_has_a_token_is_public(server: Server) -> None:
    public = {
        (route.method, route.path)
        for route, _ in rows(server)
        if route.permission is Permission.PUBLIC
    }
    assert public == {("GET", "/discovery"), ("GET", "/metadata/endpoints")}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", ""])
def test_no_route_answers_under_another_name(server: Server, host: str) -> None:
    for route, path in rows(server):
        asked = server.ask(route.method, path, headers={"Host": host})
        assert asked.status in (400, 403), (route, host)


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_page_of_another_site_changes_anything(server: Server, header: dict[str, str]) -> None:
    for route, path in rows(server):
        if route.method in CHANGING:
            assert server.ask(route.method, path, b"{}", headers=header).status == 403, route


def test_no_path_leads_out_of_the_storage(server: Server, tmp_path: Path) -> None:
    storage = server.home.storage / KEY / "workspaceblobstore"
    storage.mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    (storage / "link").symlink_to(outside)
    folders = [*storage.parents, outside]
    canaries = [folder / "canary" for folder in folders if folder.is_relative_to(tmp_path)]
    for canary in canaries:
        canary.write_text(CANARY)
    for route, _ in rows(server):
        for name, rest in re.findall(
            r"\{(job|name|log|blob|container|account|key)(:path)?\}", route.path
        ):
            for trick in TRICKS if rest else SEGMENTS:
                path = filled(route.path, **{name: trick})
                body = b"{}" if route.method in CHANGING else None
                answer = server.ask(
                    route.method, path, body, headers={"x-ms-blob-type": "BlockBlob"}
                )
                assert answer.status < 500 or answer.status == 501, (route, trick)
                assert CANARY.encode() not in answer.body, (route, trick)
    assert [canary.read_text() for canary in canaries] == [CANARY] * len(canaries)
    assert sorted(path.name for path in outside.iterdir()) == ["canary"]
