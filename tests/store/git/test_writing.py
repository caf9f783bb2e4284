"""Commits, moves of refs and merges that the server makes itself, checked by a real git client."""

from pathlib import Path

import pytest
from hosted import ADA, Hosted, commit, git

from penstock.store.git.merging import CannotRebase, Conflicts, Merge, Strategy, merge
from penstock.store.git.names import ZERO, BadPath
from penstock.store.git.program import GitFailed
from penstock.store.git.records import ChangeKind, Signature
from penstock.store.git.writing import (
    ChangeRefused,
    FileChange,
    NewCommit,
    RefMoved,
    commit_changes,
    move_refs,
)
from penstock.store.hosting.pushes import RefUpdate

MAIN = "refs/heads/main"
ADA_SIGNS = Signature(name="Ada <L>\n", email="ada@example.org", at=1_700_000_000, zone=-90)


def made(store: Hosted, parent: str | None, *changes: FileChange) -> str:
    parents = (parent,) if parent else ()
    new = NewCommit(parents=parents, message="made", author=ADA_SIGNS, committer=ADA_SIGNS)
    return commit_changes(store.git, new, changes)


def add(path: str, text: str = "x") -> FileChange:
    return FileChange(kind=ChangeKind.ADD, path=path, content=text.encode())


def test_the_first_commit_of_an_empty_repository(store: Hosted, tmp_path: Path) -> None:
    id = made(store, None, add("/azure-pipelines.yml", "steps: []\n"), add("src/a.py"))
    record = store.pushes.move(store.repository, ADA, [RefUpdate(ref=MAIN, old=ZERO, new=id)])
    assert record is not None
    assert store.pushes.unhandled() == [record]
    git(tmp_path, "clone", "-q", str(store.folder), "copy")
    assert (tmp_path / "copy/azure-pipelines.yml").read_text() == "steps: []\n"
    said = git(tmp_path / "copy", "log", "-1", "--format=%an|%ae|%ad|%s", "--date=raw")
    assert said == "Ada L|ada@example.org|1700000000 -0130|made"
    assert git(tmp_path / "copy", "fsck", "--strict") == ""


def test_changes_of_each_kind_in_one_commit(store: Hosted, tree: Path) -> None:
    (tree / "run.sh").write_text("echo")
    (tree / "run.sh").chmod(0o755)
    first = commit(tree, "one", {"edit": "1", "gone": "1", "d/old": "kept", "moved": "m"})
    store.push(tree)
    id = made(
        store,
        first,
        FileChange(kind=ChangeKind.EDIT, path="edit", content=b"2"),
        FileChange(kind=ChangeKind.EDIT, path="run.sh", content=b"echo 2"),
        FileChange(kind=ChangeKind.DELETE, path="gone"),
        FileChange(kind=ChangeKind.RENAME, path="e/new", old_path="d/old"),
        FileChange(kind=ChangeKind.RENAME, path="n", old_path="moved", content=b"other"),
        add("gone/inside"),
    )
    files = {e.path: (store.git.blob(e.id, 99), e.mode) for e in store.git.walk(id) if e.size}
    assert files == {
        "edit": (b"2", 0o100644),
        "run.sh": (b"echo 2", 0o100755),
        "e/new": (b"kept", 0o100644),
        "n": (b"other", 0o100644),
        "gone/inside": (b"x", 0o100644),
    }


@pytest.mark.parametrize(
    "change",
    [
        add("there"),
        add("folder"),
        add("there/below"),
        FileChange(kind=ChangeKind.EDIT, path="nope", content=b""),
        FileChange(kind=ChangeKind.DELETE, path="nope"),
        FileChange(kind=ChangeKind.DELETE, path="folder"),
        FileChange(kind=ChangeKind.RENAME, path="there", old_path="folder/f"),
        FileChange(kind=ChangeKind.RENAME, path="x", old_path="nope"),
        FileChange(kind=ChangeKind.ADD, path="empty"),
        FileChange(kind=ChangeKind.ADD, path="/", content=b""),
    ],
)
def test_changes_that_do_not_fit_are_refused(store: Hosted, tree: Path, change: FileChange) -> None:
    first = commit(tree, "one", {"there": "1", "folder/f": "1"})
    store.push(tree)
    with pytest.raises(ChangeRefused):
        made(store, first, change)


@pytest.mark.parametrize("path", ["../x", "a/../../x", ".git/config", "a/.GIT/x", "git~1/x"])
def test_changes_outside_of_the_tree_are_refused(store: Hosted, path: str) -> None:
    with pytest.raises(BadPath):
        made(store, None, add(path))


def test_submodules_that_would_run_something_are_refused_as_in_a_push(store: Hosted) -> None:
    good = '[submodule "x"]\n\tpath = x\n\turl = https://example.org/x\n'
    assert made(store, None, add(".gitmodules", good))
    with pytest.raises(GitFailed):
        made(store, None, add(".gitmodules", good.replace("https", "--upload-pack=https")))


