"""Finds and ends the process trees that this process started, however they try to slip away.

Every tree is started in its own session, carries a marker in its environment and is adopted by this
process when its parents die (Linux: child subreaper), so a daemon with a cleared environment and a
session of its own is still found: it is a child of this process that nobody else started.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cache

MARKER = "VSTS_PROCESS_LOOKUP_ID"
"""The environment variable by which the Azure agent finds what a job left behind."""

_PR_SET_CHILD_SUBREAPER = 36
_KILL_SECONDS = 5.0
_CHUNK = 65536


class Tree:
    """One started process and all that comes from it.

    `marker` is the value of `MARKER` in its environment; `pipes` are the names
    (`pipe:[1234]`) of the pipes it was given; `since` is the kernel's clock at its start, in ticks.
    """

    __slots__ = ("alive", "marker", "pid", "pipes", "since")

    def __init__(self, pid: int, marker: str, pipes: frozenset[str]) -> None:
        self.pid = pid
        self.marker = marker
        self.pipes = pipes
        self.since = int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")) - 1
        self.alive = True


# The kernel keeps one list of children for the whole process, so we keep what we know of it once.
_lock = threading.Lock()
_starting = threading.Lock()
_trees: dict[str, Tree] = {}
_adopting = False
_ending = False


@contextmanager
def starting() -> Iterator[None]:
    """Hold this from before a program is started until its tree is remembered: a child that another
    thread has only just started must not be taken for an orphan."""
    with _starting:
        if not _ending:
            yield
            return
    stay_if_ending()


def new_marker() -> str:
    """A value of `MARKER` that nothing else has; it says which process gives it."""
    return f"vsts_{_identity(os.getpid())}_{os.urandom(16).hex()}"


def adopt_orphans() -> None:
    """Make this process the parent of every orphan among its descendants (Linux; else nothing)."""
    global _adopting
    if _adopting:
        return
    _adopting = True
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def remember(tree: Tree) -> None:
    """Note a started tree; it is known until `end` was called for it."""
    with _lock:
        _trees[tree.marker] = tree


def end(trees: Collection[Tree]) -> tuple[str, ...]:
    """Kill whatever is left of the trees, and return once nothing is; the names of what was killed.

    A leader that is still alive is killed too, but left for its starter to reap.
    """
    killed: dict[int, str] = {}
    doomed: set[int] = set()
    deadline = time.monotonic() + _KILL_SECONDS
    pause = 0.001
    while True:
        living = _living(trees, doomed)
        for pid in living:
            killed.setdefault(pid, _name(pid))
            _kill(pid)
        if not living or time.monotonic() > deadline:
            break
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    with _lock:
        for tree in trees:
            _trees.pop(tree.marker, None)
    leaders = {tree.pid for tree in trees}
    return tuple(f"{pid} ({name})" for pid, name in killed.items() if pid not in leaders)


def end_all() -> None:
    """Kill every tree. For a process that is about to leave: from now on its threads neither start
    a program nor hear how one ended, so that nobody takes these ends for the programs' own."""
    global _ending
    with _starting:
        _ending = True
    with _lock:
        known = list(_trees.values())
    end(known)


def end_left_behind(variable: str, value: str) -> tuple[str, ...]:
    """Kill what agents that were killed themselves left running, of those programs whose
    environment has `variable` with that value; the names of what was killed (Linux; else nothing).

    A program that cleared its environment is found only as the child of one that did not.
    """
    wanted = f"{variable}={value}".encode()
    killed: dict[int, str] = {}
    deadline = time.monotonic() + _KILL_SECONDS
    while living := _left_behind(wanted):
        for pid in living:
            killed.setdefault(pid, _name(pid))
            _kill(pid)
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    return tuple(f"{pid} ({name})" for pid, name in killed.items())


def _left_behind(wanted: bytes) -> list[int]:
    if sys.platform != "linux":
        return []
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208
    left = [pid for pid in pids if _is_left_behind(pid, wanted)]
    return [pid for pid in _with_descendants(left) if _state(pid) != "Z"]


def _is_left_behind(pid: int, wanted: bytes) -> bool:
    """Whether a process has the wanted variable, and a marker of an agent that is gone."""
    entries = _read(f"/proc/{pid}/environ").split(b"\0")
    if wanted not in entries:
        return False
    prefix = f"{MARKER}=".encode()
    marker = next((entry[len(prefix) :] for entry in entries if entry.startswith(prefix)), b"")
    match marker.split(b"_"):
        case [b"vsts", agent, born, _] if agent.isdigit():
            return _born(int(agent)) != born.decode("ascii", "replace")
    return False


def stay_if_ending() -> None:
    """Return, unless the process is about to leave."""
    while _ending:
        time.sleep(60)


