"""The finished environments of this machine: found again by content, built by one at a time.

An environment counts only once its marker is written, last and at once; anything else in its folder
is the rest of a broken build.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.process import Cancellation
from penstock.records import record

_MARKER = "complete.json"
_WAIT_SECONDS = 0.2


@record(kw_only=False)
class Shelf:
    """The folder of all environments."""

    root: Path

    def folder(self, key: str) -> Path:
        """Where the environment of that key is or will be."""
        return self.root / key

    def marker(self, key: str) -> Mapping[str, object] | None:
        """What was said of a finished environment, if it is there and its Python still is."""
        folder = self.folder(key)
        found = _read(folder / _MARKER)
        return found if found and (folder / "venv/bin/python").exists() else None

    def finish(self, key: str, facts: Mapping[str, object]) -> None:
        """Declare the environment finished."""
        _write(self.folder(key) / _MARKER, facts)

    def recall(self, question: str) -> Mapping[str, object] | None:
        """What was remembered for a specification."""
        return _read(self.root / "specifications" / f"{question}.json")

    def remember(self, question: str, answer: Mapping[str, object]) -> None:
        """Remember what a specification came to."""
        (self.root / "specifications").mkdir(parents=True, exist_ok=True)
        _write(self.root / "specifications" / f"{question}.json", answer)

    def clear(self, key: str) -> Path:
        """An empty folder for a new build; what a broken one left is removed."""
        import shutil

        folder = self.folder(key)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    @contextmanager
    def lock(
        self, key: str, cancellation: Cancellation, waiting: Callable[[], None]
    ) -> Iterator[None]:
        """Hold the one right to build that environment, on this machine, among all processes.

        `waiting` is called once if another has it. Raises `EnvironmentRefused` when canceled.
        """
        import fcntl

        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / f"{key}.lock").open("w") as file:
            told = False
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not told:
                        waiting()
                        told = True
                if cancellation.wait(_WAIT_SECONDS):
                    raise EnvironmentRefused("the build of the environment was canceled")
            yield


def digest(*parts: object) -> str:
    """A short name for content: the same parts, the same name."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _read(path: Path) -> Mapping[str, object] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(path: Path, facts: Mapping[str, object]) -> None:
    """Write the file at once or not at all."""
    part = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(facts, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
