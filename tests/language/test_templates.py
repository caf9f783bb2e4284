"""Expansion as a table: `cases/templates/NAME/in.yml` becomes `expanded.yml`.

The expected trees were written by hand. The first line of each case names its source: an expansion
recorded on the service ("recorded", "measured"), or the section of our notes on the documentation.
"""

from pathlib import Path

import pytest

from penstock.language.canonical import dump
from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.source import Source, has_errors
from penstock.language.templates import LocalFiles
from penstock.language.yaml import Mapping, Scalar, Sequence, parse

CASES = sorted((Path(__file__).parent / "cases" / "templates").iterdir())


def values(node):
    """A tree without places, quotes and comments."""
    match node:
        case Scalar():
            return "" if node.is_null else node.value
        case Sequence():
            return [values(item) for item in node.items]
        case Mapping():
            return [(entry.key.value, values(entry.value)) for entry in node.entries]


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case):
    compiled = compile_pipeline("in.yml", LocalFiles(case))
    assert not has_errors(compiled.diagnostics), render(compiled.diagnostics)
    expected = Source("expanded.yml", (case / "expanded.yml").read_text("utf-8"))
    assert values(compiled.tree) == values(parse(expected).root)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_the_printed_tree_reads_back_as_the_same_tree(case):
    tree = compile_pipeline("in.yml", LocalFiles(case)).tree
    again = parse(Source("again.yml", dump(tree)))
    assert again.diagnostics == ()
    assert values(again.root) == values(tree)
