"""What is read of a bare repository, against what a real git client put there."""

import threading
import time
from pathlib import Path

import pytest
from hosted import Hosted, commit, git

from penstock.store.git.names import BadPath, BadRef, checked_path, checked_ref
from penstock.store.git.objects import AT_ONCE
from penstock.store.git.program import TooMuch, chunks, run
from penstock.store.git.records import ChangeKind, Kind
from penstock.store.git.repository import LogQuery, NotFound


def test_a_new_repository_is_empty_and_has_a_default_branch(store: Hosted) -> None:
    assert store.git.refs() == []
    assert store.git.default_branch() == "refs/heads/main"
    with pytest.raises(NotFound):
        store.git.resolve("")


def test_branches_tags_and_commits_are_found_by_name(store: Hosted, tree: Path) -> None:
    first = commit(tree, "one", {"a.txt": "a"})
    git(tree, "tag", "-a", "-m", "note", "v1")
    second = commit(tree, "two", {"a.txt": "b"})
    store.push(tree, "HEAD:main", "HEAD~1:refs/heads/feature/x", "v1")

    assert [ref.name for ref in store.git.refs("refs/heads/")] == [
        "refs/heads/feature/x",
        "refs/heads/main",
    ]
    (tag,) = store.git.refs("refs/tags/")
    assert (tag.commit, tag.is_annotated, tag.short_name) == (first, True, "v1")
    assert tag.object != first
    assert store.git.resolve("") == second
    assert store.git.resolve("feature/x") == first
    assert store.git.resolve("refs/heads/main") == second
    assert store.git.resolve("v1", "tag") == first
    assert store.git.resolve(first[:7], "commit") == first


@pytest.mark.parametrize(
    "version", ["HEAD", "main^", "-x", "main:a.txt", "../x", "a\0b", "@{u}", "main.lock", "a b"]
)
def test_only_plain_names_of_branches_are_looked_up(
    store: Hosted, tree: Path, version: str
) -> None:
    commit(tree, "one", {"a.txt": "a"})
    store.push(tree)
    for kind in ("branch", "tag", "commit"):
        with pytest.raises(NotFound):
            store.git.resolve(version, kind)


def test_a_commit_says_who_when_and_what(store: Hosted, tree: Path) -> None:
    id = commit(tree, "títle\n\nbody\nmore", {"a.txt": "a"})
    store.push(tree)
    found = store.git.commit(id)
    assert (found.title, found.message) == ("títle", "títle\n\nbody\nmore")
    assert (found.author.name, found.author.email) == ("Ada", "ada@example.org")
    assert (found.author.at, found.author.zone) == (1_700_000_000, 90)
    assert (found.committer.name, found.committer.zone) == ("Bob", 0)
    assert found.parents == ()
    assert store.git.log(LogQuery(start=id)) == [found]


def test_the_log_goes_by_path_and_by_page(store: Hosted, tree: Path) -> None:
    one = commit(tree, "one", {"a/x": "1"})
    two = commit(tree, "two", {"b": "1"})
    three = commit(tree, "three", {"a/y": "1"})
    store.push(tree)

    def ids(**query: object) -> list[str]:
        return [c.id for c in store.git.log(LogQuery(start=three, **query))]  # type: ignore[arg-type]

    assert ids() == [three, two, one]
    assert ids(skip=1, top=1) == [two]
    assert ids(path="/a") == [three, one]
    assert ids(path="a/*") == []
    assert ids(exclude=one) == [three, two]
    assert ids(author="ada@") == [three, two, one]
    assert ids(author="a.a") == []


def test_folders_come_first_and_files_have_sizes(store: Hosted, tree: Path) -> None:
    (tree / "link").symlink_to("b.txt")
    id = commit(tree, "one", {"z/inner/deep.txt": "deep", "b.txt": "bb", "ä ö.txt": "x"})
    store.push(tree)

    top = store.git.tree(id, sizes=True)
    assert [(e.path, e.kind, e.size) for e in top] == [
        ("z", Kind.FOLDER, None),
        ("b.txt", Kind.FILE, 2),
        ("link", Kind.FILE, 5),
        ("ä ö.txt", Kind.FILE, 1),
    ]
    assert [e.is_symlink for e in top] == [False, False, True, False]
    assert [e.path for e in store.git.walk(id)] == [
        "b.txt",
        "link",
        "z",
        "z/inner",
        "z/inner/deep.txt",
        "ä ö.txt",
    ]
    assert [(e.path, e.size) for e in store.git.walk(id, "z/inner")] == [("z/inner/deep.txt", 4)]
    entry = store.git.entry(id, "/z/inner/deep.txt")
    assert store.git.blob(entry.id, 100) == b"deep"
    assert b"".join(store.git.stream(entry.id)) == b"deep"
    assert store.git.entry(id, "/").kind is Kind.FOLDER
    for missing in ("nope", "b.txt/x", "z/inner/deep.txt/y"):
        with pytest.raises(NotFound):
            store.git.entry(id, missing)
    with pytest.raises(NotFound):
        store.git.tree(id, "b.txt")


