"""Pipelines compile from a commit of a bare repository as they do from a folder."""

from pathlib import Path

import pytest
from hosted import Hosted, commit

from penstock.language.compiler import compile_pipeline
from penstock.language.templates.files import UnreadableFile
from penstock.store.hosting.commitfiles import CommitFiles, CommitOf


def files_of(store: Hosted, id: str, **others: str) -> CommitFiles:
    return CommitFiles(
        {
            "self": CommitOf(git=store.git, commit=id, label="demo at main"),
            **{
                alias: CommitOf(git=store.git, commit=other, label=alias)
                for alias, other in others.items()
            },
        }
    )


def test_files_are_those_of_the_commit(store: Hosted, tree: Path) -> None:
    one = commit(tree, "one", {"a.yml": "one", "jobs/x.yml": "x"})
    two = commit(tree, "two", {"a.yml": "two"})
    store.push(tree)
    files = files_of(store, one, Shared=two)

    found = files.read("self", "a.yml")
    assert found is not None
    assert (found.text, found.label) == ("one", "a.yml")
    other = files.read("shared", "a.yml")
    assert other is not None
    assert (other.text, other.label) == ("two", "a.yml@shared")
    assert files.read("self", "jobs/./../jobs/x.yml") is not None
    assert files.read("self", "jobs") is None
    assert files.read("self", "nope.yml") is None
    assert files.read("unknown", "a.yml") is None
    assert files.describe("SELF") == "demo at main"
    assert files.describe("unknown") is None
    assert files.names("self", "") == ("a.yml", "jobs")
    assert files.names("self", "jobs") == ("x.yml",)
    assert files.names("self", "nope") == ()


def test_links_are_followed_inside_the_repository_only(store: Hosted, tree: Path) -> None:
    (tree / "deep" / "er").mkdir(parents=True)
    (tree / "good.yml").symlink_to("deep/real.yml")
    (tree / "folder").symlink_to("deep")
    (tree / "deep/er/up.yml").symlink_to("../../good.yml")
    (tree / "out.yml").symlink_to("../secret.yml")
    (tree / "absolute.yml").symlink_to("/etc/passwd")
    (tree / "loop.yml").symlink_to("loop.yml")
    (tree / "dangling.yml").symlink_to("nowhere.yml")
    id = commit(tree, "links", {"deep/real.yml": "real"})
    store.push(tree)
    files = files_of(store, id)

    for path in ("good.yml", "folder/real.yml", "deep/er/up.yml", "folder/er/up.yml"):
        found = files.read("self", path)
        assert found is not None, path
        assert found.text == "real"
    for path in ("out.yml", "absolute.yml", "loop.yml", "../x", "deep/../../x"):
        with pytest.raises(UnreadableFile):
            files.read("self", path)
    assert files.read("self", "dangling.yml") is None


def test_a_file_that_is_not_text_is_refused_with_its_place(store: Hosted, tree: Path) -> None:
    id = commit(tree, "one", {"a.yml": b"a: \xff"})
    store.push(tree)
    with pytest.raises(UnreadableFile) as caught:
        files_of(store, id).read("self", "a.yml")
    assert caught.value.diagnostic is not None
    assert caught.value.diagnostic.code == "PS1001"


def test_a_pipeline_compiles_from_a_bare_repository(store: Hosted, tree: Path) -> None:
    id = commit(
        tree,
        "pipeline",
        {
            "ci/azure-pipelines.yml": "steps:\n- template: steps/hello.yml\n",
            "ci/steps/hello.yml": "steps:\n- script: echo hello\n",
        },
    )
    store.push(tree)
    files = files_of(store, id)
    compiled = compile_pipeline("ci/azure-pipelines.yml", files)
    assert compiled.diagnostics == ()
