"""Commands that are not ours: to the real `az` where there is one, else a clear refusal."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from penstock.cli.az.failures import Failed
from penstock.cli.hosting.launcher import MARK


def hand_over(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Become the real `az`, later on PATH than ourselves. Raises Failed where there is none."""
    real = real_az(environ.get("PATH", ""))
    if real is not None:
        os.execve(real, [str(real), *arguments], dict(environ))
    words = " ".join(word for word in arguments[:3] if not word.startswith("-"))
    raise Failed(
        f"az {words} is not one of the commands that run here, and no other az is on the PATH;"
        " az --help lists what is here"
    )


def real_az(path: str) -> Path | None:
    """The first `az` on a PATH that is not one of our launchers."""
    for folder in path.split(os.pathsep):
        candidate = Path(folder or ".", "az")
        if candidate.is_file() and os.access(candidate, os.X_OK) and not _is_ours(candidate):
            return candidate
    return None


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return MARK.encode() in stream.read(400)
    except OSError:
        return False
