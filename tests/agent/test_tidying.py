"""What ended jobs leave is removed, whatever the folders are like."""

import threading
import time

from penstock.agent.tidying import Tidying


def no_failure(folder):
    raise AssertionError(folder)


def folders(tmp_path, count):
    made = [tmp_path / str(number) for number in range(count)]
    for folder in made:
        (folder / "a/b").mkdir(parents=True)
        (folder / "a/b/c").touch()
    return made


def test_folders_are_removed_soon(tmp_path):
    tidying = Tidying(no_failure, pause=0.01)
    made = folders(tmp_path, 3)
    for folder in made:
        tidying.remove(folder)
    end = time.monotonic() + 30
    while any(folder.exists() for folder in made) and time.monotonic() < end:
        time.sleep(0.01)
    assert list(tmp_path.iterdir()) == []


def test_closing_removes_what_is_left_without_a_pause(tmp_path):
    tidying = Tidying(no_failure, pause=60)
    for folder in folders(tmp_path, 3):
        tidying.remove(folder)
    assert len(list(tmp_path.iterdir())) == 3
    tidying.close(patience=30)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_removed_is_reported_and_the_next_one_follows(tmp_path):
    failed, blocked = [], threading.Event()

    def on_failure(folder):
        failed.append(folder)
        blocked.set()

    tidying = Tidying(on_failure, pause=0)
    bad = tmp_path / ("x" * 300)
    (good,) = folders(tmp_path, 1)
    tidying.remove(bad)
    tidying.remove(good)
    tidying.close(patience=30)
    assert blocked.is_set()
    assert failed == [bad]
    assert not good.exists()


def test_closing_does_not_wait_for_ever(tmp_path):
    tidying = Tidying(lambda folder: time.sleep(60), pause=0)
    tidying.remove(tmp_path / ("x" * 300))
    tidying.close(patience=0.05)
