import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.ml.datastores import UnsafePath
from penstock.store.logs import Logs

RUN = ("1", "deploy/job", "step1")


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    logs = Logs(tmp_path / "logs")
    yield logs
    logs.close()


def test_lines_come_back_by_number(logs: Logs) -> None:
    assert logs.append(*RUN, "one\ntwo\n") == 2
    assert logs.append(*RUN, "three\n") == 3
    assert logs.read(*RUN) == ["one", "two", "three"]
    assert logs.read(*RUN, 2, 1) == ["two"]
    assert logs.read(*RUN, 3, 10) == ["three"]
    assert logs.read(*RUN, 4, 10) == []
    assert logs.read(*RUN, 1, 0) == []
    assert logs.tail(*RUN, 2) == ["two", "three"]
    assert logs.tail(*RUN, 9) == ["one", "two", "three"]
    assert logs.text(*RUN) == "one\ntwo\nthree\n"
    assert (logs.line_count(*RUN), logs.size(*RUN)) == (3, 14)


def test_a_log_that_is_not_there_is_empty(logs: Logs) -> None:
    assert logs.read(*RUN) == []
    assert logs.tail(*RUN, 5) == []
    assert logs.text(*RUN) == ""
    assert (logs.line_count(*RUN), logs.size(*RUN)) == (0, 0)
    assert logs.names("1", "deploy/job") == []
    assert logs.append(*RUN, "") == 0


def test_a_missing_last_newline_is_added(logs: Logs) -> None:
    logs.append(*RUN, "one")
    logs.append(*RUN, "two")
    assert logs.read(*RUN) == ["one", "two"]


def test_only_a_newline_ends_a_line(logs: Logs) -> None:
    text = "10%\r20%\r100%\x0b\x0c\x1c\x85\u2028 🚀 ünï\ud800\n"
    logs.append(*RUN, text)
    assert logs.read(*RUN) == ["10%\r20%\r100%\x0b\x0c\x1c\x85\u2028 🚀 ünï?"]
    assert logs.line_count(*RUN) == 1


def test_logs_of_nodes_with_odd_names_are_apart(logs: Logs, tmp_path: Path) -> None:
    nodes = ["a", "a/b", "a%2Fb", "..", "../../canary", "", "日本"]
    for node in nodes:
        logs.append("1", node, "user_logs/std_log.txt", f"{node}\n")
    for node in nodes:
        assert logs.read("1", node, "user_logs/std_log.txt") == [node]
        assert logs.names("1", node) == ["user_logs/std_log.txt"]
    assert {path.name for path in tmp_path.iterdir()} == {"logs"}


@pytest.mark.parametrize("log", ["../x", "/etc/x", "a/../../x", "a//b", "a\\b", "a\0", ".."])
def test_a_log_name_that_leads_out_is_refused(logs: Logs, log: str) -> None:
    with pytest.raises(UnsafePath):
        logs.append("1", "a", log, "x\n")
    with pytest.raises(UnsafePath):
        logs.read("1", "a", log)


