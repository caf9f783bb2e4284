"""The real git client against the real endpoint."""

from __future__ import annotations

import gzip
import http.client
import os
import threading
import time
from pathlib import Path

from gitserver import READER, TOKEN, GitServer, basic, commit, git, git_server

from penstock.store.git.names import ZERO
from penstock.store.hosting.pushes import PushRecord

MAIN = "refs/heads/main"


def pushed(server: GitServer, tree: Path) -> str:
    id = commit(tree, "one", {"README.md": "# demo\n", "src/a.py": "print(1)\n"})
    server.client(tree, "push", server.url, "main")
    return id


def test_push_clone_and_fetch(server: GitServer, tree: Path, tmp_path: Path) -> None:
    first = pushed(server, tree)
    server.client(tmp_path, "clone", "-q", server.url, "copy")
    assert git(tmp_path / "copy", "rev-parse", "HEAD") == first

    second = commit(tree, "two", {"b": "1"})
    server.client(tree, "push", server.url, "main", "HEAD:refs/tags/v1")
    server.client(tmp_path / "copy", "pull", "-q", "--tags")
    assert git(tmp_path / "copy", "rev-parse", "HEAD", "v1") == f"{second}\n{second}"

    one, two = reversed(server.pushes.unhandled())
    assert [(u.ref, u.old, u.new) for u in two.updates] == [(MAIN, ZERO, first)]
    assert [(u.ref, u.old, u.new) for u in one.updates] == [
        (MAIN, first, second),
        ("refs/tags/v1", ZERO, second),
    ]
    assert one.pusher.name == "ada"


def test_every_version_of_the_protocol_works(server: GitServer, tree: Path, tmp_path: Path) -> None:
    id = pushed(server, tree)
    for version in ("0", "1", "2"):
        settings = {"protocol.version": version}
        server.client(tmp_path, "clone", "-q", server.url, f"v{version}", settings=settings)
        assert git(tmp_path / f"v{version}", "rev-parse", "HEAD") == id
        commit(tree, f"for {version}", {"v": version})
        server.client(tree, "push", server.url, "main", settings=settings)
        id = git(tree, "rev-parse", "HEAD")


