"""Processes as users write them: they flood, hang, hide and refuse to die. All are real."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from shutil import copyfile, which
from tempfile import TemporaryDirectory

import pytest

from penstock.agent.process import Cancellation, Household, Patience, run_process
from penstock.agent.server import ToolMissing

QUICK = Patience(interrupt=0.3, terminate=0.3, quiet=0.3, drain=1.5)
# Each leaves a process behind that prints its number to a file and would live for a minute.
SLEEP = "exec sleep 61"
TREES = {
    "setsid": f"setsid bash -c 'echo $$ > PID; {SLEEP}' &",
    "nohup": f"nohup bash -c 'echo $$ > PID; {SLEEP}' >/dev/null 2>&1 &",
    "double fork with a cleared environment": (
        f"(env -i setsid bash -c 'echo $$ > PID; {SLEEP}' >/dev/null 2>&1 </dev/null &) &"
    ),
    "trap INT and TERM": "bash -c 'trap \"\" INT TERM; echo $$ > PID; while :; do sleep 1; done' &",
    "pipe holder": f"bash -c 'echo $$ > PID; {SLEEP}' &",
}


def run(script, *, cwd=Path("/tmp"), cancellation=None, env=None, **settings):
    lines = []
    ended = run_process(
        ["bash", "-c", script],
        cwd=cwd,
        env=env if env is not None else dict(os.environ),
        on_line=lambda stream, text: lines.append((stream, text)),
        cancellation=cancellation or Cancellation(),
        patience=settings.pop("patience", QUICK),
        **settings,
    )
    return ended, lines


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def pid_in(folder):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        text = (folder / "PID").read_text() if (folder / "PID").exists() else ""
        if text.strip():
            return int(text)
        time.sleep(0.01)
    raise AssertionError("the process did not start")


def wait_for_pid(name):
    return f"{name}\nwhile [ ! -s PID ]; do sleep 0.01; done"


def test_output_streams_and_exit_code():
    ended, lines = run("echo out; echo err >&2; exit 3")
    assert (ended.code, ended.timed_out, ended.canceled) == (3, False, False)
    assert sorted(lines) == [("err", "err"), ("out", "out")]


def test_merged_output_keeps_its_order():
    _, lines = run("for i in 1 2 3; do echo o$i; echo e$i >&2; done", merge_stderr=True)
    assert [text for _, text in lines] == ["o1", "e1", "o2", "e2", "o3", "e3"]


def test_lines_arrive_while_the_program_runs():
    seen = []
    lines = []

    def on_idle():
        seen.append(len(lines))

    run_process(
        ["bash", "-c", "echo one; sleep 0.2; echo two"],
        cwd=Path("/tmp"),
        env=dict(os.environ),
        on_line=lambda _, text: lines.append(text),
        on_idle=on_idle,
        cancellation=Cancellation(),
    )
    assert 1 in seen
    assert lines == ["one", "two"]


def test_the_environment_is_exactly_what_is_given_and_a_marker():
    _, lines = run("env", env={"PATH": os.environ["PATH"], "ONLY": "this"})
    names = {text.partition("=")[0] for _, text in lines}
    assert names <= {"PATH", "ONLY", "VSTS_PROCESS_LOOKUP_ID", "PWD", "SHLVL", "_", "OLDPWD"}
    assert "ONLY" in names
    assert "VSTS_PROCESS_LOOKUP_ID" in names


@pytest.mark.parametrize("size", [0, 5, 300_000])
def test_input_is_given_and_closed(size):
    ended, lines = run("wc -c", stdin=b"x" * size)
    assert ended.code == 0
    assert int(lines[0][1]) == size


def test_input_that_nobody_reads_does_not_hang():
    ended, _ = run("exec 0<&-; echo done", stdin=b"x" * 1_000_000)
    assert ended.code == 0


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(ToolMissing) as error:
        run_process(
            ["no-such-program"],
            cwd=Path("/tmp"),
            env={"PATH": "/usr/bin"},
            on_line=lambda *_: None,
            cancellation=Cancellation(),
        )
    assert str(error.value) == '"no-such-program" is not installed or not on PATH'


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match="/no/such/folder"):
        run("true", cwd=Path("/no/such/folder"))


def test_a_signal_is_reported_as_dotnet_does():
    ended, _ = run("kill -9 $$")
    assert (ended.code, ended.signal) == (137, 9)


def test_binary_output_is_text_with_replacements():
    _, lines = run("printf 'a\\xff\\xfe\\x00b\\nend\\n'")
    assert [text for _, text in lines] == ["a\ufffd\ufffd\x00b", "end"]


def test_a_timeout_interrupts_then_terminates():
    ended, lines = run("trap 'echo got INT' INT; while :; do sleep 0.05; done", timeout=0.3)
    assert ended.timed_out
    assert not ended.canceled
    assert ("out", "got INT") in lines


def test_a_time_limit_of_months_is_no_trouble():
    ended, lines = run("echo on", timeout=1e7)
    assert (ended.code, lines) == (0, [("out", "on")])


def test_a_program_that_no_kernel_can_start_is_an_error_of_the_machine():
    with pytest.raises(OSError, match="NUL"):
        run("echo a\0b")


def test_a_program_may_end_well_when_interrupted():
    ended, lines = run("trap 'echo bye; exit 0' INT; while :; do sleep 0.05; done", timeout=0.3)
    assert (ended.code, ended.timed_out) == (0, True)
    assert lines == [("out", "bye")]


def test_cancel_reaches_a_program_from_another_thread():
    cancellation = Cancellation()
    threading.Timer(0.2, cancellation.request, ["enough"]).start()
    ended, _ = run("sleep 60", cancellation=cancellation)
    assert ended.canceled
    assert cancellation.reason == "enough"


AS_NOBODY = """
import ctypes, os, sys  # the libraries may lie where only root can read
from pathlib import Path
from penstock.agent.process import Cancellation, Patience, run_process
folder = Path(sys.argv[1])
os.setgroups([]), os.setgid(65534), os.setuid(65534)
cancellation = Cancellation()
ended = run_process(
    [str(folder / "as_root"), "--reuid=0", "bash", "-c", "echo up; exec sleep 1"],
    cwd=folder,
    env=dict(os.environ),
    on_line=lambda stream, line: cancellation.request(),
    cancellation=cancellation,
    patience=Patience(interrupt=0.1, terminate=0.1, quiet=0.1, drain=0.1),
)
print(ended.code, ended.canceled)
"""


@pytest.mark.skipif(
    os.getuid() != 0 or which("setpriv") is None,
    reason="only root can make a program that becomes root's, here with setpriv",
)
def test_a_program_that_became_another_users_is_waited_for():
    """As after `exec sudo`: no signal of ours reaches it."""
    with TemporaryDirectory() as folder:  # pytest's own is for its user alone
        Path(folder).chmod(0o755)
        program = Path(folder, "as_root")
        copyfile(which("setpriv"), program)
        program.chmod(0o4755)
        command = [sys.executable, "-c", AS_NOBODY, folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("0 True\n", "")


def test_nothing_starts_when_it_was_canceled_before(tmp_path):
    cancellation = Cancellation()
    cancellation.request()
    ended, _ = run("touch started", cwd=tmp_path, cancellation=cancellation)
    assert ended.canceled
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("name", TREES)
def test_nothing_of_a_tree_is_left_after_a_normal_end(name, tmp_path):
    ended, _ = run(wait_for_pid(TREES[name]), cwd=tmp_path)
    assert ended.code == 0
    assert not is_alive(pid_in(tmp_path))


@pytest.mark.parametrize("name", TREES)
def test_nothing_of_a_tree_is_left_after_a_timeout(name, tmp_path):
    ended, _ = run(
        wait_for_pid(TREES[name]) + "\ntrap '' INT TERM; sleep 60", cwd=tmp_path, timeout=1.0
    )
    assert ended.timed_out
    assert not is_alive(pid_in(tmp_path))


@pytest.mark.parametrize("name", TREES)
def test_nothing_of_a_tree_is_left_after_a_cancel(name, tmp_path):
    cancellation = Cancellation()
    watcher = threading.Thread(target=lambda: (pid_in(tmp_path), cancellation.request()))
    watcher.start()
    ended, _ = run(TREES[name] + "\nsleep 60", cwd=tmp_path, cancellation=cancellation)
    watcher.join()
    assert ended.canceled
    assert not is_alive(pid_in(tmp_path))


@pytest.mark.parametrize("name", TREES)
def test_a_household_keeps_the_background_until_it_is_closed(name, tmp_path):
    household = Household()
    ended, _ = run(wait_for_pid(TREES[name]), cwd=tmp_path, household=household)
    pid = pid_in(tmp_path)
    assert ended.code == 0
    assert is_alive(pid)
    killed = household.close()
    assert not is_alive(pid)
    assert any(name.startswith(f"{pid} (") for name in killed)


def test_a_program_that_hides_is_left_to_the_last_who_may_own_it(tmp_path):
    """Two jobs run; a daemon with a cleared environment cannot be told apart, so it waits."""
    first, second = Household(), Household()
    run("true", household=first)
    hidden = TREES["double fork with a cleared environment"]
    run(wait_for_pid(hidden), cwd=tmp_path, household=second)
    pid = pid_in(tmp_path)
    first.close()
    assert is_alive(pid)
    second.close()
    assert not is_alive(pid)


def test_one_job_does_not_end_the_processes_of_another(tmp_path):
    first, second = Household(), Household()
    run(wait_for_pid(TREES["setsid"]), cwd=tmp_path, household=first)
    run("true", household=second)
    second.close()
    assert is_alive(pid_in(tmp_path))
    first.close()
    assert not is_alive(pid_in(tmp_path))


def test_a_plain_child_of_this_process_is_left_alone():
    child = subprocess.Popen(["sleep", "60"])
    try:
        run("true")
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


def test_a_holder_of_the_output_does_not_hang_the_step():
    household = Household()
    began = time.monotonic()
    ended, lines = run("sleep 60 & echo started", household=household)
    assert ended.held
    assert lines == [("out", "started")]
    assert time.monotonic() - began < 5
    household.close()


def test_what_the_background_still_prints_is_heard():
    household = Household()
    _, lines = run("(sleep 0.1; echo late) & echo early", household=household)
    assert lines == [("out", "early"), ("out", "late")]
    household.close()


def test_an_endless_talker_in_the_background_is_heard_for_a_while_only():
    household = Household()
    began = time.monotonic()
    ended, lines = run("(while :; do echo x; sleep 0.05; done) & echo first", household=household)
    assert ended.held
    assert len(lines) > 2
    assert time.monotonic() - began < 10
    household.close()


def test_an_error_of_the_listener_leaves_nothing_running(tmp_path):
    def on_line(stream, text):
        raise ValueError(text)

    with pytest.raises(ValueError, match="hello"):
        run_process(
            ["bash", "-c", "echo $$ > PID; echo hello; sleep 60"],
            cwd=tmp_path,
            env=dict(os.environ),
            on_line=on_line,
            cancellation=Cancellation(),
        )
    assert not is_alive(pid_in(tmp_path))


def test_no_descriptor_is_left_open():
    run("true")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        run("echo x; echo y >&2", stdin=b"z")
    with pytest.raises(ToolMissing):
        run_process(
            ["no-such"],
            cwd=Path("/tmp"),
            env={"PATH": "/bin"},
            on_line=lambda *_: None,
            cancellation=Cancellation(),
        )
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_line_of_50_megabytes_needs_little_memory():
    """One 50 MB line without newline. Measured in a process of its own."""
    code = """
