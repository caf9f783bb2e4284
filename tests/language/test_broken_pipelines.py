"""Pipelines broken in many ways, with all that a reader is told: `cases/broken/NAME/expected.txt`.

Every fault names its place and the next step, and in a template how it came to be included.
"""

import re
from pathlib import Path

import pytest

from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.source import Severity
from penstock.language.templates import LocalFiles

CASES = sorted((Path(__file__).parent / "cases" / "broken").iterdir())


def diagnostics(case):
    return compile_pipeline("azure-pipelines.yml", LocalFiles(case)).diagnostics


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_what_the_reader_is_told(case, golden):
    golden(case / "expected.txt", render(diagnostics(case)) + "\n")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_every_fault_says_where_it_is_and_what_to_do(case):
    found = diagnostics(case)
    assert any(one.severity is Severity.ERROR for one in found)
    for one in found:
        assert one.span is not None, one
        assert one.help, one
        assert not re.search(r"None|Span\(|<.*object at", render([one])), one


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_fault_in_a_template_shows_the_way_to_it(case):
    for one in diagnostics(case):
        if one.span.source.name != "azure-pipelines.yml":
            places = [related.span.source.name for related in one.related]
            assert "azure-pipelines.yml" in places, render([one])


def test_there_are_more_than_thirty():
    assert len(CASES) > 30
