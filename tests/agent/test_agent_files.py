"""Folders that jobs leave are removed whatever is in them, and nothing outside of them is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.agent import files


def make_deep(folder: Path, depth: int) -> None:
    """Folders in folders with a file in each, made as a job could: by names, not by paths."""
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
        os.mkdir("deep", dir_fd=descriptor)
        inner = os.open("deep", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)


@pytest.mark.parametrize("depth", [3, 1500, 4000])
def test_a_folder_of_any_depth_is_removed(tmp_path: Path, depth: int) -> None:
    folder = tmp_path / "left"
    folder.mkdir()
    make_deep(folder, depth)
    files.empty(folder)
    assert list(folder.iterdir()) == []


def test_a_deep_folder_is_walked(tmp_path: Path) -> None:
    make_deep(tmp_path, 800)
    assert sum(1 for _ in files.walk(tmp_path)) == 800
    files.empty(tmp_path)


def test_files_are_walked_in_order_with_their_paths(tmp_path: Path) -> None:
    for name in ("b/y", "b/x", "a", "c/d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "b")
    assert [path for path, _ in files.walk(tmp_path)] == ["a", "b/x", "b/y", "c/d/e", "link"]


def test_what_was_made_read_only_is_removed(tmp_path: Path) -> None:
    inner = tmp_path / "left" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    for folder in (inner, inner.parent):
        folder.chmod(0o500)
    files.remove(tmp_path / "left")
    assert list(tmp_path.iterdir()) == []


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    left = tmp_path / "left"
    left.mkdir()
    (left / "folder").symlink_to(outside)
    (left / "loop").symlink_to("loop")
    files.remove(left)
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    assert (outside / "kept").read_text() == "x"


def test_only_names_to_keep_stay(tmp_path: Path) -> None:
    for name in ("kept", "other"):
        (tmp_path / name / "inner").mkdir(parents=True)
    files.empty(tmp_path, keep=("kept",))
    assert [path.name for path in tmp_path.rglob("*")] == ["kept", "inner"]
