"""Projects and repositories by the real `azure-devops` client (7.1.0b4), unmodified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.core.models import TeamProject
from azure.devops.v7_1.git.models import (
    Change,
    GitBaseVersionDescriptor,
    GitCommitRef,
    GitPush,
    GitQueryCommitsCriteria,
    GitRefUpdate,
    GitRepository,
    GitRepositoryCreateOptions,
    GitTargetVersionDescriptor,
    GitVersionDescriptor,
    ItemContent,
    TeamProjectReference,
)
from devopsclient import LEAKS, collected, connection
from gitserver import READER, TOKEN, GitServer, basic, commit, git
from loopback import Response

__all__ = ["collected"]
pytestmark = LEAKS
MAIN = "refs/heads/main"
ZERO = "0" * 40
EXAMPLE = "steps:\n- script: echo hello\n"


@pytest.fixture
def client(server: GitServer) -> Any:
    return connection(server).clients_v7_1.get_git_client()


@pytest.fixture
def pushed(server: GitServer, tree: Path) -> Iterator[list[str]]:
    """The ids of three commits that are there, newest last."""
    ids = [
        commit(tree, "one", {"README.md": "# demo\n", "src/a.py": "a\n", "src/b.py": "b\n"}),
        commit(tree, "two", {"src/a.py": "aa\n"}),
        commit(tree, "three", {"pic.bin": b"\0\1\2", "docs/x.md": "x"}),
    ]
    git(tree, "tag", "-a", "v1", "-m", "first", ids[0])
    server.client(tree, "push", server.url, "main", "v1", f"{ids[1]}:refs/heads/old")
    yield ids


def refused(call: Any) -> str:
    with pytest.raises(AzureDevOpsServiceError) as caught:
        call()
    error = caught.value
    return f"{error.type_key}: {error}"


def test_projects_are_made_listed_changed_and_deleted(server: GitServer) -> None:
    clients = connection(server).clients_v7_1
    core, operations = clients.get_core_client(), clients.get_operations_client()
    wanted = TeamProject(
        name="Second Project",
        description="text",
        visibility="private",
        capabilities={"versioncontrol": {"sourceControlType": "Git"}},
    )
    asked = core.queue_create_project(wanted)
    assert operations.get_operation(asked.id).status == "succeeded"

    names = [project.name for project in core.get_projects()]
    assert names == ["demo", "Second Project"]
    project = core.get_project("second project", include_capabilities=True)
    assert (project.description, project.state, project.visibility) == (
        "text",
        "wellFormed",
        "private",
    )
    assert project.capabilities["versioncontrol"]["sourceControlType"] == "Git"
    (repository,) = clients.get_git_client().get_repositories("Second Project")
    assert (repository.name, repository.project.id) == ("Second Project", project.id)

    core.update_project(TeamProject(description="other"), project.id)
    assert core.get_project(project.id).description == "other"
    assert "TF200019" in refused(lambda: core.queue_create_project(wanted))
    core.queue_delete_project(project.id)
    assert [one.name for one in core.get_projects()] == ["demo"]
    assert "TF200016" in refused(lambda: core.get_project("Second Project"))


def test_teams_are_refused_by_name(server: GitServer) -> None:
    core = connection(server).clients_v7_1.get_core_client()
    assert "keeps no teams" in refused(lambda: core.get_teams("demo"))


def test_repositories_are_made_renamed_and_deleted(server: GitServer, client: Any) -> None:
    made = client.create_repository(GitRepositoryCreateOptions(name="tools"), "demo")
    assert made.remote_url == f"{server.server.listener.url}/penstock/demo/_git/tools"
    assert made.default_branch is None
    reference = TeamProjectReference(id=server.project.id)
    other = client.create_repository(GitRepositoryCreateOptions(name="more", project=reference))
    assert [one.name for one in client.get_repositories("demo")] == ["demo", "more", "tools"]
    assert [one.name for one in client.get_repositories()] == ["demo", "more", "tools"]
    renamed = client.update_repository(GitRepository(name="better"), made.id, "demo")
    assert renamed.name == "better"
    assert client.get_repository("better", "demo").id == made.id
    assert client.get_repository(made.id).id == made.id
    client.delete_repository(other.id)
    assert "TF401019" in refused(lambda: client.get_repository("more", "demo"))
    assert "TF400948" in refused(
        lambda: client.create_repository(GitRepositoryCreateOptions(name="BETTER"), "demo")
    )


def test_refs_and_branches(client: Any, pushed: list[str]) -> None:
    one, two, three = pushed
    refs = {ref.name: ref.object_id for ref in client.get_refs("demo", "demo")}
    assert refs[MAIN] == three
    heads = client.get_refs("demo", "demo", filter="heads/ma")
    assert [ref.name for ref in heads] == [MAIN]
    (tag,) = client.get_refs("demo", "demo", filter="tags/", peel_tags=True)
    assert tag.peeled_object_id == one
    branches = {b.name: b for b in client.get_branches("demo", "demo")}
    assert (branches["old"].ahead_count, branches["old"].behind_count) == (0, 1)
    assert branches["main"].is_base_version
    found = client.get_branch("demo", "old", "demo")
    assert (found.commit.commit_id, found.commit.comment) == (two, "two")


def test_refs_are_made_moved_and_deleted(server: GitServer, client: Any, pushed: list[str]) -> None:
    one, two, three = pushed

    def update(name: str, old: str, new: str) -> str:
        wanted = GitRefUpdate(name=name, old_object_id=old, new_object_id=new)
        (result,) = client.update_refs([wanted], "demo", "demo")
        assert result.success == (result.update_status == "succeeded")
        return str(result.update_status)

    assert update("refs/heads/new", ZERO, one) == "succeeded"
    assert update("refs/heads/new", ZERO, two) == "staleOldObjectId"
    assert update("refs/heads/new", one, two) == "succeeded"
    assert update("refs/heads/new", two, ZERO) == "succeeded"
    assert update("refs/heads/new", two, ZERO) == "nonExistentRef"
    assert update(MAIN, three, ZERO) == "rejectedByPolicy"
    assert update("refs/pull/1/merge", ZERO, one) == "invalidRefName"
    assert update("refs/heads/x", ZERO, "1" * 40) == "unresolvableToCommit"
    moved = [push.updates[0].new for push in server.pushes.unhandled()][1:]
    assert moved == [one, two, ZERO]


def test_history_and_what_each_commit_changed(client: Any, pushed: list[str]) -> None:
    one, two, three = pushed

    def ids(**criteria: Any) -> list[str]:
        found = client.get_commits("demo", GitQueryCommitsCriteria(**criteria), "demo")
        return [commit.commit_id for commit in found]

    assert ids() == [three, two, one]
    assert ids(top=1, skip=1) == [two]
    assert ids(item_path="/src/a.py") == [two, one]
    old = GitVersionDescriptor(version="old", version_type="branch")
    main = GitVersionDescriptor(version="main", version_type="branch")
    assert ids(item_version=old) == [two, one]
    assert ids(item_version=old, compare_version=main) == [three]
    assert ids(from_commit_id=one, to_commit_id=two) == [two]
    assert ids(author="Ada") == [three, two, one]
    assert ids(author="nobody") == []
    assert ids(from_date="2023-11-14T22:13:19Z") == [three, two, one]
    assert ids(to_date="2023-11-14T22:13:19Z") == []

    whole = client.get_commit(two, "demo", "demo", change_count=10)
    assert (whole.comment, whole.parents, whole.author.name) == ("two", [one], "Ada")
    assert whole.author.date.isoformat() == "2023-11-14T23:43:20+01:30"
    changes = client.get_changes(two, "demo", "demo")
    assert changes.change_counts == {"Edit": 1}
    assert changes.changes[0]["item"]["path"] == "/src/a.py"
    assert client.get_changes(one, "demo", "demo").change_counts == {"Add": 3}
    base = client.get_merge_bases("demo", two, three, "demo")
    assert base[0].commit_id == two
    assert "TF401035" in refused(lambda: client.get_commit("1" * 40, "demo", "demo"))


def test_differences_between_versions(client: Any, pushed: list[str]) -> None:
    found = client.get_commit_diffs(
        "demo",
        "demo",
        base_version_descriptor=GitBaseVersionDescriptor(base_version="old"),
        target_version_descriptor=GitTargetVersionDescriptor(target_version="main"),
    )
    assert (found.ahead_count, found.behind_count, found.common_commit) == (1, 0, pushed[1])
    assert sorted(change["item"]["path"] for change in found.changes) == ["/docs/x.md", "/pic.bin"]


def test_lines_of_files_between_versions(server: GitServer, tree: Path, pushed: list[str]) -> None:
    """The client has no call for it; the portal has."""
    newest = commit(tree, "four", {"src/a.py": "new\naa\n", "src/b.py": "", "docs/x.md": "y"})
    server.client(tree, "push", server.url, "main")

    def compared(*paths: str) -> Response:
        body = {
            "baseVersionCommit": pushed[2],
            "targetVersionCommit": newest,
            "fileDiffParams": [{"path": path} for path in paths],
        }
        path = "/penstock/demo/_apis/git/repositories/demo/filediffs"
        asked = json.dumps(body).encode()
        return server.server.request("POST", path, asked, Authorization=basic(TOKEN))

    found = compared("/src/a.py", "src/b.py", "/docs/x.md", "README.md").json["value"]
    assert [
        [(b["changeType"], b["originalLineNumberStart"], b["modifiedLinesCount"]) for b in blocks]
        for blocks in (one["lineDiffBlocks"] for one in found)
    ] == [[("add", 0, 1)], [("delete", 1, 0)], [("edit", 1, 1)], []]
    assert compared("no/such").status == 404
    assert compared(*["README.md"] * 11).status == 400


def test_what_was_asked_for_is_done_when_clients_wait_for_it(server: GitServer) -> None:
    operations = connection(server).clients_v7_1.get_operations_client()
    assert operations.get_operation("anything").status == "succeeded"
    core = connection(server).clients_v7_1.get_core_client()
    assert "keeps no teams" in refused(lambda: core.get_teams("demo"))


def test_items_in_every_form(client: Any, pushed: list[str]) -> None:
    one, _, three = pushed
    item = client.get_item("demo", "/src/a.py", "demo", include_content=True)
    assert (item.content, item.commit_id, item.git_object_type) == ("aa\n", three, "blob")
    at = GitVersionDescriptor(version=one, version_type="commit")
    old = client.get_item("demo", "src/a.py", "demo", include_content=True, version_descriptor=at)
    assert old.content == "a\n"
    tag = GitVersionDescriptor(version="v1", version_type="tag")
    assert client.get_item("demo", "src/a.py", "demo", version_descriptor=tag).commit_id == one
    top = client.get_items("demo", "demo", scope_path="/", recursion_level="oneLevel")
    assert [(i.path, bool(i.is_folder)) for i in top] == [
        ("/", True),
        ("/docs", True),
        ("/src", True),
        ("/README.md", False),
        ("/pic.bin", False),
    ]
    latest = client.get_items(
        "demo", "demo", scope_path="/src", recursion_level="oneLevel", latest_processed_change=True
    )
    assert [i.latest_processed_change.comment for i in latest[1:]] == ["two", "one"]
    full = client.get_items("demo", "demo", recursion_level="full")
    assert len(full) == 8
    text = b"".join(client.get_item_text("demo", "/README.md", "demo"))
    assert text == b"# demo\n"
    assert b"".join(client.get_item_content("demo", "/pic.bin", "demo")) == b"\0\1\2"
    assert b"".join(client.get_item_zip("demo", "/src", "demo"))[:2] == b"PK"
    binary = client.get_item("demo", "/pic.bin", "demo", include_content=True)
    assert (binary.content, binary.content_metadata.is_binary) == (None, True)
    assert "TF401174" in refused(lambda: client.get_item("demo", "/nope", "demo"))
    missing = GitVersionDescriptor(version="nope", version_type="branch")
    assert "TF401175" in refused(
        lambda: client.get_item("demo", "/README.md", "demo", version_descriptor=missing)
    )


def test_trees_and_blobs_by_id(client: Any, pushed: list[str]) -> None:
    item = client.get_item("demo", "/src", "demo")
    tree = client.get_tree("demo", item.object_id, "demo")
    entries = {entry.relative_path: entry for entry in tree.tree_entries}
    assert (entries["a.py"].mode, entries["a.py"].size) == ("100644", 3)
    assert client.get_blob("demo", entries["a.py"].object_id, "demo").size == 3
    assert b"".join(client.get_blob_content("demo", entries["a.py"].object_id, "demo")) == b"aa\n"
    assert "TF401035" in refused(lambda: client.get_blob("demo", "1" * 40, "demo"))


def wanted(old: str, changes: list[Change], name: str = MAIN) -> GitPush:
    return GitPush(
        ref_updates=[GitRefUpdate(name=name, old_object_id=old)],
        commits=[GitCommitRef(comment="Set up CI with Azure Pipelines", changes=changes)],
    )


def written(kind: str, path: str, text: str = EXAMPLE) -> Change:
    content = ItemContent(content=text, content_type="rawtext")
    return Change(change_type=kind, item={"path": path}, new_content=content)


def test_save_and_run_commits_a_file_to_a_branch(
    server: GitServer, client: Any, pushed: list[str]
) -> None:
    three = pushed[2]
    change = written("add", "/azure-pipelines.yml")
    push = client.create_push(wanted(three, [change]), "demo", "demo")
    assert push.ref_updates[0].old_object_id == three
    assert [c.comment for c in push.commits] == ["Set up CI with Azure Pipelines"]
    new = push.ref_updates[0].new_object_id
    item = client.get_item("demo", "/azure-pipelines.yml", "demo", include_content=True)
    assert (item.content, item.commit_id) == (EXAMPLE, new)
    record = server.pushes.unhandled()[-1]
    assert (record.pusher.name, record.updates[0].new) == ("ada", new)
    assert client.get_push("demo", push.push_id, "demo").pushed_by.display_name == "ada"
    assert [p.push_id for p in client.get_pushes("demo", "demo")] == [push.push_id, 1]

    assert "TF401028" in refused(
        lambda: client.create_push(wanted(three, [change]), "demo", "demo")
    )
    assert "TF401035" in refused(
        lambda: client.create_push(wanted("1" * 40, [change]), "demo", "demo")
    )
    assert "there already" in refused(
        lambda: client.create_push(wanted(new, [change]), "demo", "demo")
    )
    for path in ("/../x", "/.git/config", "/a/../../b"):
        assert "InvalidPathException" in refused(
            lambda path=path: client.create_push(
                wanted(new, [written("add", path)]), "demo", "demo"
            )
        )


def test_the_first_commit_of_a_new_repository_and_a_new_branch(client: Any) -> None:
    client.create_repository(GitRepositoryCreateOptions(name="fresh"), "demo")
    first = client.create_push(wanted(ZERO, [written("add", "a.yml")]), "fresh", "demo")
    assert client.get_repository("fresh", "demo").default_branch == MAIN
    at = first.ref_updates[0].new_object_id
    branch = GitPush(
        ref_updates=[GitRefUpdate(name="refs/heads/x", old_object_id=ZERO, new_object_id=at)],
        commits=[],
    )
    assert client.create_push(branch, "fresh", "demo").ref_updates[0].new_object_id == at
    edits = [
        written("edit", "a.yml", "x"),
        Change(change_type="rename", item={"path": "/b.yml"}, source_server_item="/a.yml"),
    ]
    second = client.create_push(wanted(at, edits), "fresh", "demo")
    changes = client.get_changes(second.commits[0].commit_id, "fresh", "demo").changes
    assert {change["item"]["path"] for change in changes} == {"/a.yml", "/b.yml"}
    assert client.get_item("fresh", "/b.yml", "demo", include_content=True).content == "x"


def test_who_may_only_read_changes_nothing(server: GitServer, pushed: list[str]) -> None:
    clients = connection(server, READER).clients_v7_1
    client = clients.get_git_client()
    assert client.get_repository("demo", "demo").name == "demo"
    assert "AuthorizationFailed" in refused(
        lambda: client.create_push(wanted(pushed[2], [written("add", "x")]), "demo", "demo")
    )
    assert "AuthorizationFailed" in refused(lambda: client.delete_repository(server.repository.id))
    assert "AuthorizationFailed" in refused(
        lambda: clients.get_core_client().queue_delete_project(server.project.id)
    )


def test_which_lines_of_files_differ(server: GitServer, tree: Path) -> None:
    """The client has no call for it (Git > FileDiffs of the REST reference)."""
    old = commit(tree, "one", {"a.txt": "1\n2\n3\n4\n", "b.bin": b"\0a", "same": "s"})
    new = commit(tree, "two", {"a.txt": "one\n2\n4\n5\n6\n", "b.bin": b"\0b"})
    server.client(tree, "push", server.url, "main")
    body = {
        "baseVersionCommit": old,
        "targetVersionCommit": new,
        "fileDiffParams": [{"path": path} for path in ("/a.txt", "/b.bin", "/same")],
    }
    response = server.server.request(
        "POST",
        "/penstock/demo/_apis/git/repositories/demo/fileDiffs",
        json.dumps(body).encode(),
        Authorization=basic(READER),
    )
    assert response.status == 200
    text, binary, same = response.json["value"]
    blocks = [
        (
            block["changeType"],
            block["originalLineNumberStart"],
            block["originalLinesCount"],
            block["modifiedLineNumberStart"],
            block["modifiedLinesCount"],
        )
        for block in text["lineDiffBlocks"]
    ]
    assert blocks == [("edit", 1, 1, 1, 1), ("delete", 3, 1, 2, 0), ("add", 4, 0, 4, 2)]
    assert binary["lineDiffBlocks"] == same["lineDiffBlocks"] == []
