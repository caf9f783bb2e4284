"""Pull requests by the real `azure-devops` client and the real git client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from azure.devops.v7_1.git.models import (
    Comment,
    CommentPosition,
    CommentThreadContext,
    GitPullRequest,
    GitPullRequestCommentThread,
    GitPullRequestCompletionOptions,
    GitPullRequestSearchCriteria,
    IdentityRef,
    IdentityRefWithVote,
    WebApiTagDefinition,
)
from devopsclient import LEAKS, collected, connection
from gitserver import READER, TOKEN, WRITER, GitServer, basic, commit, git
from test_real_devops_client import refused

from penstock.store.git.names import ZERO
from penstock.store.pullrequests.records import PullRequest, State

__all__ = ["collected"]
pytestmark = LEAKS
MAIN, TOPIC = "refs/heads/main", "refs/heads/topic"


@pytest.fixture
def client(server: GitServer) -> Any:
    return connection(server).clients_v7_1.get_git_client()


@pytest.fixture
def topic(server: GitServer, tree: Path) -> tuple[str, str]:
    """The ends of main and of a branch with two commits more."""
    main = commit(tree, "base", {"a.txt": "1\n2\n3\n4\n5\n", "other": "o"})
    server.client(tree, "push", server.url, "main")
    git(tree, "checkout", "-q", "-b", "topic")
    commit(tree, "first", {"a.txt": "one\n2\n3\n4\n5\n"})
    source = commit(tree, "second", {"new.txt": "n"})
    server.client(tree, "push", server.url, "topic")
    return main, source


def proposed(client: Any, **more: Any) -> Any:
    wanted = GitPullRequest(
        source_ref_name=TOPIC, target_ref_name=MAIN, title="Bring it", description="why", **more
    )
    return client.create_pull_request(wanted, "demo", "demo")


def completed(client: Any, made: Any, **options: Any) -> Any:
    wanted = GitPullRequest(
        status="completed",
        last_merge_source_commit=client.get_pull_request(
            "demo", made.pull_request_id, "demo"
        ).last_merge_source_commit,
        completion_options=GitPullRequestCompletionOptions(**options),
    )
    return client.update_pull_request(wanted, "demo", made.pull_request_id, "demo")


def test_a_pull_request_has_its_merge_commits_and_changes(
    server: GitServer, client: Any, topic: tuple[str, str], tmp_path: Path
) -> None:
    main, source = topic
    made = proposed(client)
    assert (made.status, made.merge_status, made.created_by.display_name) == (
        "active",
        "succeeded",
        "ada",
    )
    assert made.last_merge_source_commit.commit_id == source
    assert made.last_merge_target_commit.commit_id == main
    git(tmp_path, "init", "-q", "copy")
    ref = f"refs/pull/{made.pull_request_id}/merge"
    server.client(tmp_path / "copy", "fetch", "-q", server.url, ref)
    merged = git(tmp_path / "copy", "rev-parse", "FETCH_HEAD", "FETCH_HEAD^1", "FETCH_HEAD^2")
    assert merged.split() == [made.last_merge_commit.commit_id, main, source]

    commits = client.get_pull_request_commits("demo", made.pull_request_id, "demo")
    assert [one.comment for one in commits] == ["second", "first"]
    (iteration,) = client.get_pull_request_iterations("demo", made.pull_request_id, "demo")
    changes = client.get_pull_request_iteration_changes(
        "demo", made.pull_request_id, iteration.id, "demo"
    )
    paths = [e.additional_properties["item"]["path"] for e in changes.change_entries]
    assert paths == ["/a.txt", "/new.txt"]
    criteria = GitPullRequestSearchCriteria(target_ref_name=MAIN)
    listed = client.get_pull_requests_by_project("demo", criteria)
    assert [one.pull_request_id for one in listed] == [1]
    assert client.get_pull_request_by_id(1).title == "Bring it"


def test_a_push_to_either_branch_brings_the_merge_up_to_date(
    server: GitServer, client: Any, topic: tuple[str, str], tree: Path
) -> None:
    heard: list[PullRequest] = []
    server.pull_requests.subscribe(heard.append)
    made = proposed(client)
    newer = commit(tree, "third", {"more": "m"})
    said = server.client(tree, "push", server.url, "topic")
    assert "Pull request 1 has what was pushed" in said
    git(tree, "checkout", "-q", "main")
    main = commit(tree, "main goes on", {"other": "p"})
    server.client(tree, "push", server.url, "main")

    found = client.get_pull_request("demo", made.pull_request_id, "demo")
    assert found.last_merge_source_commit.commit_id == newer
    assert found.last_merge_target_commit.commit_id == main
    merge = server.git.ref("refs/pull/1/merge")
    assert merge == found.last_merge_commit.commit_id
    assert server.git.commit(merge).parents == (main, newer)
    assert [one.content.source for one in heard] == [topic[1], newer]
    assert len(client.get_pull_request_iterations("demo", 1, "demo")) == 2
    refs = {update.ref for push in server.pushes.unhandled() for update in push.updates}
    assert refs == {MAIN, TOPIC}


@pytest.mark.parametrize(
    ("strategy", "parents", "title"),
    [
        ("noFastForward", 2, "Merge pull request 1 from topic into main"),
        ("squash", 1, "Merged PR 1: Bring it"),
        ("rebase", 1, "second"),
        ("rebaseMerge", 2, "Merge pull request 1 from topic into main"),
    ],
)
def test_each_way_to_complete(
    server: GitServer,
    client: Any,
    topic: tuple[str, str],
    tree: Path,
    strategy: str,
    parents: int,
    title: str,
) -> None:
    git(tree, "checkout", "-q", "main")
    commit(tree, "main goes on", {"other": "p"})
    server.client(tree, "push", server.url, "main")
    made = proposed(client)
    done = completed(client, made, merge_strategy=strategy, delete_source_branch=True)
    assert (done.status, done.closed_by.display_name) == ("completed", "ada")
    end = server.git.resolve("main")
    assert done.last_merge_commit.commit_id == end
    found = server.git.commit(end)
    assert (len(found.parents), found.title) == (parents, title)
    assert {e.path for e in server.git.tree(end)} == {"a.txt", "new.txt", "other"}
    assert server.git.ref(TOPIC) is None
    last = server.pushes.unhandled()[-1]
    assert {(u.ref, u.new) for u in last.updates} == {(MAIN, end), (TOPIC, ZERO)}
    assert last.pusher.name == "ada"
    server.client(tree, "pull", "-q", server.url, "main")


def test_conflicts_are_shown_and_refused(
    server: GitServer, client: Any, topic: tuple[str, str], tree: Path
) -> None:
    git(tree, "checkout", "-q", "main")
    commit(tree, "main differs", {"a.txt": "uno\n2\n3\n4\n5\n"})
    server.client(tree, "push", server.url, "main")
    made = proposed(client)
    assert made.merge_status == "conflicts"
    assert made.merge_failure_message == "conflicts in a.txt"
    assert "a.txt" in refused(lambda: completed(client, made))
    assert client.get_pull_request("demo", 1, "demo").status == "active"
    git(tree, "checkout", "-q", "topic")
    git(tree, "merge", "-q", "-X", "ours", "--no-edit", "main")
    server.client(tree, "push", server.url, "topic")
    assert completed(client, made).status == "completed"


def test_what_may_not_be_proposed_or_completed(
    server: GitServer, client: Any, topic: tuple[str, str], tree: Path
) -> None:
    made = proposed(client, is_draft=True)
    assert "TF401179" in refused(lambda: proposed(client))
    assert "draft" in refused(lambda: completed(client, made))
    client.update_pull_request(GitPullRequest(is_draft=False), "demo", 1, "demo")
    stale = GitPullRequest(status="completed", last_merge_source_commit={"commitId": topic[0]})
    assert "TF401192" in refused(lambda: client.update_pull_request(stale, "demo", 1, "demo"))
    same = GitPullRequest(source_ref_name=MAIN, target_ref_name=MAIN, title="t")
    assert "must differ" in refused(lambda: client.create_pull_request(same, "demo", "demo"))
    missing = GitPullRequest(source_ref_name="refs/heads/x", target_ref_name=MAIN, title="t")
    assert "no branch" in refused(lambda: client.create_pull_request(missing, "demo", "demo"))
    assert "TF401180" in refused(lambda: client.get_pull_request("demo", 99, "demo"))
    other = server.repositories.create(server.project, "other")
    assert "TF401180" in refused(lambda: client.get_pull_request(other.id, 1, "demo"))


def test_abandoned_ones_can_be_opened_again(client: Any, topic: tuple[str, str]) -> None:
    proposed(client)

    def become(status: str) -> Any:
        return client.update_pull_request(GitPullRequest(status=status), "demo", 1, "demo")

    assert become("abandoned").closed_date is not None
    assert "TF401181" in refused(lambda: become("completed"))

    def listed(status: str) -> list[int]:
        criteria = GitPullRequestSearchCriteria(status=status)
        return [p.pull_request_id for p in client.get_pull_requests("demo", criteria, "demo")]

    assert (listed("active"), listed("abandoned"), listed("all")) == ([], [1], [1])
    assert become("active").status == "active"
    assert become("completed").status == "completed"
    assert "TF401181" in refused(lambda: become("abandoned"))


def test_what_is_said_beside_a_new_state_is_kept_too(client: Any, topic: object) -> None:
    proposed(client)

    def changed(**fields: Any) -> tuple[str, str]:
        found = client.update_pull_request(GitPullRequest(**fields), "demo", 1, "demo")
        return found.status, found.title

    assert changed(status="abandoned", title="Later") == ("abandoned", "Later")
    assert changed(status="active", title="Now") == ("active", "Now")
    assert changed(status="completed", title="Done") == ("completed", "Done")
    assert "cannot become" in refused(lambda: changed(status="lost"))


def test_reviewers_vote_for_themselves(server: GitServer, client: Any, topic: object) -> None:
    proposed(client, reviewers=[IdentityRefWithVote(id="wim-id", display_name="wim")])
    wim = connection(server, WRITER).clients_v7_1.get_git_client()

    def vote(who: Any, id: str, value: int) -> Any:
        return who.create_pull_request_reviewer(
            IdentityRefWithVote(vote=value), "demo", 1, id, "demo"
        )

    assert vote(wim, "wim-id", -10).vote == -10
    assert "someone else" in refused(lambda: vote(client, "wim-id", 10))
    accepted = GitPullRequest(status="completed")
    assert "rejected" in refused(lambda: client.update_pull_request(accepted, "demo", 1, "demo"))
    assert "10, 5, 0" in refused(lambda: vote(wim, "wim-id", 7))
    vote(wim, "wim-id", 10)
    # Asking again, or for more, takes nobody's vote back.
    asked_again = IdentityRefWithVote(id="wim-id", is_required=True)
    client.create_pull_request_reviewer(asked_again, "demo", 1, "wim-id", "demo")
    client.create_pull_request_reviewers([IdentityRef(id="wim-id")], "demo", 1, "demo")
    (reviewer,) = client.get_pull_request_reviewers("demo", 1, "demo")
    assert (reviewer.display_name, reviewer.vote, reviewer.is_required) == ("wim", 10, True)
    assert vote(wim, "wim-id", 0).vote == 0
    client.delete_pull_request_reviewer("demo", 1, "wim-id", "demo")
    assert client.get_pull_request_reviewers("demo", 1, "demo") == []
    rita = connection(server, READER).clients_v7_1.get_git_client()
    assert "AuthorizationFailed" in refused(lambda: vote(rita, "rita-id", 10))


def test_a_page_of_those_of_a_reviewer_has_only_those(
    server: GitServer, client: Any, topic: object
) -> None:
    proposed(client, reviewers=[IdentityRefWithVote(id="wim-id")])
    server.client(server.home.root, "clone", "-q", server.url, "copy")
    server.client(server.home.root / "copy", "push", "-q", server.url, "HEAD:refs/heads/other")
    git(server.home.root / "copy", "commit", "-q", "--allow-empty", "-m", "more")
    server.client(server.home.root / "copy", "push", "-q", server.url, "HEAD:refs/heads/other")
    client.create_pull_request(
        GitPullRequest(source_ref_name="refs/heads/other", target_ref_name=MAIN, title="Other"),
        "demo",
        "demo",
    )
    criteria = GitPullRequestSearchCriteria(reviewer_id="wim-id")
    found = client.get_pull_requests("demo", criteria, "demo", top=1)
    assert [one.pull_request_id for one in found] == [1]


def test_what_a_pull_request_cannot_have_here_is_refused_by_name(
    server: GitServer, client: Any, topic: object
) -> None:
    labelled = {"labels": [WebApiTagDefinition(name="urgent")]}
    assert '"labels"' in refused(lambda: proposed(client, **labelled))
    path = "/penstock/demo/_apis/git/repositories/demo/pullrequests?searchCriteria.minTime=2027"
    answer = server.server.request("GET", path, Authorization=basic(TOKEN))
    assert (answer.status, "minTime is not supported" in answer.json["message"]) == (400, True)


def test_comments_at_a_line_are_answered_and_resolved(
    server: GitServer, client: Any, topic: object
) -> None:
    proposed(client)
    place = CommentThreadContext(
        file_path="/a.txt",
        right_file_start=CommentPosition(line=1, offset=1),
        right_file_end=CommentPosition(line=1, offset=4),
    )
    wanted = GitPullRequestCommentThread(
        comments=[Comment(content="why?", parent_comment_id=0)],
        status="active",
        thread_context=place,
    )
    thread = client.create_thread(wanted, "demo", 1, "demo")
    line = CommentPosition(line=1, offset=1)
    wanted.thread_context = CommentThreadContext(file_path="/a.txt", left_file_start=line)
    assert "rightFileStart" in refused(lambda: client.create_thread(wanted, "demo", 1, "demo"))
    wim = connection(server, WRITER).clients_v7_1.get_git_client()
    answer = Comment(content="because", parent_comment_id=1)
    added = wim.create_comment(answer, "demo", 1, thread.id, "demo")
    assert (added.id, added.author.display_name) == (2, "wim")
    edit = Comment(content="mine now")
    assert "someone else" in refused(lambda: wim.update_comment(edit, "demo", 1, 1, 1, "demo"))
    client.update_thread(GitPullRequestCommentThread(status="fixed"), "demo", 1, 1, "demo")
    (found,) = client.get_threads("demo", 1, "demo")
    assert (found.status, found.thread_context.file_path) == ("fixed", "/a.txt")
    assert found.thread_context.right_file_start.line == 1
    assert [comment.content for comment in found.comments] == ["why?", "because"]


def test_what_moved_while_no_server_ran_is_caught_up(
    server: GitServer, client: Any, topic: tuple[str, str], tree: Path
) -> None:
    heard: list[str] = []
    proposed(client)
    server.pull_requests.subscribe(lambda one: heard.append(one.content.source))
    newer = commit(tree, "unseen", {"x": "y"})
    server.push(tree, "topic")
    server.pull_requests.recover()
    assert server.pull_requests.get(1).content.source == newer
    assert heard == [newer]
    server.pull_requests.recover()
    assert heard == [newer]


def test_a_completion_cut_off_by_a_kill_is_finished_at_the_next_start(
    server: GitServer, client: Any, topic: tuple[str, str]
) -> None:
    proposed(client)
    done = completed(client, client.get_pull_request("demo", 1, "demo"), merge_strategy="squash")
    with server.database.transaction() as connection:
        connection.execute("UPDATE pull_requests SET state = 'active', closed = NULL")
    server.pull_requests.recover()
    found = server.pull_requests.get(1)
    assert found.state is State.COMPLETED
    assert found.content.merge == done.last_merge_commit.commit_id
