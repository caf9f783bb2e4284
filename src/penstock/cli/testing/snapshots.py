"""Snapshots: the expansion of a pipeline kept in a golden file beside its test."""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path

from penstock.records import record

_UNSAFE = re.compile(r"[^\w.=-]+")
_LONGEST = 100
_MOST_LINES = 40
HEAD = "# The expansion that a test expects; `penstock test --update-snapshots` writes it anew.\n"


@record(kw_only=False)
class Difference:
    """How an expansion differs from its snapshot; `diff` is "" where there is none yet."""

    path: Path
    diff: str

    def told(self, root: Path) -> tuple[str, str]:
        """What to say of it, and the next step; the path is shown as seen from `root`."""
        path = self.path
        place = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
        if self.diff:
            help = "--update-snapshots takes the new one; look at it in the commit"
            return f"the expansion differs from the snapshot {place}", help
        return f"there is no snapshot {place} yet", "--update-snapshots writes it"


class Snapshots:
    """The golden files of a session. With `update` they are written, and never differ."""

    def __init__(self, *, update: bool = False) -> None:
        self._update = update
        self.written: list[Path] = []
        self.used: set[Path] = set()
        self._names: dict[Path, str] = {}

    def compare(self, test: Path, name: str, text: str) -> Difference | None:
        """How the text differs from the snapshot of that name beside the test file."""
        path = folder_of(test) / f"{_slug(name)}.yml"
        if self._names.setdefault(path, name) != name:
            path = path.with_stem(f"{path.stem}-{_mark(name)}")
        self.used.add(path)
        known = path.read_text("utf-8") if path.is_file() else None
        if known == HEAD + text:
            return None
        if self._update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(HEAD + text, "utf-8")
            self.written.append(path)
            return None
        if known is None:
            return Difference(path, "")
        return Difference(path, _diff(known.removeprefix(HEAD), text))

    def unused(self, test: Path) -> list[Path]:
        """The snapshots beside a test file that no test looked at."""
        folder = folder_of(test)
        found = sorted(folder.glob("*.yml")) if folder.is_dir() else []
        return [path for path in found if path not in self.used]


def folder_of(test: Path) -> Path:
    """Where the snapshots of a test file are: `release.pipeline-test.yml` has
    `release.snapshots/` beside it."""
    return test.parent / f"{test.name.partition('.')[0]}.snapshots"


def _slug(name: str) -> str:
    return _UNSAFE.sub("-", name).strip("-.")[:_LONGEST] or "snapshot"


def _mark(name: str) -> str:
    """What tells a name from another that makes the same file name."""
    from hashlib import sha256

    return sha256(name.encode()).hexdigest()[:6]


def _diff(old: str, new: str) -> str:
    lines = list(
        unified_diff(old.splitlines(), new.splitlines(), "snapshot", "now", lineterm="", n=2)
    )
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"... and {len(lines) - _MOST_LINES} more lines"]
    return "\n".join(lines)
