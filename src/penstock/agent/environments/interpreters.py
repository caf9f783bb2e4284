"""The Pythons of this machine, found by looking at folders: no program is started."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from penstock.records import record

_NEWEST_MINOR = 20
_OLDEST_MINOR = 6
_VERSIONED = re.compile(r"(?:cpython-)?3\.(\d+)\.(\d+)(?:-|$)")


@record
class Interpreter:
    """A Python 3: its executable (no link), minor version, and patch version where known."""

    path: Path
    minor: int
    patch: int | None = None

    @property
    def version(self) -> str:
        """`3.11`."""
        return f"3.{self.minor}"


def discover(
    environ: Mapping[str, str], tools: Path | None = None, running: Path | None = None
) -> tuple[Interpreter, ...]:
    """Every Python of this machine once: that of this process, pyenv's, uv's, the tool cache's
    (`tools`), and those on PATH. `running` is the executable of this process."""
    found: dict[Path, Interpreter] = {}
    for interpreter in _candidates(environ, tools, running):
        found.setdefault(interpreter.path, interpreter)
    return tuple(found.values())


def _candidates(
    environ: Mapping[str, str], tools: Path | None, running: Path | None
) -> Iterator[Interpreter]:
    own = running or Path(getattr(sys, "_base_executable", sys.executable))
    minor, patch = sys.version_info[1:3]
    yield Interpreter(path=own.resolve(), minor=minor, patch=patch)
    home = Path(environ.get("HOME") or Path.home())
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    managed = Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    yield from _in_versions(str(pyenv), "bin/python", _changed(str(pyenv)))
    yield from _in_versions(str(managed), "bin/python", _changed(str(managed)))
    if tools is not None:
        cached = f"{tools}/Python"
        yield from _in_versions(cached, "x64/bin/python", _changed(cached))
    for folder in environ.get("PATH", "").split(os.pathsep):
        if folder and not folder.endswith("/shims"):
            yield from _on_path(folder, _changed(folder))


def _changed(folder: str) -> int:
    """When something was last added to a folder or removed from it. As long as that stays, every
    job of a process may use what the first one found there."""
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _in_versions(root: str, executable: str, changed: int) -> tuple[Interpreter, ...]:
    """Interpreters in folders named by their version, the newest patch first."""
    try:
        names = os.listdir(root)  # noqa: PTH208
    except OSError:
        return ()
    found = []
    versions = [(match, name) for name in names if (match := _VERSIONED.match(name))]
    for match, name in sorted(versions, key=lambda v: (int(v[0][1]), int(v[0][2])), reverse=True):
        path = Path(root, name, executable)
        if path.exists():
            found.append(Interpreter(path=path.resolve(), minor=int(match[1]), patch=int(match[2])))
    return tuple(found)


@lru_cache(maxsize=256)
def _on_path(folder: str, changed: int) -> tuple[Interpreter, ...]:
    paths = ((minor, f"{folder}/python3.{minor}") for minor in range(_OLDEST_MINOR, _NEWEST_MINOR))
    return tuple(
        Interpreter(path=Path(os.path.realpath(path)), minor=minor)
        for minor, path in paths
        if os.access(path, os.X_OK) and _is_program(path)
    )


def _is_program(path: str) -> bool:
    """Whether it is an executable itself, not a script that looks for one."""
    try:
        with Path(path).open("rb") as file:
            return file.read(2) != b"#!"
    except OSError:
        return False
