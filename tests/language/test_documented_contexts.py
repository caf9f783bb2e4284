"""What each place of a pipeline may use, one test a name: `documented/contexts.yml`."""

import json
from pathlib import Path

import pytest
import yaml

from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.source import Source

TABLE = Path(__file__).parent / "cases" / "documented" / "contexts.yml"
PLACES = yaml.load(TABLE.read_text("utf-8"), Loader=yaml.BaseLoader)


class File:
    """The pipeline under test."""

    def __init__(self, text):
        self.text = text

    def read(self, repository, path):
        return Source(path, self.text, repository) if path == "main.yml" else None

    def describe(self, repository):
        return "here" if repository == "self" else None

    def names(self, repository, folder):
        return ()


def rows():
    for place in PLACES:
        for key, is_taken in (("takes", True), ("refuses", False)):
            for text in place[key]:
                yield pytest.param(place, text, is_taken, id=f"{place['place']}: {text}")


@pytest.mark.parametrize(("place", "text", "is_taken"), list(rows()))
def test_row(place, text, is_taken):
    pipeline = json.dumps(place["at"]).replace("HERE", json.dumps(text)[1:-1])
    told = compile_pipeline("main.yml", File(pipeline)).diagnostics
    found = [one for one in told if one.code != "PS2020"]  # that `a` is no dependency here
    assert (not found) is is_taken, render(found) or text
