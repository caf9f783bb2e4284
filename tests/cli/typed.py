"""Commands as a person types them: real processes with a store of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PENSTOCK = (sys.executable, "-m", "penstock.cli.main")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Terminal:
    """A folder to type in. Nothing of the settings of whoever runs the tests is seen."""

    folder: Path
    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        """The variables that commands get."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder.parent),
            "PENSTOCK_HOME": str(self.home),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            **{name: value for name, value in os.environ.items() if name.startswith(("SSL", "UV"))},
            **more,
        }

    def type(self, *words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Ended:
        """Run `penstock` with the words to its end."""
        done = subprocess.run(
            [*_PENSTOCK, *words],
            cwd=self.folder,
            env=self.environment(**(environ or {})),
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `penstock` with the words and leave it running."""
        return subprocess.Popen(
            [*_PENSTOCK, *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def shell(self, line: str) -> Ended:
        """Run a line of bash in which `penstock` is the command."""
        function = f'penstock() {{ {" ".join(_PENSTOCK)} "$@"; }}'
        done = subprocess.run(
            ["bash", "-c", f"{function}\n{line}"],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> Path:
        """A file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


def until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether a process lives (one that nobody has reaped does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False
