"""Which living process executes which runs, so that a second one does not take them over.

A process holds a lock on a file for as long as it lives; the kernel lets go of it however it dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from penstock.store.home import make_private_folder


class Owner:
    """This process, as other processes see it. `name` is written beside the runs it executes."""

    def __init__(self, folder: Path) -> None:
        make_private_folder(folder)
        self.name = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._folder = folder
        draft = folder / f".{self.name}"
        self._descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        # Under its name the file is never seen unlocked while its process lives.
        draft.rename(folder / self.name)

    def living(self, names: Iterable[str]) -> set[str]:
        """Those of the names whose process lives, this one among them."""
        own = {self.name} & set(names)
        return own | living(self._folder, set(names) - own)

    def close(self) -> None:
        """Stop being the owner of anything."""
        (self._folder / self.name).unlink(missing_ok=True)
        os.close(self._descriptor)


def living(folder: Path, names: Iterable[str]) -> set[str]:
    """Those of the names whose process lives; files of the dead are removed."""
    return {name for name in set(names) if _is_alive(folder, name)}


def _is_alive(folder: Path, name: str) -> bool:
    if not name or "/" in name or name.startswith("."):
        return False
    path = folder / name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        path.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)
