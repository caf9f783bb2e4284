"""Which Python a job gets: the one asked for, or the nearest that the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.agent.environments.interpreters import Interpreter, discover
from penstock.agent.environments.python_versions import asked_version, choose, difference


def python(minor: int, patch: int | None = None) -> Interpreter:
    return Interpreter(path=Path(f"/python3.{minor}.{patch}"), minor=minor, patch=patch)


MANY = (python(11, 7), python(8, 18), python(9, 18), python(10, 13), python(13, 0))


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ("", 11),
        ("==3.8.5.*", 8),
        ("==3.8.*", 8),
        ("==3.10.13", 10),
        ("==3.12.*", 13),
        ("==3.7.*", 8),
        ("==3.14.*", 13),
        (">=3.8", 11),
        (">=3.8,<3.11", 10),
        ("<3.10", 9),
        ("~=3.9", 11),
        ("~=3.9.0", 9),
        ("!=3.11", 13),
        ("==3", 11),
    ],
)
def test_the_python_for_a_specifier(asked: str, chosen: int) -> None:
    assert choose(asked, MANY).minor == chosen


def test_any_python_asked_for_is_the_only_one_there_is() -> None:
    for asked in ("", "==3.6.*", "==3.8.5", ">=3.12", "<3"):
        assert choose(asked, (python(11, 7),)).minor == 11


@pytest.mark.parametrize(
    ("specifier", "version"),
    [("==3.8.5.*", "3.8"), ("==3.10", "3.10"), ("~=3.9.1", "3.9"), (">=3.8", ""), ("", "")],
)
def test_asked_version(specifier: str, version: str) -> None:
    assert asked_version(specifier) == version


@pytest.mark.parametrize(
    ("specifier", "version", "said"),
    [
        ("", "3.11.7", ""),
        ("==3.11.*", "3.11.7", ""),
        (">=3.8,<3.12", "3.11.7", ""),
        ("==3.8.5.*", "3.8.18", "Python 3.8.5 -> 3.8.18 (the 3.8 that this machine has)"),
        (
            "==3.8.*",
            "3.11.7",
            "Python 3.8 -> 3.11.7 (this machine has no Python 3.8; "
            "install one for an exact match: uv python install 3.8)",
        ),
        ("<3.10", "3.11.7", "Python <3.10 -> 3.11.7 (this machine has no Python <3.10)"),
    ],
)
def test_a_difference_is_told(specifier: str, version: str, said: str) -> None:
    assert difference(specifier, version) == said
    assert difference(specifier, version, "/x/uv") == said.replace(" uv ", " /x/uv ")


def program(path: Path, content: bytes = b"\x7fELF") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def test_pythons_are_found_where_they_are_usually_installed(tmp_path: Path) -> None:
    pyenv = program(tmp_path / ".pyenv/versions/3.8.18/bin/python")
    managed = program(
        tmp_path / ".local/share/uv/python/cpython-3.9.18-linux-x86_64-gnu/bin/python"
    )
    tool = program(tmp_path / "tools/Python/3.10.13/x64/bin/python")
    on_path = program(tmp_path / "bin/python3.12")
    program(tmp_path / "shims/python3.7", b"#!/bin/sh\n")
    program(tmp_path / ".pyenv/versions/2.7.18/bin/python")
    running = program(tmp_path / "own/python")
    path = os.pathsep.join([str(tmp_path / "shims"), str(tmp_path / "bin"), "/not/there"])
    found = discover({"HOME": str(tmp_path), "PATH": path}, tmp_path / "tools", running)
    assert [each.path for each in found] == [running, pyenv, managed, tool, on_path]
    assert [(each.minor, each.patch) for each in found[1:]] == [
        (8, 18),
        (9, 18),
        (10, 13),
        (12, None),
    ]


def test_one_python_by_two_ways_is_found_once(tmp_path: Path) -> None:
    real = program(tmp_path / ".pyenv/versions/3.8.18/bin/python")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3.8").symlink_to(real)
    found = discover({"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}, None, real)
    assert [each.path for each in found] == [real]