def test_refs_move_all_or_none_and_only_from_where_they_were(store: Hosted) -> None:
    one, two = made(store, None, add("1")), made(store, None, add("2"))
    move_refs(store.git, [(MAIN, ZERO, one)])
    with pytest.raises(RefMoved) as caught:
        move_refs(store.git, [("refs/heads/x", ZERO, two), (MAIN, two, one)])
    assert caught.value.ref == MAIN
    assert store.git.ref("refs/heads/x") is None
    with pytest.raises(RefMoved):
        store.pushes.move(store.repository, ADA, [RefUpdate(ref=MAIN, old=ZERO, new=two)])
    assert store.pushes.history(store.repository) == []
    move_refs(store.git, [(MAIN, one, ZERO), ("refs/heads/x", ZERO, two)])
    assert [ref.name for ref in store.git.refs()] == ["refs/heads/x"]


def branches(tree: Path, ours: dict[str, str], theirs: list[dict[str, str]]) -> tuple[str, str]:
    """Two branches that part after a commit of `base`: the ids of main and topic."""
    commit(tree, "base", {"base": "1\n2\n3\n4\n5\n", "other": "o"})
    git(tree, "checkout", "-q", "-b", "topic")
    source = ""
    for n, files in enumerate(theirs):
        source = commit(tree, f"topic {n}", dict(files))
    git(tree, "checkout", "-q", "main")
    target = commit(tree, "main", dict(ours))
    return target, source


def merged(store: Hosted, target: str, source: str, strategy: Strategy) -> str:
    bob = Signature(name="Bob", email="bob@example.org", at=1_700_000_100)
    return merge(
        store.git,
        Merge(target=target, source=source, message="together", author=bob, committer=bob),
        strategy,
    )


def test_each_strategy_brings_the_source_into_the_target(store: Hosted, tree: Path) -> None:
    target, source = branches(
        tree,
        {"base": "1\n2\n3\n4\nfive\n"},
        [{"base": "one\n2\n3\n4\n5\n"}, {"new": "n"}],
    )
    store.push(tree, "main", "topic")
    both = b"one\n2\n3\n4\nfive\n"
    shapes = {}
    for strategy in Strategy:
        id = merged(store, target, source, strategy)
        assert store.git.blob(store.git.entry(id, "base").id, 99) == both
        assert store.git.entry(id, "new")
        graph = git(store.folder, "log", "--format=%s|%an|%cn|%p", f"{target}..{id}")
        shapes[strategy] = [line.split("|")[:3] for line in graph.splitlines()]
        if strategy is Strategy.MERGE:
            assert store.git.commit(id).parents == (target, source)
        else:
            assert store.git.commit(id).parents[0] == target or strategy is Strategy.REBASE
    assert shapes[Strategy.SQUASH] == [["together", "Bob", "Bob"]]
    assert shapes[Strategy.REBASE] == [["topic 1", "Ada", "Bob"], ["topic 0", "Ada", "Bob"]]
    assert shapes[Strategy.REBASE_MERGE][0] == ["together", "Bob", "Bob"]
    assert len(shapes[Strategy.REBASE_MERGE]) == 3


@pytest.mark.parametrize("strategy", list(Strategy))
def test_conflicts_are_listed(store: Hosted, tree: Path, strategy: Strategy) -> None:
    target, source = branches(
        tree, {"base": "ours\n", "other": "a"}, [{"base": "theirs\n", "other": "b"}]
    )
    store.push(tree, "main", "topic")
    with pytest.raises(Conflicts) as caught:
        merged(store, target, source, strategy)
    assert caught.value.paths == ("base", "other")


def test_histories_with_nothing_in_common_conflict(store: Hosted) -> None:
    one, two = made(store, None, add("1")), made(store, None, add("2"))
    with pytest.raises(Conflicts):
        merged(store, one, two, Strategy.MERGE)


def test_a_source_with_merges_cannot_be_rebased(store: Hosted, tree: Path) -> None:
    commit(tree, "base", {"a": "1"})
    git(tree, "checkout", "-q", "-b", "topic")
    commit(tree, "t", {"b": "1"})
    git(tree, "checkout", "-q", "main")
    commit(tree, "m", {"c": "1"})
    git(tree, "checkout", "-q", "topic")
    git(tree, "merge", "-q", "--no-edit", "main")
    git(tree, "checkout", "-q", "main")
    target = commit(tree, "m2", {"d": "1"})
    store.push(tree, "main", "topic")
    source = git(tree, "rev-parse", "topic")
    with pytest.raises(CannotRebase):
        merged(store, target, source, Strategy.REBASE)


def test_a_repository_is_tidied_without_losing_anything(store: Hosted, tree: Path) -> None:
    ids = [commit(tree, f"c{n}", {f"f{n}": str(n)}) for n in range(5)]
    store.push(tree)
    before = store.git.size()
    git(store.folder, "repack", "-adq")
    store.repositories.tidy(store.repository)
    assert 0 < store.git.size() < before
    assert [store.git.commit(id).title for id in ids] == [f"c{n}" for n in range(5)]
