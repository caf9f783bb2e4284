"""Asking git about a folder of this machine: nothing that a repository names itself is run."""

from __future__ import annotations

import subprocess
from pathlib import Path

from penstock.gitsafety import SAFE


def git_output(root: Path, *arguments: str) -> str | None:
    """What git printed about `root`, or None where it failed. FileNotFoundError without git."""
    done = subprocess.run(
        ["git", *SAFE, "-C", str(root), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    return done.stdout if done.returncode == 0 else None