def _living(trees: Collection[Tree], doomed: set[int]) -> list[int]:
    """The processes of the trees that still run; dead orphans among them are reaped on the way."""
    if sys.platform != "linux":
        return _living_elsewhere(trees)
    leaders = [tree.pid for tree in trees if tree.alive]
    orphans = _orphans(trees, doomed)
    if not leaders and not orphans:
        return []
    living = []
    for pid in _with_descendants([*leaders, *orphans]):
        doomed.add(pid)
        if _state(pid) != "Z":
            living.append(pid)
        elif pid in orphans:
            _reap(pid)
    return living


def _orphans(trees: Collection[Tree], doomed: set[int]) -> list[int]:
    """The children of this process that nobody waits for and that belong to the given trees."""
    if not _adopted():
        return []
    with _starting:
        children = _adopted()
        with _lock:
            known = list(_trees.values())
    waited_for = {tree.pid for tree in known if tree.alive}
    strangers = [pid for pid in children if pid not in waited_for]
    if not strangers:
        return []
    own_session = os.getsid(0)
    mine = []
    for pid in strangers:
        if pid in doomed:
            mine.append(pid)
            continue
        fields = _stat(pid)
        # In our session: a plain child of other code in this process, which waits for it itself.
        if fields is None or int(fields[3]) == own_session:
            continue
        if _belongs(pid, int(fields[3]), int(fields[19]), trees, known):
            mine.append(pid)
    return mine


def _belongs(
    pid: int, session: int, since: int, trees: Collection[Tree], known: Collection[Tree]
) -> bool:
    """Whether an orphan comes from one of `trees`.

    One that hides its origin belongs to any tree that was there when it started: it is ended with
    the last of them.
    """
    leaders = {tree.pid: tree for tree in known}
    owner = leaders.get(session) or _by_marker(pid, known) or _by_pipe(pid, known)
    if owner is not None:
        return owner in trees
    return all(tree in trees for tree in known if tree.since <= since)


def _by_marker(pid: int, trees: Iterable[Tree]) -> Tree | None:
    prefix = f"{MARKER}=".encode()
    for entry in _read(f"/proc/{pid}/environ").split(b"\0"):
        if entry.startswith(prefix):
            value = entry[len(prefix) :].decode(errors="replace")
            return next((tree for tree in trees if tree.marker == value), None)
    return None


def _by_pipe(pid: int, trees: Iterable[Tree]) -> Tree | None:
    held = set()
    for number in (1, 2):
        try:
            held.add(os.readlink(f"/proc/{pid}/fd/{number}"))  # noqa: PTH115
        except OSError:
            continue
    return next((tree for tree in trees if tree.pipes & held), None)


def _with_descendants(pids: Iterable[int]) -> list[int]:
    found = list(dict.fromkeys(pids))
    for pid in found:
        found.extend(child for child in _children(pid) if child not in found)
    return found


def _adopted() -> list[int]:
    """The children of our first thread: the kernel hands every orphan to that one.

    Programs that other threads started, which wait for them, are not among them.
    """
    own = os.getpid()
    return [int(child) for child in _read(f"/proc/{own}/task/{own}/children").split()]


def _children(pid: int) -> list[int]:
    """The direct children of a process, of all its threads."""
    children: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208
    except OSError:
        return []
    for thread in threads:
        children.extend(
            int(child) for child in _read(f"/proc/{pid}/task/{thread}/children").split()
        )
    return children


def _stat(pid: int) -> list[bytes] | None:
    """The fields of `/proc/PID/stat` after the name: state, parent, group, session, ..."""
    text = _read(f"/proc/{pid}/stat")
    return text.rpartition(b") ")[2].split() if text else None


@cache
def _identity(own: int) -> str:
    """This process, told from a later one of the same number."""
    return f"{own}_{_born(own)}"


def _born(pid: int) -> str:
    """When a process was started, by the kernel's clock; empty for one that is gone, even if
    nobody has waited for it yet."""
    fields = _stat(pid)
    return fields[19].decode() if fields and fields[0] != b"Z" else ""


def _state(pid: int) -> str:
    """`R`, `S`, `Z` ... as the kernel has it; a process that is gone counts as dead (`Z`)."""
    fields = _stat(pid)
    return fields[0].decode() if fields else "Z"


def _name(pid: int) -> str:
    return _read(f"/proc/{pid}/comm").decode(errors="replace").strip()


def _read(path: str) -> bytes:
    """A file of `/proc`. Read for every thread at the end of every job, hence without `open`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    parts = []
    try:
        while part := os.read(descriptor, _CHUNK):
            parts.append(part)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
    return b"".join(parts)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def _living_elsewhere(trees: Collection[Tree]) -> list[int]:
    """Without `/proc`: processes known by their marker, and descendants of living leaders."""
    import psutil

    markers = {tree.marker for tree in trees}
    leaders = {tree.pid for tree in trees if tree.alive}
    living = []
    for process in psutil.process_iter():
        try:
            marked = process.environ().get(MARKER) in markers
            below = leaders and leaders & {process.pid, *(p.pid for p in process.parents())}
            if (marked or below) and process.status() != psutil.STATUS_ZOMBIE:
                living.append(process.pid)
        except psutil.Error:
            continue
    return living
