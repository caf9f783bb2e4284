"""Pushes that want to harm: nothing of them runs, all are refused cleanly."""

from __future__ import annotations

import hashlib
import resource
import struct
import zlib
from pathlib import Path

import pytest
from gitserver import TOKEN, GitServer, basic, commit, git

from penstock.store.git.names import ZERO
from penstock.store.git.repository import LogQuery

KIND = {"blob": 3, "tree": 2, "commit": 1, "tag": 4}


def object_id(kind: str, body: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(body)}\0".encode() + body).hexdigest()


def packed(*objects: tuple[str, bytes]) -> bytes:
    """A pack of whole objects, written by hand: no client would make these."""
    pack = b"PACK" + struct.pack(">II", 2, len(objects))
    for kind, body in objects:
        pack += head_of(kind, len(body)) + zlib.compress(body)
    return pack + hashlib.sha1(pack).digest()


def head_of(kind: str, size: int) -> bytes:
    """What stands before an object in a pack."""
    first, size = (KIND[kind] << 4) | (size & 15), size >> 4
    head = []
    while size:
        head.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    return bytes([*head, first])


def line(text: bytes) -> bytes:
    return f"{len(text) + 4:04x}".encode() + text


def push(server: GitServer, commands: list[tuple[str, str, str]], pack: bytes) -> str:
    """Send a push as bytes; all that comes back."""
    body = b""
    for n, (old, new, ref) in enumerate(commands):
        abilities = b"\0 report-status side-band-64k" if n == 0 else b""
        body += line(f"{old} {new} {ref}".encode() + abilities)
    response = server.server.request(
        "POST",
        "/penstock/demo/_git/demo/git-receive-pack",
        body + b"0000" + pack,
        Authorization=basic(TOKEN),
        Content_Type="application/x-git-receive-pack-request",
    )
    return response.body.decode("utf-8", "replace")


def tree_of(*entries: tuple[str, bytes, str]) -> bytes:
    return b"".join(
        mode.encode() + b" " + name + b"\0" + bytes.fromhex(id) for mode, name, id in entries
    )


def commit_of(tree: str, head: bytes = b"") -> bytes:
    return b"tree %s\n%sauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n" % (
        tree.encode(),
        head,
    )


BLOB = b"content"
BLOB_ID = object_id("blob", BLOB)


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        *(("100644", name) for name in (b".git", b".GIT", b".git.", b"git~1", b"..", b".", b"")),
        *(("100644", name) for name in (b"a/b", "\u200c.git".encode(), b"a\\.git\\x")),
        ("120000", b".gitmodules"),
    ],
)
def test_trees_that_would_write_where_they_may_not_are_refused(
    server: GitServer, mode: str, name: bytes
) -> None:
    inner = tree_of(("100644", b"hooks", BLOB_ID))
    is_folder = mode == "100644" and name != b"a\\.git\\x"
    entry = ("40000", name, object_id("tree", inner)) if is_folder else (mode, name, BLOB_ID)
    tree = tree_of(entry)
    commit = commit_of(object_id("tree", tree))
    id = object_id("commit", commit)
    pack = packed(("blob", BLOB), ("tree", inner), ("tree", tree), ("commit", commit))
    said = push(server, [(ZERO, id, "refs/heads/main")], pack)
    assert "unpack ok" not in said
    assert server.git.refs() == []
    assert server.pushes.unhandled() == []


@pytest.mark.parametrize(
    "modules",
    [
        '[submodule "../../evil"]\n\tpath = x\n\turl = https://example.org/x\n',
        '[submodule "x"]\n\tpath = -x\n\turl = https://example.org/x\n',
        '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch\n',
        '[submodule "x"]\n\tpath = x\n\turl = https://example.org/%0ahost=evil\n',
        '[submodule "x"]\n\tpath = x\n\turl = https://example.org/x\n\tupdate = !touch x\n',
    ],
)
def test_submodules_that_would_run_or_climb_are_refused(
    server: GitServer, tree: Path, modules: str
) -> None:
    commit(tree, "modules", {".gitmodules": modules})
    said = server.client(tree, "push", server.url, "main", ok=False)
    assert "gitmodules" in said
    assert server.git.refs() == []


def test_broken_objects_and_packs_are_refused(server: GitServer, tree: Path) -> None:
    first = commit(tree, "one", {"a": "1"})
    server.client(tree, "push", server.url, "main")
    empty = object_id("tree", b"")
    missing = commit_of("1" * 40)
    injected = commit_of(empty, b"parent xyz\n")
    good = packed(("tree", b""), ("commit", commit_of(empty)))
    id = object_id("commit", commit_of(empty))
    x = "refs/heads/x"
    for new, pack in (
        (object_id("commit", missing), packed(("commit", missing))),
        (object_id("commit", injected), packed(("tree", b""), ("commit", injected))),
        (id, good[:-1] + b"x"),
        (id, good[:20]),
        (id, b"PACK" + struct.pack(">II", 2, 0xFFFFFFFF)),
        (id, b"no pack at all"),
        ("2" * 40, packed(("tree", b""))),
        (BLOB_ID, packed(("blob", BLOB))),
    ):
        said = push(server, [(ZERO, new, x)], pack)
        assert f"ok {x}" not in said, said
    assert [(ref.name, ref.commit) for ref in server.git.refs()] == [("refs/heads/main", first)]
    assert len(server.pushes.unhandled()) == 1
    assert f"ok {x}" in push(server, [(ZERO, id, x)], good)


