"""Refs are read from a repository's files as git itself reads them, and left to git where it knows
more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hosted import Hosted, commit, git

from penstock.store.git.refs import NotPlain, read_head, read_ref, read_refs

ASKED = ("refs/heads/main", "refs/heads/a", "refs/heads/a/b", "refs/heads/no", "refs/tags/v1")


def by_git(folder: Path) -> dict[str, str]:
    lines = git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split() for line in lines)


def check(store: Hosted) -> None:
    known = by_git(store.folder)
    assert {name: read_ref(store.folder, name) for name in ASKED} == {
        name: known.get(name) for name in ASKED
    }
    assert read_refs(store.folder, ("refs/heads/", "refs/tags/")) == known
    assert store.git.ref_objects("refs/heads/") == {
        name: id for name, id in known.items() if name.startswith("refs/heads/")
    }


def test_loose_and_packed_refs_are_what_git_says(store: Hosted, tree: Path) -> None:
    check(store)
    commit(tree, "one", {"a": "1"})
    git(tree, "tag", "-a", "v1", "-m", "one")
    store.push(tree, "HEAD:refs/heads/main", "HEAD:refs/heads/a/b", "refs/tags/v1")
    check(store)
    git(store.folder, "pack-refs", "--all", "--prune")
    assert not (store.folder / "refs/heads/main").exists()
    check(store)
    commit(tree, "two", {"a": "2"})
    store.push(tree, "HEAD:refs/heads/main")
    check(store)
    store.push(tree, ":refs/heads/a/b")
    check(store)
    store.push(tree, "HEAD:refs/heads/a")
    check(store)


def test_what_a_ref_of_the_store_names_is_read_at_once(store: Hosted, tree: Path) -> None:
    first = commit(tree, "one", {"a": "1"})
    store.push(tree)
    assert store.git.resolve("main") == store.git.resolve(first, "commit") == first
    second = commit(tree, "two", {"a": "2"})
    store.push(tree)
    assert store.git.resolve("main") == store.git.resolve(second, "commit") == second
    assert store.git.resolve("") == second


@pytest.mark.parametrize("text", ["", "ref: refs/heads/.invalid\n", f"{'a' * 40}\n", "ref: x\n"])
def test_a_head_that_is_no_branch_is_for_git_to_read(store: Hosted, text: str) -> None:
    assert read_head(store.folder) == "refs/heads/main"
    (store.folder / "HEAD").write_text(text)
    with pytest.raises(NotPlain):
        read_head(store.folder)


def test_a_ref_that_names_another_is_for_git_to_follow(store: Hosted, tree: Path) -> None:
    id = commit(tree, "one", {"a": "1"})
    store.push(tree)
    git(store.folder, "symbolic-ref", "refs/heads/a", "refs/heads/main")
    with pytest.raises(NotPlain):
        read_ref(store.folder, "refs/heads/a")
    assert store.git.ref("refs/heads/a") == id


def test_refs_that_lie_in_tables_are_for_git_to_find(store: Hosted) -> None:
    """Files of a repository whose refs are in reftables (git 2.45), as git makes them."""
    (store.folder / "HEAD").write_text("ref: refs/heads/.invalid\n")
    (store.folder / "refs/heads").rmdir()
    (store.folder / "refs/heads").write_text("this repository uses the reftable format\n")
    with pytest.raises(NotPlain):
        read_ref(store.folder, "refs/heads/main")
    with pytest.raises(NotPlain):
        read_refs(store.folder, ("refs/heads/",))
