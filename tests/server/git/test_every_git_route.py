"""Every row of the table of Git: who may not call it, and that no path leads out. A new
route is covered as soon as it is in the table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from gitserver import READER, TOKEN, GitServer, basic, commit

from penstock.server.git import git_routes
from penstock.server.routes import IN_PROJECT, Permission, Route

CANARY = "the-canary-sings"
KNOWN = {"organization": "penstock", "project": "demo", "repository": "demo"}
PATHS = [
    *("../" * n + "canary" for n in (1, 2, 3, 5)),
    *("..\\" * 3 + "canary", "%2e%2e/canary", "%252e%252e%252fcanary", "..%2fcanary", "..;/canary"),
    *("/canary", "//canary", "/etc/passwd", "a/../../canary", "./canary", "a\0b", "a\n../canary"),
    *(".git/config", "src/.git/config", "link", "link/canary", "folder/canary", "\u2025/canary"),
    *("C:\\canary", "\\\\host\\canary", "canary.", "CANARY", "..", ".", "src/..", "-x", ":/canary"),
]


@pytest.fixture
def full(server: GitServer, tree: Path) -> Iterator[GitServer]:
    """A repository with files and links that lead out, and canaries where they lead."""
    for place in (server.home.root, server.home.repositories, server.folder):
        (place / "canary").write_text(CANARY)
    (tree / "link").symlink_to("../../canary")
    (tree / "folder").symlink_to("/")
    commit(tree, "one", {"src/a.py": "a", "page.html": "<script>1</script>", "p.svg": "<svg/>"})
    server.client(tree, "push", server.url, "main")
    yield server


def ask(
    server: GitServer, method: str, path: str, token: str | None = TOKEN, body: bytes = b"{}"
) -> tuple[int, bytes, dict[str, str]]:
    headers = {} if token is None else {"Authorization": basic(token)}
    found = server.server.request(method, path, None if method == "GET" else body, **headers)
    return found.status, found.body, {k.lower(): v for k, v in found.headers.items()}


def filled(route: Route, **values: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1].partition(":")[0]
        return values.get(name) or KNOWN.get(name, "x")

    return re.sub(r"\{([^}]+)\}", value, route.path)


def test_no_route_answers_without_a_valid_token(full: GitServer) -> None:
    for route in git_routes(full.http, full.pull_requests):
        assert route.permission is not Permission.PUBLIC
        for token in (None, "wrong", TOKEN[:-1]):
            assert ask(full, route.method, filled(route), token)[0] == 401, (route, token)


def test_who_may_only_read_changes_nothing_by_any_route(full: GitServer) -> None:
    before = [(ref.name, ref.object) for ref in full.git.refs()]
    for route in git_routes(full.http, full.pull_requests):
        if route.method == "GET" or route.path.endswith("git-upload-pack"):
            continue
        status = ask(full, route.method, filled(route), READER)[0]
        expected = (403, 404) if route.permission in IN_PROJECT else (400, 403, 404)
        assert status in expected, (route, status)
    assert [(ref.name, ref.object) for ref in full.git.refs()] == before
    assert [one.name for one in full.projects.list()] == ["demo"]


def test_no_path_in_an_address_or_a_query_leads_out(full: GitServer) -> None:
    base = "/penstock/demo/_apis/git/repositories/demo"
    for path in PATHS:
        for given in (quote(path, safe=""), quote(path, safe="/%"), path.replace("\0", "%00")):
            if re.search(r"[\x00-\x20\x7f-\uffff\\]", given):
                continue
            for address in (
                f"{base}/items?path={given}&includeContent=true",
                f"{base}/items?path={given}&$format=text",
                f"{base}/items?scopePath={given}&recursionLevel=full&$format=json",
                f"{base}/items?path={given}&$format=zip",
                f"{base}/items/{given}",
                f"{base}/commits?searchCriteria.itemPath={given}",
                f"{base}/items?path=src/a.py&version={given}",
                f"{base}/refs?filter={given}",
                f"{base}/trees/{given}",
                f"{base}/blobs/{given}",
                f"/penstock/demo/_git/{given}/info/refs?service=git-upload-pack",
            ):
                status, body, _ = ask(full, "GET", address)
                assert status < 500 or status == 501, (address, status, body)
                assert CANARY.encode() not in body, address
                assert b"root:" not in body, address


def test_only_the_path_of_a_link_is_shown(full: GitServer) -> None:
    base = "/penstock/demo/_apis/git/repositories/demo/items"
    assert ask(full, "GET", f"{base}?path=link&$format=text")[1] == b"../../canary"
    assert ask(full, "GET", f"{base}?path=folder/etc/passwd")[0] == 404


def test_nothing_from_a_repository_runs_as_a_page(full: GitServer) -> None:
    base = "/penstock/demo/_apis/git/repositories/demo/items"
    for name in ("page.html", "p.svg"):
        for form in ("text", "octetStream"):
            status, _, headers = ask(full, "GET", f"{base}?path={name}&$format={form}")
            assert status == 200
            assert "html" not in headers["content-type"]
            assert headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in headers["content-security-policy"]
    assert ask(full, "GET", f"{base}?path=page.html")[2]["content-disposition"].startswith("attach")


def test_bodies_of_the_wrong_shape_are_refused(full: GitServer) -> None:
    bodies = [b"[]", b"1", b'"x"', b"null", b"{", b"[1]", b'{"refUpdates":1}', b'{"name":1}']
    bodies += [b'{"refUpdates":[{"name":"refs/heads/x"}],"commits":[{"comment":1}]}']
    bodies += [b'{"refUpdates":[{"name":5}]}', b"[{}]", b'[{"name":[]}]', b"[" * 5000]
    for route in git_routes(full.http, full.pull_requests):
        if route.method in ("GET", "DELETE") or route.streams:
            continue
        for body in bodies:
            status, answer, _ = ask(full, route.method, filled(route), body=body)
            assert status < 500, (route, body, answer)
