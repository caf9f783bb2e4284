"""Gives a job its own thin copy of a finished environment, so that what it installs stays its own.

The copy has a Python and scripts of its own and reads the packages of the finished environment
behind its own; making it starts no program. Nothing hinders a job that means to write into the
finished environment by its full path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from penstock.records import record

_DATA_FOLDERS = ("share", "etc")
_PACKAGES = "zz_environment.pth"
_LONGEST_FIRST_LINE = 120


@record(kw_only=False)
class _Script:
    """An entry of `bin`: a link to `target`, or a script of the environment's Python."""

    name: str
    target: str = ""
    body: bytes = b""


def lay(venv: Path, folder: Path) -> Path:
    """Make the thin copy of `venv` in `folder`, which must not exist; returns its Python."""
    base, made = str(venv), str(folder)
    packages = _site_packages(base)
    os.makedirs(f"{made}/{packages}")  # noqa: PTH103
    os.mkdir(f"{made}/bin")  # noqa: PTH102
    (folder / "lib64").symlink_to("lib")
    (folder / "pyvenv.cfg").write_bytes((venv / "pyvenv.cfg").read_bytes())
    own = f"import site; site.addsitedir({f'{base}/{packages}'!r})\n"
    _write(f"{made}/{packages}/{_PACKAGES}", own.encode(), 0o666)
    _lay_scripts(f"{base}/bin", f"{made}/bin")
    _write(f"{made}/bin/activate", b"# this environment is in effect already\n", 0o666)
    for name in _DATA_FOLDERS:
        _link_files(venv / name, folder / name)
    return folder / "bin/python"


def _site_packages(venv: str) -> str:
    """Where the packages of a virtual environment are, below it."""
    names = os.listdir(f"{venv}/lib")  # noqa: PTH208
    python = next(name for name in names if name.startswith("python3"))
    return f"lib/{python}/site-packages"


def _lay_scripts(base: str, folder: str) -> None:
    start = _first_line(f"{folder}/python")
    for script in _scripts(base, os.stat(base).st_mtime_ns):  # noqa: PTH116
        place = f"{folder}/{script.name}"
        if script.target:
            os.symlink(script.target, place)  # noqa: PTH211
        else:
            _write(place, start + script.body, 0o777)


@lru_cache(maxsize=16)
def _scripts(folder: str, changed: int) -> tuple[_Script, ...]:
    """What the thin copies of an environment have in `bin`: links to interpreters and programs, and
    scripts without their first line. A finished environment stays as it is, so the jobs of a
    process read it once; `changed` is when something was last added to the folder."""
    found = []
    for entry in os.scandir(folder):
        if entry.is_symlink():
            is_first = entry.name == "python"
            found.append(
                _Script(entry.name, os.path.realpath(entry.path) if is_first else "python")
            )
        elif not entry.name.lower().startswith(("activate", "deactivate")):
            body = _body(Path(entry.path), f"{folder}/python".encode())
            found.append(
                _Script(entry.name, entry.path) if body is None else _Script(entry.name, body=body)
            )
    return tuple(found)


def _body(script: Path, python: bytes) -> bytes | None:
    """A script of that Python without the line that starts it; None for any other program."""
    content = script.read_bytes()
    head, _, body = content.partition(b"\n")
    if head == b"#!" + python:
        return body
    if head == b"#!/bin/sh" and body.startswith(b"'''exec' ") and python in body[:1024]:
        return body.split(b"' '''\n", 1)[-1]
    return None


def _write(path: str, content: bytes, mode: int) -> None:
    """Write a new file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(content)


def _first_line(python: str) -> bytes:
    """What starts that Python: one line, or through a shell where the path is too long for that."""
    if len(python) < _LONGEST_FIRST_LINE and " " not in python:
        return f"#!{python}\n".encode()
    return f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n".encode()


def _link_files(source: Path, target: Path) -> None:
    """The same folders with links to the files: new files go here, not there."""
    if not source.is_dir():
        return
    for path, relative in _files(source):
        link = target / relative
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)


def _files(source: Path) -> Iterator[tuple[Path, Path]]:
    for path in source.rglob("*"):
        if not path.is_dir():
            yield path, path.relative_to(source)
