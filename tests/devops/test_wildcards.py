"""Wildcards of filters: a table of paths and names, an independent judge, and hostile patterns."""

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.devops.triggers.wildcards import path_expression, ref_expression


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("docs", "docs/a.md", True),
        ("docs/", "docs/a.md", True),
        ("/docs", "docs/a.md", True),
        ("docs", "docs", True),
        ("docs", "docs.md", False),
        ("docs/*", "docs/a/b", True),
        ("docs/*", "docs", False),
        ("*", "a/b/c", True),
        ("/", "a/b/c", True),
        ("**", "a", True),
        ("**/*.md", "README.md", True),
        ("**/*.md", "a/b/README.md", True),
        ("**/docs/**", "a/docs/b", True),
        ("**/docs/**", "docs/b", True),
        ("**/docs/**", "mydocs/b", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "a/xb", False),
        ("a/**/b", "a/x/b/inside", True),
        ("a**b", "axxb", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a.c", "abc", False),
        ("[a]", "a", False),
        ("[a]", "[a]", True),
        ("a\nb*", "a\nb/c", True),
        ("*b", "a\nb", True),
    ],
)
def test_paths(pattern, path, expected):
    assert (path_expression(pattern).match(path) is not None) is expected


NAMES = st.text("ab/", max_size=12)


@given(st.text("ab/*?", max_size=10).filter(lambda p: not p.startswith(("/", "refs/"))), NAMES)
def test_names_match_as_in_another_implementation(pattern, name):
    judge = re.compile(fnmatch.translate("refs/heads/" + re.sub(r"\*+", "*", pattern)))
    ref = f"refs/heads/{name}"
    if "**/" not in pattern:
        assert (ref_expression(pattern).match(ref) is None) is (judge.match(ref) is None)


def slowly(pattern, name, at_folder=True):
    """The same by trying everything."""
    if not pattern:
        return not name
    if at_folder and re.match(r"\*\*+/", pattern):
        rest = pattern.lstrip("*")[1:]
        starts = [0, *(n + 1 for n, c in enumerate(name) if c == "/")]
        return any(slowly(rest, name[n:]) for n in starts)
    if pattern[0] == "*":
        rest = pattern.lstrip("*")
        return any(slowly(rest, name[n:], False) for n in range(len(name) + 1))
    if not name or pattern[0] not in ("?", name[0]):
        return False
    return slowly(pattern[1:], name[1:], pattern[0] == "/")


@given(
    st.text("ab/*?", min_size=1, max_size=9).filter(lambda p: p.strip("/") == p != "."),
    st.text("ab/", max_size=9).filter(lambda n: n.strip("/") == n),
)
def test_paths_match_as_when_everything_is_tried(pattern, path):
    folders = [path[:n] for n, c in enumerate(path) if c == "/"]
    expected = any(slowly(pattern, name) for name in (path, *folders))
    assert (path_expression(pattern).match(path) is not None) is expected


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 500, "**/a" * 500, "*?" * 500, "a*" * 500 + "c", "**/" * 500 + "c", "?" * 1000],
)
def test_hostile_patterns_come_to_an_end(pattern):
    # time grows with the pattern times the name; going back over it would take ages
    expression = path_expression(pattern + "z")
    assert expression.match("a" * 4000 + "b") is None
    assert expression.match("a/" * 2000 + "b") is None
