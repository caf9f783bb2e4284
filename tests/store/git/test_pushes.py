"""The outbox: what was accepted is there, once, whatever died in between."""

from pathlib import Path

import pytest
from hosted import ADA, Hosted, commit, git, hosted

from penstock.store.git.names import ZERO
from penstock.store.hosting.pushes import Pusher, PushRecord, RefUpdate

MAIN = "refs/heads/main"


def test_an_accepted_push_waits_in_the_outbox_until_handled(store: Hosted) -> None:
    one = RefUpdate(ref=MAIN, old=ZERO, new="1" * 40)
    two = RefUpdate(ref="refs/tags/v1", old=ZERO, new="2" * 40)
    push = store.pushes.begin(store.repository, ADA)
    assert store.pushes.unhandled() == []
    record = store.pushes.accept(push, store.repository, [one, two])

    assert record is not None
    assert record.updates == (one, two)
    assert (record.pusher, record.project) == (ADA, store.project.id)
    assert store.pushes.unhandled() == [record]
    store.pushes.handled(record)
    assert store.pushes.unhandled() == []
    (seen,) = store.pushes.history(store.repository)
    assert seen.is_handled


def test_a_push_that_changed_nothing_leaves_no_trace(store: Hosted) -> None:
    push = store.pushes.begin(store.repository, ADA)
    same = RefUpdate(ref=MAIN, old="1" * 40, new="1" * 40)
    merge = RefUpdate(ref="refs/pull/1/merge", old=ZERO, new="1" * 40)
    assert store.pushes.accept(push, store.repository, [same, merge]) is None
    assert store.pushes.history(store.repository) == []
    assert store.pushes.recover() == []


def test_pushes_are_listed_newest_first_and_by_ref(store: Hosted) -> None:
    store.accept(RefUpdate(ref=MAIN, old=ZERO, new="1" * 40))
    store.accept(RefUpdate(ref="refs/heads/x", old=ZERO, new="2" * 40))
    store.accept(RefUpdate(ref=MAIN, old="1" * 40, new="3" * 40))
    ids = [push.id for push in store.pushes.history(store.repository)]
    assert ids == sorted(ids, reverse=True)
    assert len(store.pushes.history(store.repository, ref=MAIN)) == 2
    assert [p.id for p in store.pushes.history(store.repository, skip=1, top=1)] == [ids[1]]


def test_listeners_hear_of_a_push_and_answer_its_pusher(store: Hosted) -> None:
    heard: list[PushRecord] = []

    def fails(push: PushRecord) -> list[str]:
        raise RuntimeError("no")

    def hears(push: PushRecord) -> list[str]:
        heard.append(push)
        return ["run 1 started"]

    store.pushes.subscribe(hears)
    store.accept(RefUpdate(ref=MAIN, old=ZERO, new="1" * 40))
    (record,) = store.pushes.unhandled()
    assert store.pushes.announce(record) == ["run 1 started"]
    assert heard == [record]
    store.pushes.subscribe(fails)
    with pytest.raises(RuntimeError):
        store.pushes.announce(record)
    assert store.pushes.unhandled() == [record]


def test_what_git_changed_and_nobody_wrote_is_found_at_the_next_start(
    tmp_path: Path, tree: Path
) -> None:
    first = commit(tree, "one", {"a": "1"})
    with hosted(tmp_path / "home") as store:
        store.push(tree, "HEAD:main", "HEAD:refs/heads/gone")
        store.pushes.recover()
        for push in store.pushes.unhandled():
            store.pushes.handled(push)
        store.pushes.begin(store.repository, ADA)
        second = commit(tree, "two", {"a": "2"})
        store.push(tree, "HEAD:main", "HEAD:refs/tags/v1", ":refs/heads/gone")

    with hosted(tmp_path / "home") as again:
        (record,) = again.pushes.recover()
        assert record.pusher == ADA
        assert record.updates == (
            RefUpdate(ref="refs/heads/gone", old=first, new=ZERO),
            RefUpdate(ref=MAIN, old=first, new=second),
            RefUpdate(ref="refs/tags/v1", old=ZERO, new=second),
        )
        assert again.pushes.unhandled() == [record]
        assert again.pushes.recover() == []
        assert len(again.pushes.unhandled()) == 1


def test_of_several_that_had_begun_nobody_is_named(tmp_path: Path, tree: Path) -> None:
    commit(tree, "one", {"a": "1"})
    with hosted(tmp_path / "home") as store:
        store.pushes.begin(store.repository, ADA)
        store.pushes.begin(store.repository, Pusher(id="bob-id", name="bob"))
        store.push(tree)
    with hosted(tmp_path / "home") as again:
        (record,) = again.pushes.recover()
        assert record.pusher == Pusher()


def test_a_lost_change_is_written_with_the_next_push_at_the_latest(store: Hosted) -> None:
    store.accept(RefUpdate(ref=MAIN, old=ZERO, new="1" * 40))
    store.accept(RefUpdate(ref=MAIN, old="2" * 40, new="3" * 40))
    updates = [record.updates for record in store.pushes.unhandled()]
    assert (RefUpdate(ref=MAIN, old="1" * 40, new="2" * 40),) in updates
    assert len(updates) == 3


def test_a_tag_of_a_file_is_no_lost_push(store: Hosted, tree: Path) -> None:
    commit(tree, "one", {"a": "1"})
    git(tree, "tag", "blob", "HEAD:a")
    store.push(tree, "HEAD:main", "refs/tags/blob")
    store.pushes.recover()
    assert store.pushes.recover() == []


def test_a_deleted_repository_takes_its_pushes_along(store: Hosted) -> None:
    store.accept(RefUpdate(ref=MAIN, old=ZERO, new="1" * 40))
    store.repositories.delete(store.repository)
    assert store.pushes.unhandled() == []


def test_a_repository_that_cannot_be_read_keeps_no_server_from_starting(
    store: Hosted, tree: Path
) -> None:
    commit(tree, "one", {"a": "1"})
    other = store.repositories.create(store.project, "other")
    git(tree, "push", "-q", str(store.repositories.folder(other.id)), "HEAD:refs/heads/main")
    store.push(tree)
    store.accept(RefUpdate(ref="refs/heads/main", old=ZERO, new=git(tree, "rev-parse", "HEAD")))
    aside = store.folder.with_name("aside")
    store.folder.rename(aside)
    failed: list[str] = []
    recovered = store.pushes.recover(lambda one, error: failed.append(one.name))
    assert ([push.repository for push in recovered], failed) == ([other.id], ["demo"])
    store.pull_requests.recover(lambda one, error: failed.append(one.name))
    # What it held was not taken for deleted.
    aside.rename(store.folder)
    assert store.pushes.recover() == []
