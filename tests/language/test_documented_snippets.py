"""What the pages of Azure Pipelines show in full, one test a shape: `documented/snippets.yml`."""

from pathlib import Path

import pytest
import yaml

from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.source import Source

TABLE = Path(__file__).parent / "cases" / "documented" / "snippets.yml"
ROWS = yaml.load(TABLE.read_text("utf-8"), Loader=yaml.BaseLoader)


class Files:
    """A pipeline and the templates beside it."""

    def __init__(self, row):
        self.texts = {"main.yml": row["main"], **row.get("files", {})}

    def read(self, repository, path):
        text = self.texts.get(path) if repository == "self" else None
        return None if text is None else Source(path, text, repository)

    def describe(self, repository):
        return "here" if repository == "self" else None

    def names(self, repository, folder):
        return tuple(self.texts)


def brief(diagnostic):
    span = diagnostic.span
    file = "" if span.source.name == "main.yml" else f"{span.source.name} "
    return f"{file}{span.line}:{span.column} {diagnostic.code}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['page']}: {row['shape']}")
def test_row(row):
    found = compile_pipeline("main.yml", Files(row)).diagnostics
    assert [brief(one) for one in found] == row.get("says", []), render(found)
