"""Every type of parameter in every position that may have it: `documented/parameters.yml`."""

import json
from pathlib import Path

import pytest
import yaml

from penstock.language.compiler import compile_pipeline
from penstock.language.source import Severity, Source

TABLE = Path(__file__).parent / "cases" / "documented" / "parameters.yml"
TYPES = yaml.load(TABLE.read_text("utf-8"), Loader=yaml.BaseLoader)


class Files:
    """A pipeline and a template, as JSON (which is YAML)."""

    def __init__(self, **files):
        self.texts = {f"{name}.yml": json.dumps(content) for name, content in files.items()}

    def read(self, repository, path):
        text = self.texts.get(path)
        return None if text is None else Source(path, text, repository)

    def describe(self, repository):
        return "here" if repository == "self" else None

    def names(self, repository, folder):
        return tuple(self.texts)


def faults(files):
    found = compile_pipeline("main.yml", files).diagnostics
    return [d.service_text for d in found if d.severity is Severity.ERROR]


def as_default(kind, value):
    declared = [{"name": "p", "type": kind, "default": value}]
    return Files(main={"parameters": declared, "steps": [{"script": "x"}]})


def as_argument(kind, value):
    declared = [{"name": "p", "type": kind}]
    template = {"parameters": declared, "steps": [{"script": "x"}]}
    return Files(main={"steps": [{"template": "t.yml", "parameters": {"p": value}}]}, t=template)


POSITIONS = {"pipeline": as_default, "template": as_argument}


def rows(key):
    for row in TYPES:
        for position in POSITIONS:
            if row.get("only", position) == position and key in row:
                values = row[key] if key == "fits" else [row[key]]
                for number, value in enumerate(values):
                    yield pytest.param(
                        position, row, value, id=f"{row['type']} of a {position} {number}"
                    )


@pytest.mark.parametrize(("position", "row", "value"), list(rows("fits")))
def test_a_value_that_fits(position, row, value):
    assert faults(POSITIONS[position](row["type"], value)) == []


@pytest.mark.parametrize(("position", "row", "value"), list(rows("unfit")))
def test_a_value_that_does_not(position, row, value):
    assert faults(POSITIONS[position](row["type"], value)) == [row["says"]]


@pytest.mark.parametrize("row", [row for row in TYPES if "only" in row], ids=lambda r: r["type"])
def test_a_type_of_another_position(row):
    (other,) = {"pipeline", "template"} - {row["only"]}
    assert faults(POSITIONS[other](row["type"], "x")) == [f"Unexpected value '{row['type']}'"]


@pytest.mark.parametrize("row", TYPES, ids=lambda row: row["type"])
def test_the_names_of_types_count_case(row):
    position = POSITIONS[row.get("only", "pipeline")]
    wrong = row["type"].upper()
    assert faults(position(wrong, row["fits"][0])) == [f"Unexpected value '{wrong}'"]
