"""What each place of a pipeline may use, one test a name: `documented/contexts.yml`."""

import json
from pathlib import Path

import pytest
import yaml

from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.source import Severity, Source

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


# Measured: a step's condition is sent to the agent whatever it names, and however many arguments a
# status function has; the general functions are checked. The step then fails.
SENT = {
    **dict.fromkeys(
        ("succeeded('A')", "always('A')", "always", "nosuch()", "dependencies.a"), True
    ),
    **dict.fromkeys(("eq(1)", "eq(1, 'a'", "and(always(), eq(1))", " "), False),
}


@pytest.mark.parametrize("condition", SENT)
def test_a_step_condition_that_the_service_sends_to_the_agent_is_warned_of(condition):
    pipeline = json.dumps({"steps": [{"script": "x", "condition": condition}]})
    (found,) = compile_pipeline("main.yml", File(pipeline)).diagnostics
    assert found.severity is (Severity.WARNING if SENT[condition] else Severity.ERROR)
    assert (found.service_text is None) is SENT[condition]


@pytest.mark.parametrize(("place", "text", "is_taken"), list(rows()))
def test_row(place, text, is_taken):
    pipeline = json.dumps(place["at"]).replace("HERE", json.dumps(text)[1:-1])
    told = compile_pipeline("main.yml", File(pipeline)).diagnostics
    found = [one for one in told if one.code != "PS2020"]  # that `a` is no dependency here
    assert (not found) is is_taken, render(found) or text
