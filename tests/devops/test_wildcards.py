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


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 500, "**/a" * 500, "*?" * 500, "a*" * 500 + "c", "**/" * 500 + "c", "?" * 1000],
)
def test_hostile_patterns_come_to_an_end(pattern):
    # time grows with the pattern times the name; going back over it would take ages
    expression = path_expression(pattern + "z")
    assert expression.match("a" * 4000 + "b") is None
    assert expression.match("a/" * 2000 + "b") is None