import os, resource
from pathlib import Path
from penstock.agent.process import Cancellation, run_process
count = [0]
def take(stream, text): count[0] += len(text)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run_process(["bash", "-c", "head -c 50000000 /dev/zero | tr '\\\\0' x"], cwd=Path("/tmp"),
            env=dict(os.environ), on_line=take, on_piece=take, cancellation=Cancellation())
print(count[0], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    length, kilobytes = map(int, done.stdout.split())
    assert length == 50_000_000
    assert kilobytes < 20_000


def test_a_callback_of_a_cancellation_runs_once_and_can_be_taken_away():
    cancellation = Cancellation()
    calls = []
    cancellation.on_request(lambda: calls.append("kept"))
    forget = cancellation.on_request(lambda: calls.append("taken away"))
    forget()
    cancellation.request("first")
    cancellation.request("second")
    cancellation.on_request(lambda: calls.append("late"))
    assert calls == ["kept", "late"]
    assert cancellation.reason == "first"
    assert cancellation.wait(0)


def test_programs_started_side_by_side_do_not_end_each_other(tmp_path: Path) -> None:
    """A child that another thread has only just started is nobody's orphan."""
    ends: list[int] = []

    def many() -> None:
        for _ in range(30):
            done = run_process(
                ["bash", "-c", "sleep 0.005"],
                cwd=tmp_path,
                env=dict(os.environ),
                on_line=lambda stream, text: None,
                cancellation=Cancellation(),
            )
            ends.append(done.code)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [0] * 120
