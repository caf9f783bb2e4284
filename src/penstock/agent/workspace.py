"""The folders of one job: `_work/N/{s,a,b,TestResults}`, N staying the same for a pipeline."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from penstock.agent import files
from penstock.agent.machine import Machine

_MAPPING = "_mapping"
_TEMPORARY = "_temp"


class Workspace:
    """The folders of a running job; nobody else uses them until `close`.

    `root` is Pipeline.Workspace, `sources` Build.SourcesDirectory, `staging`
    Build.ArtifactStagingDirectory, `temporary` Agent.TempDirectory. `default_directory` is where
    relative paths begin (System.DefaultWorkingDirectory).
    """

    def __init__(self, work: Path, number: int, lock: int) -> None:
        """`lock` is the open file that holds the workspace."""
        self.work = work
        self.number = number
        self.root = work / str(number)
        self.sources = self.root / "s"
        self.staging = self.root / "a"
        self.binaries = self.root / "b"
        self.test_results = self.root / "TestResults"
        self.temporary = work / _TEMPORARY / str(number)
        self.default_directory = self.sources
        self._lock = lock

    def prepare(self, clean: str, *, fresh: bool) -> None:
        """Make the folders, empty those of one build, and what `workspace: clean` names.

        `fresh` empties everything but the sources, as on a new hosted machine.
        """
        alone = fresh or clean == "all"
        emptied = {
            self.sources.name: clean in ("all", "resources"),
            self.staging.name: True,
            self.binaries.name: alone or clean == "outputs",
            self.test_results.name: True,
        }
        files.make_folders(self.root, emptied, alone=alone)
        files.make_folders(self.temporary, {}, alone=True)

    def temporary_file(self, suffix: str) -> Path:
        """A path in the temporary folder that nothing has yet, named by a GUID."""
        name = os.urandom(16).hex()
        guid = f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"
        return self.temporary / f"{guid}{suffix}"

    def readable_folders(self) -> tuple[Path, ...]:
        """The real folders that a logging command may name files in."""
        import tempfile

        system = Path(tempfile.gettempdir())
        return tuple(folder.resolve() for folder in (self.root, self.temporary, system))

    def close(self) -> None:
        """Empty the temporary folder and let another job have the workspace."""
        try:
            files.empty(self.temporary)
        except OSError:
            # What a step wrote there as another user, say; as on the Azure agent, the job has ended
            # as it has. The next job tries again and fails by the name of the file.
            pass
        finally:
            os.close(self._lock)


def open_workspace(machine: Machine, key: str) -> Workspace:
    """The first workspace of the pipeline `key` that no other job uses, or a new one.

    A file `_mapping/N` holds the key of workspace N and is locked while a job uses it, so that
    several processes may share the folder.
    """
    work = machine.work
    mapping = work / _MAPPING
    gate = _open_gate(mapping)
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)
        wanted = key.encode()
        numbers = sorted(int(name) for name in os.listdir(mapping) if name.isdecimal())  # noqa: PTH208
        for number in numbers:
            lock = _take(mapping / str(number), wanted)
            if lock is not None:
                return Workspace(work, number, lock)
        number = numbers[-1] + 1 if numbers else 1
        (mapping / str(number)).write_bytes(wanted)
        lock = _take(mapping / str(number), wanted)
        assert lock is not None
        return Workspace(work, number, lock)
    finally:
        os.close(gate)


def _open_gate(mapping: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(mapping / ".lock", flags, 0o600)
    except FileNotFoundError:
        mapping.mkdir(parents=True, exist_ok=True)
        return os.open(mapping / ".lock", flags, 0o600)


def sweep(work: Path) -> None:
    """Empty the temporary folders of workspaces that no job uses: a job whose agent was killed left
    its scripts there, and they may hold secrets."""
    try:
        numbers = os.listdir(work / _TEMPORARY)  # noqa: PTH208
    except FileNotFoundError:
        return
    for number in numbers:
        if number.isdecimal():
            _empty_if_free(work, number)


def _empty_if_free(work: Path, number: str) -> None:
    """Empty one temporary folder, as far as this user may."""
    try:
        lock = os.open(work / _MAPPING / number, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        files.empty(work / _TEMPORARY / number)
    except OSError:  # it is in use, or holds files of another user
        pass
    finally:
        os.close(lock)


def _take(path: Path, key: bytes) -> int | None:
    lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        if os.read(lock, len(key) + 1) == key:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
    except BlockingIOError:
        pass
    os.close(lock)
    return None
