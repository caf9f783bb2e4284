"""Every key and value of the YAML schema reference, one test each: `documented/shapes.yml`."""

import json
import re
from pathlib import Path
from typing import ClassVar

import pytest
import yaml

from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.source import Severity, Source


class Loader(yaml.SafeLoader):
    """Merge keys are merged; every scalar is text."""

    yaml_implicit_resolvers: ClassVar = {"<": [("tag:yaml.org,2002:merge", re.compile("<<"))]}


TABLE = Path(__file__).parent / "cases" / "documented" / "shapes.yml"
PARTS = yaml.load(TABLE.read_text("utf-8"), Loader=Loader)
TEMPLATES = {
    "steps.yml": "steps:\n- script: x\n",
    "jobs.yml": "jobs:\n- job: fromTemplate\n",
    "stages.yml": "stages:\n- stage: FromTemplate\n  jobs: [{job: a}]\n",
    "variables.yml": "variables:\n  fromTemplate: x\n",
    "extends.yml": "steps:\n- script: x\n",
}


class Files:
    """The pipeline under test beside templates of each kind."""

    def __init__(self, **texts):
        named = {f"{name}.yml": text for name, text in texts.items()}
        self.texts = {**TEMPLATES, **named}

    def read(self, repository, path):
        text = self.texts.get(path)
        return None if text is None else Source(path, text, repository)

    def describe(self, repository):
        return "here" if repository == "self" else None

    def names(self, repository, folder):
        return tuple(self.texts)


def filled(pipeline, part):
    """The pipeline with the part where HERE stands."""
    match pipeline:
        case "HERE":
            return part
        case dict():
            return {key: filled(value, part) for key, value in pipeline.items()}
        case list():
            return [filled(item, part) for item in pipeline]
    return pipeline


def errors(part, value):
    if "template" in part:
        files = Files(main=json.dumps(part["template"]), part=json.dumps(value))
    else:
        files = Files(main=json.dumps(filled(part["at"], value)))  # JSON is YAML, in order
    found = compile_pipeline("main.yml", files).diagnostics
    return [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]


def least(part):
    return {**part.get("lead", {}), **part.get("with", {})}


def rows():
    for part in PARTS:
        name = part["of"]
        for number, value in enumerate(part.get("accepts", ())):
            yield pytest.param(part, value, True, id=f"{name}: accepts {number}")
        for key, value in part.get("keys", {}).items():
            yield pytest.param(part, {**least(part), key: value}, True, id=f"{name}: {key}")
        for number, value in enumerate(part.get("refuses", ())):
            yield pytest.param(part, value, False, id=f"{name}: refuses {number}")
        for key in part.get("lead", {}):
            without = {k: v for k, v in least(part).items() if k != key}
            yield pytest.param(part, without, False, id=f"{name}: needs {key}")
        if ("keys" in part or "lead" in part) and part.get("open") != "true":
            unknown = {**least(part), "noSuchKey": "x"}
            yield pytest.param(part, unknown, False, id=f"{name}: no other key")


@pytest.mark.parametrize(("part", "value", "is_accepted"), list(rows()))
def test_row(part, value, is_accepted):
    found = errors(part, value)
    assert (not found) is is_accepted, render(found) or value
