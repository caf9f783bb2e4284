import os
import stat
from pathlib import Path

import pytest

from penstock.ml.datastores import UnsafePath
from penstock.store.files import (
    FileEntry,
    below,
    delete,
    folder_name,
    listing,
    reading,
    segments,
    walk,
    writing,
)

OUTSIDE = [
    "..",
    "../canary",
    "a/../../canary",
    "a/..",
    "./a",
    "a/./b",
    "/etc/passwd",
    "//etc/passwd",
    "a//b",
    "..\\canary",
    "a\\..\\..\\canary",
    "\\\\server\\share",
    "a\0b",
    "a\nb",
    "\x7f",
    "a/" + "x" * 256,
    "ü" * 128,
    "\ud800",
    "/".join(["a"] * 255),
    "/".join(["x" * 250] * 9),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "canary").write_text("secret")
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("relative", OUTSIDE)
def test_a_path_that_leads_out_is_refused_everywhere(root: Path, relative: str) -> None:
    with pytest.raises(UnsafePath):
        segments(relative)
    with pytest.raises(UnsafePath):
        below(root, relative)
    with pytest.raises(UnsafePath), reading(root, relative):
        pass
    with pytest.raises(UnsafePath), writing(root, relative):
        pass
    with pytest.raises(UnsafePath):
        delete(root, relative)
    with pytest.raises(UnsafePath):
        listing(root, relative)
    assert (root.parent / "canary").read_text() == "secret"
    assert list(root.iterdir()) == []


@pytest.mark.parametrize(
    "relative",
    ["a", "a/b", "ü/日本/🚀", "a b", "%2e%2e", "...", "..a", "a;b", "a:b", "-rf", "CON", "a."],
)
def test_any_other_name_is_a_name(root: Path, relative: str) -> None:
    with writing(root, relative) as file:
        file.write(b"content")
    with reading(root, relative) as file:
        assert file.read() == b"content"
    assert [entry.path for entry in walk(root)] == [relative]
    assert delete(root, relative)
    assert not delete(root, relative)


def test_links_are_not_followed_out_of_the_folder(root: Path) -> None:
    (root / "file").symlink_to(root.parent / "canary")
    (root / "folder").symlink_to(root.parent)
    (root / "up").symlink_to("..")
    for relative in ("file", "folder/canary", "up/canary"):
        with pytest.raises(UnsafePath), reading(root, relative):
            pass
    for relative in ("folder/new", "up/new", "up/deep/new"):
        with pytest.raises(UnsafePath), writing(root, relative) as file:
            file.write(b"x")
    for relative in ("folder/canary", "up/canary"):
        with pytest.raises(UnsafePath):
            delete(root, relative)
    with pytest.raises(UnsafePath):
        listing(root, "folder")
    assert listing(root) == []
    assert (root.parent / "canary").read_text() == "secret"
    assert not (root.parent / "new").exists()


def test_writing_over_a_link_replaces_the_link(root: Path) -> None:
    (root / "file").symlink_to(root.parent / "canary")
    with writing(root, "file") as file:
        file.write(b"mine")
    assert not (root / "file").is_symlink()
    assert (root.parent / "canary").read_text() == "secret"


def test_a_link_inside_the_folder_can_be_read(root: Path) -> None:
    (root / "checkpoint-5").write_text("5")
    (root / "latest").symlink_to("checkpoint-5")
    with reading(root, "latest") as file:
        assert file.read() == b"5"


def test_a_file_is_at_its_place_only_when_it_is_whole(root: Path) -> None:
    with writing(root, "a") as file:
        file.write(b"old")
    with pytest.raises(ZeroDivisionError), writing(root, "a") as file:
        file.write(b"new")
        _ = 1 / 0
    with reading(root, "a") as file:
        assert file.read() == b"old"
    assert [entry.path for entry in listing(root)] == ["a"]
    assert os.listdir(root) == ["a"]


def test_a_folder_and_a_pipe_are_not_files_to_read(root: Path) -> None:
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe")
    for relative in ("folder", "pipe", "missing", "missing/deep"):
        with pytest.raises(FileNotFoundError), reading(root, relative):
            pass


def test_a_file_does_not_replace_a_folder_nor_lie_in_a_file(root: Path) -> None:
    (root / "folder").mkdir()
    (root / "file").touch()
    with pytest.raises(UnsafePath, match='"folder" is a folder already'), writing(root, "folder"):
        pass
    with pytest.raises(UnsafePath, match='a part of "file/x" is a file already'):
        with writing(root, "file/x"):
            pass


def test_what_is_written_is_for_the_user_only(root: Path) -> None:
    with writing(root, "deep/file") as file:
        file.write(b"x")
    assert stat.S_IMODE((root / "deep" / "file").stat().st_mode) == 0o600


def test_a_listing_names_files_with_their_sizes_and_folders(root: Path) -> None:
    with writing(root, "model/MLmodel") as file:
        file.write(b"12345")
    with writing(root, "model/data/a") as file:
        file.write(b"1")
    assert listing(root) == [FileEntry(path="model", is_folder=True)]
    assert listing(root, "model/") == [
        FileEntry(path="model/MLmodel", is_folder=False, size=5),
        FileEntry(path="model/data", is_folder=True),
    ]
    assert listing(root, "model/MLmodel") == [
        FileEntry(path="model/MLmodel", is_folder=False, size=5)
    ]
    assert listing(root, "nothing") == []
    assert listing(root, "model/MLmodel/x") == []


def test_a_listing_leaves_out_what_no_path_can_name(root: Path) -> None:
    for name in ("a\\b", "a\nb", os.fsdecode(b"\xff")):
        (root / name).write_text("from a job")
    (root / "plain").write_text("x")
    assert [entry.path for entry in listing(root)] == ["plain"]


def test_a_very_deep_folder_is_walked_as_far_as_paths_go(root: Path) -> None:
    descriptor = os.open(root, os.O_RDONLY)
    for depth in range(300):
        os.close(os.open(f"f{depth}", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
        os.mkdir("zz", dir_fd=descriptor)
        below_it = os.open("zz", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below_it
    os.close(descriptor)
    found = [entry.path.rpartition("/")[2] for entry in walk(root)]
    assert found == [f"f{depth}" for depth in range(254)]


def test_deleting_a_folder_takes_all_it_holds_and_never_the_root(root: Path) -> None:
    with writing(root, "model/data/a") as file:
        file.write(b"1")
    assert delete(root, "model")
    assert listing(root) == []
    with pytest.raises(UnsafePath):
        delete(root, "")
    assert root.is_dir()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("deployDev", "deployDev"),
        ("deployDev/publishPipeline", "deployDev%2FpublishPipeline"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("", "%"),
        ("%2F", "%252F"),
        ("a\0b", "a%00b"),
        ("日", "%E6%97%A5"),
        ("a.b", "a.b"),
    ],
)
def test_a_folder_name_is_plain_and_stands_for_one_text(text: str, name: str) -> None:
    assert folder_name(text) == name


def test_long_texts_have_short_different_names() -> None:
    first, second = folder_name("é" * 300), folder_name("é" * 301)
    assert first != second
    assert len(first) <= 180
