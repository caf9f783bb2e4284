"""The states of pull requests, where two people change one at the same time."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hosted import ADA, Hosted, commit, git

from penstock.store.git.merging import Strategy
from penstock.store.hosting.pushes import Pusher, Pushes, PushRecord, RefUpdate
from penstock.store.hosting.repositories import Repository
from penstock.store.pullrequests.records import (
    Completion,
    Proposal,
    PullRequestRefused,
    State,
)

BOB = Pusher(id="bob-id", name="bob")


class Interrupted(Pushes):
    """Does something else once refs have moved."""

    then: Callable[[], object] | None = None

    def move(
        self, repository: Repository, pusher: Pusher, updates: Sequence[RefUpdate]
    ) -> PushRecord | None:
        moved = super().move(repository, pusher, updates)
        then, self.then = self.then, None
        if then is not None:
            then()
        return moved


@pytest.fixture
def store(tmp_path: Path, tree: Path) -> Iterator[Hosted]:
    one = Hosted(tmp_path / "home", Interrupted)
    commit(tree, "first", {"a": "1"})
    one.push(tree)
    git(tree, "checkout", "-q", "-b", "topic")
    commit(tree, "second", {"b": "2"})
    one.push(tree, "HEAD:refs/heads/topic", "main:refs/heads/other")
    yield one
    one.close()


def propose(store: Hosted, target: str = "main") -> int:
    proposal = Proposal(
        source="refs/heads/topic", target=f"refs/heads/{target}", title="Bring the topic"
    )
    return store.pull_requests.create(store.repository, proposal, ADA).id


def test_what_was_merged_is_completed_though_it_was_abandoned_meanwhile(store: Hosted) -> None:
    number = propose(store)
    assert isinstance(store.pushes, Interrupted)
    store.pushes.then = lambda: store.pull_requests.abandon(number, BOB)
    done = store.pull_requests.complete(number, Completion(by=ADA, strategy=Strategy.MERGE))
    assert done == store.pull_requests.get(number)
    assert (done.state, done.content.closed_by) == (State.COMPLETED, ADA)
    assert done.content.merge == store.git.ref("refs/heads/main")


def test_a_closed_one_is_closed_once(store: Hosted) -> None:
    number = propose(store)
    closed = store.pull_requests.abandon(number, BOB)
    assert (closed.state, closed.content.closed_by) == (State.ABANDONED, BOB)
    with pytest.raises(PullRequestRefused, match="TF401181"):
        store.pull_requests.abandon(number, ADA)
    assert store.pull_requests.get(number) == closed


def test_no_second_one_of_the_same_branches_comes_by_another_way(store: Hosted) -> None:
    first, second = propose(store, "main"), propose(store, "other")
    with pytest.raises(PullRequestRefused, match="TF401179"):
        propose(store, "main")
    with pytest.raises(PullRequestRefused, match="TF401179"):
        store.pull_requests.change(second, target="refs/heads/main")
    assert store.pull_requests.get(second).target == "refs/heads/other"
    store.pull_requests.abandon(first, ADA)
    assert store.pull_requests.change(second, target="refs/heads/main").id == second
    with pytest.raises(PullRequestRefused, match="TF401179"):
        store.pull_requests.reactivate(first)
