"""Files by patterns, as task-lib's `findMatch` and `match` choose them (minimatch).

Patterns come from whoever writes pipelines, and agents work in the process of the server: so they
are matched by RE2, in linear time. wcmatch makes regular expressions of them, with guards that RE2
does not know; those against `.` and `..` are left out, for no path that is chosen from has such
parts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from penstock.agent import files

_SPECIAL = "*?[+@!("


def lines(text: str) -> list[str]:
    """The patterns of a multi-line input; empty lines and comments (`#`) are dropped."""
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


class PatternRefused(Exception):
    """the pattern cannot be matched in bounded time"""


def select(paths: Iterable[str], patterns: Iterable[str], *, hidden: bool = True) -> list[str]:
    """The paths that the patterns choose: in order, `!pattern` takes out again. Case counts.

    Paths have no part that is empty, `.` or `..`. Without `hidden`, a part that begins with a dot
    is chosen only by a part of the pattern that does so too. Raises `PatternRefused`.
    """
    known = list(paths)
    chosen: set[str] = set()
    for pattern in patterns:
        excluding = pattern.startswith("!") and not pattern.startswith("!(")
        bare = pattern.removeprefix("!") if excluding else pattern
        fits = _matcher(bare)
        matched = {path for path in known if fits(path)}
        if not hidden:
            dotted = [_matcher(part) for part in bare.split("/") if part.startswith(".")]
            matched = {path for path in matched if _shows(path, dotted)}
        chosen = chosen - matched if excluding else chosen | matched
    return [path for path in known if path in chosen]


def _shows(path: str, dotted: Sequence[Callable[[str], object]]) -> bool:
    """Whether every hidden part of a path is one that a part of the pattern asks for."""
    parts = (part for part in path.split("/") if part.startswith("."))
    return all(any(fits(part) for fits in dotted) for part in parts)


_DOTS = r"(?!(?:(?<=[/])|(?<=^))(?:\.{1,2})(?:$|[/]))"
_FOLDERS = r"(?:(?!(?:[/]|^)(?:\.{1,2})(?:$|[/])).)*?"
_GUARDS = (
    (rf"(?=[^/]){_DOTS}", ""),
    (r"(?=[^/])(?!\.{1,2}(?:$|[/]))", ""),
    (rf"(?=[/]){_FOLDERS}(?:^|[/]+)", "[/](?:.*?[/])??"),
    (_FOLDERS, ".*?"),
    (_DOTS, ""),
    ("(?>", "(?:"),
    ("(?![/]).", "[^/]"),
    ("(?![/])[^", "[^/"),
    ("(?![/])[", "["),
)
"""What wcmatch writes, and what means the same for paths without empty parts, `.` and `..`."""
_REPEATED = ("*(", "+(")


def _matcher(pattern: str) -> Callable[[str], object]:
    import re

    import re2
    from wcmatch import glob

    flags = glob.GLOBSTAR | glob.EXTGLOB | glob.DOTGLOB
    (expression,), _ = glob.translate(pattern, flags=flags)
    plain = expression
    for guard, same in _GUARDS:
        plain = plain.replace(guard, same)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(plain, options).match  # type: ignore[no-any-return]
    except re2.error:
        pass
    # `!(...)` has no counterpart in RE2. Alone it costs no more than its stars; repetitions beside
    # it could cost for ever.
    if any(word in pattern for word in _REPEATED) or pattern.count("*") > _MOST_STARS:
        raise PatternRefused(f'the pattern "{pattern}" has too much beside what RE2 can do')
    return re.compile(expression).match


_MOST_STARS = 4


def find_files(root: Path, patterns: Iterable[str]) -> list[Path]:
    """The files that patterns choose; one that is not absolute begins at `root`.

    Pipes, sockets and devices are never chosen: reading one might never end.
    """
    from wcmatch import glob

    rooted = []
    for pattern in patterns:
        excluding = pattern.startswith("!") and not pattern.startswith("!(")
        bare = pattern.removeprefix("!") if excluding else pattern
        full = bare if os.path.isabs(bare) else f"{glob.escape(str(root))}/{bare}"  # noqa: PTH117
        rooted.append(f"!{full}" if excluding else full)
    bases = {_base(pattern) for pattern in rooted if not pattern.startswith("!")}
    known: dict[str, None] = {}
    for base in sorted(bases):
        if base.is_dir():
            found = (entry.path for _, entry in files.walk(base) if _may_be_read(entry))
            known.update(dict.fromkeys(found))
        elif base.is_file():
            known[str(base)] = None
    return [Path(path) for path in select(known, rooted)]


def _may_be_read(entry: os.DirEntry[str]) -> bool:
    """Whether this is a file, or a link to a file, to a folder or to nothing."""
    return entry.is_file() or entry.is_dir() or not os.path.exists(entry.path)  # noqa: PTH110


def _base(pattern: str) -> Path:
    """The folder, or the file, that a pattern names before its first special character."""
    parts: list[str] = []
    for part in pattern.split("/"):
        bare = part.replace("\\", "")
        if any(character in part for character in _SPECIAL) and bare == part:
            break
        parts.append(bare)
    return Path("/".join(parts) or "/")
