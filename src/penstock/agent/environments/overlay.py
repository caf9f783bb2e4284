"""Gives a job its own thin copy of a finished environment, so that what it installs stays its own.

The copy has a Python and scripts of its own and reads the packages of the finished environment
behind its own; making it starts no program. Nothing hinders a job that means to write into the
finished environment by its full path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_DATA_FOLDERS = ("share", "etc")
_PACKAGES = "zz_environment.pth"
_LONGEST_FIRST_LINE = 120


def lay(venv: Path, folder: Path) -> Path:
    """Make the thin copy of `venv` in `folder`, which must not exist; returns its Python."""
    scripts = folder / "bin"
    packages = next(venv.glob("lib/python3*/site-packages"))
    own = folder / packages.relative_to(venv)
    own.mkdir(parents=True)
    scripts.mkdir()
    (folder / "lib64").symlink_to("lib")
    (folder / "pyvenv.cfg").write_bytes((venv / "pyvenv.cfg").read_bytes())
    (own / _PACKAGES).write_text(f"import site; site.addsitedir({str(packages)!r})\n")
    _copy_scripts(venv / "bin", scripts)
    (scripts / "activate").write_text("# this environment is in effect already\n")
    for name in _DATA_FOLDERS:
        _link_files(venv / name, folder / name)
    return scripts / "python"


def _copy_scripts(base: Path, scripts: Path) -> None:
    """Links to interpreters and programs; scripts that start the old Python start the new one."""
    old = str(base / "python").encode()
    start = _first_line(str(scripts / "python"))
    for entry in os.scandir(base):
        target = scripts / entry.name
        if entry.is_symlink():
            target.symlink_to(os.path.realpath(entry.path) if entry.name == "python" else "python")
        elif not entry.name.lower().startswith(("activate", "deactivate")):
            _copy_script(Path(entry.path), target, old, start)


def _copy_script(source: Path, target: Path, old: bytes, start: bytes) -> None:
    content = source.read_bytes()
    head, _, body = content.partition(b"\n")
    if head == b"#!" + old:
        target.write_bytes(start + body)
    elif head == b"#!/bin/sh" and body.startswith(b"'''exec' ") and old in body[:1024]:
        target.write_bytes(start + body.split(b"' '''\n", 1)[-1])
    else:
        target.symlink_to(source)
        return
    target.chmod(0o755)


def _first_line(python: str) -> bytes:
    """What starts that Python: one line, or through a shell where the path is too long for that."""
    if len(python) < _LONGEST_FIRST_LINE and " " not in python:
        return f"#!{python}\n".encode()
    return f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n".encode()


def _link_files(source: Path, target: Path) -> None:
    """The same folders with links to the files: new files go here, not there."""
    for path, relative in _files(source):
        link = target / relative
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)


def _files(source: Path) -> Iterator[tuple[Path, Path]]:
    for path in source.rglob("*"):
        if not path.is_dir():
            yield path, path.relative_to(source)
