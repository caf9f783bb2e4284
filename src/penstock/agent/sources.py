"""What git knows of the working trees that jobs copy, asked once a run.

All jobs of a run get the files that were there when its first job asked, as on the service, where
they check out the same commit. The content of the files is read by each job.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from penstock.agent import git

_KEPT = 8
_READ_HEAD = ("-c", "core.splitIndex=false", "read-tree", "HEAD")


class WorkingTree:
    """The work tree of a local repository: its facts, and the names of the files that belong to it.

    `is_whole` says that the folder asked for is the top of the repository, not a part of it.
    Used by the threads of several jobs.
    """

    def __init__(self, facts: git.LocalGit, names: tuple[str, ...], is_whole: bool) -> None:
        self.facts = facts
        self.names = names
        self.is_whole = is_whole
        self._lock = threading.Lock()
        self._index: bytes | None = None

    def link(self, folder: Path, env: Mapping[str, str]) -> None:
        """Make `folder` a work tree of its own at HEAD, as `git.link` does. Raises `GitFailed`."""
        facts, origin = self.facts, str(self.facts.top)
        with self._lock:
            if self._index is None:
                git.link(facts, folder, head=facts.head, origin=origin)
                git.answer(git.start(folder, _READ_HEAD, env))
                self._index = (folder / ".git/index").read_bytes()
                return
        git.link(facts, folder, head=facts.head, origin=origin, index=self._index)


class Sources:
    """The working trees that the jobs of the latest runs have asked for. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readings: OrderedDict[tuple[str, Path], _Reading] = OrderedDict()

    def read(self, run: str, folder: Path, env: Mapping[str, str]) -> WorkingTree:
        """The working tree as the first job of the run found it.

        Raises `GitFailed`, and `ToolMissing` without git.
        """
        with self._lock:
            reading = self._readings.setdefault((run, folder), _Reading())
            self._readings.move_to_end((run, folder))
            if len(self._readings) > _KEPT:
                self._readings.popitem(last=False)
        with reading.lock:
            if reading.tree is None:
                reading.tree = _read(folder, env)
            return reading.tree


class _Reading:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tree: WorkingTree | None = None


def _read(folder: Path, env: Mapping[str, str]) -> WorkingTree:
    git.require(env)
    listing = git.list_files(folder, env)
    try:
        facts = git.read_repository(folder, env)
    finally:
        output = listing.communicate()[0]
    is_whole = facts.top.resolve() == folder.resolve()
    return WorkingTree(facts, tuple(git.names_of(output)), is_whole)