def test_names_with_line_breaks_do_not_confuse_the_reader(store: Hosted, tree: Path) -> None:
    odd = "a\nb missing\n" + "c" * 3
    id = commit(tree, "odd", {odd: "odd", "plain": "plain"})
    store.push(tree)
    assert store.git.blob(store.git.entry(id, odd).id, 10) == b"odd"
    for name in (f"{odd}/x", "x\ny\nz/more", f"{odd}x"):
        with pytest.raises(NotFound):
            store.git.entry(id, name)
        with pytest.raises(NotFound):
            store.git.tree(id, name)
    assert store.git.blob(store.git.entry(id, "plain").id, 10) == b"plain"


def test_what_is_too_large_is_not_read(store: Hosted, tree: Path) -> None:
    id = commit(tree, "big", {"big": "x" * 1000, "small": "y"})
    store.push(tree)
    big, small = store.git.entry(id, "big"), store.git.entry(id, "small")
    with pytest.raises(TooMuch):
        store.git.blob(big.id, 999)
    assert store.git.blob(small.id, 999) == b"y"
    streamed = store.git.stream(big.id)
    next(streamed)
    streamed.close()  # type: ignore[attr-defined]
    assert store.git.blob(big.id, 1000) == b"x" * 1000


def test_the_readme_with_the_best_form_introduces_a_folder(store: Hosted, tree: Path) -> None:
    id = commit(tree, "one", {"readme.TXT": "t", "README.md": "m", "sub/Readme": "s", "x/y": ""})
    store.push(tree)
    found = store.git.readme(id)
    assert found is not None
    assert found.path == "README.md"
    sub = store.git.readme(id, "sub")
    assert sub is not None
    assert sub.path == "sub/Readme"
    assert store.git.readme(id, "x") is None


def test_each_name_of_a_folder_knows_its_last_commit(store: Hosted, tree: Path) -> None:
    one = commit(tree, "one", {"d/a": "1", "d/sub/b": "1", "other": "1"})
    two = commit(tree, "two", {"d/sub/c": "1"})
    three = commit(tree, "three", {"other": "2"})
    store.push(tree)
    found = store.git.last_changes(three, "d", ["a", "sub"])
    assert {name: c.id for name, c in found.items()} == {"a": one, "sub": two}
    root = store.git.last_changes(three, "", ["d", "other"])
    assert {name: c.title for name, c in root.items()} == {"d": "two", "other": "three"}
    assert store.git.last_changes(three, "", ["d"], depth=1) == {}


def test_no_name_is_taken_for_a_commit(store: Hosted, tree: Path) -> None:
    names = {"\x01evil": "1", "\nline": "1", "plain": "1"}
    one = commit(tree, "one", names)
    two = git(
        tree, "commit-tree", "-p", one, "-m", "two", f"{one}^{{tree}}", GIT_AUTHOR_NAME="\x01Eve"
    )
    store.push(tree, f"{two}:refs/heads/main")
    found = store.git.last_changes(two, "", list(names))
    assert {name: c.id for name, c in found.items()} == dict.fromkeys(names, one)


def test_git_that_takes_too_long_is_ended_with_what_it_started(store: Hosted) -> None:
    waiting = ("-c", "alias.wait=!sleep 60", "wait")
    with pytest.raises(TooMuch, match=r"git took longer than 0\.2 seconds"):
        run(store.folder, *waiting, seconds=0.2)
    with pytest.raises(TooMuch, match=r"git printed nothing for 0\.2 seconds"):
        list(chunks(store.folder, *waiting, silence=0.2))


