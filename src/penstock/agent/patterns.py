"""Files by patterns, as task-lib's `findMatch` and `match` choose them (minimatch)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from penstock.agent import files

_SPECIAL = "*?[+@!("


def lines(text: str) -> list[str]:
    """The patterns of a multi-line input; empty lines and comments (`#`) are dropped."""
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def select(paths: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """The paths that the patterns choose: in order, `!pattern` takes out again. Case counts."""
    from wcmatch import glob

    flags = glob.GLOBSTAR | glob.EXTGLOB | glob.DOTGLOB
    known = list(paths)
    chosen: set[str] = set()
    for pattern in patterns:
        excluding = pattern.startswith("!") and not pattern.startswith("!(")
        bare = pattern.removeprefix("!") if excluding else pattern
        matched = set(map(str, glob.globfilter(known, bare, flags=flags)))
        chosen = chosen - matched if excluding else chosen | matched
    return [path for path in known if path in chosen]


def find_files(root: Path, patterns: Iterable[str]) -> list[Path]:
    """The files that patterns choose; one that is not absolute begins at `root`."""
    from wcmatch import glob

    rooted = []
    for pattern in patterns:
        excluding = pattern.startswith("!") and not pattern.startswith("!(")
        bare = pattern.removeprefix("!") if excluding else pattern
        full = bare if os.path.isabs(bare) else f"{glob.escape(str(root))}/{bare}"  # noqa: PTH117
        rooted.append(f"!{full}" if excluding else full)
    bases = {_base(pattern) for pattern in rooted if not pattern.startswith("!")}
    known: dict[str, None] = {}
    for base in sorted(bases):
        if base.is_dir():
            known.update(dict.fromkeys(f"{base}/{relative}" for relative, _ in files.walk(base)))
        elif base.is_file():
            known[str(base)] = None
    return [Path(path) for path in select(known, rooted)]


def _base(pattern: str) -> Path:
    """The folder, or the file, that a pattern names before its first special character."""
    parts: list[str] = []
    for part in pattern.split("/"):
        bare = part.replace("\\", "")
        if any(character in part for character in _SPECIAL) and bare == part:
            break
        parts.append(bare)
    return Path("/".join(parts) or "/")
