"""The Pythons of this machine, found by looking at folders: no program is started."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_NEWEST_MINOR = 20
_OLDEST_MINOR = 6
_VERSIONED = re.compile(r"(?:cpython-)?3\.(\d+)\.(\d+)(?:-|$)")
_CLAUSE = re.compile(r"(~=|==|!=|>=|<=|>|<)\s*3(?:\.(\d+))?(?:\.(\d+))?")


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


def choose(specifier: str, interpreters: Iterable[Interpreter]) -> Interpreter:
    """The interpreter for a Python that was asked for (PEP 440, "" for any).

    The first of `interpreters` (never empty) if it fits, else the newest that does, else the same
    minor version, else the nearest newer one, else the nearest older.
    """
    known = tuple(interpreters)
    clauses = [_Clause(*match.groups()) for match in _CLAUSE.finditer(specifier)]
    fitting = [each for each in known if all(clause.allows(each) for clause in clauses)]
    if known[0] in fitting:
        return known[0]
    if fitting:
        return max(fitting, key=lambda each: each.minor)
    wanted = next((clause.minor for clause in clauses if clause.minor is not None), known[0].minor)
    return min(known, key=lambda each: (each.minor < wanted, abs(each.minor - wanted)))


def asked_version(specifier: str) -> str:
    """The one minor version (`3.8`) that a specifier asks for, or ""."""
    clauses = [_Clause(*match.groups()) for match in _CLAUSE.finditer(specifier)]
    minors = {clause.minor for clause in clauses if clause.operator in ("==", "~=")}
    return f"3.{minors.pop()}" if len(minors) == 1 and None not in minors else ""


@dataclass(frozen=True, slots=True)
class _Clause:
    """One comparison of a specifier with the versions of Python 3."""

    operator: str
    minor_text: str | None
    patch_text: str | None

    @property
    def minor(self) -> int | None:
        return None if self.minor_text is None else int(self.minor_text)

    def allows(self, interpreter: Interpreter) -> bool:
        """Whether it holds; an unknown patch version is taken to fit."""
        if self.minor is None:
            return self.operator not in ("<", "!=")
        patch = None if self.patch_text is None else int(self.patch_text)
        if patch is None or interpreter.patch is None:
            return _compare(self.operator, (interpreter.minor,), (self.minor,))
        if self.operator == "~=":
            return interpreter.minor == self.minor and interpreter.patch >= patch
        left = (interpreter.minor, interpreter.patch)
        return _compare(self.operator, left, (self.minor, patch))


def _compare(operator: str, left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    import operator as operators

    compare = {
        "==": operators.eq,
        "!=": operators.ne,
        ">=": operators.ge,
        "<=": operators.le,
        ">": operators.gt,
        "<": operators.lt,
        "~=": operators.ge,
    }[operator]
    return bool(compare(left, right))


def difference(specifier: str, version: str) -> str:
    """How a Python (`3.11.7`) differs from the one asked for, in one line; empty if it does not."""
    clauses = [_Clause(*match.groups()) for match in _CLAUSE.finditer(specifier)]
    _, minor, patch = (int(part) for part in version.split(".")[:3])
    found = Interpreter(path=Path(), minor=minor, patch=patch)
    if all(clause.allows(found) for clause in clauses):
        return ""
    asked = asked_version(specifier)
    wanted = specifier.removeprefix("==").removesuffix(".*")
    if asked == found.version:
        return f"Python {wanted} -> {version} (the {asked} that this machine has)"
    step = f"; install one for an exact match: uv python install {asked}" if asked else ""
    return f"Python {wanted} -> {version} (this machine has no Python {asked or wanted}{step})"
