"""The log of our own failures stays small, whoever makes the server fail however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from penstock.store.failurelog import KEPT, FailureLog


def test_what_failed_is_there_with_its_traceback(tmp_path: Path) -> None:
    log = FailureLog(tmp_path / "failures.log")
    try:
        raise ValueError("what went wrong")
    except ValueError as error:
        log.note("GET /here", error)
    text = (tmp_path / "failures.log").read_text()
    assert text.startswith("GET /here\nTraceback")
    assert "ValueError: what went wrong" in text
    assert (tmp_path / "failures.log").stat().st_mode & 0o777 == 0o600


def test_a_full_file_makes_room_and_few_old_ones_are_kept(tmp_path: Path) -> None:
    log = FailureLog(tmp_path / "failures.log", most_bytes=2000)
    for number in range(200):
        log.note(f"number {number}", ValueError("x" * 200))
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["failures.log", *(f"failures.log.{n}" for n in range(1, KEPT + 1))]
    sizes = [(tmp_path / name).stat().st_size for name in files]
    assert max(sizes) <= 2000
    newest = (tmp_path / "failures.log").read_text()
    before = (tmp_path / "failures.log.1").read_text()
    assert newest.rindex("number 199") > 0
    first = int(newest.partition("number ")[2].partition("\n")[0])
    assert f"number {first - 1}\n" in before


def test_an_entry_is_bounded_too(tmp_path: Path) -> None:
    log = FailureLog(tmp_path / "failures.log")
    log.note("GET /" + "a" * 100_000, ValueError("b" * 1_000_000 + " the end"))
    text = (tmp_path / "failures.log").read_text()
    assert len(text) < 40_000
    assert text.startswith("GET /aaa")
    assert text.endswith("the end\n\n")


def test_many_threads_and_logs_lose_nothing(tmp_path: Path) -> None:
    logs = [FailureLog(tmp_path / "failures.log", most_bytes=3000) for _ in range(4)]

    def write(number: int) -> None:
        logs[number % 4].note(f"<{number}>", ValueError("x" * 50))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(100)))
    kept = "".join(path.read_text() for path in tmp_path.iterdir())
    assert kept.count("<") == kept.count("ValueError") == kept.count(">")


def test_a_log_that_cannot_be_written_makes_no_failure_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "failures.log").mkdir()
    FailureLog(tmp_path / "failures.log").note("GET /", ValueError())
    FailureLog(tmp_path / "gone" / "failures.log").note("GET /", ValueError())