def test_a_log_that_is_a_link_is_not_followed(logs: Logs, tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("secret\n")
    folder = logs.folder("1", "a")
    folder.mkdir(parents=True)
    (folder / "log").symlink_to(tmp_path / "canary")
    with pytest.raises(OSError):
        logs.append("1", "a", "log", "x\n")
    for asked in (logs.read, logs.text, logs.size, logs.line_count):
        with pytest.raises(UnsafePath):
            asked("1", "a", "log")
    with pytest.raises(UnsafePath):
        logs.part("1", "a", "log", 0, 10)
    assert (tmp_path / "canary").read_text() == "secret\n"


def test_a_reader_sees_what_was_added_since(logs: Logs, tmp_path: Path) -> None:
    reader = Logs(tmp_path / "logs")
    seen: list[str] = []
    for number in range(0, 5000, 50):
        logs.append(*RUN, "".join(f"line {n}\n" for n in range(number, number + 50)))
        seen += reader.read(*RUN, len(seen) + 1)
    assert seen == [f"line {n}" for n in range(5000)]
    assert reader.read(*RUN, 3456, 2) == ["line 3455", "line 3456"]


def test_long_logs_are_read_at_any_line(logs: Logs) -> None:
    logs.append(*RUN, "".join(f"{n} {'x' * (n % 700)}\n" for n in range(20_000)))
    for start in (1, 999, 1000, 1001, 1002, 9_999, 19_999, 20_000):
        assert logs.read(*RUN, start, 1)[0].split(" ")[0] == str(start - 1)
    assert logs.line_count(*RUN) == 20_000


def test_many_threads_write_whole_lines(logs: Logs) -> None:
    def write(name: str) -> None:
        for number in range(200):
            logs.append(*RUN, f"{name} {number} {'x' * 500}\n{name} {number}.\n")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = logs.read(*RUN, 1, 10_000)
    assert len(lines) == 1600
    for name in "abcd":
        mine = [line.split()[1] for line in lines if line.startswith(name)]
        assert mine == [text for n in range(200) for text in (str(n), f"{n}.")]


def test_more_logs_than_files_may_be_open_are_all_kept(logs: Logs) -> None:
    for line in range(3):
        for number in range(150):
            logs.append("1", f"job{number}", "step1", f"{line}\n")
    for number in range(150):
        assert logs.read("1", f"job{number}", "step1") == ["0", "1", "2"]
    assert len(os.listdir("/proc/self/fd")) < 120


def test_a_log_goes_on_after_the_file_was_closed(logs: Logs, tmp_path: Path) -> None:
    logs.append(*RUN, "one\n")
    logs.close(RUN[0])
    assert logs.append(*RUN, "two\n") == 2
    again = Logs(tmp_path / "logs")
    assert again.append(*RUN, "three\n") == 3
    again.close()


def test_the_cap_is_said_in_the_log_once(tmp_path: Path) -> None:
    logs = Logs(tmp_path, cap=100)
    for number in range(50):
        logs.append(*RUN, f"line number {number}\n")
    logs.close()
    logs.append(*RUN, "after the restart\n")
    logs.close()
    lines = logs.read(*RUN)
    assert lines[:-1] == [f"line number {n}" for n in range(len(lines) - 1)]
    assert lines[-1] == (
        "##[warning]the log reached its limit of 100 bytes; nothing more of it is kept"
    )
    assert sum(len(line) + 1 for line in lines[:-1]) <= 100


def test_one_line_longer_than_the_cap_is_dropped(tmp_path: Path) -> None:
    logs = Logs(tmp_path, cap=100)
    logs.append(*RUN, "x" * 200 + "\n")
    logs.close()
    assert len(logs.read(*RUN)) == 1


def test_logs_of_a_placed_node_lie_where_it_says(tmp_path: Path) -> None:
    def place(run: str, node: str) -> Path | None:
        return tmp_path / "storage" / "dcid.job" if node == "train" else None

    logs = Logs(tmp_path / "logs", place=place)
    logs.append("1", "train", "user_logs/std_log.txt", "hello\n")
    logs.append("1", "other", "step1", "hello\n")
    logs.close()
    assert (tmp_path / "storage/dcid.job/user_logs/std_log.txt").read_text() == "hello\n"
    assert (tmp_path / "logs/1/other/step1").read_text() == "hello\n"


KILLED = """
import sys
from pathlib import Path
from penstock.store.logs import Logs
logs = Logs(Path(sys.argv[1]))
number = 0
while True:
    logs.append("1", "deploy/job", "step1", f"line {number}\\n")
    print(number, flush=True)
    number += 1
"""


def test_nothing_appended_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(200):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    last = [int(line) for line in writer.stdout.read().split("\n")[:-1]] or [199]
    writer.stdout.close()
    writer.wait()
    logs = Logs(tmp_path)
    lines = logs.read(*RUN, 1, 10_000_000)
    assert lines == [f"line {n}" for n in range(len(lines))]
    assert len(lines) >= last[-1] + 1


def test_a_line_cut_by_a_kill_is_ended_before_the_next(logs: Logs) -> None:
    logs.append(*RUN, "one\n")
    logs.close()
    with logs.path(*RUN).open("ab") as file:
        file.write(b"tw")
    assert logs.read(*RUN) == ["one", "tw"]
    assert logs.append(*RUN, "three\n") == 3
    assert logs.read(*RUN) == ["one", "tw", "three"]


def test_more_logs_than_are_kept_open_are_counted_on(tmp_path: Path) -> None:
    logs = Logs(tmp_path / "logs")
    for line in range(3):
        for log in range(100):
            assert logs.append("1", "a", f"step{log}", f"line {line}\n") == line + 1
    assert logs.read("1", "a", "step7") == ["line 0", "line 1", "line 2"]
    logs.close()


FULL = """
import resource, sys
from pathlib import Path
from penstock.store.logs import Logs
logs = Logs(Path(sys.argv[1]))
logs.append("1", "deploy/job", "step1", "one\\n")
resource.setrlimit(resource.RLIMIT_FSIZE, (8, resource.RLIM_INFINITY))
try:
    logs.append("1", "deploy/job", "step1", "two is too long\\n")
except OSError as error:
    print(error.strerror)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(logs.append("1", "deploy/job", "step1", "three\\n"))
"""


def test_half_a_line_that_a_full_disk_took_is_taken_back(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["File too large", "2"]
    assert Logs(tmp_path).read(*RUN) == ["one", "three"]
