"""Patterns of files choose as minimatch does, and no pattern costs for ever: agents share the
process of the server."""

from __future__ import annotations

import random

import pytest
from wcmatch import glob

from penstock.agent.patterns import PatternRefused, select

FLAGS = glob.GLOBSTAR | glob.EXTGLOB | glob.DOTGLOB
PIECES = [
    *("a", "b", "*", "**", "?", ".x", "[ab]", "[!a]", "@(a|b)", "*(a)", "+(b|x)", "?(y)", "!(a)"),
    *("/", "/", "/", "**/", "x"),
]


def random_path(dice: random.Random) -> str:
    parts = (
        "".join(dice.choice("ab.xy0") for _ in range(dice.randint(1, 3)))
        for _ in range(dice.randint(1, 4))
    )
    return "/".join(part for part in parts if part not in (".", "..")) or "a"


def test_patterns_choose_what_the_library_says_without_the_guards() -> None:
    dice = random.Random(1)
    paths = sorted({random_path(dice) for _ in range(150)})
    compared = 0
    for _ in range(500):
        pattern = "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 6)))
        if pattern.startswith("!") and not pattern.startswith("!("):
            continue
        try:
            chosen = select(paths, [pattern])
        except PatternRefused:
            continue
        compared += 1
        assert chosen == [p for p in paths if glob.globmatch(p, pattern, flags=FLAGS)], pattern
    assert compared > 400


@pytest.mark.parametrize(
    "pattern",
    ["+(*a*)b", "+(a|a)b", "+(+(a|b))c", "*(a|aa)*(a|aa)b", "**/+(*a*)b", "*a" * 50 + "b"],
)
def test_a_pattern_that_goes_back_and_forth_ends(pattern: str) -> None:
    """By backtracking, the first of these takes half a minute for a name of 20 letters."""
    assert select(["a" * 250, "a/" * 60 + "a"], [pattern]) == []


@pytest.mark.parametrize("pattern", ["!(+(a|a))", "!(x)+(*a*)", "!(x)*a*a*a*a*b"])
def test_what_cannot_be_matched_in_bounded_time_is_refused(pattern: str) -> None:
    with pytest.raises(PatternRefused, match="has too much beside what RE2 can do"):
        select(["a"], [pattern])
    assert select(["a", "b.x"], ["!(a)"]) == ["b.x"]
