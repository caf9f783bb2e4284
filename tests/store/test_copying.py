import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from penstock.ml.datastores import UnsafePath
from penstock.store.copying import copy_into
from penstock.store.files import walk


def test_a_folder_is_copied_over_what_is_there(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "new").write_text("new")
    (source / "same").write_text("from source")
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o755)
    target.mkdir()
    (target / "same").write_text("old")
    (target / "kept").write_text("kept")

    copy_into(source, target)

    found = {entry.path: (target / entry.path).read_text() for entry in walk(target)}
    assert found == {
        "deep/new": "new",
        "same": "from source",
        "kept": "kept",
        "run.sh": "#!/bin/sh\n",
    }
    assert os.access(target / "run.sh", os.X_OK)


def test_links_in_a_copied_folder_stay_links(tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("secret")
    source = tmp_path / "source"
    source.mkdir()
    (source / "out").symlink_to(tmp_path / "canary")
    (source / "folder").symlink_to(tmp_path)
    (source / "broken").symlink_to("nowhere")
    copy_into(source, tmp_path / "target")
    copy_into(source, tmp_path / "target")
    assert {path.name: os.readlink(path) for path in (tmp_path / "target").iterdir()} == {
        "out": str(tmp_path / "canary"),
        "folder": str(tmp_path),
        "broken": "nowhere",
    }


def test_a_link_is_copied_as_its_file_only_within_its_folder(tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "real").write_text("mine")
    (folder / "inner").symlink_to("real")
    (folder / "outer").symlink_to("../canary")
    copy_into(folder / "inner", tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"
    with pytest.raises(UnsafePath, match="is a link to a place outside its folder"):
        copy_into(folder / "outer", tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


def test_pipes_and_sockets_are_not_copied(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    os.mkfifo(source / "pipe")
    (source / "file").write_bytes(b"x" * 5_000_000)
    copy_into(source, tmp_path / "target")
    assert [entry.path for entry in walk(tmp_path / "target")] == ["file"]
    assert (tmp_path / "target" / "file").read_bytes() == b"x" * 5_000_000


def test_a_file_takes_the_place_of_a_link_and_never_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("secret")
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "inner").mkdir(parents=True)
    (source / "file").write_text("mine")
    (source / "inner" / "deep").write_text("mine too")
    target.mkdir()
    (target / "file").symlink_to(tmp_path / "canary")
    (target / "inner").symlink_to(tmp_path)
    copy_into(source, target)
    assert {entry.path for entry in walk(target)} == {"file", "inner/deep"}
    assert (tmp_path / "canary").read_text() == "secret"
    assert not (tmp_path / "deep").exists()
    with pytest.raises(UnsafePath, match='"inner" is a folder already'):
        copy_into(source / "file", target / "inner")


def test_a_target_that_a_link_leads_out_is_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (tmp_path / "file").write_text("mine")
    (root / "folder").symlink_to(outside)
    with pytest.raises(UnsafePath):
        copy_into(tmp_path / "file", root / "folder" / "copy", within=root)
    assert list(outside.iterdir()) == []


def swap_until(stop: threading.Event, path: Path, outside: Path) -> None:
    """Have a folder and a link to another take turns at a path."""
    aside = path.with_name("aside")
    while not stop.is_set():
        with suppress(OSError):
            path.rename(aside)
        with suppress(OSError):
            path.symlink_to(outside)
            path.unlink()
        with suppress(OSError):
            aside.rename(path)
        shutil.rmtree(aside, ignore_errors=True)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_folder_that_a_link_replaces_meanwhile_leads_nowhere(tmp_path: Path, side: str) -> None:
    outside, source, target = tmp_path / "outside", tmp_path / "source", tmp_path / "target"
    outside.mkdir()
    (outside / "canary").write_text("secret")
    for number in range(3):
        (source / "a" / "b").mkdir(parents=True, exist_ok=True)
        (source / "a" / "b" / f"file{number}").write_text("mine")
    (target / "a").mkdir(parents=True)
    stop = threading.Event()
    swapped = (source if side == "source" else target) / "a"
    swapping = threading.Thread(target=swap_until, args=(stop, swapped, outside))
    swapping.start()
    try:
        for _ in range(200):
            with suppress(UnsafePath, OSError):
                copy_into(source, target)
    finally:
        stop.set()
        swapping.join()
    assert [path.name for path in outside.iterdir()] == ["canary"]
    assert "secret" not in [(target / entry.path).read_text() for entry in walk(target)]
