"""The branches of a file: what coverage counts."""

from __future__ import annotations

import pytest

from penstock.language.source import Source
from penstock.language.templates.branches import branches_of
from penstock.language.yaml import parse

CASES = {
    "an if alone has a way past it": (
        "${{ if a }}: { x: 1 }",
        ["1 if a in", "1 if a past"],
    ),
    "an else closes a chain": (
        "${{ if a }}: { x: 1 }\n${{ elseif b }}: { x: 2 }\n${{ else }}: { x: 3 }",
        ["1 if a in", "2 elseif b in", "3 else  in"],
    ),
    "the way past a chain is past its last condition": (
        "${{ if a }}: { x: 1 }\n${{ elseif b }}: { x: 2 }",
        ["1 if a in", "2 elseif b in", "2 elseif b past"],
    ),
    "two chains side by side": (
        "- ${{ if a }}: [1]\n- ${{ if b }}: [2]\n- ${{ else }}: [3]",
        ["1 if a in", "1 if a past", "2 if b in", "3 else  in"],
    ),
    "plain keys and items do not end a chain": (
        "- ${{ if a }}: [1]\n- b\n- { c: 1, d: 2 }\n- ${{ else }}: [3]",
        ["1 if a in", "4 else  in"],
    ),
    "an each is one branch, and ends a chain": (
        "- ${{ if a }}: [1]\n- ${{ each x in y }}:\n  - ${{ if x }}: [2]",
        ["1 if a in", "1 if a past", "2 each x in y in", "3 if x in", "3 if x past"],
    ),
    "an insert is no branch": ("a:\n  ${{ insert }}: { b: 1 }", []),
    "what is malformed is left to the compiler": ("${{ if }}: { x: 1 }\n${{ if a: b", []),
}


@pytest.mark.parametrize("name", CASES)
def test_branches(name: str) -> None:
    text, expected = CASES[name]
    found = [
        f"{b.span.line} {b.keyword} {b.text} {'in' if b.outcome else 'past'}"
        for b in branches_of(parse(Source("a.yml", text)).root)
    ]
    assert sorted(found) == sorted(expected)
