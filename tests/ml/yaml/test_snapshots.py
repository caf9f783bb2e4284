"""Links in a folder of code or data. What its hash is, Azure's client says (`test_yaml_oracle`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.ml.yaml.snapshots import content_hash, snapshot_files, tree_hash


def names(folder: Path) -> list[str]:
    return [name for _, name in snapshot_files(folder)]


def test_links_are_followed(tmp_path: Path) -> None:
    """As azure-ai-ml does: a file or folder elsewhere is a part of the snapshot."""
    code, shared = tmp_path / "code", tmp_path / "shared"
    code.mkdir()
    shared.mkdir()
    (shared / "one.py").write_text("1")
    (code / "lib").symlink_to("../shared")
    (code / "two.py").symlink_to("../shared/one.py")
    (code / "gone.py").symlink_to("nowhere")
    assert names(code) == ["lib/one.py", "two.py"]


@pytest.mark.parametrize("target", [".", "..", "../..", "/", "../sub"])
def test_a_link_that_leads_back_is_not_followed(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "code" / "sub"
    folder.mkdir(parents=True)
    (folder / "one.py").write_text("1")
    before = tree_hash(tmp_path / "code")
    (folder / "first").symlink_to(target)
    (folder / "second").symlink_to(target)
    assert names(tmp_path / "code") == ["sub/one.py"]
    assert tree_hash(tmp_path / "code") == before


def test_links_that_lead_to_each_other_have_an_end(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.py").write_text(name)
        (folder / "first").symlink_to(f"../{other}")
        (folder / "second").symlink_to(f"../{other}")
    assert names(tmp_path / "a") == ["a.py", "first/b.py", "second/b.py"]
    assert len(content_hash(snapshot_files(tmp_path / "a"))) == len(tree_hash(tmp_path / "a"))
