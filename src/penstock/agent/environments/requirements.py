"""Reads lines in pip's own format, of a requirements file or of a conda file's `pip` section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from penstock.agent.environments.recipe import Wish
from penstock.records import record

_COMMENT = re.compile(r"(^|\s)#.*$")
_HASH = re.compile(r"\s--hash[= ]\S+")
_OPTION = re.compile(r"(-{1,2}[A-Za-z][\w-]*)\s*=?\s*(.*)$", re.DOTALL)
_ADDRESS = re.compile(r"(?:[\w.-]+(?:\[[^]]*\])?\s*@\s*)?(?:git|hg|svn|bzr)\+|\S*https?://|file:")
_LOCAL = re.compile(r"\.{0,2}/|\.$|~/|\S+\.(whl|tar\.gz|zip)$")
_SINGLE_EQUALS = re.compile(r"^([\w.\[\],-]+)\s*=\s*([\w.*+!]+)$")
_INDEX_OPTIONS = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
}
_SWITCHES = {"--pre", "--no-index"}
_CONSTRAINTS = {"-c", "--constraint", "--constraints"}
_INCLUDES = {"-r", "--requirement", "--requirements", *_CONSTRAINTS}
_EDITABLE = {"-e", "--editable"}


@record(kw_only=False)
class Include:
    """`-r FILE`, or `-c FILE`, whose packages are `bounds`."""

    path: str
    is_bound: bool = False


@record(kw_only=False)
class Option:
    """An option for the index, as a line of its own; or one that is passed over (`kept` False)."""

    text: str
    kept: bool = True


@record(kw_only=False)
class Address:
    """A package by its address: a repository, an archive, or a local path (`local`)."""

    text: str
    local: bool = False


@record(kw_only=False)
class Problem:
    """A line that is nothing of all that, and the one next step."""

    message: str
    help: str


Line = Wish | Include | Option | Address | Problem | None


def read_line(text: str, place: str = "") -> Line:
    """What one line asks for; None when it is empty or a comment."""
    line = _HASH.sub("", _COMMENT.sub("", text)).strip()
    if not line:
        return None
    if "\n" in line or "\r" in line:
        return Problem(f'"{_short(line)}" runs over several lines', "write one package a line")
    if line.startswith("-"):
        return _read_option(line)
    if _ADDRESS.match(line):
        return Address(line)
    if _LOCAL.match(line):
        return Address(line, local=True)
    return _read_requirement(line, place)


def _read_option(line: str) -> Line:
    match = _OPTION.match(line)
    name, value = match.groups() if match else (line, "")
    if name in _INCLUDES:
        return Include(value, is_bound=name in _CONSTRAINTS)
    if name in _EDITABLE:
        found = read_line(value)
        return found if isinstance(found, Address) else Address(value, local=True)
    if name in _INDEX_OPTIONS and value:
        return Option(f"{_INDEX_OPTIONS[name]} {value}")
    if name in _SWITCHES:
        return Option(name)
    return Option(line, kept=False)


def _read_requirement(line: str, place: str) -> Wish | Problem:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        single = _SINGLE_EQUALS.match(line)
        step = f'write "{single[1]}=={single[2]}"' if single else 'pip\'s form is "name==1.2.3"'
        return Problem(f'"{_short(line)}" is not a pip requirement', step)
    return Wish(requirement=str(requirement), written=line, place=place)


def _short(line: str) -> str:
    first = line.splitlines()[0]
    return first if len(first) <= 60 else f"{first[:57]}..."


def read_file(
    path: Path, *, is_bound: bool = False, seen: frozenset[Path] = frozenset()
) -> Iterator[tuple[str, Line]]:
    """The lines of a requirements file with their places, those of included files among them.

    What a file of constraints (`is_bound`) names is a limit and no package to install (pip
    documentation, "Constraints files"). An included file that is missing comes as a `Problem`; a
    local path is made absolute.
    """
    for number, text in _logical_lines(path.read_text(encoding="utf-8-sig", errors="replace")):
        place = f"line {number} of {path.name}"
        line = read_line(text, place)
        if isinstance(line, Include):
            target = (path.parent / line.path).resolve()
            if target in seen or target == path:
                continue
            if not target.is_file():
                yield place, Problem(f'"{line.path}" is not there', f"add it beside {path.name}")
                continue
            bound = is_bound or line.is_bound
            yield from read_file(target, is_bound=bound, seen=seen | {path})
        elif isinstance(line, Wish):
            yield place, replace(line, is_bound=is_bound)
        elif isinstance(line, Address) and line.local:
            yield place, Address(str((path.parent / line.text).resolve()), local=True)
        else:
            yield place, line


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, those that end in a backslash joined with the next."""
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        yield start, pending + line
        pending, start = "", 0
    if pending:
        yield start, pending
