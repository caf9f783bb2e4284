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
    """The pieces of the expression: literals, each with the wildcard before it."""
    before = ""
    found = list(_TOKEN.finditer(pattern))
    for number, token in enumerate(found):
        text = token.group()
        if text.startswith("*"):
            at_folder = token.start() == 0 or pattern[token.start() - 1] == "/"
            is_deep = len(text) > 1 and at_folder and pattern.startswith("/", token.end())
            before = "(?:.*?/)?" if is_deep else ".*?"
            continue
        if before == "(?:.*?/)?":
            text = text[1:]
        is_last = number == len(found) - 1
        literal = "".join("." if c == "?" else re.escape(c) for c in text)
        if before and not is_last:
            yield f"(?>{_lazily(before)}{literal})"
        else:
            yield _lazily(before) + literal
        before = ""
    if before:
        yield ".*"


def _lazily(wildcard: str) -> str:
    """The folders of `**/` are tried from none upwards."""
    return "(?:|.*?/)" if wildcard == "(?:.*?/)?" else wildcard
