from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Server, serving

from penstock.server.auth import one_token
from penstock.server.portal.files import routes


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "built"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Penstock</title>")
    (folder / "assets" / "main-abc.js").write_text("go()")
    (folder / "assets" / "main-abc.js.gz").write_bytes(gzip.compress(b"go()"))
    (folder / "logo.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not for you")
    return folder


@pytest.fixture
def server(built: Path) -> Iterator[Server]:
    with serving(routes(built), one_token("token")) as server:
        yield server


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/penstock",
        "/penstock/diabetes",
        "/penstock/my%20project/_build",
        "/penstock/diabetes/_build/results?buildId=7&view=logs&j=a&t=b",
        "/penstock/diabetes/_git/diabetes?path=/src&version=GBmain",
        "/penstock/_usersSettings/tokens",
        "/ml",
        "/ml/runs/brave_fox",
    ],
)
def test_the_page_is_at_every_address_that_azure_devops_links_to(server: Server, path: str) -> None:
    answer = server.request("GET", path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.body.startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    "path", ["/_apis", "/subscriptions", "/subscriptions/x", "/mlflow/x", "/a/b/_apis/x", "/a/b/c"]
)
def test_an_unknown_address_of_the_api_is_no_page(server: Server, path: str) -> None:
    answer = server.request("GET", path, Authorization="Bearer token")
    assert answer.status == 404
    assert b"<!doctype" not in answer.body


def test_the_policy_lets_only_our_own_files_run(server: Server) -> None:
    policy = server.request("GET", "/").headers["content-security-policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


def test_files_named_by_their_hash_are_kept_forever(server: Server) -> None:
    answer = server.request("GET", "/_portal/assets/main-abc.js")
    assert answer.status == 200
    assert answer.body == b"go()"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert server.request("GET", "/_portal/logo.svg").headers["cache-control"] == "no-cache"


def test_a_packed_file_goes_to_who_takes_it(server: Server) -> None:
    answer = server.request("GET", "/_portal/assets/main-abc.js", Accept_Encoding="gzip, br")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == b"go()"


def test_nothing_outside_of_the_built_files_is_sent(server: Server, built: Path) -> None:
    (built / "assets" / "link.js").symlink_to(built.parent / "secret.txt")
    for path in ("assets/link.js", "../secret.txt", "%2e%2e/secret.txt", "missing.js", "assets"):
        assert server.request("GET", f"/_portal/{path}").status in (400, 404)


def test_a_checkout_without_a_built_portal_says_how_to_build_it(tmp_path: Path) -> None:
    with serving(routes(tmp_path), one_token("token")) as server:
        answer = server.request("GET", "/penstock")
        assert answer.status == 503
        assert b"make portal" in answer.body
