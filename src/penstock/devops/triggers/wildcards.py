"""Wildcards of branch, tag and path filters: `*`, `**` and `?`.

A pattern becomes a regular expression that never goes back behind a literal part that it has found
(atomic groups), so a hostile pattern costs its length times that of the name, and no more.
Facts: https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#wildcards and the
release notes of path wildcards (https://learn.microsoft.com/azure/devops/release-notes/2021/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEADS, _TAGS = "refs/heads/", "refs/tags/"
_TOKEN = re.compile(r"\*+|[^*]+")
_ANY = ".*?"
_FOLDERS = "(?:|.*?/)"


def ref_expression(pattern: str, prefix: str = _HEADS) -> re.Pattern[str]:
    """What matches the full names (`refs/heads/main`) that a pattern of a filter takes.

    A pattern without `refs/` is of branches; with another `prefix`, of tags. A leading slash has no
    meaning. Case counts.
    """
    return re.compile(_expression(full_pattern(pattern, prefix)) + r"\Z", re.DOTALL)


def full_pattern(pattern: str, prefix: str = _HEADS) -> str:
    """The pattern of full names that a pattern stands for: `main` is `refs/heads/main`."""
    bare = pattern.removeprefix("/")
    return bare if bare.startswith("refs/") else prefix + bare


def path_expression(pattern: str) -> re.Pattern[str]:
    """What matches the files that a pattern takes, by their names or those of folders around them.

    `*` and `**` also stand for slashes; `**/` stands for any number of folders, and for none. Case
    counts.
    """
    bare = path_pattern(pattern)
    return re.compile(_expression(bare) + r"(?:/.*)?\Z" if bare else "", re.DOTALL)


def path_pattern(pattern: str) -> str:
    """The pattern from the root of the repository, without slashes around it; empty for all."""
    return pattern.removeprefix("./").strip("/")


def is_plain(pattern: str) -> bool:
    """Whether a pattern has no wildcards."""
    return "*" not in pattern and "?" not in pattern


def short_name(ref: str) -> str:
    """A branch or tag as people call it: without `refs/heads/` and `refs/tags/`."""
    return ref.removeprefix(_HEADS).removeprefix(_TAGS)


def _expression(pattern: str) -> str:
    return "".join(_parts(pattern))


def _parts(pattern: str) -> Iterator[str]:
    """The pieces of the expression: literal texts, each together with the wildcard before it.

    All but the last are atomic: what matched first is kept, which is never wrong for these
    wildcards, since whatever follows can also reach over what lies between.
    """
    wildcard = ""
    for token in _TOKEN.finditer(pattern):
        text = token.group()
        if text.startswith("*"):
            wildcard = _FOLDERS if _is_folders(pattern, token) else _ANY
            continue
        text = text[1:] if wildcard == _FOLDERS else text  # its slash belongs to the folders
        literal = "".join("." if c == "?" else re.escape(c) for c in text)
        is_last = token.end() == len(pattern)
        yield f"(?>{wildcard}{literal})" if wildcard and not is_last else wildcard + literal
        wildcard = ""
    if wildcard:
        yield ".*"


def _is_folders(pattern: str, stars: re.Match[str]) -> bool:
    """Whether stars are a whole `**/`, which also stands for no folder."""
    at_folder = stars.start() == 0 or pattern[stars.start() - 1] == "/"
    return at_folder and len(stars.group()) > 1 and pattern.startswith("/", stars.end())
