"""The Pythons of this machine, found by looking at folders: no program is started."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_NEWEST_MINOR = 20
_OLDEST_MINOR = 6
_VERSIONED = re.compile(r"(?:cpython-)?3\.(\d+)\.(\d+)(?:-|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
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
    yield from _in_versions(pyenv, "bin/python")
    yield from _in_versions(managed, "bin/python")
    if tools is not None:
        yield from _in_versions(tools / "Python", "x64/bin/python")
    for folder in environ.get("PATH", "").split(os.pathsep):
        if folder and not folder.endswith("/shims"):
            yield from _on_path(folder)


def _in_versions(root: Path, executable: str) -> Iterator[Interpreter]:
    """Interpreters in folders named by their version, the newest patch first."""
    try:
        names = [path.name for path in root.iterdir()]
    except OSError:
        return
    versions = [(match, name) for name in names if (match := _VERSIONED.match(name))]
    for match, name in sorted(versions, key=lambda v: (int(v[0][1]), int(v[0][2])), reverse=True):
        path = root / name / executable
        if path.exists():
            yield Interpreter(path=path.resolve(), minor=int(match[1]), patch=int(match[2]))


def _on_path(folder: str) -> Iterator[Interpreter]:
    for minor in range(_OLDEST_MINOR, _NEWEST_MINOR):
        path = f"{folder}/python3.{minor}"
        if os.access(path, os.X_OK) and _is_program(path):
            yield Interpreter(path=Path(os.path.realpath(path)), minor=minor)


def _is_program(path: str) -> bool:
    """Whether it is an executable itself, not a script that looks for one."""
    try:
        with Path(path).open("rb") as file:
            return file.read(2) != b"#!"
    except OSError:
        return False
