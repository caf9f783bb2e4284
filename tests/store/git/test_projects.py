from pathlib import Path

import pytest
from hosted import Hosted, commit, hosted

from penstock.store.git.repository import NotFound
from penstock.store.hosting.repositories import RepositoryMissing
from penstock.store.projects import BadName, NameTaken, ProjectMissing


def test_projects_are_found_by_id_and_by_name_without_case(store: Hosted) -> None:
    project = store.projects.create("My Project", "what it is for")
    assert store.projects.get("my project") == project
    assert store.projects.get(project.id.upper()) == project
    assert [one.name for one in store.projects.list()] == ["demo", "My Project"]
    with pytest.raises(NameTaken):
        store.projects.create("MY PROJECT")
    with pytest.raises(ProjectMissing):
        store.projects.get("other")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "_apis",
        ".",
        "..",
        "a/b",
        "a\\b",
        "a:b",
        "a\0b",
        " a",
        "a.",
        "COM1",
        "x" * 65,
        "a*",
        "a\n",
    ],
)
def test_names_that_the_service_refuses_are_refused(store: Hosted, name: str) -> None:
    with pytest.raises(BadName):
        store.projects.create(name)
    with pytest.raises(BadName):
        store.repositories.create(store.project, name)


@pytest.mark.parametrize("name", ["x.git", "a%2f", "it's", "a~1"])
def test_names_that_only_repositories_may_not_have(store: Hosted, name: str) -> None:
    with pytest.raises(BadName):
        store.repositories.create(store.project, name)


def test_repositories_belong_to_a_project(store: Hosted) -> None:
    other = store.projects.create("other")
    twin = store.repositories.create(other, "Demo")
    assert store.repositories.get("DEMO", other.id) == twin
    assert store.repositories.get("demo", store.project.id) == store.repository
    assert store.repositories.get(twin.id) == twin
    assert store.repositories.find(twin.id, store.project.id) is None
    assert store.repositories.list(other.id) == [twin]
    with pytest.raises(NameTaken):
        store.repositories.create(other, "dEMO")
    with pytest.raises(RepositoryMissing):
        store.repositories.get("demo")


def test_changes_of_names_and_default_branch_last(store: Hosted, tree: Path) -> None:
    commit(tree, "one", {"a": "1"})
    store.push(tree, "HEAD:refs/heads/dev")
    renamed = store.repositories.rename(store.repository, "better")
    store.repositories.set_default_branch(renamed, "refs/heads/dev")
    assert store.repositories.get("better", store.project.id) == renamed
    assert store.git.default_branch() == "refs/heads/dev"
    changed = store.projects.change(store.project.id, name="renamed", description="text")
    assert (changed.name, changed.description) == ("renamed", "text")
    assert changed.updated > changed.created


def test_the_first_branch_pushed_becomes_the_default_one(store: Hosted, tree: Path) -> None:
    commit(tree, "one", {"a": "1"})
    store.push(tree, "HEAD:refs/heads/trunk")
    store.repositories.adopt_first_branch(store.repository, "refs/heads/trunk")
    assert store.git.default_branch() == "refs/heads/trunk"
    store.repositories.adopt_first_branch(store.repository, "refs/heads/other")
    assert store.git.default_branch() == "refs/heads/trunk"


def test_a_deleted_repository_leaves_nothing(store: Hosted, tree: Path) -> None:
    id = commit(tree, "one", {"a": "1"})
    store.push(tree)
    git = store.git
    assert git.commit(id).title == "one"
    store.repositories.delete(store.repository)
    assert list(store.home.repositories.iterdir()) == []
    with pytest.raises(RepositoryMissing):
        store.repositories.get(store.repository.id)
    with pytest.raises((NotFound, OSError)):
        git.commit(id)


def test_what_a_killed_server_left_half_made_is_swept(tmp_path: Path) -> None:
    with hosted(tmp_path / "home") as store:
        kept = store.folder
        for name in (".half.git", "unknown.git", f".{kept.name}"):
            (store.home.repositories / name).mkdir()
        store.repositories.sweep()
        left = {folder.name for folder in store.home.repositories.iterdir()}
        assert left == {kept.name, "unknown.git"}


def test_a_hosted_repository_refuses_what_could_run_or_linger(store: Hosted) -> None:
    config = (store.folder / "config").read_text()
    for line in ("fsckObjects = true", "hooksPath = /dev/null", 'protocol "file"'):
        assert line in config
    assert not (store.folder / "hooks").exists()
    assert store.folder.stat().st_mode & 0o077 == 0
