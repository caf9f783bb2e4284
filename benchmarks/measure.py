"""Timing whole commands: alternating rounds, medians, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WORK = Path(__file__).parent / ".work"
ROOT = Path(__file__).parent.parent
PENSTOCK = Path(sys.executable).parent / "penstock"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the results: ours, theirs, and what the ratio may be at the most (or least)."""

    name: str
    ours: str
    theirs: str
    ratio: float | None
    goal: str
    met: bool | None


def environment(home: str) -> dict[str, str]:
    """The process environment with a store of its own and bytecode kept, as on a user's machine."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PENSTOCK_HOME": str(WORK / home), "NO_COLOR": "1", "CI": "true"}


def seconds(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> float:
    """Wall time of one command that must succeed."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=dict(env), capture_output=True, text=True)
    spent = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return spent


def alternate(rounds: int, *work: Callable[[], float]) -> list[float]:
    """The median of each, taken in turns so that a noisy minute hits all alike."""
    return [statistics.median(times) for times in zip(*in_turns(rounds, *work), strict=True)]


def in_turns(rounds: int, *work: Callable[[], float]) -> list[list[float]]:
    """What each gave, by rounds, after one round that does not count."""
    for one in work:
        one()
    return [[one() for one in work] for _ in range(rounds)]


def peak_memory(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> float:
    """MiB that the command's own process (not its children) held at the most."""
    process = subprocess.Popen(
        command, cwd=cwd, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = 0
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            for line in status.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak = max(peak, int(line.split()[1]))
        except OSError:
            break
        time.sleep(0.002)
    process.wait()
    return peak / 1024


def project(name: str, files: Mapping[str, str]) -> Path:
    """A Git repository with these files, made once."""
    folder = WORK / name
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    if not (folder / ".git").exists():
        git = ["git", "-C", str(folder), "-c", "user.name=B", "-c", "user.email=b@example.com"]
        subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
        subprocess.run([*git, "remote", "add", "origin", "git@example.com:a/b.git"], check=True)
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "bench"], check=True)
    return folder


def at_most(name: str, ours: float, theirs: float, goal: float, unit: str = "s") -> Row:
    """A row whose ratio ours/theirs may be `goal` at the most."""
    ratio = ours / theirs
    return Row(
        name, f"{ours:.4f} {unit}", f"{theirs:.4f} {unit}", ratio, f"<= {goal}", ratio <= goal
    )