def test_shallow_partial_and_single_commit_fetches(
    server: GitServer, tree: Path, tmp_path: Path
) -> None:
    first = pushed(server, tree)
    second = commit(tree, "two", {"b": "1"})
    server.client(tree, "push", server.url, "main")
    server.client(tmp_path, "clone", "-q", "--depth=1", server.url, "shallow")
    assert git(tmp_path / "shallow", "rev-list", "--count", "HEAD") == "1"
    server.client(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", server.url, "p")
    git(tmp_path, "init", "-q", "byid")
    server.client(tmp_path / "byid", "fetch", "-q", "--depth=1", server.url, first)
    assert git(tmp_path / "byid", "rev-parse", "FETCH_HEAD") == first != second


def test_a_repository_named_as_its_project_has_a_short_address(
    server: GitServer, tree: Path, tmp_path: Path
) -> None:
    id = pushed(server, tree)
    short = f"{server.server.listener.url}/penstock/_git/DEMO"
    server.client(tmp_path, "clone", "-q", short, "copy")
    assert git(tmp_path / "copy", "rev-parse", "HEAD") == id


def test_the_pusher_is_told_where_to_look_and_what_was_started(
    server: GitServer, tree: Path
) -> None:
    def starts(push: PushRecord) -> list[str]:
        return [f"push {push.id} started a run"]

    server.pushes.subscribe(starts)
    commit(tree, "one", {"a": "1"})
    said = server.client(tree, "push", server.url, "main")
    assert f"remote: See it at {server.url}?version=GBmain" in said
    assert "remote: push 1 started a run" in said


def test_force_pushes_deletions_and_atomic_pushes(server: GitServer, tree: Path) -> None:
    first = pushed(server, tree)
    server.client(tree, "push", server.url, "HEAD:refs/heads/topic")
    git(tree, "commit", "-q", "--amend", "-m", "other")
    other = git(tree, "rev-parse", "HEAD")
    said = server.client(tree, "push", server.url, "main", ok=False)
    assert "rejected" in said
    server.client(tree, "push", "--force", server.url, "main")
    server.client(tree, "push", server.url, ":refs/heads/topic")
    server.client(tree, "push", "--atomic", server.url, "HEAD:refs/heads/a", "HEAD:refs/heads/b")
    changes = [
        [(u.ref.removeprefix("refs/heads/"), u.old, u.new) for u in push.updates]
        for push in server.pushes.unhandled()
    ]
    assert changes == [
        [("main", ZERO, first)],
        [("topic", ZERO, first)],
        [("main", first, other)],
        [("topic", first, ZERO)],
        [("a", ZERO, other), ("b", ZERO, other)],
    ]


def test_the_default_branch_stays_and_only_branches_tags_and_notes_are_taken(
    server: GitServer, tree: Path
) -> None:
    pushed(server, tree)
    for ref, words in (
        (":refs/heads/main", "deletion of the current branch prohibited"),
        ("HEAD:refs/pull/1/merge", "deny updating a hidden ref"),
        ("HEAD:refs/secret/x", "nothing else may be pushed"),
        ("HEAD:refs/replace/x", "nothing else may be pushed"),
    ):
        assert words in server.client(tree, "push", server.url, ref, ok=False), ref
    assert [ref.name for ref in server.git.refs()] == [MAIN]
    assert len(server.pushes.unhandled()) == 1
    server.client(tree, "push", server.url, "HEAD:refs/notes/commits")
    assert len(server.pushes.unhandled()) == 1


def test_the_first_push_gives_the_default_branch(server: GitServer, tree: Path) -> None:
    commit(tree, "one", {"a": "1"})
    server.client(tree, "push", server.url, "main:refs/heads/master")
    assert server.git.default_branch() == "refs/heads/master"


def test_who_may_not_push_or_read_is_told_so(server: GitServer, tree: Path, tmp_path: Path) -> None:
    pushed(server, tree)
    commit(tree, "two", {"a": "2"})
    said = server.client(tree, "push", server.url, "main", token=READER, ok=False)
    assert '"rita" may not push' in said
    server.client(tmp_path, "clone", "-q", server.url, "copy", token=READER)
    assert "could not read Username" in server.client(
        tmp_path, "clone", "-q", server.url, "x", token="wrong", ok=False
    )
    missing = server.url.replace("_git/demo", "_git/other")
    assert "TF401019" in server.client(tmp_path, "clone", "-q", missing, "x", ok=False)


def test_a_token_as_password_in_the_address_works(
    server: GitServer, tree: Path, tmp_path: Path
) -> None:
    id = pushed(server, tree)
    address = server.url.replace("://", f"://anything:{TOKEN}@")
    git(tmp_path, "clone", "-q", address, "copy")
    assert git(tmp_path / "copy", "rev-parse", "HEAD") == id


def test_a_large_push_is_streamed(server: GitServer, tree: Path, tmp_path: Path) -> None:
    commit(tree, "big", {"big.bin": os.urandom(20_000_000)})
    server.client(tree, "push", server.url, "main")
    server.client(tmp_path, "clone", "-q", server.url, "copy")
    assert (tmp_path / "copy/big.bin").read_bytes() == (tree / "big.bin").read_bytes()


def test_a_push_above_the_limit_is_refused_and_leaves_nothing(tmp_path: Path, tree: Path) -> None:
    with git_server(tmp_path / "home", pack_limit=1_000_000) as server:
        commit(tree, "big", {"big.bin": os.urandom(3_000_000)})
        said = server.client(tree, "push", server.url, "main", ok=False)
        assert "exceeds maximum allowed size" in said
        assert server.git.refs() == []
        assert server.pushes.unhandled() == []
        assert not list((server.folder / "objects").glob("tmp_*"))


def test_many_pushes_at_once_are_all_written_in_the_order_refs_moved(
    server: GitServer, tree: Path, tmp_path: Path
) -> None:
    pushed(server, tree)
    trees = []
    for n in range(6):
        server.client(tmp_path, "clone", "-q", server.url, f"c{n}")
        commit(tmp_path / f"c{n}", f"own {n}", {f"f{n}": "1"})
        trees.append(tmp_path / f"c{n}")
    threads = [
        threading.Thread(
            target=server.client,
            args=(one, "push", "--force", server.url, "HEAD:main", f"HEAD:refs/heads/b{n}"),
            kwargs={"ok": None},
        )
        for n, one in enumerate(trees)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Who was overtaken is told so; what moved was written in order.
    records = server.pushes.unhandled()
    at = ZERO
    for update in (u for record in records for u in record.updates if u.ref == MAIN):
        assert update.old == at
        at = update.new
    assert at == server.git.resolve("main")
    assert len(records) == 7
    assert server.pushes.recover() == []


def request(
    server: GitServer, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, bytes]:
    response = server.server.request(
        method, f"/penstock/demo/_git/demo/{path}", body, Authorization=basic(TOKEN), **headers
    )
    return response.status, response.body


def test_what_is_not_the_smart_protocol_is_refused(server: GitServer, tree: Path) -> None:
    pushed(server, tree)
    assert request(server, "GET", "info/refs")[0] == 403
    assert request(server, "GET", "info/refs?service=git-upload-archive")[0] == 403
    assert request(server, "POST", "git-upload-pack", b"0000")[0] == 415
    kind = "application/x-git-upload-pack-request"
    status, body = request(server, "POST", "git-upload-pack", b"zzzz", Content_Type=kind)
    assert (status, b"protocol error" in body) == (400, True)
    status, body = request(
        server, "POST", "git-upload-pack", b"no gzip", Content_Type=kind, Content_Encoding="gzip"
    )
    assert (status, body) == (400, b"the request's body is not gzip\n")


def test_a_packed_request_is_unpacked_and_a_bomb_is_not(server: GitServer, tree: Path) -> None:
    id = pushed(server, tree)
    want = f"want {id} no-progress\n"
    asked = f"{len(want) + 4:04x}{want}00000009done\n".encode()
    headers = {"Content_Type": "application/x-git-upload-pack-request", "Content_Encoding": "gzip"}
    status, body = request(server, "POST", "git-upload-pack", gzip.compress(asked), **headers)
    assert (status, body[:12]) == (200, b"0008NAK\nPACK")
    bomb = gzip.compress(b"0032want " + b"\0" * 80_000_000)
    assert request(server, "POST", "git-upload-pack", bomb, **headers)[0] in (400, 413)


def processes_of(folder: Path) -> list[str]:
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = one.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in text and "pack --stateless-rpc" in text:
            found.append(text)
    return found


def begun_push(server: GitServer) -> http.client.HTTPConnection:
    """A push of which only the first bytes have been sent."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server.listener.port, timeout=20)
    connection.putrequest("POST", "/penstock/demo/_git/demo/git-receive-pack")
    connection.putheader("Authorization", basic(TOKEN))
    connection.putheader("Content-Type", "application/x-git-receive-pack-request")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"00")
    return connection


def test_a_client_that_leaves_takes_its_process_along(server: GitServer, tree: Path) -> None:
    pushed(server, tree)
    connection = begun_push(server)
    end = time.monotonic() + 10
    while not processes_of(server.folder) and time.monotonic() < end:
        time.sleep(0.01)
    assert processes_of(server.folder)
    connection.close()
    while processes_of(server.folder) and time.monotonic() < end:
        time.sleep(0.01)
    assert not processes_of(server.folder)
    commit(tree, "after", {"a": "1"})
    server.client(tree, "push", server.url, "main")


def test_a_server_that_closes_ends_what_it_started(tmp_path: Path, tree: Path) -> None:
    with git_server(tmp_path / "home") as server:
        pushed(server, tree)
        connection = begun_push(server)
        end = time.monotonic() + 10
        while not processes_of(server.folder) and time.monotonic() < end:
            time.sleep(0.01)
        folder = server.folder
    connection.close()
    end = time.monotonic() + 20
    while processes_of(folder) and time.monotonic() < end:
        time.sleep(0.05)
    assert not processes_of(folder)