def test_a_small_pack_of_a_huge_object_takes_little_memory(server: GitServer) -> None:
    piece, pieces = bytes(1 << 20), 200
    size = len(piece) * pieces
    packer, digest = zlib.compressobj(), hashlib.sha1(b"blob %d\0" % size)
    body = b""
    for _ in range(pieces):
        body += packer.compress(piece)
        digest.update(piece)
    body += packer.flush()
    tree = tree_of(("100644", b"huge", digest.hexdigest()))
    commit = commit_of(object_id("tree", tree))
    others = b"".join(
        head_of(kind, len(one)) + zlib.compress(one)
        for kind, one in (("tree", tree), ("commit", commit))
    )
    pack = b"PACK" + struct.pack(">II", 2, 3) + head_of("blob", size) + body + others
    assert len(pack) < size / 500
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    new = object_id("commit", commit)
    said = push(server, [(ZERO, new, "refs/heads/main")], pack + hashlib.sha1(pack).digest())
    assert "ok refs/heads/main" in said
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after <= max(before, 100 * 1024), "in KiB: git held the object as a whole"


@pytest.mark.parametrize(
    "ref",
    [
        *("HEAD", "main", "refs/heads/../../config", "refs/heads/a..b", "refs/heads/.x"),
        *("refs/heads/a.lock", "refs/../x", "refs/heads/a b", "refs/heads/-", "config", "hooks/x"),
        *("refs/pull/1/head", "refs/heads/x/../../../hooks/post-receive", "refs/heads/@{1}"),
    ],
)
def test_odd_names_of_refs_are_refused(server: GitServer, ref: str) -> None:
    body = commit_of(object_id("tree", b""))
    id = object_id("commit", body)
    before = sorted(path.name for path in server.folder.iterdir())
    said = push(server, [(ZERO, id, ref)], packed(("tree", b""), ("commit", body)))
    assert f"ok {ref}\n" not in said
    assert server.git.refs() == []
    assert sorted(path.name for path in server.folder.iterdir()) == before


def test_no_hook_filter_or_setting_of_a_pushed_tree_runs(
    server: GitServer, tree: Path, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    run = f"#!/bin/sh\ntouch {canary}\n"
    files: dict[str, str | bytes | None] = {
        ".gitattributes": "* filter=evil diff=evil merge=evil\n",
        "hooks/pre-receive": run,
        "hooks/post-receive": run,
        ".lfsconfig": "[lfs]\n\turl = ext::sh -c touch\n",
        "config": f"[core]\n\thooksPath = hooks\n\tfsmonitor = touch {canary}\n",
    }
    id = commit(tree, "evil", files)
    server.client(tree, "push", server.url, "main")
    second = commit(tree, "more", {"a": "1"})
    server.client(tree, "push", server.url, "main")
    server.git.changes(id, second)
    server.git.last_changes(second, "", ["a", "config"])
    server.repositories.tidy(server.repository)
    assert not canary.exists()


def test_a_push_of_very_many_refs_is_taken_or_refused_whole(server: GitServer, tree: Path) -> None:
    id = commit(tree, "one", {"a": "1"})
    server.client(tree, "push", server.url, "main")
    commands = [(ZERO, id, f"refs/heads/many/{n}") for n in range(1500)]
    said = push(server, commands, packed())
    assert "unpack ok" in said
    assert len(server.git.refs("refs/heads/many/")) == 1500
    records = server.pushes.unhandled()
    assert len(records[-1].updates) == 1500


def test_filenames_that_mean_something_to_a_shell_are_only_names(
    server: GitServer, tree: Path
) -> None:
    names = ["-rf", "$(touch x)", "a;b", "`id`", "--output=x", "%2e%2e", ":(glob)**", "tab\there"]
    id = commit(tree, "names", dict.fromkeys(names, "x"))
    server.client(tree, "push", server.url, "main")
    assert {entry.path for entry in server.git.tree(id)} == set(names)
    found = server.git.last_changes(id, "", names)
    assert set(found) == set(names)
    for name in names:
        assert server.git.entry(id, name).path == name
    assert git(tree, "status", "--porcelain") == ""


def test_old_faults_that_real_histories_have_are_let_through(server: GitServer) -> None:
    inner = tree_of(("100644", b"a", BLOB_ID))
    padded = tree_of(("040000", b"d", object_id("tree", inner)))
    odd = b"tree %s\nauthor A <a@b> 1 +051800\ncommitter A<a@b> 1 +0000\n\nm\n"
    body = odd % object_id("tree", padded).encode()
    id = object_id("commit", body)
    pack = packed(("blob", BLOB), ("tree", inner), ("tree", padded), ("commit", body))
    said = push(server, [(ZERO, id, "refs/heads/main")], pack)
    assert "ok refs/heads/main" in said, said
    found = server.git.commit(id)
    assert (found.committer.name, found.author.name) == ("A", "A")
    assert [entry.path for entry in server.git.walk(id)] == ["d", "d/a"]
    assert [one.id for one in server.git.log(LogQuery(start=id))] == [id]