def test_downloads_that_take_their_time_hold_up_no_other_reading(store: Hosted, tree: Path) -> None:
    id = commit(tree, "one", {"large": "1" * 300_000})
    store.push(tree)
    large = store.git.entry(id, "large").id
    begun = [store.git.stream(large) for _ in range(AT_ONCE)]
    for stream in begun:
        next(stream)
    assert store.git.blob_size(large) == 300_000
    for stream in begun:
        assert sum(len(chunk) for chunk in stream) > 200_000


def test_a_reader_may_take_longer_than_git_may(store: Hosted, tree: Path) -> None:
    commit(tree, "one", {"a": "1" * 200_000})
    store.push(tree)
    printed = chunks(store.folder, "cat-file", "blob", "main:a", silence=0.2)
    first = next(printed)
    time.sleep(0.5)
    assert len(first) + sum(len(chunk) for chunk in printed) == 200_000


def test_differences_name_each_path_and_how_it_changed(store: Hosted, tree: Path) -> None:
    text = "\n".join(str(n) for n in range(50))
    one = commit(tree, "one", {"gone": "g", "kept": "k", "old/name.txt": text, "edited": "1"})
    (tree / "old/name.txt").unlink()
    two = commit(
        tree, "two", {"gone": None, "new.txt": "n", "moved.txt": text + "!", "edited": "2"}
    )
    store.push(tree)
    found = {c.path: c for c in store.git.changes(one, two)}
    assert {path: c.kind for path, c in found.items()} == {
        "edited": ChangeKind.EDIT,
        "gone": ChangeKind.DELETE,
        "moved.txt": ChangeKind.RENAME,
        "new.txt": ChangeKind.ADD,
    }
    assert (found["moved.txt"].old_path, found["moved.txt"].edited) == ("old/name.txt", True)
    assert (found["gone"].new_id, found["new.txt"].old_id) == ("", "")
    assert {c.kind for c in store.git.changes(None, one)} == {ChangeKind.ADD}
    assert store.git.changes(one, one) == []


def test_branches_know_how_far_they_are_apart(store: Hosted, tree: Path) -> None:
    base = commit(tree, "base", {"a": "1"})
    git(tree, "checkout", "-q", "-b", "topic")
    commit(tree, "t1", {"b": "1"})
    topic = commit(tree, "t2", {"b": "2"})
    git(tree, "checkout", "-q", "main")
    main = commit(tree, "m", {"c": "1"})
    git(tree, "checkout", "-q", "--orphan", "alone")
    alone = commit(tree, "alone", {})
    store.push(tree, "main", "topic", "alone")
    assert store.git.ahead_behind(topic, main) == (2, 1)
    assert store.git.merge_base(topic, main) == base
    assert store.git.merge_base(alone, main) is None
    assert store.git.is_ancestor(base, main)
    assert not store.git.is_ancestor(topic, main)


@pytest.mark.parametrize(
    "path",
    ["..", "a/../b", "./a", "a//b", "a/./b", ".git", "a/.GIT/config", ".git ", "git~1", "a\0b"],
)
def test_paths_that_no_repository_holds_are_refused(path: str) -> None:
    with pytest.raises(BadPath):
        checked_path(path)


@pytest.mark.parametrize(
    "ref",
    [
        *(
            "main",
            "refs/heads",
            "refs/heads/",
            "refs/heads/a..b",
            "refs/heads/a b",
            "refs/heads/-x",
        ),
        *(
            "refs/heads/.a",
            "refs/heads/a.lock",
            "refs/heads/a~1",
            "refs/heads/a^",
            "refs/heads/a:b",
        ),
        *("refs/heads/@{1}", "refs/heads/a\\b", "refs/heads/a//b", "refs/heads/a.", "../x"),
    ],
)
def test_names_that_no_ref_may_have_are_refused(ref: str) -> None:
    with pytest.raises(BadRef):
        checked_ref(ref)


def test_many_threads_read_at_once(store: Hosted, tree: Path) -> None:
    files: dict[str, str | bytes | None] = {f"f{n}": f"text {n}" for n in range(40)}
    id = commit(tree, "many", files)
    store.push(tree)
    wrong: list[str] = []

    def read() -> None:
        for name, text in files.items():
            found = store.git.blob(store.git.entry(id, name).id, 100)
            if found.decode() != text:
                wrong.append(name)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
